// The panel: the original, and what each model decodes. Decoding is live; the judge follows after a pause.

const PAUSE = 150;  // milliseconds

// The class and the confidence, or that the judge rejects the image.
function verdictText({ label, confidence, accepted }) {
  const values = { name: className(label), confidence: percent(confidence) };
  return text(accepted ? "accepted" : "rejected", values);
}

const shownImages = [null, null, null];  // the original, then the two models
const written = ["", "", ""];  // what each column shows, so that a drag computes only what changes
let judging = 0;

function writePanel() {
  writeOriginal();
  for (const map of [0, 1]) {
    writeDecoded(map);
    element(`where-${map}`).textContent = whereText(map);
  }
  for (const name of ["original", "0", "1"]) element(`judge-${name}`).classList.add("waiting");
  judging++;
  soon("judge", judgePanel, PAUSE);
}

// Whether a column shows something else than before.
function isNew(column, shown) {
  const key = `${state.language} ${shown}`, isChanged = written[column] !== key;
  written[column] = key;
  return isChanged;
}

function writeOriginal() {
  if (!isNew(0, state.mean === null ? state.image : `mean ${state.mean}`)) return;
  shownImages[0] = original();
  show(element("image-original"), shownImages[0]);
  element("where-original").textContent = originalText();
}

function writeDecoded(map) {
  const space = spaceOf(modelOf(map), state.kind), code = codeOf(map), column = map + 1;
  const hasSilhouette = areLabelled && state.mean === null;
  element(`silhouette-${map}`).textContent = hasSilhouette ? number(space.silhouettes()[state.image], 2) : "–";
  if (!isNew(column, `${modelOf(map)} ${state.kind === "plane"} ${code}`)) return;
  shownImages[column] = space.decode(code);
  show(element(`image-${map}`), shownImages[column]);
  element(`name-${map}`).textContent = models[modelOf(map)].label;
  writeHole(map, space, code);
}

function writeHole(map, space, code) {
  const ratio = space.logRatio(code), cell = element(`hole-${map}`), isHole = space.isHole(ratio);
  cell.textContent = text(isHole ? "in_hole" : "no_hole", { ratio: number(ratio, 1) });
  cell.dataset.hole = isHole;
}

const originalText = () => (state.mean === null
  ? text("image_of", { index: number(arrayOf(meta.data.numbers)[state.image]), name: className(labels[state.image]) })
  : text("mean_of", { name: className(state.mean) }));

// Whether a model decodes the code under the pointer, or the code of the image.
function whereText(map) {
  if (state.mean !== null && (map !== state.active || isAtAnchor())) return text("at_mean");
  return text(map === state.active && state.kind !== "tsne" && !isAtAnchor() ? "at_pointer" : "at_image");
}

const isAtAnchor = () => anchorPosition(state.active).every((value, axis) =>
  Math.abs(value - state.pointer[axis]) < 1e-4 * Math.max(1, Math.abs(value)));

function judgePanel() {
  const own = ++judging;
  judgeAll(shownImages, () => own === judging, (column, verdict) => {
    const cell = element(`judge-${["original", "0", "1"][column]}`);
    cell.textContent = verdictText(verdict);
    cell.dataset.accepted = verdict.accepted;
    cell.classList.remove("waiting");
    if (column === 2) say();
  });
}

// The line for screen readers.
function say() {
  const of = (map) => text("said", {
    model: models[modelOf(map)].label,
    judge: element(`judge-${map}`).textContent,
    hole: element(`hole-${map}`).textContent,
  });
  element("live").textContent = `${element("where-original").textContent}. ${of(0)} ${of(1)}`;
}

function watchPanel() {
  watch(["tab", "kind", "first", "second", "active", "pointer", "image", "mean", "language"], () => {
    if (state.tab === "map") writePanel();
  });
}
