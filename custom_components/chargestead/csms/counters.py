"""What deviates, counted, so that nothing is swallowed silently."""

from typing import Final

_MAX_NAMES: Final = 200


class Counters:
    """Named counts; the number of names is bounded since stations choose some of them."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._counts: dict[str, int] = {}

    def add(self, name: str) -> None:
        """Count one more of something."""
        count = self._counts.get(name)
        if count is None and len(self._counts) >= _MAX_NAMES:
            name = "other"
            count = self._counts.get(name)
        self._counts[name] = (count or 0) + 1

    def as_dict(self) -> dict[str, int]:
        """Return all counts by name."""
        return dict(sorted(self._counts.items()))

    def __getitem__(self, name: str) -> int:
        """Return one count, 0 when there is none."""
        return self._counts.get(name, 0)
