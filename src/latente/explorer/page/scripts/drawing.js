// Drawing: an image by mouse, finger or keyboard, encoded and decoded by every model.

const PEN = 0.055;  // radius, relative to the side of the image
const drawn = { canvas: document.createElement("canvas"), isDown: false, at: [0.5, 0.5] };

function buildDrawing() {
  const board = element("board");
  drawn.canvas.width = drawn.canvas.height = board.width = board.height = 280;
  clearDrawing();
  const at = (event) => {
    const box = board.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  board.addEventListener("pointerdown", (event) => {
    board.setPointerCapture(event.pointerId);
    [drawn.isDown, drawn.at] = [true, at(event)];
    strokeTo(drawn.at);
  });
  board.addEventListener("pointermove", (event) => drawn.isDown && strokeTo(at(event)));
  for (const end of ["pointerup", "pointercancel"]) board.addEventListener(end, () => (drawn.isDown = false));
  board.addEventListener("keydown", drawByKey);
  element("clear").addEventListener("click", () => {
    clearDrawing();
    writeDrawing();
  });
  element("copy").addEventListener("click", () => copyImage());
}

function clearDrawing() {
  const context = drawn.canvas.getContext("2d");
  context.fillStyle = "black";
  context.fillRect(0, 0, 280, 280);
}

// Start from the chosen image.
function copyImage() {
  const context = drawn.canvas.getContext("2d");
  context.drawImage(sheet, ...cornerOf(state.image), imageSide, imageSide, 0, 0, 280, 280);
  writeDrawing();
}

// A line from the last point, in parts of the side.
function strokeTo(point) {
  const context = drawn.canvas.getContext("2d"), scaled = ([x, y]) => [280 * x, 280 * y];
  Object.assign(context, { strokeStyle: "white", lineWidth: 560 * PEN, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  context.moveTo(...scaled(drawn.at));
  context.lineTo(...scaled(point));
  context.stroke();
  drawn.at = point;
  writeDrawing();
}

// Arrows move the pen; the space bar lowers it and lifts it.
function drawByKey(event) {
  const direction = ARROWS[event.key];
  if (event.key === " ") drawn.isDown = !drawn.isDown;
  else if (direction) {
    const point = drawn.at.map((value, axis) =>
      Math.max(0, Math.min(1, value + 0.04 * direction[axis] * (axis ? -1 : 1))));
    if (drawn.isDown) strokeTo(point);
    drawn.at = point;
  } else return;
  event.preventDefault();
  writeDrawing();
}

// Grey levels of the drawing, each the mean of its square.
function drawnPixels() {
  const small = document.createElement("canvas");
  small.width = small.height = imageSide;
  const context = small.getContext("2d", { willReadFrequently: true });
  Object.assign(context, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
  context.drawImage(drawn.canvas, 0, 0, imageSide, imageSide);
  const data = context.getImageData(0, 0, imageSide, imageSide).data;
  return Float32Array.from({ length: pixelCount }, (_, at) => data[4 * at] / 255);
}

function writeDrawing() {
  const board = element("board").getContext("2d");
  board.drawImage(drawn.canvas, 0, 0);
  if (document.activeElement === element("board")) {
    board.strokeStyle = drawn.isDown ? "#ffa90e" : "#7cc0f5";
    board.lineWidth = 2;
    board.strokeRect(280 * drawn.at[0] - 8, 280 * drawn.at[1] - 8, 16, 16);
  }
  soon("drawing", decodeDrawing, 30);
}

function decodeDrawing() {
  const pixels = drawnPixels(), shown = [...new Set([state.first, state.second])];
  const images = [pixels, ...shown.map((index) => {
    const space = models[index].study;
    return space.decode(space.encode(pixels));
  })];
  const titles = [text("drawing"), ...shown.map((index) => models[index].label)];
  const items = images.map((one, index) => {
    const item = cardOf(one), title = document.createElement("strong");
    title.textContent = titles[index];
    item.prepend(title);
    return item;
  });
  element("drawing-images").replaceChildren(...items);
  soon("drawing-judge", () => judgeAll(images, () => items[0].isConnected, (index, verdict) => {
    items[index].dataset.accepted = verdict.accepted;
    items[index].lastChild.textContent = verdictText(verdict);
    if (index === images.length - 1)
      element("drawing-live").textContent = items.map((item) => item.textContent).join(". ");
  }), PAUSE);
}

const watchDrawing = () => watch(["tab", "first", "second", "language"], () => {
  if (state.tab !== "drawing") return;
  writeDrawing();
});
