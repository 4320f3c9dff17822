// The judge: its networks together name the class of an image, or reject it.

const judgeNetworks = lazy(() => meta.judge.networks.map(network));

// The probabilities of all classes and of outliers in one network.
function probabilitiesOf(net, pixels) {
  const scaled = Float64Array.from(net(pixels), (logit) => logit / meta.judge.temperature);
  const total = logSumExp(scaled);
  return scaled.map((value) => Math.exp(value - total));
}

// The most probable class, its probability in [0, 1], and whether the judge accepts the image.
function verdictOf(each) {
  const mean = meanOf(each);
  let label = 0;
  for (let value = 1; value < meta.data.classes.length; value++) if (mean[value] > mean[label]) label = value;
  return { label, confidence: mean[label], accepted: mean[label] > meta.judge.threshold };
}

// Call `use(index, verdict)` for every image, one network at a time, so that the page answers meanwhile.
// `wanted()` tells whether the verdicts are still wanted.
function judgeAll(images, wanted, use) {
  let index = 0, each = [];
  const some = () => {
    const until = performance.now() + 6;
    while (wanted() && index < images.length && performance.now() < until) {
      each.push(probabilitiesOf(judgeNetworks()[each.length], images[index]));
      if (each.length < judgeNetworks().length) continue;
      use(index++, verdictOf(each));
      each = [];
    }
    if (wanted() && index < images.length) setTimeout(some, 0);
  };
  some();
}
