// Traversals: sliders that move the code of the chosen image along a direction, and the images along each direction.

const ALONG = [-3, -2, -1, 0, 1, 2, 3];  // standard deviations
let traversed = { model: 0, code: null, handles: [] };

// The dimensions in the order of the rate, or of the variance.
function buildTraversals() {
  const select = element("traversal-model");
  select.append(...models.map((model, index) => new Option(model.label, index)));
  select.addEventListener("change", () => startTraversal(Number(select.value)));
  element("traversal-reset").addEventListener("click", () => startTraversal(traversed.model));
  element("traversal-other").addEventListener("click", () => stepImage(state.active, 1));
  element("factors").hidden = !meta.factors.length;
}

function startTraversal(model) {
  const { study } = models[model], { order, kind } = study.known.units;
  traversed = { model, code: study.codeOf(state.image), handles: [] };
  element("traversal-model").value = model;
  element("traversal-note").textContent = text(`order_${kind}`, { count: order.length });
  element("factor-sliders").replaceChildren(...meta.factors.map(factorHandle).map(sliderOf));
  element("sliders").replaceChildren(...order.map(unitHandle).map(sliderOf));
  writeTraversal();
}

// A handle moves the code: by its direction for each unit of its position.
function unitHandle(unit) {
  const { value, kind, active, mean, deviation } = models[traversed.model].study.known.units;
  const amount = text(kind, { amount: number(value[unit], 2) }), spread = deviation[unit] || 1;
  const direction = new Float32Array(traversed.code.length);
  direction[unit] = spread;
  return {
    id: `unit-${unit}`,
    label: `z${unit + 1} · ${amount}${active[unit] ? "" : ` · ${text("inactive")}`}`,
    isInactive: !active[unit],
    direction,
    position: () => (traversed.code[unit] - mean[unit]) / spread,
  };
}

function factorHandle(name, index) {
  const size = traversed.code.length, directions = arrayOf(meta.models[traversed.model].factors);
  const handle = { id: `factor-${name}`, label: text(`factor_${name}`), isInactive: false, moved: 0 };
  handle.direction = directions.subarray(index * size, (index + 1) * size);
  handle.position = () => handle.moved;
  return handle;
}

function sliderOf(handle) {
  const row = document.createElement("li"), label = document.createElement("label");
  handle.input = document.createElement("input");
  handle.strip = document.createElement("canvas");
  label.textContent = handle.label;
  label.htmlFor = handle.input.id = handle.id;
  row.classList.toggle("inactive", handle.isInactive);
  Object.assign(handle.input, { type: "range", min: -3, max: 3, step: 0.05, value: handle.position() });
  handle.input.addEventListener("input", () => moveCode(handle, Number(handle.input.value)));
  handle.strip.className = "strip";
  handle.strip.setAttribute("aria-hidden", "true");
  row.append(label, handle.input, handle.strip);
  traversed.handles.push(handle);
  return row;
}

// A factor changes many dimensions, so the other sliders follow.
function moveCode(handle, position) {
  traversed.code = codeAlong(handle, position);
  if ("moved" in handle) handle.moved = position;
  for (const other of traversed.handles) if (other !== handle) other.input.value = other.position();
  writeTraversal();
}

function codeAlong({ direction, position }, place) {
  const step = place - position();
  return traversed.code.map((value, unit) => value + step * direction[unit]);
}

// The image of the whole code at once; the strips and the judge after a pause.
function writeTraversal() {
  const space = models[traversed.model].study, pixels = space.decode(traversed.code);
  show(element("traversal-image"), pixels);
  show(element("traversal-original"), pixelsOf(state.image));
  const ratio = space.logRatio(traversed.code);
  const hole = text(space.isHole(ratio) ? "in_hole" : "no_hole", { ratio: number(ratio, 1) });
  element("traversal-hole").textContent = hole;
  soon("strips", writeStrips, 60);
  soon("traversal-judge", () => judgeAll([pixels], () => true, (_, verdict) => {
    element("traversal-judge").textContent = verdictText(verdict);
    element("traversal-live").textContent = `${verdictText(verdict)}. ${hole}`;
  }), PAUSE);
}

function writeStrips() {
  const space = models[traversed.model].study, one = document.createElement("canvas");
  for (const handle of traversed.handles) {
    [handle.strip.width, handle.strip.height] = [ALONG.length * imageSide, imageSide];
    ALONG.forEach((step, place) => {
      show(one, space.decode(codeAlong(handle, step)));
      handle.strip.getContext("2d").drawImage(one, place * imageSide, 0);
    });
  }
}

const watchTraversals = () => watch(["tab", "image", "language"], () => {
  if (state.tab === "traversals") startTraversal(traversed.model);
});
