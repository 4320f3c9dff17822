// Latent spaces: a trained model with the codes of the images on the map.

class Space {
  constructor(known, size) {
    this.known = known;
    this.size = size;
    this.decoder = known.decoder && lazy(() => network(known.decoder));
    this.encoder = known.encoder && lazy(() => network(known.encoder));
    this.codes = lazy(() => this.readCodes());
    this.silhouettes = lazy(() =>
      known.silhouette && Float32Array.from(arrayOf(known.silhouette.values), (value) => value / 127));
    this.centre = lazy(() => arrayOf(known.plane.centre));
    this.right = lazy(() => arrayOf(known.plane.directions).subarray(0, size));
    this.up = lazy(() => arrayOf(known.plane.directions).subarray(size));
    this.holes = lazy(() => ({ codes: new Mixture(known.holes.codes), prior: new Mixture(known.holes.prior) }));
    this.means = lazy(() => this.classMeans());
    this.positions = {
      plane: this.codes,
      pca: lazy(() => this.projectedCodes()),
      tsne: lazy(() => arrayOf(known.tsne)),
    };
  }

  readCodes() {
    const scale = arrayOf(this.known.codes.scale), codes = new Float32Array(arrayOf(this.known.codes.numbers));
    for (let at = 0; at < codes.length; at++) codes[at] *= scale[at % this.size];
    return codes;
  }

  codeOf(image) {
    return this.codes().slice(image * this.size, (image + 1) * this.size);
  }

  // Grey levels in [0, 1], a new array.
  decode(code) {
    const logits = this.decoder()(code), grey = new Float32Array(logits.length);
    for (let at = 0; at < grey.length; at++) grey[at] = 1 / (1 + Math.exp(-logits[at]));
    return grey;
  }

  // The mean code of an image.
  encode(pixels) {
    return Float32Array.from(this.encoder()(pixels));
  }

  // Where a code is in the plane of the main directions.
  project(code) {
    const centre = this.centre(), right = this.right(), up = this.up(), point = [0, 0];
    for (let j = 0; j < this.size; j++) {
      point[0] += (code[j] - centre[j]) * right[j];
      point[1] += (code[j] - centre[j]) * up[j];
    }
    return point;
  }

  projectedCodes() {
    const found = new Float32Array(imageCount * 2);
    for (let image = 0; image < imageCount; image++) found.set(this.project(this.codeOf(image)), image * 2);
    return found;
  }

  // The mean code of the images of every class.
  classMeans() {
    return meta.data.classes.map((_, value) => meanOf(imagesOf(value).map((image) => this.codeOf(image))));
  }

  // The logarithm of how much denser the codes of images are here than the prior, in nats.
  logRatio(code) {
    const { units, slope, intercept } = this.known.holes, { codes, prior } = this.holes();
    const used = units.map((unit) => code[unit]);
    return intercept + slope * (codes.logDensity(used) - prior.logDensity(used));
  }

  // The same at origin + x right + y up, as a function of x and y.
  logRatioOnPlane(origin, right, up) {
    const { units, slope, intercept } = this.known.holes, { codes, prior } = this.holes();
    const plane = [origin, right, up].map((vector) => units.map((unit) => vector[unit]));
    const [own, other] = [codes.onPlane(...plane), prior.onPlane(...plane)];
    return (x, y) => intercept + slope * (own(x, y) - other(x, y));
  }

  isHole(logRatio) {
    return logRatio < this.known.holes.edge;
  }
}

function meanOf(vectors) {
  const sum = new Float32Array(vectors[0] ? vectors[0].length : 0);
  for (const vector of vectors) for (let j = 0; j < sum.length; j++) sum[j] += vector[j] / vectors.length;
  return sum;
}

const labels = arrayOf(meta.data.labels);
const imageCount = labels.length;
const areLabelled = meta.data.classes.length > 1;
const imagesOf = (value) => [...labels.keys()].filter((image) => labels[image] === value);

const models = meta.models.map((known) => ({
  name: known.name,
  label: known.label,
  colour: known.colour,
  accepted: known.accepted,
  study: new Space(known.study, known.study.units.mean.length),
  plane: known.plane.decoder ? new Space(known.plane, 2) : null,
  densities: lazy(() => Object.fromEntries(
    Object.entries(known.study.densities).map(([name, one]) => [name, new Mixture(one)]))),
}));

const spaceOf = (model, kind) => (kind === "plane" ? models[model].plane : models[model].study);
