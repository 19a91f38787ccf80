"""Which parts of a file have been sent."""


class Spans:
    """A set of byte ranges, merged where they meet."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._spans: list[tuple[int, int]] = []

    @property
    def total(self) -> int:
        """Return how many bytes there are, each counted once."""
        return sum(end - start for start, end in self._spans)

    def add(self, start: int, end: int) -> None:
        """Add the bytes from `start` up to but not including `end`."""
        kept = []
        for low, high in self._spans:
            if high < start or low > end:
                kept.append((low, high))
            else:
                start, end = min(low, start), max(high, end)
        if end > start:
            kept.append((start, end))
        self._spans = sorted(kept)
