// The start: build the parts, read the address, draw everything once.

// What the page says about itself: how exact it is.
function writeExactness() {
  const { agreement, networks, all } = meta.judge;
  const values = {
    count: networks.length,
    all,
    ofImages: percent(agreement.images, 2),
    ofSamples: percent(agreement.samples, 2),
  };
  element("exact-judge").textContent = text("exact_judge", values);
  element("exact-models").replaceChildren(...["study", "plane"].flatMap((kind) => meta.models.map((model) => {
    const item = document.createElement("li"), { mean, largest } = model[kind].accuracy;
    const shown = { model: model.label, seed: model.seed, mean: number(mean, 4), largest: number(largest, 2) };
    item.textContent = text(`exact_${kind}`, shown);
    return item;
  })));
}

function buildLanguages() {
  for (const language of LANGUAGES)
    element(`language-${language}`).addEventListener("click", () => change({ language }));
}

function writeLanguage() {
  writeTexts();
  writeExactness();
  for (const language of LANGUAGES)
    element(`language-${language}`).setAttribute("aria-pressed", state.language === language);
}

async function start() {
  const second = Math.min(1, models.length - 1);
  Object.assign(state, { second, language: browserLanguage(), to: imageCount > 1 ? 1 : 0 }, readAddress());
  if (state.kind === "plane" && !hasPlane()) state.kind = "pca";
  if (!location.hash.includes("pointer=")) state.pointer = anchorPosition(state.active);
  if (!shownTabs().includes(state.tab)) state.tab = "map";
  for (const build of [buildLanguages, buildTabs, buildMaps, buildLegend, buildTraversals, buildPaths, buildSamples,
    buildDrawing, buildTour]) build();
  for (const map of [0, 1]) {
    listenToMap(map);
    listenToKeys(map);
  }
  watch(["language"], writeLanguage);
  for (const watchPart of [watchTour, watchTabs, watchLegend, watchMaps, watchPanel, watchTraversals, watchPaths,
    watchSamples, watchDrawing]) watchPart();
  await readImages();
  for (const { draw } of watchers) draw(new Set(Object.keys(state)));
  document.documentElement.dataset.ready = "true";
  prepare([judgeNetworks, ...models.flatMap(({ study }) => [study.decoder, study.positions.pca, study.holes])]);
}

// Compute, one after another, what the reader may need next; the page answers meanwhile.
function prepare([next, ...others]) {
  setTimeout(() => {
    next();
    if (others.length) prepare(others);
  }, 30);
}

start();
