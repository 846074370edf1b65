// Draws what is shown beside a verdict: pictures with words, a scale, scores of regions.

const VERDICTS = { real: "no edit found", fake: "looks edited", unsure: "unsure", "no face": "no face" };

// With a no-break space. Nobody is that sure: the ends are never 0 % or 100 %.
export function percent(share) {
  if (share === null) return "no probability";
  if (share < 0.01) return "under 1\u00a0%";
  return share > 0.99 ? "over 99\u00a0%" : `${Math.round(100 * share)}\u00a0%`;
}
export const regionName = (region) => region.replace("_", " ");
export const verdictName = (prediction) => VERDICTS[prediction.verdict];

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

const WORDS = {
  ela: "How much each pixel changes when the photo is saved once more. Edges and hair are always bright; a bright patch on smooth skin is a hint to you, whether or not the network reads these levels.",
  map: "Where the network looked or suspects an edit, over the picture in grey: the brighter and the more yellow, the more. It need not be what was edited.",
};

// All pictures with words, or briefly those that the visitor has not seen yet, with their titles alone.
export function showEvidence(container, evidence, brief = false) {
  const words = (name) => (brief ? "" : WORDS[name]);
  const figures = brief ? [] : [figure(evidence.original, "The photo", "As the server read it.")];
  figures.push(figure(evidence.ela, "Error levels", words("ela")));
  for (const map of evidence.heat_maps) {
    figures.push(figure(map.picture, `Heat map: ${map.title}`, words("map")));
  }
  if (!evidence.heat_maps.length) {
    figures.push(element("p", "This server draws no heat map: its network is an exported one, or a library is missing.", { class: "hint" }));
  }
  container.replaceChildren(...figures);
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
  svg.setAttribute("aria-label", `Probability of an edit: ${percent(probability)}`);
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
    draw("text", { x: 0, y: 40 }, "real"),
    draw("text", { x: 400, y: 40, "text-anchor": "end" }, "fake"),
  );
  container.replaceChildren(svg);
}
