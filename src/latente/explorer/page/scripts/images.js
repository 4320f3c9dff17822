// The images of the map: one picture with all of them. `readImages` must end before they are used.

const imageSide = meta.data.side, pixelCount = imageSide ** 2;
const sheet = new Image();
let sheetPixels = null;

async function readImages() {
  sheet.src = `data:image/png;base64,${element("data-sheet").textContent}`;
  await sheet.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [sheet.width, sheet.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(sheet, 0, 0);
  sheetPixels = context.getImageData(0, 0, sheet.width, sheet.height).data;
}

// Left and top of an image in the picture.
const cornerOf = (image) =>
  [image % meta.data.columns, Math.floor(image / meta.data.columns)].map((place) => place * imageSide);

// Grey levels in [0, 1].
function pixelsOf(image) {
  const [left, top] = cornerOf(image), pixels = new Float32Array(pixelCount);
  for (let at = 0; at < pixelCount; at++) {
    const x = left + (at % imageSide), y = top + Math.floor(at / imageSide);
    pixels[at] = sheetPixels[(y * sheet.width + x) * 4] / 255;
  }
  return pixels;
}

const pixelMeanOf = (value) => meanOf(imagesOf(value).map(pixelsOf));

// Draw an image on a canvas of its own size; the style sheet enlarges it.
function show(canvas, pixels) {
  if (canvas.width !== imageSide) canvas.width = canvas.height = imageSide;
  const context = canvas.getContext("2d"), drawn = context.createImageData(imageSide, imageSide);
  for (let at = 0; at < pixelCount; at++) {
    const level = Math.round(255 * pixels[at]);
    drawn.data.set([level, level, level, 255], at * 4);
  }
  context.putImageData(drawn, 0, 0);
}

// A new canvas with an image. Its text says what it shows; without a text, the text beside it does.
function picture(pixels, text = "") {
  const canvas = document.createElement("canvas");
  canvas.className = "image";
  if (text) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", text);
  } else canvas.setAttribute("aria-hidden", "true");
  show(canvas, pixels);
  return canvas;
}
