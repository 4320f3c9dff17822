// Samples: codes drawn from a density, decoded, and judged; the share accepted beside that of the study.

const DENSITIES = ["standard", "gaussian", "mixture"];
const SAMPLES = 24;
let sampleRun = 0;

function buildSamples() {
  for (const density of DENSITIES)
    element(`density-${density}`).addEventListener("change", () => change({ density }));
  element("seed").addEventListener("change", () => {
    const seed = Number(element("seed").value);
    if (isPossible.seed(seed)) change({ seed });
  });
  element("draw-again").addEventListener("click", () => change({ seed: (state.seed + 1) % 2 ** 32 }));
}

function writeSamples() {
  const own = ++sampleRun;
  element(`density-${state.density}`).checked = true;
  element("seed").value = state.seed;
  const shown = [...new Set([state.first, state.second])];
  element("sample-lists").replaceChildren(...shown.map((index) => samplesOf(models[index], () => own === sampleRun)));
}

// The samples of one model.
function samplesOf(model, wanted) {
  const random = uniform(state.seed), density = model.densities()[state.density];
  const images = Array.from({ length: SAMPLES }, () => model.study.decode(density.draw(random)));
  const part = document.createElement("section"), heading = document.createElement("h3");
  const list = document.createElement("ol"), share = document.createElement("p");
  heading.textContent = model.label;
  share.setAttribute("aria-live", "polite");
  list.className = "gallery";
  list.append(...images.map(cardOf));
  part.append(heading, share, list);
  const study = percent(model.accepted[state.density]);
  share.textContent = text("study_accepts", { study });
  let accepted = 0, judgedCount = 0;
  judgeAll(images, wanted, (index, verdict) => {
    writeCard(list.children[index], verdict);
    accepted += verdict.accepted;
    if (++judgedCount < SAMPLES) return;
    share.textContent = text("share_accepted", { accepted, all: SAMPLES, share: percent(accepted / SAMPLES), study });
  });
  return part;
}

const watchSamples = () => watch(["tab", "density", "seed", "first", "second", "language"], () => {
  if (state.tab === "samples") writeSamples();
});
