"""Loss terms, compared with torch.distributions."""

import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from latente.models.network.objectives import bernoulli_distortion, gaussian_kl, gaussian_log_density

torch.manual_seed(0)
MEAN, LOGVAR, Z = torch.randn(5, 3), torch.randn(5, 3), torch.randn(5, 3)


def test_distortion_is_the_bernoulli_log_likelihood() -> None:
    """On binary images, the distortion is the negative log-probability, summed over pixels."""
    logits, x = torch.randn(5, 784), torch.randint(0, 2, (5, 784)).float()
    expected = -Independent(Bernoulli(logits=logits), 1).log_prob(x)
    torch.testing.assert_close(bernoulli_distortion(logits, x), expected)


def test_distortion_survives_extreme_logits() -> None:
    """The distortion of a certain decoder is 0 if it is right and high if it is wrong, but never infinite."""
    logits = torch.tensor([[200.0, -200.0]])
    assert bernoulli_distortion(logits, torch.tensor([[1.0, 0.0]])).item() == 0
    assert bernoulli_distortion(logits, torch.tensor([[0.0, 1.0]])).item() == 400


def test_kl_is_the_divergence_to_the_standard_normal() -> None:
    """The values of all dimensions are equal to torch's closed form."""
    expected = kl_divergence(Normal(MEAN, (0.5 * LOGVAR).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(gaussian_kl(MEAN, LOGVAR), expected)


def test_log_density_is_that_of_the_normal() -> None:
    """The log-density is the sum over dimensions."""
    expected = Normal(MEAN, (0.5 * LOGVAR).exp()).log_prob(Z).sum(-1)
    torch.testing.assert_close(gaussian_log_density(Z, MEAN, LOGVAR), expected)
