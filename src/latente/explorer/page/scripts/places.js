// Where the reader is: the code of each model, and the image beside it.

// The code at which a drag starts: of the chosen image, or the mean of a class.
function anchorCode(map) {
  const space = spaceOf(modelOf(map), state.kind);
  return state.mean === null ? space.codeOf(state.image) : space.means()[state.mean];
}

// Where the anchor is on a map.
function anchorPosition(map) {
  if (state.mean === null) return positionOf(map, state.image);
  return state.kind === "pca" ? spaceOf(modelOf(map), "pca").project(anchorCode(map)) : [...anchorCode(map)];
}

// The code of a model. The model of the map with the pointer has the code under the pointer; the other model has the
// code of the same image.
function codeOf(map) {
  const space = spaceOf(modelOf(map), state.kind);
  if (map !== state.active || state.kind === "tsne") return anchorCode(map);
  if (state.kind === "plane") return Float32Array.from(state.pointer);
  const [x, y] = anchorPosition(map), [right, up] = [space.right(), space.up()];
  const [byX, byY] = [state.pointer[0] - x, state.pointer[1] - y];
  return anchorCode(map).map((value, j) => value + byX * right[j] + byY * up[j]);
}

// The image on the left of the panel.
const original = () => (state.mean === null ? pixelsOf(state.image) : pixelMeanOf(state.mean));

// Choose an image; the pointer goes to it.
function chooseImage(image, map = state.active) {
  change({ image, mean: null, active: map, pointer: positionOf(map, image) });
}

// Choose the mean of a class. t-SNE has no place for it, so the maps change.
function chooseMean(value) {
  change({ kind: state.kind === "tsne" ? "pca" : state.kind, mean: value, views: [null, null] });
  change({ pointer: anchorPosition(state.active) });
}

// Put the pointer at a point of a map. On the PCA map the anchor stays, so the drag is exact.
function movePointer(map, point) {
  const near = nearestImage(map, point).image;
  if (state.kind === "tsne") chooseImage(near, map);
  else if (state.kind === "plane") change({ active: map, pointer: point, image: near, mean: null });
  else change({ active: map, pointer: point });
}

// Start a drag: at an image if one is that near, in pixels; otherwise where the finger is.
function pressAt(map, at, reach) {
  const point = toMap(map, at), { image, distance } = nearestImage(map, point);
  const pixels = (distance * sizeOf(map)) / viewOf(map)[2];
  if (pixels <= reach && state.kind === "pca") chooseImage(image, map);
  else movePointer(map, point);
}

// Which kinds of maps the shown models have: a model without a plane cannot have the first.
const hasPlane = () => [0, 1].every((map) => models[modelOf(map)].plane);
