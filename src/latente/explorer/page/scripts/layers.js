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

// After a ReLU most inputs are 0, so a layer first lists the others.
function denseLayer(layer) {
  const weights = weightsOf(layer), bias = arrayOf(layer.bias);
  const [rows, columns] = layer.weight.shape, output = new Float32Array(rows);
  const places = new Int32Array(columns + 3), values = new Float64Array(columns + 3);
  return (input) => {
    let count = 0;
    for (let column = 0; column < columns; column++)
      if (input[column] !== 0) [places[count], values[count++]] = [column, input[column]];
    while (count % 4) [places[count], values[count++]] = [0, 0];
    for (let row = 0, start = 0; row < rows; row++, start += columns) {
      let a = bias[row], b = 0, c = 0, d = 0;
      for (let at = 0; at < count; at += 4) {  // four sums at once are twice as fast as one
        a += weights[start + places[at]] * values[at];
        b += weights[start + places[at + 1]] * values[at + 1];
        c += weights[start + places[at + 2]] * values[at + 2];
        d += weights[start + places[at + 3]] * values[at + 3];
      }
      output[row] = a + b + c + d;
    }
    return output;
  };
}

// For every position of the output of a convolution, the positions of the input below its kernel: input position and
// place of the kernel, one after another. A transposed convolution is the same with input and output exchanged.
function connections({ inputs: [, from], outputs: [, into], kernel, stride, padding }, transposed) {
  const pairs = Array.from({ length: into ** 2 }, () => []), small = transposed ? from : into;
  const large = transposed ? into : from;
  for (let row = 0; row < small; row++)
    for (let column = 0; column < small; column++)
      for (let place = 0; place < kernel ** 2; place++) {
        const y = row * stride - padding + Math.floor(place / kernel), x = column * stride - padding + (place % kernel);
        if (y < 0 || y >= large || x < 0 || x >= large) continue;
        const [a, b] = [row * small + column, y * large + x];
        pairs[transposed ? b : a].push(transposed ? a : b, place);
      }
  return pairs.map((list) => Int32Array.from(list));
}

// The weights in the order place, input channel, output channel.
function turnedWeights(layer) {
  const weights = weightsOf(layer), [maps, columns] = layer.weight.shape, places = layer.kernel ** 2;
  const channels = columns / places, turned = new Float32Array(weights.length);
  for (let map = 0, at = 0; map < maps; map++)
    for (let channel = 0; channel < channels; channel++)
      for (let place = 0; place < places; place++, at++)
        turned[(place * channels + channel) * maps + map] = weights[at];
  return turned;
}

// Most inputs are 0 here too: black pixels, or what a ReLU left.
function convolutionLayer(layer, transposed) {
  const weights = turnedWeights(layer), bias = arrayOf(layer.bias), pairs = connections(layer, transposed);
  const [channels, side] = layer.inputs, maps = layer.outputs[0], cells = side ** 2;
  const output = new Float32Array(maps * pairs.length), sums = new Float64Array(maps);
  return (input) => {
    for (let position = 0; position < pairs.length; position++) {
      const own = pairs[position];
      sums.set(bias);
      for (let pair = 0; pair < own.length; pair += 2)
        for (let channel = 0; channel < channels; channel++) {
          const value = input[channel * cells + own[pair]];
          if (value === 0) continue;
          const start = (own[pair + 1] * channels + channel) * maps;
          for (let map = 0; map < maps; map++) sums[map] += value * weights[start + map];
        }
      for (let map = 0; map < maps; map++) output[map * pairs.length + position] = sums[map];
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
