"""What is odd about the prices a source told, as data to count and to show."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FindingKind(StrEnum):
    """One way in which a source's prices are not what they should be."""

    NO_PRICES = "no_prices"
    TOO_MUCH = "too_much"
    TIME_UNREADABLE = "time_unreadable"
    TIME_SKIPPED = "time_skipped"
    UNDATED = "undated"
    NO_END = "no_end"
    PRICE_MISSING = "price_missing"
    PRICE_UNREADABLE = "price_unreadable"
    PRICE_ABSURD = "price_absurd"
    OVERLAP = "overlap"
    GAP = "gap"
    UNIT_GUESSED = "unit_guessed"
    UNIT_UNKNOWN = "unit_unknown"
    CURRENCY_DIFFERS = "currency_differs"
    SEVERAL_SERIES = "several_series"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How often one thing was found; `at` is the first moment it concerns, `detail` what was read there."""

    kind: FindingKind
    count: int = 1
    at: datetime | None = None
    detail: str = ""


class Findings:
    """Gathers findings while a source is read, one per kind."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        """Start with nothing found."""
        self._found: dict[FindingKind, Finding] = {}

    def add(self, kind: FindingKind, detail: object = "", at: datetime | None = None) -> None:
        """Count one more of a kind; the first one's circumstances are kept."""
        known = self._found.get(kind)
        if known is None:
            self._found[kind] = Finding(kind=kind, at=at, detail=_short(detail))
        else:
            self._found[kind] = Finding(
                kind=kind, count=known.count + 1, at=known.at, detail=known.detail
            )

    def all(self) -> tuple[Finding, ...]:
        """Return what was found, in the order it was found in."""
        return tuple(self._found.values())


def _short(detail: object) -> str:
    try:
        text = detail if isinstance(detail, str) else repr(detail)
    except Exception as err:  # noqa: BLE001 - what a source hands over may not even be printable
        text = type(err).__name__
    return text[:80]
