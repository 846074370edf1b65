// Check a photo: choose, drop, paste or take one.

import { element, listWords, percent, regionName, showEvidence, showRegions, showScale } from "./evidence.js";
import { ask } from "./requests.js";

const HEADLINES = { real: "No sign of an edit found", fake: "This looks edited", unsure: "Unsure", "no face": "No face found" };
const MARKS = { real: "✓", fake: "⚠", unsure: "?", "no face": "–" };
const get = (id) => document.getElementById(id);

export function startCheck(network) {
  let current;
  get("upload-limits").textContent =
    `JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF, up to ${network.upload_bytes / 1e6} MB and ${network.pixels / 1e6} megapixels`;
  get("error-rate").textContent = network.calibrated
    ? `It is wrong on about ${percent(network.error_rate)} of the photographs that it is sure of, and more often on photographs unlike those that it learned from.`
    : "This network was not calibrated: its probability is a score, and nobody has counted how often it is wrong.";

  function say(text, problem = false) {
    get("check-status").textContent = text;
    get("check-status").classList.toggle("problem", problem);
  }

  async function check(file, truth = "") {
    current?.abort();
    const mine = (current = new AbortController());
    get("result").hidden = true;
    if (file.size > network.upload_bytes) {
      say(`This file has ${(file.size / 1e6).toFixed(1)} MB, and ${network.upload_bytes / 1e6} MB is the most.`, true);
      return;
    }
    say("Looking at the photo…");
    try {
      const prediction = await ask("api/predict?evidence=true", {
        method: "POST",
        body: file,
        headers: { "Content-Type": file.type || "application/octet-stream" },
        signal: mine.signal,
        onWait: (seconds) => say(`Many photos are waiting. Yours is sent again in ${seconds} seconds.`),
      });
      if (mine !== current) return;
      say("");
      show(prediction, truth);
    } catch (error) {
      if (mine === current) say(error.message, true);
    }
  }

  function show(prediction, truth) {
    const verdict = get("verdict");
    verdict.className = prediction.verdict.replace(" ", "-");
    verdict.textContent = `${MARKS[prediction.verdict]} ${HEADLINES[prediction.verdict]}`;
    get("verdict-words").textContent = describe(prediction);
    get("scale").hidden = prediction.probability === null;
    if (prediction.probability !== null) showScale(get("scale"), prediction.probability, network);
    get("truth").hidden = !truth;
    get("truth").textContent = truth;
    showEvidence(get("evidence"), prediction.evidence);
    get("regions").hidden = !prediction.regions;
    if (prediction.regions) showRegions(get("region-scores"), prediction.regions);
    get("result").hidden = false;
    verdict.focus();
  }

  function take(files) {
    const file = [...files].find((candidate) => candidate.type.startsWith("image/")) ?? files[0];
    if (file) check(file);
  }

  for (const [button, input] of [["choose", "file"], [null, "capture"]]) {
    if (button) get(button).addEventListener("click", () => get(input).click());
    get(input).addEventListener("change", () => {
      take(get(input).files);
      get(input).value = "";
    });
  }
  startDropping(take, () => !get("check").hidden);
  startCamera((file) => check(file));
  startExamples(check, say);
}

function describe(prediction) {
  if (prediction.probability === null) return "The network judges faces, and found none that is large enough in this photo.";
  const among = prediction.faces > 1 ? `Of ${prediction.faces} faces the most suspicious one counts. ` : "";
  const chance = `${among}Probability that the face was edited: ${percent(prediction.probability)}.`;
  return prediction.verdict === "unsure" ? `${chance} That is too close to call: the network does not know.` : chance;
}

function startDropping(take, visible) {
  const hasFiles = (event) => event.dataTransfer.types.includes("Files");
  const mark = (event, over) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    get("drop").classList.toggle("over", over && visible());
  };
  // Anywhere on the page: a photo that is dropped beside the box must not replace the page.
  addEventListener("dragover", (event) => mark(event, true));
  addEventListener("dragleave", (event) => mark(event, false));
  addEventListener("drop", (event) => {
    mark(event, false);
    if (visible()) take(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (visible() && event.clipboardData.files.length) take(event.clipboardData.files);
  });
}

function startCamera(use) {
  const dialog = get("camera-dialog");
  const video = get("video");
  // Browsers give the camera to secure pages only; phones have the file chooser's camera.
  get("camera").addEventListener("click", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    } catch {
      get("capture").click();
      return;
    }
    get("shoot").disabled = true;
    dialog.showModal();
  });
  video.addEventListener("playing", () => {
    get("shoot").disabled = false;
    get("shoot").focus();
  });
  dialog.addEventListener("close", () => {
    for (const track of video.srcObject.getTracks()) track.stop();
    video.srcObject = null;
  });
  get("camera-close").addEventListener("click", () => dialog.close());
  get("shoot").addEventListener("click", () => {
    const canvas = element("canvas", "", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    dialog.close();
    canvas.toBlob(use, "image/png");
  });
}

async function startExamples(check, say) {
  for (const example of await ask("api/examples")) {
    const path = `api/examples/${example.number}.jpg`;
    const button = element("button", "", { type: "button" });
    button.append(element("img", "", { src: path, alt: `Drawn face ${example.number + 1}` }));
    button.addEventListener("click", async () => {
      const response = await fetch(path).catch(() => null);
      if (!response?.ok) return say("The server does not answer. Is it still running?", true);
      const parts = listWords(example.regions.map(regionName));
      const truth = example.label === "fake" ? `is a fake: ${parts} come from another face` : "is real: nothing was edited";
      check(await response.blob(), `The truth: this drawn face ${truth}. A network that learned from photographs has seen no drawing, and may be wrong here.`);
    });
    get("examples").append(button);
  }
}
