// Paths: the images on the straight line between two images, in each latent space and between plain pixels.

const STEPS = 9;
let pathRun = 0;

function buildPaths() {
  element("path-from").addEventListener("click", () => change({ from: state.image }));
  element("path-to").addEventListener("click", () => change({ to: state.image }));
  element("path-swap").addEventListener("click", () => change({ from: state.to, to: state.from }));
  element("path-random").addEventListener("click", () => {
    const [from, to] = [Math.random(), Math.random()].map((share) => Math.floor(share * imageCount));
    change({ from, to });
  });
}

const between = (a, b, share) => a.map((value, j) => value + share * (b[j] - value));

// Title and images of each line.
function linesOfPath() {
  const shares = Array.from({ length: STEPS }, (_, step) => step / (STEPS - 1));
  const [from, to] = [pixelsOf(state.from), pixelsOf(state.to)];
  const shown = [...new Set([state.first, state.second])];
  return [
    ...shown.map((index) => {
      const space = models[index].study, [a, b] = [space.codeOf(state.from), space.codeOf(state.to)];
      return [models[index].label, shares.map((share) => space.decode(between(a, b, share)))];
    }),
    [text("pixels"), shares.map((share) => between(from, to, share))],
  ];
}

function writePaths() {
  const own = ++pathRun;
  show(element("path-start"), pixelsOf(state.from));
  show(element("path-end"), pixelsOf(state.to));
  element("path-start-name").textContent = className(labels[state.from]);
  element("path-end-name").textContent = className(labels[state.to]);
  const rows = linesOfPath().map(([title, images]) => rowOf(title, images, () => own === pathRun));
  element("path-lines").replaceChildren(...rows);
}

// A line of images, each with its verdict, and the number of accepted images.
function rowOf(title, images, wanted) {
  const row = document.createElement("section"), heading = document.createElement("h3");
  const list = document.createElement("ol"), verdicts = [];
  heading.textContent = title;
  heading.setAttribute("aria-live", "polite");
  list.className = "gallery line";
  list.append(...images.map((pixels) => cardOf(pixels)));
  row.append(heading, list);
  judgeAll(images, wanted, (index, verdict) => {
    verdicts.push(verdict);
    writeCard(list.children[index], verdict);
    const accepted = verdicts.filter((one) => one.accepted).length;
    if (verdicts.length === images.length)
      heading.textContent = `${title}: ${text("accepted_of", { accepted, all: images.length })}`;
  });
  return row;
}

// An image with room for its verdict.
function cardOf(pixels) {
  const item = document.createElement("li"), caption = document.createElement("span");
  caption.textContent = "…";
  item.append(picture(pixels), caption);
  return item;
}

function writeCard(item, verdict) {
  item.dataset.accepted = verdict.accepted;
  item.lastChild.textContent = verdict.accepted ? `✓ ${className(verdict.label)}` : "✗";
  item.lastChild.setAttribute("aria-label", verdictText(verdict));
  item.title = verdictText(verdict);
}

const watchPaths = () => watch(["tab", "from", "to", "first", "second", "language"], () => {
  if (state.tab === "paths") writePaths();
});
