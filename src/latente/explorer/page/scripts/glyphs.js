// Classes have a colour and a glyph: the name itself if every name has one character, otherwise a shape.

const named = meta.data.classes.every((name) => [...name].length === 1);
const GLYPH = named ? 11 : 8;  // pixels
const glyphs = new Map();

const TURN = 2 * Math.PI;
const polygon = (corners, start, inner = 1) => (path, r) => {
  for (let corner = 0; corner < corners; corner++) {
    const angle = start * TURN + (corner / corners) * TURN, radius = corner % 2 ? r * inner : r;
    path.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  path.closePath();
};
const SHAPES = [
  (path, r) => path.arc(0, 0, 0.85 * r, 0, TURN),
  polygon(4, 1 / 8),
  polygon(3, -1 / 4),
  polygon(3, 1 / 4),
  polygon(4, 0),
  polygon(10, -1 / 4, 0.4),
  polygon(8, 0, 0.35),
  polygon(8, 1 / 8, 0.35),
  polygon(6, 0),
];

// Eleven shapes would repeat with the ten colours; nine give ninety different pairs.
const shapeOf = (value) => SHAPES[value % SHAPES.length];

function drawGlyph(context, value, colour, size) {
  context.fillStyle = colour;
  if (named) {
    context.font = `bold ${size}px system-ui, sans-serif`;
    [context.textAlign, context.textBaseline] = ["center", "middle"];
    context.fillText(className(value), 0, 0);
    return;
  }
  context.beginPath();
  shapeOf(value)(context, size / 2);
  context.fill();
}

// A small canvas with a glyph; it is drawn once.
function glyph(value, colour, size) {
  const key = `${value} ${colour} ${size}`;
  if (!glyphs.has(key)) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(size * 1.4);
    const context = canvas.getContext("2d");
    context.translate(canvas.width / 2, canvas.height / 2);
    drawGlyph(context, value, colour, size);
    glyphs.set(key, canvas);
  }
  return glyphs.get(key);
}

const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

// Whether the page is dark changes how light a colour must be.
const channelsOf = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const lightness = ([red, green, blue]) => (0.299 * red + 0.587 * green + 0.114 * blue) / 255;

// The colour of a class, moved towards the ink of the page if it is too near to the paper.
function classColour(value) {
  const channels = channelsOf(meta.data.colours[value]), light = lightness(channels);
  const [ink, share] = isDark() ? [255, (0.45 - light) / (1 - light)] : [0, (light - 0.6) / light];
  const moved = channels.map((channel) => Math.round(channel + Math.max(0, share) * (ink - channel)));
  return `rgb(${moved.join(", ")})`;
}

// From vermilion (-1) over grey (0) to blue (1), in steps of a tenth.
function silhouetteColour(value) {
  const [low, none, high] = isDark()
    ? [[255, 154, 102], [120, 124, 128], [124, 192, 245]]
    : [[196, 70, 0], [170, 172, 174], [0, 95, 165]];
  const step = Math.round(Math.max(-1, Math.min(1, 2 * value)) * 10) / 10, end = step < 0 ? low : high;
  return `rgb(${none.map((from, part) => Math.round(from + Math.abs(step) * (end[part] - from))).join(", ")})`;
}
