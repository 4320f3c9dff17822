// The two maps: their models, their kind, what they show, and their buttons.

const KINDS = ["plane", "pca", "tsne"];

// After a change of the kind or of the models, the pointer goes to the chosen image again.
function changeMaps(values) {
  change({ ...values, views: [null, null], hover: null });
  if (state.kind === "plane" && !hasPlane()) change({ kind: "pca" });
  if (state.kind === "tsne" && state.mean !== null) change({ mean: null });
  change({ pointer: anchorPosition(state.active) });
}

function buildMaps() {
  for (const kind of KINDS) element(`kind-${kind}`).addEventListener("change", () => changeMaps({ kind }));
  for (const [map, key] of ["first", "second"].entries()) {
    const select = element(key);
    select.append(...models.map((model, index) => new Option(model.label, index)));
    select.addEventListener("change", () => changeMaps({ [key]: Number(select.value) }));
    element(`closer-${map}`).addEventListener("click", () => zoom(map, 1.5));
    element(`farther-${map}`).addEventListener("click", () => zoom(map, 1 / 1.5));
    element(`whole-${map}`).addEventListener("click", () => setView(map, null));
  }
  for (const key of ["images", "holes"])
    element(key).addEventListener("change", () => change({ [key]: element(key).checked }));
  element("silhouette").addEventListener("change", () =>
    change({ colour: element("silhouette").checked ? "silhouette" : "class" }));
  for (const part of document.querySelectorAll(".of-classes")) part.hidden = !areLabelled;
}

function writeMaps() {
  element("kind-plane").disabled = !hasPlane();
  element(`kind-${state.kind}`).checked = true;
  element("first").value = state.first;
  element("second").value = state.second;
  for (const key of ["images", "holes"]) element(key).checked = state[key];
  element("holes").disabled = state.kind === "tsne";
  element("silhouette").checked = state.colour === "silhouette";
  const share = percent(spaceOf(state.first, "pca").known.plane.share);
  const other = percent(spaceOf(state.second, "pca").known.plane.share);
  const of = { first: models[state.first].label, second: models[state.second].label, share, other };
  element("kind-note").textContent = text(`note_${state.kind}`, of);
}

const OF_BASE = ["kind", "first", "second", "colour", "images", "holes", "isolated", "views", "language"];

function watchMaps() {
  watch(["kind", "first", "second", "colour", "images", "holes", "language"], writeMaps);
  watch([...OF_BASE, "tab", "scheme", "image", "mean"], (keys) => {
    if (state.tab !== "map") return;
    // The holes of the PCA map are those of the plane through the anchor.
    const isMoved = OF_BASE.some((key) => keys.has(key)) || keys.has("tab") || keys.has("scheme");
    if (isMoved || (state.kind === "pca" && state.holes)) for (const map of [0, 1]) paintBase(map);
  });
  watch([...OF_BASE, "tab", "scheme", "image", "mean", "pointer", "active", "hover"], () => {
    if (state.tab === "map") for (const map of [0, 1]) paintOver(map);
  });
  const repaint = () => change({ scheme: (state.scheme || 0) + 1 });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new ResizeObserver(repaint).observe(canvases[0].over);
}
