"""The judge, on images and with weights whose result is known."""

import pytest
import torch

from latente.data.splits import Splits
from latente.measures import judge
from latente.project.sections import Judge


def test_the_confidence_is_the_probability_of_the_most_probable_class() -> None:
    """A judge without weights gives the softmax of its biases for every image."""
    blind = judge.Classifier().eval()
    with torch.no_grad():
        blind.classes.weight.zero_()
        blind.classes.bias.copy_(torch.tensor([0.0, 0, 0, 2, 0, 0, 0, 0, 0, 0]))
    prediction = judge.predict(blind, torch.rand(250, 784))
    expected = torch.tensor([0.0, 0, 0, 2, 0, 0, 0, 0, 0, 0]).softmax(0)[3]
    assert prediction.digit.tolist() == [3] * 250
    assert prediction.confidence.tolist() == pytest.approx([float(expected)] * 250)
    assert prediction.accepted(float(expected) - 0.01).all()
    assert not prediction.accepted(float(expected) + 0.01).any()


def test_a_trained_judge_knows_more_digits_than_chance(images: Splits) -> None:
    """Three epochs on a few hundred digits are enough. An untrained judge is near chance."""
    options = Judge(epochs=3, batch_size=20, learning_rate=0.004, seed=0)
    assert judge.accuracy(judge.fit(images.train, options), images.test) > 0.6
    assert judge.accuracy(judge.Classifier().eval(), images.test) < 0.4
