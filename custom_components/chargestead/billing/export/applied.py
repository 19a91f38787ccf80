"""Tariffs of charge detail records: as they are, or as what they came to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Self

from ...model.money import round_half_up
from .rated import ReadPeriod

_DIGITS: Final = 4
# Solar energy is energy: OCPI has one price for both, here their mean.
_DIMENSIONS: Final = {
    "energy": "ENERGY",
    "solar": "ENERGY",
    "time": "TIME",
    "parking_time": "PARKING_TIME",
    "flat": "FLAT",
}

type _Component = tuple[str, Decimal, Decimal | None]


@dataclass(frozen=True, slots=True)
class AppliedTariffs:
    """Tariffs in JSON-like data, and which of them holds in each period."""

    tariffs: tuple[Mapping[str, object], ...]
    by_period: tuple[str | None, ...]

    @classmethod
    def of_tariff(cls, tariff: Mapping[str, object], periods: int) -> Self:
        """Take one tariff for all periods."""
        return cls((tariff,), (str(tariff["id"]),) * periods)

    @classmethod
    def of_prices(
        cls, periods: Sequence[ReadPeriod], uid: str, around: Mapping[str, object]
    ) -> Self:
        """Make a tariff of each set of prices that held, since a period has none of its own (OCPI 2.2.1, mod_cdrs).

        Prices are those before taxes to four decimals.
        """
        ids: dict[tuple[_Component, ...], str] = {}
        by_period: list[str | None] = []
        for period in periods:
            components = _components(period)
            if components:
                ids.setdefault(components, f"{uid}-{len(ids) + 1}"[-36:])
            by_period.append(ids.get(components))
        tariffs = tuple(
            _tariff(tariff_id, components, around) for components, tariff_id in ids.items()
        )
        return cls(tariffs, tuple(by_period))

    def as_ocpi(self) -> list[Mapping[str, object]]:
        """Return the tariffs for a record."""
        return list(self.tariffs)


def _components(period: ReadPeriod) -> tuple[_Component, ...]:
    volumes: dict[tuple[str, Decimal | None], Fraction] = {}
    values: dict[tuple[str, Decimal | None], Fraction] = {}
    for charge in period.charges:
        dimension = _DIMENSIONS.get(charge.kind)
        if dimension is None or charge.price is None:
            continue
        key = (dimension, charge.vat)
        # What has no volume still has a price.
        weight = Fraction(charge.volume) or Fraction(1, 10**9)
        volumes[key] = volumes.get(key, Fraction(0)) + weight
        values[key] = values.get(key, Fraction(0)) + weight * charge.price
    return tuple(
        (key[0], round_half_up(values[key] / volumes[key], _DIGITS), key[1]) for key in volumes
    )


def _tariff(
    tariff_id: str, components: Iterable[_Component], around: Mapping[str, object]
) -> dict[str, object]:
    return {
        **around,
        "id": tariff_id,
        "elements": [
            {
                "price_components": [
                    {
                        "type": dimension,
                        "price": price,
                        **({} if vat is None else {"vat": vat}),
                        "step_size": 1,
                    }
                    for dimension, price, vat in components
                ]
            }
        ],
    }
