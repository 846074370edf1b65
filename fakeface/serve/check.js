// Check photos: bring them, wait for the verdicts, look at each.

import { startBringing } from "./bring.js";
import { percent } from "./evidence.js";
import { startQueue } from "./queue.js";
import { startResult } from "./result.js";

const get = (id) => document.getElementById(id);

export function startCheck(network) {
  get("upload-limits").textContent =
    `JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF, up to ${network.upload_bytes / 1e6} MB and ${network.pixels / 1e6} megapixels each`;
  get("error-rate").textContent = network.calibrated
    ? `It is wrong on about ${percent(network.error_rate)} of the photographs that it is sure of, and more often on photographs unlike those that it learned from.`
    : "This network was not calibrated: its probability is a score, and nobody has counted how often it is wrong.";

  function say(text, problem = false) {
    get("check-status").textContent = text;
    get("check-status").classList.toggle("problem", problem);
  }

  startBringing(startQueue(network, say, startResult(network)), say);
}
