// Error levels, computed in the browser: how much each pixel of a part changes when it is saved as JPEG once more.

const LONGEST = 640; // of the picture, in pixels
const BLOCK = 16; // pixels that a JPEG with coarse colours saves together

// The part of a photo around a box, whose edges lie where those of its JPEG's blocks do.
export function surroundings([left, top, right, bottom], width, height) {
  const margin = 0.3 * Math.max(right - left, bottom - top);
  const start = (edge) => Math.max(0, BLOCK * Math.floor((edge - margin) / BLOCK));
  const end = (edge, most) => Math.min(most, BLOCK * Math.ceil((edge + margin) / BLOCK));
  return [start(left), start(top), end(right, width), end(bottom, height)];
}

// Returns a canvas with |alpha · difference + beta| of a part (left, top, right, bottom) of a decoded photo.
export async function errorLevels(bitmap, [left, top, right, bottom], quality, { alpha, beta }) {
  const [width, height] = [right - left, bottom - top];
  const part = makeCanvas(width, height);
  const context = part.getContext("2d");
  context.drawImage(bitmap, left, top, width, height, 0, 0, width, height);
  const saved = await createImageBitmap(await new Promise((resolve) => part.toBlob(resolve, "image/jpeg", quality / 100)));
  context.globalCompositeOperation = "difference";
  context.drawImage(saved, 0, 0);
  saved.close();
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const small = makeCanvas(Math.max(1, Math.round(scale * width)), Math.max(1, Math.round(scale * height)));
  const drawing = small.getContext("2d", { willReadFrequently: true });
  drawing.imageSmoothingQuality = "high";
  drawing.drawImage(part, 0, 0, small.width, small.height);
  const pixels = drawing.getImageData(0, 0, small.width, small.height);
  for (let place = 0; place < pixels.data.length; place++) {
    if (place % 4 < 3) pixels.data[place] = Math.abs(alpha * pixels.data[place] + beta);
  }
  drawing.putImageData(pixels, 0, 0);
  return small;
}

function makeCanvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}
