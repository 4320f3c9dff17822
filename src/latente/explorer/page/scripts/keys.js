// The keyboard on a map: arrows move the pointer, with shift the map; plus, minus and 0 zoom; N and P choose the next
// and the previous image; Enter the nearest; C jumps to the other map.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function listenToKeys(map) {
  canvases[map].over.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key], call = KEYS[event.key.toLowerCase()];
    if (direction) arrow(map, direction, event.shiftKey);
    else if (call) call(map);
    else return;
    event.preventDefault();
  });
}

function arrow(map, [right, up], isShift) {
  if (isShift) return pan(map, [-40 * right, 40 * up]);
  const step = viewOf(map)[2] / 50, start = map === state.active ? state.pointer : anchorPosition(map);
  if (state.kind === "tsne") return chooseImage(neighbour(map, start, [right, up]), map);
  movePointer(map, [start[0] + right * step, start[1] + up * step]);
}

// The nearest image in a direction.
function neighbour(map, [x, y], [right, up]) {
  const positions = positionsOf(map);
  let found = state.image, least = Infinity;
  for (let image = 0; image < imageCount; image++) {
    if (state.isolated !== null && labels[image] !== state.isolated) continue;
    const [dx, dy] = [positions[2 * image] - x, positions[2 * image + 1] - y];
    const along = dx * right + dy * up, across = Math.abs(dx * up) + Math.abs(dy * right);
    if (along > 1e-6 && along + 2 * across < least) [found, least] = [image, along + 2 * across];
  }
  return found;
}

// The next image, or the previous one; if a class is isolated, of this class.
function stepImage(map, step) {
  let image = state.image;
  do image = (image + step + imageCount) % imageCount;
  while (state.isolated !== null && labels[image] !== state.isolated);
  chooseImage(image, map);
}

const KEYS = {
  "+": (map) => zoom(map, 1.5),
  "=": (map) => zoom(map, 1.5),
  "-": (map) => zoom(map, 1 / 1.5),
  0: (map) => setView(map, null),
  n: (map) => stepImage(map, 1),
  p: (map) => stepImage(map, -1),
  enter: (map) => chooseImage(nearestImage(map, state.pointer).image, map),
  c: (map) => canvases[1 - map].over.focus(),
};
