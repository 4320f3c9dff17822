"""The comparison with published numbers: its trainings and its text."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Generator

from benchmarks import betas, example, likelihood, loop, published, text
from latente.data import batches
from latente.data.splits import Splits
from latente.evidence.intervals import Difference
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.variants.vae import Options
from tests.support import mlp


def vae(seed: int = 0) -> Autoencoder:
    return factory.build("vae", Sizes(784, 4, mlp((32,))), Options(beta=1.0), seed)


def same(value: float) -> dict[str, float]:
    """Values of three seeds around a value."""
    return {"0": value - 0.001, "1": value, "2": value + 0.001}


# Training


def test_the_loop_lowers_the_loss_and_repeats_to_the_bit(images: Splits) -> None:
    """Two trainings from one seed have the same losses and weights; another seed gives other losses."""
    pixels = batches.pixels(images.train)
    one, two = vae(), vae()
    first, second = (list(loop.epochs(net, pixels, 4, 64, seed=0)) for net in (one, two))
    assert first == second != list(loop.epochs(vae(), pixels, 4, 64, seed=1))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert len(first) == 4
    assert first[-1] < 0.9 * first[0]


def test_an_epoch_trains_on_every_image_once(images: Splits) -> None:
    """An epoch includes the last, smaller batch; the seed decides the order."""
    pixels = batches.pixels(images.train)

    def seen(seed: int) -> list[torch.Tensor]:
        parts: list[torch.Tensor] = []
        list(loop.epochs(vae(), pixels, 1, 64, seed, draw=lambda part, _: parts.append(part) or part))
        return parts

    parts = seen(0)
    assert [len(part) for part in parts] == [64] * 6 + [16]
    ink = [images.sum(1, dtype=torch.int64).sort().values for images in (torch.cat(parts), pixels)]
    assert torch.equal(*ink)
    assert torch.equal(torch.cat(parts), torch.cat(seen(0)))
    assert not torch.equal(torch.cat(parts), torch.cat(seen(1)))


def test_a_step_is_that_of_adam_on_one_batch(images: Splits) -> None:
    """A step uses only the gradient of the mean loss of its batch."""
    net, other = (factory.build("ae", Sizes(784, 4, mlp((32,))), factory.options("ae")(), 0) for _ in range(2))
    parts: list[torch.Tensor] = []
    pixels = batches.pixels(images.train)[:96]
    (loss,) = loop.epochs(net, pixels, 1, 64, seed=0, draw=lambda part, _: parts.append(part) or part)
    adam, losses = torch.optim.Adam(other.parameters(), lr=0.001), []
    for part in parts:
        losses.append(other.objective(batches.grey(part), Generator())["loss"])
        for parameter, gradient in zip(
            other.parameters(), torch.autograd.grad(losses[-1].mean(), list(other.parameters())), strict=True
        ):
            parameter.grad = gradient
        adam.step()
    assert loss == pytest.approx(torch.cat(losses).mean().item(), rel=1e-5)
    for mine, expected in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-3, atol=1e-5)


def test_binary_pixels_keep_the_grey_level_in_expectation() -> None:
    """Black and white pixels do not change. For other pixels, the share of white is the grey level."""
    pixels = torch.tensor([0, 51, 128, 255], dtype=torch.uint8).expand(20_000, 4)
    generator = Generator().manual_seed(0)
    drawn = loop.binarise(pixels, generator)
    assert set(drawn.unique().tolist()) == {0, 255}
    assert batches.grey(drawn).mean(0).tolist() == pytest.approx([0, 0.2, 128 / 255, 1], abs=0.015)
    assert drawn[:, 0].max() == 0
    assert drawn[:, 3].min() == 255
    assert not torch.equal(drawn, loop.binarise(pixels, generator))


# Measures


def test_more_importance_samples_tighten_the_bound(images: Splits) -> None:
    """More samples lower the negative log-likelihood; the same call gives the same value."""
    net, pixels = vae(), batches.pixels(images.test)[:50]
    one, many = (likelihood.nll(net, pixels, samples) for samples in (1, 50))
    assert 0 < many < one
    assert many == likelihood.nll(net, pixels, 50)


def test_the_probes_take_as_many_labels_of_each_class(images: Splits) -> None:
    """The labels are random and different; the same seed gives the same labels."""
    labels = images.train.labels
    found = betas.chosen(labels, 20, seed=0)
    assert np.bincount(labels[found]).tolist() == [20] * 10
    assert len(set(found.tolist())) == 200
    np.testing.assert_array_equal(found, betas.chosen(labels, 20, seed=0))
    assert set(found.tolist()) != set(betas.chosen(labels, 20, seed=1).tolist())


def test_the_code_of_an_autoencoder_is_its_sample(images: Splits) -> None:
    """The posterior of an AE is a point, without noise; the posterior of a VAE has noise."""
    ae = factory.build("ae", Sizes(784, 4, mlp((32,))), factory.options("ae")(), 0)
    for net, equal in ((ae, True), (vae(), False)):
        mean, sample = betas.codes(net, images.test, Generator().manual_seed(0))
        assert mean.shape == sample.shape == (len(images.test), 4)
        assert np.array_equal(mean, sample) == equal


# Text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (105.57, "is reproduced: it is in the published range"),
        (105.90, "is reproduced: it is 0.31 nats above"),
        (106.20, "is **not reproduced**: it is 0.61 nats above"),
        (105.00, "is **not reproduced**: it is 0.56 nats below"),
    ],
)
def test_a_loss_is_reproduced_within_half_a_nat(value: float, said: str) -> None:
    """The tolerance holds above and below the published range."""
    assert said in example.verdict("test", same(value))


def test_a_likelihood_verdict_names_its_side_and_its_trend() -> None:
    """The verdict says if the value is above or below the published one, and if the curve falls."""
    above = likelihood.verdict(likelihood.Measured({5: 95.0, 10: 92.5}, nll=92.0, elbo=96.0))
    assert "2.22 nats above" in above
    assert "4.00 nats below the negative ELBO" in above
    assert "still falls: by 2.50 nats from epoch 5 to epoch 10" in above
    below = likelihood.verdict(likelihood.Measured({5: 88.0, 10: 88.5}, nll=88.78, elbo=88.0))
    assert "1.00 nats below" in below
    assert "no longer falls: it rose by 0.50" in below
    assert "**not** a tighter bound" in below


def scores(fairer: dict[str, float]) -> betas.Scores:
    """Scores that equal the published numbers, except for the fairer probe."""
    theirs, distortions = ({"β = 0": 0.7} | betas.PUBLISHED[name] for name in (betas.THEIRS, betas.RECONSTRUCTION))
    measures = {betas.RECONSTRUCTION: distortions, betas.THEIRS: theirs, betas.BETWEEN: theirs}
    return {
        name: {model: same(value) for model, value in values.items()}
        for name, values in (measures | {betas.FAIRER: fairer}).items()
    }


def test_a_gap_survives_is_undecided_or_is_reversed() -> None:
    """Only the paired interval of a published gap decides."""
    found = scores({"AE": 0.80, "β = 0": 0.9, "β = 0.5": 0.91, "β = 1": 0.90, "β = 2": 0.89})
    found[betas.FAIRER]["AE"] = {"0": 0.8, "1": 0.9, "2": 1.0}
    said = betas.verdict(found)
    assert "is in the published order in every seed: AE, β = 0.5, β = 1, β = 2." in said
    assert "β = 2 and β = 0.5 remains with the fairer probe**: −0.177 with sampled codes, 550 labels" in said
    theirs, between, fairer = said.split("Published gaps with ")[1:]
    assert theirs.strip().removeprefix("sampled") == between.strip().removeprefix("mean")
    assert "undecided" not in theirs
    assert "reversed" not in theirs
    assert "*undecided* β = 1 − AE (+0.000)" in fairer
    assert "*found* β = 2 − β = 1 (−0.010), β = 1 − β = 0.5 (−0.010), β = 2 − β = 0.5 (−0.020)" in fairer
    found[betas.FAIRER]["β = 2"] = found[betas.FAIRER]["β = 0.5"]
    assert "β = 2 and β = 0.5 becomes undecided with" in betas.verdict(found)
    found[betas.FAIRER]["β = 2"] = same(0.95)
    assert "β = 2 and β = 0.5 reverses with" in betas.verdict(found)
    assert "*reversed* β = 2 − β = 1 (+0.050), β = 2 − β = 0.5 (+0.040)" in betas.verdict(found)


def test_one_seed_out_of_order_breaks_the_order() -> None:
    """The verdict says "in every seed", so one seed can change it."""
    found = scores(betas.PUBLISHED[betas.THEIRS] | {"β = 0": 0.7})
    found[betas.RECONSTRUCTION]["AE"]["1"] = 100.0
    assert "is **not** in the published order" in betas.verdict(found)


def test_the_sections_hold_every_seed_and_the_published_number() -> None:
    """A row has the seeds, mean, spread and published number; a dash means that there is none."""
    section = example.to_markdown({"test": {"0": 105.0, "1": 106.0, "2": 107.0}, "train": same(106.2)})
    assert "| test loss ↓  | 105.00 | 106.00 | 107.00 | 106.00 ± 1.00 | 105.56 to 105.59 |" in section
    section = betas.to_markdown(scores(betas.PUBLISHED[betas.THEIRS] | {"β = 0": 0.7}))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()]
    assert ["β = 2", "0.453", "0.454", "0.455", "0.454 ± 0.001", "0.454"] in cells
    assert ["β = 0", "0.699", "0.700", "0.701", "0.700 ± 0.001", "–"] in cells
    assert text.interval(Difference(-0.02, -0.03, -0.01, 3)) == "−0.020 [−0.030, −0.010] lower"


def test_the_page_names_its_origin(tmp_path: Path) -> None:
    """The head has the command, the versions and the processor."""
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: Some CPU\nmodel name\t: Some CPU\n")
    assert published.cpu(tmp_path / "cpuinfo") == "Some CPU"
    assert published.cpu(tmp_path / "none") != ""
    made = " ".join(published.head(7.25, 12.5).split())
    for part in (
        "`python -m benchmarks.published`",
        "7.2 minutes",
        "12.5 minutes of processor time",
        torch.__version__,
        np.__version__,
    ):
        assert part in made
