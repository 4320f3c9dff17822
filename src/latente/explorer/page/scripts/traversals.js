// Traversals: a slider for each dimension of the code of the chosen image, and the images along each dimension.

const ALONG = [-3, -2, -1, 0, 1, 2, 3];  // standard deviations from the mean of the codes
let traversed = { model: 0, code: null };

// The dimensions in the order of the rate, or of the variance.
function buildTraversals() {
  const select = element("traversal-model");
  select.append(...models.map((model, index) => new Option(model.label, index)));
  select.addEventListener("change", () => startTraversal(Number(select.value)));
  element("traversal-reset").addEventListener("click", () => startTraversal(traversed.model));
  element("traversal-other").addEventListener("click", () => stepImage(state.active, 1));
}

function startTraversal(model) {
  traversed = { model, code: models[model].study.codeOf(state.image) };
  element("traversal-model").value = model;
  const { order, kind } = models[model].study.known.units;
  element("traversal-note").textContent = text(`order_${kind}`, { count: order.length });
  element("sliders").replaceChildren(...order.map(sliderOf));
  writeTraversal();
}

function sliderOf(unit) {
  const { value, kind, active, mean, deviation } = models[traversed.model].study.known.units;
  const row = document.createElement("li"), label = document.createElement("label");
  const input = document.createElement("input"), strip = document.createElement("canvas");
  const amount = text(kind, { amount: number(value[unit], 2) });
  label.textContent = `z${unit + 1} · ${amount}${active[unit] ? "" : ` · ${text("inactive")}`}`;
  label.htmlFor = input.id = `unit-${unit}`;
  row.classList.toggle("inactive", !active[unit]);
  const spread = deviation[unit] || 1;
  Object.assign(input, { type: "range", min: -3, max: 3, step: 0.05 });
  input.value = (traversed.code[unit] - mean[unit]) / spread;
  input.addEventListener("input", () => {
    traversed.code[unit] = mean[unit] + Number(input.value) * spread;
    writeTraversal();
  });
  strip.className = "strip";
  strip.dataset.unit = unit;
  strip.setAttribute("aria-hidden", "true");
  row.append(label, input, strip);
  return row;
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
  const space = models[traversed.model].study, { mean, deviation } = space.known.units;
  for (const strip of element("sliders").querySelectorAll("canvas")) {
    const unit = Number(strip.dataset.unit), one = document.createElement("canvas"), code = traversed.code.slice();
    [strip.width, strip.height] = [ALONG.length * imageSide, imageSide];
    ALONG.forEach((step, place) => {
      code[unit] = mean[unit] + step * (deviation[unit] || 1);
      show(one, space.decode(code));
      strip.getContext("2d").drawImage(one, place * imageSide, 0);
    });
  }
}

const watchTraversals = () => watch(["tab", "image", "language"], () => {
  if (state.tab === "traversals") startTraversal(traversed.model);
});
