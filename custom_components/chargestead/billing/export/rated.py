"""Reading a rating that was written down, for those who export it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
import json
from typing import Final, Self

_PARKING: Final = frozenset({"idle", "grace"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCharge:
    """One dimension of a period: `price` per kWh, hour or fee before taxes, None where unknown; `vat` in percent."""

    kind: str
    volume: int
    price: Fraction | None
    vat: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPeriod:
    """A stretch of time with one price of each kind."""

    start: datetime
    end: datetime
    activity: str
    energy_mwh: int
    charges: tuple[ReadCharge, ...] = ()

    @classmethod
    def empty(cls, start: datetime, end: datetime) -> Self:
        """Return a period in which nothing is known to have happened."""
        return cls(start=start, end=max(start, end), activity="unknown", energy_mwh=0)

    @property
    def duration(self) -> timedelta:
        """Return how long it took."""
        return self.end - self.start

    @property
    def is_parking(self) -> bool:
        """Tell whether the vehicle asked for no power."""
        return self.activity in _PARKING

    @property
    def time_dimension(self) -> str:
        """Return the dimension its duration is told as (OCPI 2.2.1, mod_cdrs, CdrDimensionType)."""
        if self.activity == "reserved":
            return "RESERVATION_TIME"
        return "PARKING_TIME" if self.is_parking else "TIME"


@dataclass(frozen=True, slots=True)
class ReadRating:
    """A rating: its periods, and what each kind of line comes to before and after taxes."""

    periods: tuple[ReadPeriod, ...]
    lines: tuple[tuple[str, Fraction, Fraction], ...]

    def has(self, kinds: AbstractSet[str]) -> bool:
        """Tell whether there are lines of some kinds."""
        return any(kind in kinds for kind, _, _ in self.lines)

    def of(self, kinds: AbstractSet[str]) -> tuple[Fraction, Fraction]:
        """Return what lines of some kinds come to, before and after taxes."""
        net = sum((net for kind, net, _ in self.lines if kind in kinds), Fraction(0))
        gross = sum((gross for kind, _, gross in self.lines if kind in kinds), Fraction(0))
        return net, gross


def read_rating(content: str) -> ReadRating:
    """Read what `billing.rating.record` wrote; raises ValueError for anything else."""
    rating = json.loads(content)
    try:
        return ReadRating(
            periods=tuple(
                ReadPeriod(
                    start=datetime.fromisoformat(period["start"]),
                    end=datetime.fromisoformat(period["end"]),
                    activity=period["activity"],
                    energy_mwh=period["energy"],
                    charges=tuple(
                        ReadCharge(
                            kind=charge["kind"],
                            volume=charge["volume"],
                            price=Fraction(charge["price"]) if "price" in charge else None,
                            vat=Decimal(charge["vat"]) if "vat" in charge else None,
                        )
                        for charge in period.get("charges", ())
                    ),
                )
                for period in rating.get("periods", ())
            ),
            lines=tuple(
                (line["kind"], Fraction(line["net"]), Fraction(line["gross"]))
                for line in rating.get("lines", ())
            ),
        )
    except (AttributeError, KeyError, TypeError, ArithmeticError) as err:
        raise ValueError(f"no rating: {err!r}") from err
