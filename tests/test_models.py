"""Properties that every model has, with every network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Generator
from torch.distributions import Normal, kl_divergence

from latente.data import batches
from latente.data.splits import Splits
from latente.errors import DataError
from latente.models.network import factory, weights
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.variants.vae import Options
from latente.project import params
from latente.project.types import Section
from tests.support import ROOT, mlp

NETWORK = mlp((32, 16))
every_model = pytest.mark.parametrize("name", params.modules("models"))
every_net = pytest.mark.parametrize("net", params.modules("network"))


def section(name: str) -> Section:
    return params.load(ROOT / "params.yaml").model(name, factory.options(name))


def build(name: str, seed: int = 0, net: str = "mlp") -> Autoencoder:
    return factory.build(name, Sizes(784, 4, NETWORK.model_copy(update={"name": net})), section(name), seed)


def noise() -> Generator:
    return Generator().manual_seed(0)


@pytest.fixture
def x(images: Splits) -> torch.Tensor:
    return next(batches.in_order(images.train, size=8))


@every_net
@every_model
def test_shapes_and_finite_terms(name: str, net: str, x: torch.Tensor) -> None:
    """Every image has one code, one decoded image, and one finite value of every loss term."""
    model = build(name, net=net)
    posterior, prior = model.posterior(x), model.prior()
    assert posterior.mean.shape == posterior.logvar.shape == (8, 4)
    assert prior.mean.shape == prior.logvar.shape == (len(prior.mean), 4)
    assert model.decode(posterior.sample(noise())).shape == (8, 784)
    terms = model.objective(x, noise())
    assert {"loss", "distortion"} <= set(terms)
    assert all(term.shape == (8,) and bool(term.isfinite().all()) for term in terms.values())


@every_net
@every_model
def test_every_weight_gets_a_gradient(name: str, net: str, x: torch.Tensor) -> None:
    """No layer is left out of the objective."""
    model = build(name, net=net)
    model.objective(x, noise())["loss"].mean().backward()
    idle = [key for key, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert not idle


@every_model
def test_overfits_eight_images(name: str, x: torch.Tensor) -> None:
    """A few hundred steps bring the distortion of eight images well below that of the best constant image."""
    net = build(name)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    generator = noise()
    for _ in range(400):
        optimiser.zero_grad()
        net.objective(x, generator)["loss"].mean().backward()
        optimiser.step()
    constant = torch.logit(x.mean(0).clamp(1e-6, 1 - 1e-6)).expand_as(x)
    baseline = torch.nn.functional.binary_cross_entropy_with_logits(constant, x, reduction="sum") / len(x)
    assert net.objective(x, noise())["distortion"].mean() < 0.7 * baseline


@every_net
@every_model
def test_saves_and_loads_the_same(name: str, net: str, x: torch.Tensor, tmp_path: Path) -> None:
    """A loaded model encodes as before, and saving it again gives the same bytes."""
    model = build(name, seed=3, net=net)
    stored = weights.to_bytes(model, name, section(name))
    (tmp_path / "net").write_bytes(stored)
    loaded = weights.load(tmp_path / "net")
    torch.testing.assert_close(loaded.posterior(x).mean, model.posterior(x).mean, rtol=0, atol=0)
    assert weights.to_bytes(loaded, name, section(name)) == stored


@every_model
def test_a_seed_decides_the_weights(name: str) -> None:
    """The same seed gives the same weights, and another seed gives others. torch's global generator does not change."""
    before = torch.get_rng_state()
    first, again, other = (dict(build(name, seed).named_parameters()) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not any(torch.equal(first[key], other[key]) for key in first)


@every_net
def test_variants_start_with_the_same_shared_weights(net: str) -> None:
    """With the same seed, all variants have the same encoder, mean layer and decoder."""
    shared = [
        {
            key: weight
            for key, weight in build(name, net=net).named_parameters()
            if key.split(".")[0] in ("encoder", "mean", "decoder")
        }
        for name in params.modules("models")
    ]
    for other in shared[1:]:
        assert set(other) == set(shared[0])
        assert all(torch.equal(other[key], shared[0][key]) for key in other)


@every_net
def test_codes_can_have_any_number_of_leading_dimensions(net: str) -> None:
    """Importance weights decode many samples of many images at once."""
    model, z = build("vae", net=net), torch.randn(3, 5, 4, generator=noise())
    decoded = model.decode(z)
    assert decoded.shape == (3, 5, 784)
    torch.testing.assert_close(decoded[2], model.decode(z[2]))


@pytest.mark.parametrize("side", [8, 12, 64])
def test_a_convolutional_network_fits_every_side(side: int) -> None:
    """Sides are multiples of 4, because two convolutions halve them."""
    network = NETWORK.model_copy(update={"name": "conv"})
    net = factory.build("ae", Sizes(side**2, 4, network), section("ae"), seed=0)
    assert net.decode(net.posterior(torch.rand(2, side**2, generator=noise())).mean).shape == (2, side**2)


def test_a_convolution_sees_neighbours() -> None:
    """A shift by four pixels shifts the features before the linear layer by one; an MLP has no such order."""
    net = build("ae", net="conv")
    features = net.get_submodule("encoder")[:5]
    image = torch.zeros(1, 28, 28)
    image[:, 8:16, 8:16] = torch.rand(8, 8, generator=noise())
    before, after = (features(each.reshape(1, -1)) for each in (image, image.roll(4, 1)))
    torch.testing.assert_close(before[:, :, 1:5], after[:, :, 2:6])  # the first and the last row see the border


def test_the_ae_is_the_vae_without_noise_and_rate(x: torch.Tensor) -> None:
    """With beta 0 and a point posterior, the VAE has the same loss and gradients as the AE."""
    ae, vae = build("ae"), factory.build("vae", Sizes(784, 4, NETWORK), Options(beta=0.0), seed=0)
    with torch.no_grad():
        vae.logvar.weight.zero_()
        vae.logvar.bias.fill_(-torch.inf)
    losses = [net.objective(x, noise())["loss"] for net in (ae, vae)]
    distortions = [net.objective(x, noise())["distortion"] for net in (ae, vae)]
    torch.testing.assert_close(*distortions, rtol=0, atol=0)
    with torch.no_grad():
        vae.logvar.bias.fill_(-200.0)  # 0 * infinity would be NaN; this variance rounds to zero
    losses[1] = vae.objective(x, noise())["loss"]
    torch.testing.assert_close(*losses)
    for loss in losses:
        loss.sum().backward()
    torch.testing.assert_close(ae.encoder[0].weight.grad, vae.encoder[0].weight.grad)


def test_the_vae_weighs_its_rate(x: torch.Tensor) -> None:
    """The loss is distortion plus beta times the closed-form rate."""
    for beta in (0.5, 1.0, 4.0):
        net = factory.build("vae", Sizes(784, 4, NETWORK), Options(beta=beta), seed=0)
        terms, posterior = net.objective(x, noise()), net.posterior(x)
        rate = kl_divergence(Normal(posterior.mean, (0.5 * posterior.logvar).exp()), Normal(0.0, 1.0)).sum(-1)
        torch.testing.assert_close(terms["rate"], rate)
        torch.testing.assert_close(terms["loss"], terms["distortion"] + beta * rate)


def damaged() -> Iterator[bytes]:
    net = build("vae")
    whole = weights.to_bytes(net, "vae", section("vae"))
    yield b""
    yield whole[: len(whole) // 2]
    yield whole.replace(b"latent_dim", b"latent_dam")
    yield whole.replace(b'\\"vae\\"', b'\\"vxe\\"')
    yield whole.replace(b"[32, 16]", b"[16, 32]")
    yield whole.replace(b'\\"mlp\\"', b'\\"mlq\\"')
    with torch.no_grad():
        net.mean.bias.fill_(torch.nan)
    yield weights.to_bytes(net, "vae", section("vae"))


DAMAGES = ["empty", "cut", "no size", "no model", "other shapes", "no network", "not a number"]


@pytest.mark.parametrize("content", list(damaged()), ids=DAMAGES)
def test_damaged_weights_are_refused(content: bytes, tmp_path: Path) -> None:
    """The error is one line that names the file and says what to do."""
    (tmp_path / "net").write_bytes(content)
    with pytest.raises(DataError, match=r"net: .*`dvc repro`") as caught:
        weights.load(tmp_path / "net")
    assert "\n" not in str(caught.value)
