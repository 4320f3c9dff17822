// The tour: views that show a claim of the study, for readers who do not drag.

const FRESH = { views: [null, null], isolated: null, images: false, colour: "class", mean: null, holes: false };

// The first image of a class that both models decode well enough for the judge is not searched: any image serves.
const firstOf = (value) => imagesOf(value)[0] ?? 0;

const VIEWS = {
  reconstruction: () => {
    change({ ...FRESH, tab: "map", kind: "pca", active: 0 });
    chooseImage(firstOf(Math.min(2, meta.data.classes.length - 1)));
  },
  centroids: () => {
    const value = Math.min(3, meta.data.classes.length - 1);
    change({ ...FRESH, tab: "map", kind: "pca", active: 0, isolated: value });
    chooseMean(value);
  },
  samples: () => change({ ...FRESH, tab: "samples", density: "standard", seed: 1 }),
  hole: () => {
    const map = hasPlane() ? 1 : 0;
    change({ ...FRESH, tab: "map", kind: hasPlane() ? "plane" : "pca", holes: true, active: map });
    movePointer(map, deepestHole(map));
  },
  classes: () => {
    change({ ...FRESH, tab: "map", kind: "tsne", colour: "silhouette", active: 0 });
    chooseImage(leastSilhouette());
  },
};

// The point with the lowest density ratio in the circle that holds half of the prior of two dimensions.
function deepestHole(map) {
  const ratio = ratioOnMap(map, spaceOf(modelOf(map), state.kind)), radius = 1.177;
  let found = [0, 0], least = Infinity;
  for (let x = -radius; x <= radius; x += radius / 24)
    for (let y = -radius; y <= radius; y += radius / 24) {
      const value = ratio(x, y);
      if (x * x + y * y <= radius * radius && value < least) [found, least] = [[x, y], value];
    }
  return found;
}

// The image that is most like the images of another class.
function leastSilhouette() {
  const values = spaceOf(state.first, "tsne").silhouettes();
  return values.indexOf(Math.min(...values));
}

function buildTour() {
  const buttons = meta.tour.map(({ step }, index) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.dataset.text = `tour_${step}`;
    button.addEventListener("click", () => startStep(index));
    item.append(button);
    return item;
  });
  element("tour-steps").append(...buttons);
  element("tour-next").addEventListener("click", () => startStep((state.step + 1) % meta.tour.length));
  element("tour-end").addEventListener("click", () => change({ step: null }));
}

function startStep(index) {
  change({ step: index });
  VIEWS[meta.tour[index].step]();
}

function writeTour() {
  for (const [index, item] of [...element("tour-steps").children].entries())
    item.firstChild.setAttribute("aria-pressed", state.step === index);
  element("tour-card").hidden = state.step === null;
  if (state.step === null) return;
  const { step, claim } = meta.tour[state.step];
  element("tour-text").textContent = text(`told_${step}`);
  element("tour-claim").hidden = !claim;
  if (!claim) return;
  element("tour-sentence").textContent = translated(claim.sentence);
  element("tour-verdict").textContent = translated(claim.verdict);
  element("tour-verdict").className = claim.verdict;
  element("tour-number").textContent = numberText(claim.number);
}

function numberText({ name, mean, low, high }) {
  if (typeof mean !== "number") return "";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(mean), 1e-9))));
  const interval = typeof low === "number" ? ` [${number(low, digits)}, ${number(high, digits)}]` : "";
  return `${translated(name)}: ${number(mean, digits)}${interval}`;
}

const watchTour = () => watch(["step", "language"], writeTour);
