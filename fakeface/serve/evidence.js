// Draws what is shown beside a verdict: pictures with words, a scale, scores of regions.

const NAMES = { real: "nothing found", fake: "looks fake", unsure: "unsure", "no face": "no face", "too small": "too small", "too blurred": "too blurred" };
const HEADLINES = { real: "No sign of a fake found", fake: "This looks fake", unsure: "Unsure", "no face": "No face found", "too blurred": "Too blurred to judge" };
const MARKS = { real: "✓", fake: "⚠", unsure: "?", "no face": "–", "too small": "–", "too blurred": "–" };

export const verdictName = (verdict) => NAMES[verdict];
export const verdictMark = (verdict) => MARKS[verdict];
export const verdictClass = (verdict) => verdict.replace(" ", "-");
export const headline = (verdict) => `${MARKS[verdict]} ${HEADLINES[verdict]}`;

export function verdictWords({ verdict, probability, face_count: count, reason }) {
  const chance = probability === null ? "" : `, ${percent(probability)}`;
  return `${MARKS[verdict]} ${NAMES[verdict]}${chance}${count > 1 ? ` (${count} faces)` : reason === "no face" ? " (no face)" : ""}`;
}

// With a no-break space. Nobody is that sure: the ends are never 0 % or 100 %.
export function percent(share) {
  if (share === null) return "no probability";
  if (share < 0.01) return "under 1\u00a0%";
  return share > 0.99 ? "over 99\u00a0%" : `${Math.round(100 * share)}\u00a0%`;
}
export const regionName = (region) => region.replace("_", " ");

export function listWords(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

export function element(name, text = "", attributes = {}) {
  const node = document.createElement(name);
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function figure(picture, title, words) {
  const node = element("figure");
  const caption = element("figcaption", words);
  caption.prepend(element("b", title));
  node.append(element("img", "", { src: picture, alt: title }), caption);
  return node;
}

const LOOKED =
  "Where the network looked or suspects an edit, over what it saw in grey: the brighter and the more yellow, the more. It need not be what was edited.";
const NO_MAP = "This server draws no heat map: its network is an exported one, or a library is missing.";
const NO_MAP_OF_FACE = "Heat maps are drawn of the most suspicious faces only.";

// `some` says whether there are heat maps of other faces.
export function heatMapFigures(maps, some) {
  if (!maps.length) return [element("p", some ? NO_MAP_OF_FACE : NO_MAP, { class: "hint" })];
  return maps.map((map) => figure(map.picture, `Heat map: ${map.title}`, LOOKED));
}

// Error levels and heat maps with their titles alone.
export function showEvidence(container, { evidence }) {
  const maps = evidence.heat_maps.map((map) => figure(map.picture, `Heat map: ${map.title}`, ""));
  container.replaceChildren(figure(evidence.ela, "Error levels", ""), ...maps);
}

export function showRegions(list, regions) {
  const rows = Object.entries(regions).flatMap(([region, probability]) => {
    const value = element("dd", percent(probability));
    value.prepend(element("meter", "", { min: 0, max: 1, value: probability, "aria-label": regionName(region) }));
    return [element("dt", regionName(region)), value];
  });
  list.replaceChildren(...rows);
}

// A line from real to fake, with the unsure band and a mark.
export function showScale(container, probability, network) {
  const namespace = "http://www.w3.org/2000/svg";
  const draw = (name, attributes, text = "") => {
    const node = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.textContent = text;
    return node;
  };
  const x = (share) => 400 * share;
  const svg = draw("svg", { viewBox: "-6 0 412 46", role: "img" });
  const band = network.unsure_high > network.unsure_low;
  svg.setAttribute("aria-label", `Probability of a fake: ${percent(probability)}`);
  svg.append(draw("rect", { class: "track", x: 0, y: 14, width: 400, height: 10, rx: 5 }));
  if (band) {
    const width = x(network.unsure_high - network.unsure_low);
    const middle = x((network.unsure_high + network.unsure_low) / 2);
    svg.append(draw("rect", { class: "band", x: x(network.unsure_low), y: 14, width, height: 10 }));
    if (middle > 60 && middle < 340) svg.append(draw("text", { x: middle, y: 40, "text-anchor": "middle" }, "unsure"));
  }
  const tip = x(probability);
  svg.append(
    draw("path", { class: "mark", d: `M${tip - 6} 2h12l-6 10z` }),
    draw("rect", { class: "mark", x: tip - 1, y: 10, width: 2, height: 16 }),
    draw("text", { x: 0, y: 40 }, "nothing found"),
    draw("text", { x: 400, y: 40, "text-anchor": "end" }, "fake"),
  );
  container.replaceChildren(svg);
}
