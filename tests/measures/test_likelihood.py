"""The likelihood under models whose likelihood is known."""

import pytest
import torch

from latente.data import batches
from latente.data.splits import Splits
from latente.measures.likelihood import importance_weights, log_likelihood
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.models.network.objectives import bernoulli_distortion
from latente.models.variants.vae import Options
from tests.support import mlp


def test_a_decoder_that_ignores_the_code_has_the_likelihood_of_its_only_image(images: Splits) -> None:
    """The posterior is the prior. Every log-weight is minus the distortion, and the rate is zero."""
    net = factory.build("vae", Sizes(784, 4, mlp((32, 16))), Options(beta=1.0), seed=0)
    with torch.no_grad():
        for layer in (net.mean, net.logvar, net.decoder[0]):
            layer.weight.zero_()
        net.mean.bias.zero_()
        net.logvar.bias.zero_()
        x = batches.whole(images.test)[:5]
        expected = -bernoulli_distortion(net.decode(torch.zeros(5, 4)), x)
        log_weights, log_ratio = importance_weights(net, x, 3, torch.Generator().manual_seed(0))
        value = log_likelihood(net, x, 3, torch.Generator().manual_seed(0))
    assert log_ratio.abs().max() < 1e-5
    for weights in log_weights:
        assert weights.tolist() == pytest.approx(expected.tolist(), rel=1e-5)
    assert value.tolist() == pytest.approx(expected.tolist(), rel=1e-5)


def test_the_bound_rises_with_the_samples(images: Splits) -> None:
    """With one sample the bound is the ELBO. It rises towards the likelihood."""
    net = factory.build("vae", Sizes(784, 4, mlp((32, 16))), Options(beta=1.0), seed=0)
    x = batches.whole(images.test)
    with torch.no_grad():
        bounds = [
            float(log_likelihood(net, x, samples, torch.Generator().manual_seed(0)).mean()) for samples in (1, 10, 100)
        ]
    assert bounds == sorted(bounds)
    assert bounds[2] > bounds[0] + 0.5
