// The part of a map that is on the screen: its centre in the unit of the codes, and pixels for each unit.

const canvases = [0, 1].map((map) => ({ base: element(`base-${map}`), over: element(`over-${map}`) }));
const positionsOf = (map) => spaceOf(modelOf(map), state.kind).positions[state.kind]();
const positionOf = (map, image) => [...positionsOf(map).subarray(2 * image, 2 * image + 2)];

// Width and height of a map, in CSS pixels.
const sizeOf = (map) => canvases[map].over.clientWidth || 300;

// The view of all points but the outermost hundredth, so that a single far code does not shrink the rest.
const wholeViews = new Map();

function wholeView(map) {
  const key = `${modelOf(map)} ${state.kind}`;
  if (!wholeViews.has(key)) wholeViews.set(key, computeWholeView(map));
  return wholeViews.get(key);
}

function computeWholeView(map) {
  const positions = positionsOf(map), margin = Math.floor(imageCount / 200);
  const range = (axis) => {
    const sorted = positions.filter((_, at) => at % 2 === axis).sort();
    return [sorted[margin], sorted[imageCount - 1 - margin]];
  };
  const [[left, right], [bottom, top]] = [range(0), range(1)];
  const extent = 1.2 * Math.max(right - left, top - bottom, 1e-6);
  return [(left + right) / 2, (bottom + top) / 2, extent];
}

// [x and y of the centre, extent], in the unit of the codes.
const viewOf = (map) => state.views[map] || wholeView(map);

function toScreen(map, [x, y], view = viewOf(map)) {
  const size = sizeOf(map), scale = size / view[2];
  return [size / 2 + (x - view[0]) * scale, size / 2 - (y - view[1]) * scale];
}

function toMap(map, [left, top], view = viewOf(map)) {
  const size = sizeOf(map), scale = size / view[2];
  return [view[0] + (left - size / 2) / scale, view[1] - (top - size / 2) / scale];
}

function setView(map, view) {
  const views = [...state.views];
  views[map] = view;
  change({ views });
}

// Zoom so that the point under the fingers stays where it is.
function zoom(map, factor, at = [sizeOf(map) / 2, sizeOf(map) / 2]) {
  const before = toMap(map, at), [x, y, extent] = viewOf(map), limits = wholeView(map)[2];
  const zoomed = Math.max(limits / 200, Math.min(limits * 4, extent / factor)), kept = zoomed / extent;
  setView(map, [before[0] + (x - before[0]) * kept, before[1] + (y - before[1]) * kept, zoomed]);
}

// Move the map by pixels.
function pan(map, [right, down]) {
  const [x, y, extent] = viewOf(map), unit = extent / sizeOf(map);
  setView(map, [x - right * unit, y + down * unit, extent]);
}

// The nearest image to a point of a map, among those that are shown; and its distance, in the unit of the codes.
function nearestImage(map, [x, y]) {
  const positions = positionsOf(map);
  let found = 0, least = Infinity;
  for (let image = 0; image < imageCount; image++) {
    if (state.isolated !== null && labels[image] !== state.isolated) continue;
    const squared = (positions[2 * image] - x) ** 2 + (positions[2 * image + 1] - y) ** 2;
    if (squared < least) [found, least] = [image, squared];
  }
  return { image: found, distance: Math.sqrt(least) };
}
