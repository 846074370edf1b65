// Which face is real? Rounds of pairs, with a score against the network's.

import { listWords, percent, regionName, showEvidence, verdictName } from "./evidence.js";
import { ask } from "./requests.js";

const ROUND = 10;
const SIDES = ["left", "right"];
const get = (id) => document.getElementById(id);

export function startGame() {
  let opened = false;
  let count = 0; // of pairs on the server
  let numbers = []; // those of this round
  let played, mine, networks;
  let guessing = false;

  function say(text, problem = false) {
    get("game-status").textContent = text;
    get("game-status").classList.toggle("problem", problem);
  }

  const onWait = (seconds) => say(`Many visitors are playing. One moment, about ${seconds} seconds…`);

  async function attempt(action) {
    try {
      await action();
    } catch (error) {
      say(error.message, true);
    }
  }

  async function open() {
    if (opened) return;
    opened = true;
    await attempt(async () => {
      const game = await ask("api/game");
      count = game.pairs;
      get("game-note").textContent = game.drawn
        ? "The faces are drawn for this game, so no network has learned from them."
        : "If the network learned from these very photographs, its score here says nothing.";
      await newRound();
    });
  }

  async function newRound() {
    numbers = shuffle([...Array(count).keys()]).slice(0, ROUND);
    played = mine = networks = 0;
    await showPair();
  }

  async function showPair() {
    get("answer").hidden = true;
    score(played + 1);
    const pair = await ask(`api/game/${numbers[played]}`, { onWait });
    say("");
    for (const side of SIDES) {
      const button = get(side);
      button.className = "face";
      button.disabled = false;
      button.querySelector("img").src = pair[side];
      button.querySelector("img").alt = `Face on the ${side}`;
      button.querySelector(".tag").textContent = side;
    }
    get("pair").hidden = false;
    guessing = true;
  }

  async function guess(side) {
    if (!guessing) return;
    guessing = false;
    get(side).classList.add("chosen");
    for (const other of SIDES) get(other).disabled = true;
    say("The network looks at both…");
    await attempt(async () => {
      const answer = await ask(`api/game/${numbers[played]}/answer`, { onWait });
      say("");
      tell(side, answer);
    });
  }

  function tell(side, answer) {
    played += 1;
    mine += side === answer.real;
    networks += answer.network === answer.real;
    score(played);
    for (const name of SIDES) {
      const truth = name === answer.real ? "real" : "fake";
      get(name).classList.add(truth);
      get(name).querySelector(".tag").textContent = truth === "real" ? "✓ real" : "⚠ fake";
      get(name).querySelector("img").alt = `Face on the ${name}: ${truth}`;
      get(`${name}-title`).textContent = `The ${name} face, ${truth}`;
      showEvidence(get(`${name}-evidence`), answer[name]);
    }
    get("answer-title").textContent = side === answer.real ? "Correct!" : "No, it is the other one";
    get("answer-words").textContent = [truthWords(answer), networkWords(answer), roundWords()].join(" ");
    get("next").textContent = played === numbers.length ? "Play again" : "Next pair";
    get("answer").hidden = false;
    get("next").focus({ preventScroll: true });
    get("next").scrollIntoView({ block: "nearest" });
  }

  function score(pair) {
    get("score").hidden = false;
    get("score").textContent = `Pair ${pair} of ${numbers.length} · You ${mine} · Network ${networks}`;
  }

  function roundWords() {
    if (played < numbers.length) return "";
    const better = mine === networks ? "You are as good as the network" : mine > networks ? "You beat the network" : "The network wins";
    return `${better}: ${mine} to ${networks} of ${played} pairs.`;
  }

  for (const side of SIDES) get(side).addEventListener("click", () => guess(side));
  get("next").addEventListener("click", () => attempt(played === numbers.length ? newRound : showPair));
  addEventListener("keydown", (event) => {
    if (get("game").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowLeft") guess("left");
    if (event.key === "ArrowRight") guess("right");
  });
  return { open };
}

function truthWords(answer) {
  const fake = answer.real === "left" ? "right" : "left";
  if (!answer.regions.length) return `The ${fake} face is the fake.`;
  const grade = answer.difficulty ? ` It counts as ${answer.difficulty === "mid" ? "of middle difficulty" : answer.difficulty}.` : "";
  return `In the ${fake} face, edited parts are: ${listWords(answer.regions.map(regionName))}.${grade}`;
}

function networkWords(answer) {
  const sides = SIDES.map((side) => `${side} ${percent(answer[side].probability)} (${verdictName(answer[side].verdict)})`);
  const choice = answer.network ? `takes the ${answer.network} face for the real one` : "sees no difference";
  return `The network ${choice}; its probabilities of a fake: ${sides.join(", ")}.`;
}

function shuffle(items) {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other], items[last]];
  }
  return items;
}
