"""Statistics that a few wild values do not spoil."""

from collections.abc import Sequence
from statistics import median
from typing import Final

_NORMAL: Final = 1.4826
"""What makes the median absolute deviation of normal noise its standard deviation."""


def spread(values: Sequence[float]) -> float:
    """Return how far values usually lie from their median, comparable with a standard deviation; there must be some."""
    middle = median(values)
    return _NORMAL * median(abs(value - middle) for value in values)
