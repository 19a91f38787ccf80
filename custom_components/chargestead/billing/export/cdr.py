"""Sessions as charge detail records (OCPI 2.2.1, mod_cdrs, CDR object)."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
import hashlib
import re
from typing import Any, Final

from ...model.money import Cost, round_half_up
from ...model.reading import MeterReading, ReadingContext
from ...model.session import Session
from ..ledger import KeptSession, SessionCost
from ..tariffs import Tariff, TariffError
from ..tariffs.ocpi import OcpiTariff, OcpiVersion
from ..tariffs.ocpi_writing import present, tariff_to_ocpi, to_json
from .applied import AppliedTariffs
from .rated import ReadPeriod, read_rating

_DIGITS: Final = 4
_MWH_PER_KWH: Final = 1_000_000
_MICROSECOND: Final = timedelta(microseconds=1)
_HOUR_US: Final = 3_600_000_000
_LONGEST_VALUE: Final = 5000
_NATURES: Final = {ReadingContext.BEGIN: "Start", ReadingContext.END: "End"}
_PARTS: Final = {
    "total_fixed_cost": {"flat"},
    "total_energy_cost": {"energy", "solar"},
    "total_time_cost": {"time"},
    "total_parking_cost": {"parking_time"},
    "total_reservation_cost": {"reservation_time", "reservation_flat"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrPlace:
    """Where sessions took place and whose stations they are; codes as ISO 3166-1 and ISO 15118 have them."""

    country: tuple[str, str]
    party_id: str
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecords:
    """An ended, rated session with all that its record is made from; `past` are costs that were once exact."""

    kept: KeptSession
    cost: SessionCost
    readings: Sequence[MeterReading] = ()
    tariff: Tariff | None = None
    past: Sequence[SessionCost] = ()
    phases: int = 3


def cdrs_of(records: SessionRecords, place: CdrPlace) -> list[dict[str, object]]:
    """Return the records of a session: the newest, after those it corrects with what credits them.

    All numbers are Decimal. Raises ValueError for a session that has not ended or a rating nobody can read.
    """
    found: list[dict[str, object]] = []
    for cost in records.past:
        original = _cdr(records, cost, place)
        found += [original, _credit(original)]
    return [*found, _cdr(records, records.cost, place)]


def cdrs_to_json(cdrs: Iterable[dict[str, object]]) -> str:
    """Return records as a JSON list, one a line, numbers exactly as they are."""
    return "[\n" + ",\n".join(to_json(cdr) for cdr in cdrs) + "\n]\n"


def instant(at: datetime) -> str:
    """Return an instant in UTC to the millisecond: OCPI has room for 25 characters (2.2.1, types, DateTime)."""
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


def short_id(text: str, longest: int) -> str:
    """Return an identifier of printable ASCII no longer than that; what has to be cut stays one of a kind."""
    plain = re.sub(r"[^!-~]", "_", text)
    if plain == text and len(text) <= longest:
        return text
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{plain[: longest - len(mark) - 1]}-{mark}"


def _credit(original: dict[str, Any]) -> dict[str, object]:
    """Return what takes a record back: all of it again, only the total cost negative (section Credit CDRs)."""
    total = {name: -amount for name, amount in original["total_cost"].items()}
    return original | {
        "id": f"{original['id']}-C",
        "total_cost": total,
        "credit": True,
        "credit_reference_id": original["id"],
    }


def _cdr(records: SessionRecords, cost: SessionCost, place: CdrPlace) -> dict[str, Any]:
    kept, session = records.kept, records.kept.session
    if session.ended_at is None:
        raise ValueError(f"session {session.id} has not ended")
    rating = read_rating(cost.content)
    uid = short_id(session.id, 32)
    periods = [*rating.periods] or [ReadPeriod.empty(session.started_at, session.ended_at)]
    tariffs = _tariffs(records, periods, cost, uid, place)
    return present(
        {
            "country_code": place.country[0],
            "party_id": place.party_id,
            "id": uid if cost.revision <= 1 else f"{uid}-{cost.revision}",
            "start_date_time": instant(session.started_at),
            "end_date_time": instant(max(session.ended_at, session.started_at)),
            "session_id": short_id(session.id, 36),
            "cdr_token": _token(session, place),
            "auth_method": "WHITELIST" if session.remote_start_id is None else "COMMAND",
            "cdr_location": _location(records, place),
            "currency": cost.cost.currency,
            "tariffs": tariffs.as_ocpi(),
            "charging_periods": _periods(periods, tariffs),
            "signed_data": _signed_data(records.readings),
            "total_cost": _price(cost.cost),
            **{
                name: _exact(*rating.of(kinds))
                for name, kinds in _PARTS.items()
                if rating.has(kinds)
            },
            "total_energy": _number(Fraction(cost.energy_mwh, _MWH_PER_KWH)),
            "total_time": _hours(max(session.ended_at - session.started_at, timedelta(0))),
            "total_parking_time": _hours(
                sum((one.duration for one in periods if one.is_parking), timedelta(0))
            ),
            "remark": _remark(kept, cost),
            "last_updated": instant(cost.rated_at),
        }
    )


def _token(session: Session, place: CdrPlace) -> dict[str, object]:
    uid = short_id(session.id_token or "NONE", 36)
    return {
        "country_code": place.country[0],
        "party_id": place.party_id,
        "uid": uid,
        "type": "RFID" if session.id_token else "OTHER",
        "contract_id": uid,
    }


def _location(records: SessionRecords, place: CdrPlace) -> dict[str, object]:
    session = records.kept.session
    evse = f"{session.station_id}-{session.connector_id}"
    name = re.sub(r"[^A-Z0-9]", "", evse.upper()) or "1"
    return {
        "id": "HOME",
        "name": place.name[:255] or "-",
        "address": place.name[:45] or "-",
        "city": place.name[:45] or "-",
        "country": place.country[1],
        "coordinates": {"latitude": f"{place.latitude:.6f}", "longitude": f"{place.longitude:.6f}"},
        "evse_uid": short_id(evse, 36),
        "evse_id": f"{place.country[0]}*{place.party_id}*E{name[:31]}",
        "connector_id": str(session.connector_id),
        "connector_standard": "IEC_62196_T2",
        "connector_format": "CABLE",
        "connector_power_type": {1: "AC_1_PHASE", 2: "AC_2_PHASE"}.get(
            records.phases, "AC_3_PHASE"
        ),
    }


def _tariffs(
    records: SessionRecords,
    periods: Sequence[ReadPeriod],
    cost: SessionCost,
    uid: str,
    place: CdrPlace,
) -> AppliedTariffs:
    """Return the tariff as OCPI has it, or for one that OCPI has no words for, the prices it came to."""
    around = {
        "country_code": place.country[0],
        "party_id": place.party_id,
        "currency": cost.cost.currency,
        "last_updated": instant(cost.rated_at),
    }
    tariff = records.tariff
    if tariff is None or len(tariff.id) > 36 or not tariff.id.isascii():
        return AppliedTariffs.of_prices(periods, uid, around)
    whole = OcpiTariff(
        tariff=tariff,
        country_code=place.country[0],
        party_id=place.party_id,
        last_updated=cost.rated_at.replace(microsecond=0),
    )
    try:
        written = tariff_to_ocpi(whole, OcpiVersion.V221)
    except TariffError:
        return AppliedTariffs.of_prices(periods, uid, around)
    return AppliedTariffs.of_tariff(written, len(periods))


def _periods(periods: Sequence[ReadPeriod], tariffs: AppliedTariffs) -> list[dict[str, object]]:
    """Return the periods, their energies rounded so that they add up to the rounded whole."""
    found: list[dict[str, object]] = []
    before = 0
    for period, tariff_id in zip(periods, tariffs.by_period, strict=True):
        after = before + period.energy_mwh
        energy = _number(Fraction(after, _MWH_PER_KWH)) - _number(Fraction(before, _MWH_PER_KWH))
        before = after
        dimensions: list[dict[str, object]] = []
        if period.energy_mwh:
            dimensions.append({"type": "ENERGY", "volume": energy})
        dimensions.append({"type": period.time_dimension, "volume": _hours(period.duration)})
        found.append(
            present(
                {
                    "start_date_time": instant(period.start),
                    "dimensions": dimensions,
                    "tariff_id": tariff_id,
                }
            )
        )
    return found


def _signed_data(readings: Iterable[MeterReading]) -> dict[str, object] | None:
    """Return the signed meter values as the station delivered them, None where it did not."""
    values: list[dict[str, object]] = []
    method = ""
    for reading in readings:
        if reading.signed is None:
            continue
        encoded = base64.b64encode(reading.signed.encode()).decode()
        if len(encoded) > _LONGEST_VALUE:
            continue
        ocmf = reading.signed.startswith("OCMF|")
        method = method or ("OCMF" if ocmf else "UNKNOWN")
        values.append(
            {
                "nature": _NATURES.get(reading.context, "Intermediate"),
                "plain_data": reading.signed.split("|")[1] if ocmf else str(reading.register_mwh),
                "signed_data": encoded,
            }
        )
    return {"encoding_method": method, "signed_values": values} if values else None


def _remark(kept: KeptSession, cost: SessionCost) -> str | None:
    """Return what is unusual about a session, in the words of the ledger."""
    said = [
        f"{name}: {', '.join(sorted(words))}"
        for name, words in (("flags", kept.session.flags), ("provisional", cost.provisional))
        if words
    ]
    return "; ".join(said)[:255] or None


def _price(cost: Cost) -> dict[str, Decimal]:
    return {"excl_vat": cost.before_taxes, "incl_vat": cost.after_taxes}


def _exact(net: Fraction, gross: Fraction) -> dict[str, Decimal]:
    return {"excl_vat": _number(net), "incl_vat": _number(gross)}


def _number(value: Fraction) -> Decimal:
    return round_half_up(value, _DIGITS)


def _hours(duration: timedelta) -> Decimal:
    return _number(Fraction(duration // _MICROSECOND, _HOUR_US))
