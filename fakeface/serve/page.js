// Shows one page at a time, by the part of the address after #.

import { startCheck } from "./check.js";
import { listWords } from "./evidence.js";
import { startGame } from "./game.js";
import { ask } from "./requests.js";

const pages = [...document.querySelectorAll(".page")];
const links = [...document.querySelectorAll("nav a")];
const game = startGame();

function show(byVisitor) {
  const page = pages.find((candidate) => `#${candidate.id}` === location.hash) ?? pages[0];
  for (const candidate of pages) candidate.hidden = candidate !== page;
  for (const link of links) {
    if (link.hash === `#${page.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = page.querySelector("h1");
  document.title = `${title.textContent} – fakeface`;
  if (byVisitor) {
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }
  if (page.id === "game") game.open();
}

function tellWhatJudges(network, looksAt) {
  const released = network.name === "release";
  const each = network.judges_faces ? "each face by itself" : "the photo as a whole";
  document.getElementById("judge").textContent = released
    ? "The network that comes with fakeface judges in four steps:"
    : `On this server ${network.name} judges ${each}. It looks at ${looksAt}.`;
  document.getElementById("judge-release").hidden = !released;
}

addEventListener("hashchange", () => show(true));
show(false);
for (const origin of document.querySelectorAll(".origin")) origin.textContent = location.origin;

try {
  const network = await ask("api/network");
  const looksAt = listWords(Object.values(network.views));
  document.getElementById("version").textContent = `fakeface ${network.version}; the network looks at ${looksAt}.`;
  tellWhatJudges(network, looksAt);
  startCheck(network);
} catch (error) {
  const status = document.getElementById("check-status");
  status.textContent = error.message;
  status.classList.add("problem");
}
