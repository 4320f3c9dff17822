"""Student's interval."""

from scipy.special import stdtrit


def half_width(sd: float, count: int, confidence: float) -> float:
    """Half the width of the Student interval of a single draw, from the deviation of `count` draws like it.

    Example:
        >>> round(half_width(1.0, 5, confidence=0.95), 3)
        2.776
    """
    return float(stdtrit(count - 1, (1 + confidence) / 2)) * sd
