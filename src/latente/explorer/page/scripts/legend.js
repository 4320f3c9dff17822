// The legend: a button for each class isolates it. One more button shows the mean of the isolated class.

function buildLegend() {
  const items = meta.data.classes.map((name, value) => {
    const button = document.createElement("button"), mark = document.createElement("canvas");
    button.type = "button";
    mark.setAttribute("aria-hidden", "true");
    mark.width = mark.height = 32;
    button.append(mark);
    if (named) button.setAttribute("aria-label", name);
    else button.append(name);
    button.addEventListener("click", () => change({ isolated: state.isolated === value ? null : value }));
    return button;
  });
  element("classes").append(...items);
  element("mean").addEventListener("click", () => chooseMean(state.isolated));
}

function writeLegend() {
  for (const [value, button] of [...element("classes").children].entries()) {
    button.setAttribute("aria-pressed", state.isolated === value);
    const context = button.firstChild.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, 32, 32);
    context.translate(16, 16);
    drawGlyph(context, value, state.colour === "class" ? classColour(value) : styleOf("ink"), 26);
  }
  element("mean").hidden = state.isolated === null;
  element("silhouette-scale").hidden = state.colour !== "silhouette";
  element("mean").textContent = state.isolated === null ? "" : text("show_mean", { name: className(state.isolated) });
}

const watchLegend = () => watch(["isolated", "colour", "language", "scheme"], writeLegend);
