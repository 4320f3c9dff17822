"""A published comparison of values of beta: does its gap remain with a fairer probe?"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Generator

from benchmarks import loop, text
from benchmarks.text import Seeds
from latente.data import batches
from latente.data.images import Images
from latente.evidence import intervals
from latente.evidence.intervals import Difference
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.training import fit
from latente.models.variants import ae, vae
from latente.project.sections import Network
from latente.project.types import Section
from latente.study import tables

EPOCHS = 10
BATCH_SIZE = 128
NETWORK = Network(name="mlp", hidden=(400,), channels=(16, 32))
LATENT_DIM = 20
PER_CLASS = 55
MODELS: dict[str, tuple[str, Section]] = {
    "AE": ("ae", ae.Options()),
    **{f"β = {beta:g}": ("vae", vae.Options(beta=beta)) for beta in (0.0, 0.5, 1.0, 2.0)},
}
RECONSTRUCTION, THEIRS, FAIRER = "reconstruction", "sampled codes, 550 labels", "mean codes, all labels"
BETWEEN = "mean codes, 550 labels"  # separates the effect of the codes from the effect of the labels
PROBES = (THEIRS, BETWEEN, FAIRER)
PUBLISHED: dict[str, dict[str, float]] = {
    RECONSTRUCTION: {"AE": 63.9, "β = 0.5": 69.5, "β = 1": 76.1, "β = 2": 86.1},
    THEIRS: {"AE": 0.784, "β = 0.5": 0.631, "β = 1": 0.602, "β = 2": 0.454},
}
CONTRASTS = (("β = 2", "β = 1"), ("β = 1", "β = 0.5"), ("β = 2", "β = 0.5"), ("β = 1", "AE"), ("β = 1", "β = 0"))
"""Pairs of models; the model with the larger beta comes first."""

Scores = dict[str, dict[str, Seeds]]
"""Measure -> model -> seed -> value."""


def measure(train: Images, test: Images, seeds: Sequence[int], count: int = EPOCHS) -> Scores:
    """Train every model from every seed, and measure it on test images.

    Args:
        train: Training images of the models and the probes.
        test: Test images.
        seeds: Seeds of the weights, the batches, the noise and the choice of labels.
        count: Number of epochs.

    Returns:
        The distortion at one sample of the posterior, in nats per image (lower is better), and the accuracy of each
        probe (higher is better).
    """
    scores: Scores = {name: {model: {} for model in MODELS} for name in (RECONSTRUCTION, *PROBES)}
    pixels, held_out = batches.pixels(train), batches.pixels(test)
    for model, (variant, options) in MODELS.items():
        for seed in seeds:
            net = factory.build(variant, Sizes(784, LATENT_DIM, NETWORK), options, seed)
            for _ in loop.epochs(net, pixels, count, BATCH_SIZE, seed):
                pass
            found = {RECONSTRUCTION: fit.evaluate(net, held_out, seed)["distortion"]}
            for name, value in (found | probes(net, train, test, seed)).items():
                scores[name][model][str(seed)] = value
    return scores


def probes(net: Autoencoder, train: Images, test: Images, seed: int) -> Seeds:
    """Accuracy of each linear probe on test codes; higher is better."""
    noise = Generator().manual_seed(seed)
    (mean, sample), (test_mean, test_sample) = codes(net, train, noise), codes(net, test, noise)
    few = chosen(train.labels, PER_CLASS, seed)
    return {
        THEIRS: probe(sample[few], train.labels[few], test_sample, test.labels),
        BETWEEN: probe(mean[few], train.labels[few], test_mean, test.labels),
        FAIRER: probe(mean, train.labels, test_mean, test.labels),
    }


@torch.no_grad()
def codes(
    net: Autoencoder, images: Images, noise: Generator
) -> tuple[Float32[np.ndarray, "images latent"], Float32[np.ndarray, "images latent"]]:
    """The posterior mean of every image, and one sample of its posterior."""
    posteriors = [net.posterior(x) for x in batches.in_order(images)]
    mean = torch.cat([posterior.mean for posterior in posteriors])
    return mean.numpy(), torch.cat([posterior.sample(noise) for posterior in posteriors]).numpy()


def probe(
    train: Float32[np.ndarray, "train latent"],
    train_labels: UInt8[np.ndarray, " train"],
    test: Float32[np.ndarray, "images latent"],
    test_labels: UInt8[np.ndarray, " images"],
) -> float:
    """Accuracy on test codes of a linear classifier that is fitted on training codes; higher is better."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, tol=1e-3))
    return float(classifier.fit(train, train_labels).score(test, test_labels))


def chosen(labels: UInt8[np.ndarray, " images"], count: int, seed: int) -> Int64[np.ndarray, " chosen"]:
    """Indices of `count` random images of each class."""
    order = np.random.default_rng(seed).permutation(len(labels))
    return np.concatenate([order[labels[order] == value][:count] for value in np.unique(labels)])


def to_markdown(scores: Scores) -> str:
    """The section of docs/results.md."""
    return f"""\
## Beta, and a fairer probe
**Setup.** In [ae_bakeoff](https://github.com/tilman151/ae_bakeoff), a larger β makes the reconstruction worse. It also
lowers the accuracy of a linear layer on the code, and this effect is much larger. Its code has {LATENT_DIM} dimensions
and its loss is binary cross-entropy + β × KL, as here. Other parts of its setup differ: it trains for 60 epochs on
padded images, and its encoder has three layers with batch normalisation. The layers are *wider for the VAEs than for
the AE*. Its probe is a linear layer on *sampled* codes of *550 labels*. Adam trains it for at most 20 epochs. There is
one seed.

Here all models have the layers 784-400-{LATENT_DIM}-400-784, and train for {EPOCHS} epochs with batches of {BATCH_SIZE}
and Adam at {loop.LEARNING_RATE}. The probe is a logistic regression on standardised codes. It is fitted three times: on
sampled codes of {PER_CLASS} labels per class, which is close to the published probe; on mean codes of the same labels;
and on mean codes of all 60,000 labels. The score of reconstruction is the distortion at one sample of the posterior, in
nats per image. The score of a probe is its accuracy. All scores are on the test images. β = 0 is the VAE without the
rate term. Without its noise, it is the AE.

{_tables(scores)}

The next table has paired differences over seeds, with 95 % Student intervals. A difference is *undecided* if its
interval contains zero. Among so many intervals, one may exclude zero by chance.

{tables.render("markdown", ["accuracy", *PROBES, "published"], _contrasts(scores))}

{text.paragraph("**Verdict.**", verdict(scores))}
"""


def _tables(scores: Scores) -> str:
    parts = []
    for name, found in scores.items():
        digits, better = (1, "↓") if name == RECONSTRUCTION else (3, "↑")
        known = {model: f"{value:.{digits}f}" for model, value in PUBLISHED.get(name, {}).items()}
        rows = [text.row(model, values, digits, known.get(model, "–")) for model, values in found.items()]
        parts.append(tables.render("markdown", text.head(f"{name} {better}", found["AE"]), rows))
    return "\n\n".join(parts)


def _contrasts(scores: Scores) -> list[list[str]]:
    rows = []
    for first, second in CONTRASTS:
        found = [text.interval(_difference(scores[name][second], scores[name][first])) for name in PROBES]
        gap = _published(first, second)
        rows.append([f"{first} − {second}", *found, "–" if gap is None else text.signed(gap)])
    return rows


def _difference(a: Seeds, b: Seeds) -> Difference:
    return intervals.paired(a, b, confidence=text.CONFIDENCE)


def _published(first: str, second: str) -> float | None:
    known = PUBLISHED[THEIRS]
    return known[first] - known[second] if first in known and second in known else None


def verdict(scores: Scores) -> str:
    """Is reconstruction in the published order, and which published gaps does each probe show?"""
    order = sorted(PUBLISHED[RECONSTRUCTION], key=PUBLISHED[RECONSTRUCTION].__getitem__)
    found = scores[RECONSTRUCTION]
    kept = all(sorted(order, key=lambda model: found[model][seed]) == order for seed in found["AE"])
    first = f"Reconstruction is{'' if kept else ' **not**'} in the published order in every seed: {', '.join(order)}."
    return " ".join([first, _answer(scores), *(_gaps(name, scores[name]) for name in PROBES)])


def _answer(scores: Scores) -> str:
    """Does the widest published gap between two betas remain? There, the larger beta is worse."""
    larger, smaller = "β = 2", "β = 0.5"
    theirs, fairer = (_difference(scores[name][smaller], scores[name][larger]) for name in (THEIRS, FAIRER))
    said = {"lower": "remains", "undecided": "becomes undecided", "higher": "reverses"}
    return (
        f"**The gap between {larger} and {smaller} {said[fairer.verdict]} with the fairer probe**: "
        f"{text.signed(theirs.mean)} with {THEIRS}; with {FAIRER} {text.interval(fairer)}."
    )


def _gaps(probe_name: str, found: Mapping[str, Seeds]) -> str:
    """Which published gaps a probe shows; in all published gaps, the larger beta is worse."""
    said = {"lower": "found", "undecided": "undecided", "higher": "reversed"}
    groups: dict[str, list[str]] = {}
    for first, second in CONTRASTS:
        if _published(first, second) is not None:
            difference = _difference(found[second], found[first])
            groups.setdefault(said[difference.verdict], []).append(
                f"{first} − {second} ({text.signed(difference.mean)})"
            )
    parts = [f"*{name}* {', '.join(pairs)}" for name, pairs in groups.items()]
    return f"Published gaps with {probe_name}: {'; '.join(parts)}."
