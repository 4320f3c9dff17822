// What the reader sees: one state. Watchers draw what has changed, once a frame; the address repeats the state.

const state = {
  tab: "map",
  kind: "plane",         // of the maps: plane, pca, tsne
  first: 0,              // index of the model on the left
  second: 1,             // and on the right
  active: 0,             // the map with the pointer: 0 or 1
  pointer: [0, 0],       // where it is on this map
  image: 0,              // the image that the reader has chosen, or that is nearest to the pointer
  mean: null,            // a class whose mean is shown instead of an image
  hover: null,           // an image under the mouse
  colour: "class",       // or silhouette
  images: false,         // whether the maps show images
  holes: true,           // whether the maps show holes
  isolated: null,        // the only class that the maps show
  views: [null, null],   // centre and scale of each map; null shows all of it
  density: "standard",
  seed: 1,
  from: 0,               // the images of the path
  to: 1,
  step: null,            // of the tour
  language: "en",
};

const WRITTEN = ["tab", "kind", "first", "second", "active", "pointer", "image", "mean", "colour", "images", "holes",
  "isolated", "views", "density", "seed", "from", "to", "step", "language"];

const watchers = [];
const changedKeys = new Set();
let isScheduled = false;

// Call `draw` in the next frame after one of the keys has changed.
const watch = (keys, draw) => watchers.push({ keys, draw });

function change(values) {
  for (const [key, value] of Object.entries(values)) {
    if (JSON.stringify(state[key]) === JSON.stringify(value)) continue;
    state[key] = value;
    changedKeys.add(key);
  }
  if (changedKeys.size && !isScheduled) {
    isScheduled = true;
    requestAnimationFrame(drawChanges);
  }
}

function drawChanges() {
  const keys = new Set(changedKeys);
  changedKeys.clear();
  isScheduled = false;
  for (const { keys: watched, draw } of watchers) if (watched.some((key) => keys.has(key))) draw(keys);
  soon("address", writeAddress, 300);
}

// Call a function after a pause without other calls of the same name.
const timers = new Map();
function soon(name, call, pause) {
  clearTimeout(timers.get(name));
  timers.set(name, setTimeout(call, pause));
}

const short = (value) => (typeof value === "number" ? Number(value.toPrecision(5)) : value);
const shortened = (value) => (Array.isArray(value) ? value.map(shortened) : short(value));

function writeAddress() {
  const parts = WRITTEN.map((key) => `${key}=${encodeURIComponent(JSON.stringify(shortened(state[key])))}`);
  try {
    history.replaceState(null, "", `#${parts.join("&")}`);
  } catch {
    // a sandbox without an address: the page works without
  }
}

// The state of the address; a value that cannot be is left out.
function readAddress() {
  const found = {};
  for (const part of location.hash.slice(1).split("&")) {
    const [key, value] = part.split("=");
    if (!WRITTEN.includes(key)) continue;
    try {
      const read = JSON.parse(decodeURIComponent(value));
      if (isPossible[key](read)) found[key] = read;
    } catch {
      // not a value
    }
  }
  return found;
}

const oneOf = (...values) => (value) => values.includes(value);
const below = (count) => (value) => Number.isInteger(value) && value >= 0 && value < count();
const orNull = (test) => (value) => value === null || test(value);
const numbers = (length) => (value) => Array.isArray(value) && value.length === length && value.every(Number.isFinite);
const isModel = below(() => models.length), isImage = below(() => imageCount);
const isClass = below(() => (areLabelled ? meta.data.classes.length : 0)), isFlag = oneOf(true, false);

const isPossible = {
  tab: oneOf("map", "traversals", "paths", "samples", "drawing"),
  kind: oneOf("plane", "pca", "tsne"),
  first: isModel,
  second: isModel,
  active: oneOf(0, 1),
  pointer: numbers(2),
  image: isImage,
  mean: orNull(isClass),
  colour: (value) => value === "class" || (value === "silhouette" && areLabelled),
  images: isFlag,
  holes: isFlag,
  isolated: orNull(isClass),
  views: (value) => Array.isArray(value) && value.length === 2 && value.every(orNull(numbers(3))),
  density: oneOf("standard", "gaussian", "mixture"),
  seed: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
  from: isImage,
  to: isImage,
  step: orNull(below(() => meta.tour.length)),
  language: (value) => LANGUAGES.includes(value),
};

const modelOf = (side) => (side === 0 ? state.first : state.second);
