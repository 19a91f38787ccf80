"""Writing tariffs as OCPI has them, numbers exactly as they are."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
import json

from .errors import TariffError
from .ocpi import LIMIT_NAMES, OcpiTariff, OcpiVersion
from .price import FixedPrice
from .restrictions import UNRESTRICTED, Restrictions
from .tariff import Dimension, PriceComponent, PriceLimit, TariffElement, TaxIncluded


def tariff_to_ocpi(ocpi: OcpiTariff, version: OcpiVersion) -> dict[str, object]:
    """Return a tariff as JSON-like data with Decimal numbers.

    Raises TariffError where OCPI, or this version of it, has no words for it: prices from a source, a solar price,
    a grace period, a season, a limit after taxes only, and in 2.2.1 prices that contain tax. OCPI's least step is 1.
    """
    tariff = ocpi.tariff
    if tariff.solar is not None:
        raise TariffError("solar_price_not_in_ocpi", "solar")
    if tariff.idle_grace:
        raise TariffError("idle_grace_not_in_ocpi", "idle_grace")
    if version is OcpiVersion.V221 and tariff.tax_included is TaxIncluded.YES:
        raise TariffError("tax_included_not_in_ocpi", "tax_included")
    taxed = tariff.tax_included is not TaxIncluded.NOT_APPLICABLE
    return present(
        {
            "country_code": ocpi.country_code,
            "party_id": ocpi.party_id,
            "id": tariff.id,
            "currency": tariff.currency,
            "type": ocpi.type,
            "tariff_alt_text": [
                {"language": one.language, "text": one.text} for one in ocpi.alt_text
            ],
            "tariff_alt_url": ocpi.alt_url,
            "min_price": _limit(tariff.min_price, "min_price", version),
            "max_price": _limit(tariff.max_price, "max_price", version),
            "elements": [
                _element(one, f"elements[{number}]", taxed=taxed)
                for number, one in enumerate(tariff.elements)
            ],
            "tax_included": None if version is OcpiVersion.V221 else tariff.tax_included,
            "start_date_time": write_instant(tariff.valid_from),
            "end_date_time": write_instant(tariff.valid_until),
            "last_updated": write_instant(ocpi.last_updated),
        }
    )


def present(fields: Mapping[str, object]) -> dict[str, object]:
    """Return fields without those that are absent."""
    return {name: value for name, value in fields.items() if value is not None and value != []}


def write_instant(at: datetime | None) -> str | None:
    """Return an instant in UTC as OCPI writes it."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _limit(limit: PriceLimit | None, path: str, version: OcpiVersion) -> dict[str, object] | None:
    if limit is None:
        return None
    if limit.before_taxes is None:
        raise TariffError("limit_before_taxes_missing", path)
    before, after = LIMIT_NAMES[version]
    return present({before: limit.before_taxes, after: limit.after_taxes})


def _element(element: TariffElement, path: str, *, taxed: bool) -> dict[str, object]:
    components = [
        _component(one, f"{path}.price_components[{number}]", taxed=taxed)
        for number, one in enumerate(element.components)
    ]
    restrictions = None
    if element.restrictions != UNRESTRICTED:
        if element.restrictions.season is not None:
            raise TariffError("season_not_in_ocpi", f"{path}.restrictions")
        restrictions = write_restrictions(element.restrictions)
    return present({"price_components": components, "restrictions": restrictions})


def _component(component: PriceComponent, path: str, *, taxed: bool) -> dict[str, object]:
    if not isinstance(component.price, FixedPrice):
        raise TariffError("dynamic_price_not_in_ocpi", f"{path}.price")
    return present(
        {
            "type": component.dimension,
            "price": component.price.amount,
            "vat": component.vat if taxed else None,
            "step_size": max(component.step_size, int(component.dimension is not Dimension.FLAT)),
        }
    )


def write_restrictions(restrictions: Restrictions) -> dict[str, object]:
    """Return restrictions, each bound in its field of OCPI."""
    return present(
        {
            "start_time": _clock(restrictions.start_time),
            "end_time": _clock(restrictions.end_time),
            "start_date": _day(restrictions.start_date),
            "end_date": _day(restrictions.end_date),
            "min_kwh": restrictions.min_kwh,
            "max_kwh": restrictions.max_kwh,
            "min_current": restrictions.min_current,
            "max_current": restrictions.max_current,
            "min_power": restrictions.min_power,
            "max_power": restrictions.max_power,
            "min_duration": restrictions.min_duration,
            "max_duration": restrictions.max_duration,
            "day_of_week": [day.name for day in sorted(restrictions.days)],
            "reservation": restrictions.reservation,
        }
    )


def _clock(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def to_json(value: object) -> str:
    """Return JSON text in which Decimal numbers stand as they are written."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{to_json(key)}: {to_json(one)}' for key, one in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(to_json, value))}]"
    return json.dumps(value)
