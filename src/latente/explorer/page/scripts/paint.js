// The layers of a map: holes, points and images below; pointer and marks above.

const HOLE_CELLS = 72;  // across a map

const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A canvas with as many pixels as the screen has, cleared.
function cleared(canvas, map) {
  const size = sizeOf(map), ratio = Math.min(devicePixelRatio || 1, 2), pixels = Math.round(size * ratio);
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size, size);
  return context;
}

function paintBase(map) {
  const context = cleared(canvases[map].base, map);
  if (state.holes && state.kind !== "tsne") paintHoles(context, map);
  if (state.kind === "plane" && hasStandardPrior(map)) paintPrior(context, map);
  if (state.images) paintImages(context, map);
  else paintPoints(context, map);
}

// Lines over the places where codes are rare compared with the prior.
function paintHoles(context, map) {
  const space = spaceOf(modelOf(map), state.kind), size = sizeOf(map), cell = size / HOLE_CELLS;
  const ratio = ratioOnMap(map, space), view = viewOf(map);
  context.strokeStyle = styleOf("hole");
  context.lineWidth = 1;
  context.beginPath();
  for (let row = 0; row < HOLE_CELLS; row++)
    for (let column = 0; column < HOLE_CELLS; column++) {
      const [left, top] = [column * cell, row * cell];
      if (!space.isHole(ratio(...toMap(map, [left + cell / 2, top + cell / 2], view)))) continue;
      context.moveTo(left, top + cell);
      context.lineTo(left + cell, top);
    }
  context.stroke();
}

// The log ratio at a point of a map.
function ratioOnMap(map, space) {
  if (state.kind === "plane") return space.logRatioOnPlane([0, 0], [1, 0], [0, 1]);
  const [x, y] = anchorPosition(map), ratio = space.logRatioOnPlane(anchorCode(map), space.right(), space.up());
  return (atX, atY) => ratio(atX - x, atY - y);
}

const hasStandardPrior = (map) => spaceOf(modelOf(map), "plane").holes().prior.count === 1;

// A circle around 95 % of the prior N(0, I) of two dimensions.
function paintPrior(context, map) {
  const [x, y] = toScreen(map, [0, 0]), radius = (2.448 * sizeOf(map)) / viewOf(map)[2];
  context.strokeStyle = styleOf("strong");
  context.setLineDash([5, 4]);
  context.beginPath();
  context.arc(x, y, radius, 0, TURN);
  context.stroke();
  context.setLineDash([]);
}

// Call `draw(image, left, top)` for every image that is on the screen.
function eachShown(map, draw) {
  const positions = positionsOf(map), view = viewOf(map), size = sizeOf(map), scale = size / view[2];
  for (let image = 0; image < imageCount; image++) {
    if (state.isolated !== null && labels[image] !== state.isolated) continue;
    const left = size / 2 + (positions[2 * image] - view[0]) * scale;
    const top = size / 2 - (positions[2 * image + 1] - view[1]) * scale;
    if (left > -20 && left < size + 20 && top > -20 && top < size + 20) draw(image, left, top);
  }
}

function paintPoints(context, map) {
  const silhouettes = state.colour === "silhouette" && spaceOf(modelOf(map), state.kind).silhouettes();
  const ratio = Math.min(devicePixelRatio || 1, 2), size = GLYPH * (sizeOf(map) < 250 ? 0.7 : 1);
  eachShown(map, (image, left, top) => {
    const colour = silhouettes ? silhouetteColour(silhouettes[image]) : classColour(labels[image]);
    const drawn = glyph(labels[image], colour, size * ratio), width = drawn.width / ratio;
    context.drawImage(drawn, left - width / 2, top - width / 2, width, width);
  });
}

// Images, one for each cell of a grid, so that they do not hide each other.
function paintImages(context, map) {
  const size = sizeOf(map) < 250 ? 16 : 24, taken = new Set();
  eachShown(map, (image, left, top) => {
    const cell = `${Math.floor(left / size)} ${Math.floor(top / size)}`;
    if (taken.has(cell)) return;
    taken.add(cell);
    const [x, y] = [Math.floor(left / size) * size, Math.floor(top / size) * size];
    context.drawImage(sheet, ...cornerOf(image), imageSide, imageSide, x + 1, y + 1, size - 2, size - 2);
    context.fillStyle = classColour(labels[image]);
    context.fillRect(x + 1, y + size - 2, size - 2, 2);
  });
}

function ring(context, [x, y], radius, colour, width) {
  for (const [stroke, line] of [[styleOf("paper"), width + 3], [colour, width]]) {
    context.strokeStyle = stroke;
    context.lineWidth = line;
    context.beginPath();
    context.arc(x, y, radius, 0, TURN);
    context.stroke();
  }
}

function paintOver(map) {
  const context = cleared(canvases[map].over, map), ink = styleOf("ink"), isActive = map === state.active;
  const anchor = toScreen(map, anchorPosition(map)), pointer = toScreen(map, state.pointer);
  if (isActive && state.kind === "pca") {
    context.strokeStyle = ink;
    context.beginPath();
    context.moveTo(...anchor);
    context.lineTo(...pointer);
    context.stroke();
  }
  ring(context, anchor, 7, styleOf("link"), 2.5);
  if (isActive) paintPointer(context, pointer, ink);
  if (state.hover !== null) {
    const at = toScreen(map, positionOf(map, state.hover));
    ring(context, at, 9, ink, 1.5);
    paintThumbnail(context, map, at);
  }
}

function paintPointer(context, [x, y], ink) {
  ring(context, [x, y], 11, ink, 2);
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + 11 * dx, y + 11 * dy);
    context.lineTo(x + 17 * dx, y + 17 * dy);
  }
  context.stroke();
}

// The image under the mouse, in front of the points.
function paintThumbnail(context, map, [x, y]) {
  const size = sizeOf(map) < 250 ? 36 : 52, all = sizeOf(map);
  const left = x + 18 + size > all ? x - 14 - size : x + 14, top = Math.max(2, Math.min(all - size - 2, y - size / 2));
  context.fillStyle = classColour(labels[state.hover]);
  context.fillRect(left - 2, top - 2, size + 4, size + 4);
  context.drawImage(sheet, ...cornerOf(state.hover), imageSide, imageSide, left, top, size, size);
}
