// Mixtures of Gaussians: their density, draws from them, and their density on a plane. With the upper triangle P of a
// Gaussian, (z / scale - mean) P is standard normal.

const LOG_TWO_PI = Math.log(2 * Math.PI);

function logSumExp(values) {
  let largest = -Infinity, sum = 0;
  for (let at = 0; at < values.length; at++) if (values[at] > largest) largest = values[at];
  for (let at = 0; at < values.length; at++) {
    const below = values[at] - largest;
    if (below > -40) sum += Math.exp(below);  // anything less adds nothing
  }
  return largest + Math.log(sum);
}

class Mixture {
  constructor(known) {
    [this.logweight, this.mean, this.triangle, this.scale] =
      ["logweight", "mean", "triangle", "scale"].map((name) => arrayOf(known[name]));
    this.count = this.logweight.length;
    this.size = this.scale.length;
    this.entries = (this.size * (this.size + 1)) / 2;
    this.constant = this.logweight.map((weight, component) => weight + this.volume(component));
    this.each = new Float64Array(this.count);
  }

  // The logarithm of the density of a Gaussian at its mean.
  volume(component) {
    let sum = (-this.size / 2) * LOG_TWO_PI;
    for (let j = 0, at = component * this.entries; j < this.size; j++) {
      at += j;
      sum += Math.log(this.triangle[at++]) - Math.log(this.scale[j]);
    }
    return sum;
  }

  // `difference P` of one Gaussian.
  whitened(component, difference, result) {
    for (let j = 0, at = component * this.entries; j < this.size; j++) {
      let sum = 0;
      for (let i = 0; i <= j; i++, at++) sum += difference[i] * this.triangle[at];
      result[j] = sum;
    }
    return result;
  }

  // z / scale - mean.
  difference(component, z) {
    const found = new Float64Array(this.size), start = component * this.size;
    for (let j = 0; j < this.size; j++) found[j] = z[j] / this.scale[j] - this.mean[start + j];
    return found;
  }

  // In nats.
  logDensity(z) {
    const white = new Float64Array(this.size);
    for (let component = 0; component < this.count; component++) {
      this.whitened(component, this.difference(component, z), white);
      let squared = 0;
      for (const value of white) squared += value * value;
      this.each[component] = this.constant[component] - squared / 2;
    }
    return logSumExp(this.each);
  }

  // The log-density at origin + x right + y up, as a function of x and y: each Gaussian is a polynomial there.
  onPlane(origin, right, up) {
    const unit = (direction) => direction.map((value, j) => value / this.scale[j]);
    const dot = (a, b) => a.reduce((sum, value, j) => sum + value * b[j], 0);
    const factors = new Float64Array(6 * this.count), { each, constant } = this;
    for (let component = 0; component < this.count; component++) {
      const [o, u, v] = [this.difference(component, origin), unit(right), unit(up)].map((vector) =>
        this.whitened(component, vector, new Float64Array(this.size)));
      factors.set([dot(o, o), 2 * dot(o, u), 2 * dot(o, v), dot(u, u), 2 * dot(u, v), dot(v, v)], 6 * component);
    }
    return (x, y) => {
      for (let component = 0, at = 0; component < each.length; component++, at += 6) {
        const linear = factors[at] + factors[at + 1] * x + factors[at + 2] * y;
        const squared = linear + (factors[at + 3] * x + factors[at + 4] * y) * x + factors[at + 5] * y * y;
        each[component] = constant[component] - squared / 2;
      }
      return logSumExp(each);
    };
  }

  // One random code.
  draw(random) {
    let rest = random(), component = 0;
    while (component < this.count - 1 && (rest -= Math.exp(this.logweight[component])) > 0) component++;
    const z = new Float32Array(this.size), solved = new Float64Array(this.size);
    for (let j = 0, at = component * this.entries; j < this.size; j++) {
      let value = normal(random);
      for (let i = 0; i < j; i++, at++) value -= solved[i] * this.triangle[at];
      solved[j] = value / this.triangle[at++];
      z[j] = (this.mean[component * this.size + j] + solved[j]) * this.scale[j];
    }
    return z;
  }
}
