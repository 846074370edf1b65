// The ways in which a visitor brings photos: chosen, dropped, pasted, taken, or drawn by the server.

import { element, listWords, regionName } from "./evidence.js";
import { ask } from "./requests.js";

const get = (id) => document.getElementById(id);

// `take` is given the files, and for a drawn face the truth about it.
export function startBringing(take, say) {
  get("choose").addEventListener("click", () => get("file").click());
  for (const input of ["file", "capture"]) {
    get(input).addEventListener("change", () => {
      take([...get(input).files]);
      get(input).value = "";
    });
  }
  startDropping((files) => take([...files]), () => !get("check").hidden);
  startCamera((blob) => take([new File([blob], "photo.png", { type: blob.type })]));
  startExamples(take, say);
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

async function startExamples(take, say) {
  for (const example of await ask("api/examples")) {
    const path = `api/examples/${example.number}.jpg`;
    const name = `Drawn face ${example.number + 1}`;
    const button = element("button", "", { type: "button" });
    button.append(element("img", "", { src: path, alt: name }));
    button.addEventListener("click", async () => {
      const response = await fetch(path).catch(() => null);
      if (!response?.ok) return say("The server does not answer. Is it still running?", true);
      const parts = listWords(example.regions.map(regionName));
      const truth = example.label === "fake" ? `is a fake: ${parts} come from another face` : "is real: nothing was edited";
      const file = new File([await response.blob()], name, { type: "image/jpeg" });
      take([file], `The truth: this drawn face ${truth}. A network that learned from photographs has seen no drawing, and may be wrong here.`);
    });
    get("examples").append(button);
  }
}
