// The result of one photo: every face marked, and what is said and shown of the chosen one.

import { element, headline, heatMapFigures, percent, showRegions, showScale, verdictClass, verdictMark, verdictName } from "./evidence.js";
import { errorLevels, surroundings } from "./levels.js";
import { startSaving } from "./save.js";

const FALSE_ALARMS = 0.059; // of single faces, measured of the released network on origins that it was not trained on
const KINDS = {
  edited: "If it is one, it looks like an edit by hand.",
  swapped: "If it is one, it looks like a swapped face.",
  generated: "If it is one, it looks like a generated face.",
};
const REASONS = {
  "too close": "That is too close to call: the network does not know.",
  "small face": "That is too close to call, and the face is smaller than those that the network has learned from.",
  "unlike its training": "The picture is unlike those that the network has learned from, as drawings and covered faces are.",
  "no face": "No face was found: the network judged the photo as a whole, and this is said of nobody's face.",
};
const NOT_JUDGED = {
  "too small": "The face is too small to be judged: under 32 pixels.",
  "too blurred": "The face is too blurred to be judged: of what the network looks for nothing is left.",
};
const get = (id) => document.getElementById(id);

// Returns what shows a photo that was judged, or nothing for null, and goes there if asked.
export function startResult(network) {
  let photo = null;
  let chosen = null; // place of a face, or null for the whole photo
  let bitmap = null; // the photo as this browser decodes it, for error levels
  let drawing = 0; // the latest request for error levels
  const forgetSaving = startSaving(() => photo);

  async function show(next, go) {
    photo = next;
    forgetSaving();
    bitmap?.close();
    bitmap = null;
    get("result").hidden = photo === null;
    if (photo === null) return;
    const { prediction } = photo;
    get("verdict").className = verdictClass(prediction.verdict);
    get("verdict").textContent = headline(prediction.verdict);
    get("verdict-words").textContent = describe(prediction);
    get("truth").hidden = !photo.truth;
    get("truth").textContent = photo.truth;
    get("many").textContent = warnOfMany(prediction, network);
    get("photo").src = prediction.evidence.original;
    markFaces(prediction);
    choose(suspect(prediction));
    if (go) get("verdict").focus();
    const decoded = await decode(next);
    if (photo !== next || bitmap !== null) return decoded?.close(); // another one, or the same once more, is shown by now
    bitmap = decoded;
    showLevels();
  }

  function markFaces(prediction) {
    const faces = prediction.faces ?? [];
    get("marked").querySelectorAll(".box").forEach((box) => box.remove());
    get("faces").hidden = faces.length < 2;
    const chips = faces.map((face, place) => {
      const box = makeBox(face, place, prediction);
      const input = element("input", "", { type: "radio", name: "face", value: place, id: `face-${place}` });
      input.addEventListener("change", () => choose(place));
      box.addEventListener("click", () => {
        choose(place);
        input.focus({ preventScroll: true });
      });
      get("marked").append(box);
      const chip = element("label", "", { class: "chip" });
      const words = element("span", "", { class: verdictClass(face.verdict) });
      words.textContent = `${verdictMark(face.verdict)} ${verdictName(face.verdict)}${face.probability === null ? "" : `, ${percent(face.probability)}`}`;
      chip.append(input, element("b", `Face ${place + 1}`), words);
      return chip;
    });
    get("faces-list").replaceChildren(...chips);
  }

  function choose(place) {
    const { prediction } = photo;
    chosen = place;
    const face = place === null ? null : prediction.faces[place];
    get("marked").querySelectorAll(".box").forEach((box, number) => box.classList.toggle("chosen", number === place));
    if (place !== null) get(`face-${place}`).checked = true;
    const judged = face ?? prediction;
    const several = prediction.faces?.length > 1;
    get("face-title").textContent = several ? `Face ${place + 1}: ${verdictName(face.verdict)}` : "What the network saw";
    get("face-title").hidden = judged.probability === null && !several;
    get("face-words").textContent = several ? describeFace(face) : "";
    get("scale").hidden = judged.probability === null;
    if (judged.probability !== null) showScale(get("scale"), judged.probability, network);
    get("regions").hidden = !judged.regions;
    if (judged.regions) showRegions(get("region-scores"), judged.regions);
    const maps = prediction.evidence.heat_maps.filter((map) => map.face === place);
    const figures = judged.probability === null ? [] : heatMapFigures(maps, prediction.evidence.heat_maps.length > 0);
    get("heat-maps").replaceChildren(...figures);
    showLevels();
  }

  // Of the chosen face as soon as the browser has decoded the photo; until then, or if it cannot, what the server sent.
  async function showLevels() {
    const mine = ++drawing;
    const { prediction } = photo;
    const face = chosen === null ? null : prediction.faces[chosen];
    const quality = Number(get("quality").value);
    get("quality-value").textContent = quality;
    get("quality-choice").hidden = bitmap === null;
    if (bitmap === null) {
      get("levels").replaceChildren(element("img", "", { src: prediction.evidence.ela, alt: "Error levels of the photo" }));
      return;
    }
    const whole = [0, 0, prediction.width, prediction.height];
    const part = face ? surroundings(face.box, prediction.width, prediction.height) : whole;
    const canvas = await errorLevels(bitmap, part, quality, network.ela);
    if (mine !== drawing) return;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Error levels of ${face ? `face ${chosen + 1} and what is around it` : "the photo"}`);
    get("levels").replaceChildren(canvas);
  }

  get("quality").value = network.ela.quality;
  get("quality").addEventListener("input", showLevels);
  return show;
}

// Null where the browser cannot decode it, or does so otherwise than the server.
async function decode({ file, prediction }) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  const same = bitmap?.width === prediction.width && bitmap?.height === prediction.height;
  if (!same) bitmap?.close();
  return same ? bitmap : null;
}

// The face whose verdict is the photo's, or else the first one, or null.
function suspect({ faces }) {
  if (!faces?.length) return null;
  const chances = faces.map((face) => face.probability ?? -1);
  return chances.indexOf(Math.max(...chances));
}

// For the mouse alone: the keyboard has the list of faces.
function makeBox(face, place, { width, height }) {
  const box = element("div", "", { class: `box ${verdictClass(face.verdict)}`, "aria-hidden": "true" });
  const [left, top, right, bottom] = face.box;
  const share = (pixels, of) => `${(100 * pixels) / of}%`;
  Object.assign(box.style, {
    left: share(left, width), top: share(top, height), width: share(right - left, width), height: share(bottom - top, height),
  });
  box.append(element("span", place + 1));
  return box;
}

function describe(prediction) {
  const { faces, face_count: count, probability } = prediction;
  if (faces?.length === 0) return "The network judges faces, and found none in this photo.";
  if (faces?.length === 1 && probability === null) return describeFace(faces[0]);
  if (probability === null) return "The network judges faces, and all that it found in this photo are too small or too blurred to be judged.";
  const words = describeJudged(prediction);
  if (!faces && count > 1) return `${count} faces were found, and the network judged the photo as a whole. ${words}`;
  if (!(faces?.length > 1)) return words;
  return `${faces.length} faces were found. The most suspicious one counts, face ${suspect(prediction) + 1}. ${words}`;
}

function describeFace(face) {
  return NOT_JUDGED[face.verdict] ?? describeJudged(face);
}

function describeJudged({ probability, kind, reason }) {
  const suspected = kind ? ` ${KINDS[kind]}` : "";
  return `Probability of a fake ${percent(probability)}.${suspected}${reason ? ` ${REASONS[reason]}` : ""}`;
}

function warnOfMany({ faces }, network) {
  const judged = (faces ?? []).filter((face) => face.probability !== null).length;
  if (judged < 2) return "";
  const start = `Of ${judged} faces one is called fake by mistake more often than of one.`;
  if (network.name !== "release") return start;
  const share = 1 - (1 - FALSE_ALARMS) ** judged;
  return `${start} Where it happens to ${percent(FALSE_ALARMS)} of single faces, it can happen to ${percent(share)} of such groups. Look at each face.`;
}
