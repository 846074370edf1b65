// The visitor's photos: sent one after the other, each with its progress, its result and a button to cancel or remove it.

import { element, verdictClass, verdictWords } from "./evidence.js";
import { send } from "./requests.js";

const MOST = 50;
const get = (id) => document.getElementById(id);

// `show` is given the photo whose result is to be shown and whether to go there, or null for none.
export function startQueue(network, say, show) {
  let photos = [];
  let shown = null;
  let working = false;
  let awaited = false; // the next result is shown when it is there

  function add(files, truth = "") {
    if (!files.length) return;
    const room = files.slice(0, MOST - photos.length);
    for (const file of room) photos.push(makePhoto(file, truth));
    awaited = true;
    open(null);
    say(room.length < files.length ? `${MOST} photos at once are the most: ${files.length - room.length} were left out.` : "");
    work();
  }

  function makePhoto(file, truth) {
    const photo = { file, truth, name: file.name, prediction: null, problem: "", progress: null, state: "waiting" };
    photo.controller = new AbortController();
    photo.node = element("li");
    photo.button = element("button", "", { type: "button", class: "photo" });
    photo.thumbnail = element("img", "", { src: URL.createObjectURL(file), alt: "" });
    photo.thumbnail.addEventListener("error", () => photo.thumbnail.classList.add("unknown"));
    photo.words = element("span", "", { class: "state" });
    const words = element("span", "", { class: "words" });
    words.append(element("span", photo.name, { class: "file" }), photo.words);
    photo.button.append(photo.thumbnail, words);
    photo.button.addEventListener("click", () => open(photo, true));
    photo.bar = element("progress", "", { max: 1, "aria-label": `Sending ${photo.name}` });
    photo.remove = element("button", "", { type: "button", class: "remove" });
    photo.remove.addEventListener("click", () => remove(photo));
    photo.node.append(photo.button, photo.bar, photo.remove);
    get("photos-list").append(photo.node);
    return photo;
  }

  function draw() {
    const done = (photo) => photo.prediction !== null;
    get("photos").hidden = photos.length === 0 || (photos.length === 1 && done(photos[0]));
    for (const photo of photos) {
      photo.button.disabled = !done(photo);
      photo.button.setAttribute("aria-current", photo === shown);
      photo.words.textContent = done(photo) ? verdictWords(photo.prediction) : photo.problem || photo.state;
      photo.words.className = `state ${done(photo) ? verdictClass(photo.prediction.verdict) : photo.problem ? "fake" : ""}`;
      photo.bar.hidden = photo.progress === null;
      if (photo.progress < 1) photo.bar.value = photo.progress;
      else photo.bar.removeAttribute("value");
      photo.remove.textContent = done(photo) || photo.problem ? "Remove" : "Cancel";
      photo.remove.setAttribute("aria-label", `${photo.remove.textContent} ${photo.name}`);
    }
  }

  function open(photo, go = false) {
    shown = photo;
    show(photo, go);
    draw();
  }

  function remove(photo) {
    const pending = photo.prediction === null && !photo.problem;
    const place = photos.indexOf(photo);
    photo.controller.abort();
    photos = photos.filter((other) => other !== photo);
    photo.node.remove();
    URL.revokeObjectURL(photo.thumbnail.src);
    say(pending ? `${photo.name} was cancelled.` : "");
    if (photo === shown) open(null);
    draw();
    (photos[Math.min(place, photos.length - 1)]?.remove ?? get("choose")).focus();
  }

  async function work() {
    draw();
    if (working) return;
    working = true;
    for (let photo; (photo = photos.find((other) => other.state === "waiting")); ) await judge(photo);
    working = false;
  }

  async function judge(photo) {
    const others = photos.length > 1 ? `${photo.name}: ` : "";
    const tell = (state, progress) => {
      Object.assign(photo, { state, progress });
      draw();
    };
    tell("being sent…", 0);
    try {
      if (photo.file.size > network.upload_bytes) {
        throw new Error(`This file has ${(photo.file.size / 1e6).toFixed(1)} MB, and ${network.upload_bytes / 1e6} MB is the most.`);
      }
      if (awaited) say(`${others}Looking at the photo…`);
      photo.prediction = await send("api/predict?evidence=true", photo.file, {
        signal: photo.controller.signal,
        onProgress: (share) => tell(share < 1 ? "being sent…" : "being looked at…", share),
        onWait: (seconds) => {
          tell("waiting for the server…", null);
          say(`Many photos are waiting. Yours is sent again in ${seconds} seconds.`);
        },
      });
      if (!photos.includes(photo)) return;
      tell("", null);
      const left = photos.filter((other) => other.state === "waiting").length;
      say(left ? `${others}${verdictWords(photo.prediction)}. ${left} more to look at.` : "");
      if (awaited) open(photo, true);
      awaited = false;
    } catch (error) {
      if (!photos.includes(photo)) return; // cancelled
      photo.problem = error.message;
      tell("", null);
      say(`${others}${error.message}`, true);
    }
  }

  return add;
}
