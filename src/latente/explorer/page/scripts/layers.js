// Networks: lists of layers. Between layers an image is a flat row of floats: channel, row, column.

// The weights of a layer. Those of a large layer are whole numbers times the scale of their row.
function weightsOf(layer) {
  if (!layer.scale) return arrayOf(layer.weight);
  const numbers = arrayOf(layer.weight), scales = arrayOf(layer.scale);
  const [rows, columns] = layer.weight.shape, weights = new Float32Array(numbers.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) weights[at] = numbers[at] * scales[row];
  return weights;
}

function denseLayer(layer) {
  const weights = weightsOf(layer), bias = arrayOf(layer.bias);
  const [rows, columns] = layer.weight.shape, output = new Float32Array(rows);
  const quarter = columns - (columns % 4);
  return (input) => {
    for (let row = 0; row < rows; row++) {
      let at = row * columns, a = bias[row], b = 0, c = 0, d = 0, column = 0;
      for (; column < quarter; column += 4, at += 4) {  // four sums at once are twice as fast as one
        a += weights[at] * input[column];
        b += weights[at + 1] * input[column + 1];
        c += weights[at + 2] * input[column + 2];
        d += weights[at + 3] * input[column + 3];
      }
      for (; column < columns; column++, at++) a += weights[at] * input[column];
      output[row] = a + b + c + d;
    }
    return output;
  };
}

// Call `visit(from, to)` for every pair of positions of two maps that one place of the kernel connects. The small map
// is the output of a convolution, and the input of a transposed one.
function connect(small, large, place, { kernel, stride, padding }, visit) {
  const down = Math.floor(place / kernel) - padding, right = (place % kernel) - padding;
  for (let row = 0; row < small; row++) {
    const y = row * stride + down;
    if (y < 0 || y >= large) continue;
    for (let column = 0; column < small; column++) {
      const x = column * stride + right;
      if (x >= 0 && x < large) visit(row * small + column, y * large + x);
    }
  }
}

// For each place of the kernel, the pairs of positions as one flat list: small, large, small, large, ...
function connections(small, large, layer) {
  return Array.from({ length: layer.kernel ** 2 }, (_, place) => {
    const pairs = [];
    connect(small, large, place, layer, (a, b) => pairs.push(a, b));
    return Int32Array.from(pairs);
  });
}

function convolutionLayer(layer, transposed) {
  const weights = weightsOf(layer), bias = arrayOf(layer.bias);
  const [channels, side] = layer.inputs, [maps, size] = layer.outputs;
  const places = transposed ? connections(side, size, layer) : connections(size, side, layer);
  const output = new Float32Array(maps * size ** 2), [into, from] = transposed ? [1, 0] : [0, 1];
  return (input) => {
    for (let map = 0, at = 0; map < maps; map++) {
      const start = map * size ** 2;
      output.fill(bias[map], start, start + size ** 2);
      for (let channel = 0; channel < channels; channel++) {
        const origin = channel * side ** 2;
        for (const pairs of places) {
          const weight = weights[at++];
          for (let pair = 0; pair < pairs.length; pair += 2)
            output[start + pairs[pair + into]] += weight * input[origin + pairs[pair + from]];
        }
      }
    }
    return output;
  };
}

function poolLayer({ inputs: [channels, side], outputs: [, size], kernel }) {
  const output = new Float32Array(channels * size ** 2);
  return (input) => {
    for (let channel = 0, at = 0; channel < channels; channel++)
      for (let row = 0; row < size; row++)
        for (let column = 0; column < size; column++, at++) {
          let largest = -Infinity;
          for (let y = row * kernel; y < (row + 1) * kernel; y++)
            for (let x = column * kernel; x < (column + 1) * kernel; x++)
              largest = Math.max(largest, input[(channel * side + y) * side + x]);
          output[at] = largest;
        }
    return output;
  };
}

function reluLayer() {
  return (input) => {
    for (let at = 0; at < input.length; at++) if (input[at] < 0) input[at] = 0;
    return input;
  };
}

const LAYERS = {
  dense: denseLayer,
  conv: (layer) => convolutionLayer(layer, false),
  deconv: (layer) => convolutionLayer(layer, true),
  pool: poolLayer,
  relu: reluLayer,
};

// A function from an input to the output of the last layer. The output is valid until the next call.
function network(layers) {
  const steps = layers.map((layer) => LAYERS[layer.kind](layer));
  return (input) => steps.reduce((values, step) => step(values), input);
}
