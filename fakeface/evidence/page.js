// The quality that the error levels are computed at: all of them are in the page, and one is shown.
const slider = document.getElementById("quality");
const levels = [...document.querySelectorAll("#levels img[data-quality]")];

function show() {
  const chosen = levels[slider.valueAsNumber];
  for (const level of levels) level.hidden = level !== chosen;
  document.getElementById("quality-shown").textContent = chosen.dataset.quality;
  slider.setAttribute("aria-valuetext", `quality ${chosen.dataset.quality}`);
}

slider.addEventListener("input", show);
show();
