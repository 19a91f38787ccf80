"""Sessions as charge detail records, by the rules of OCPI 2.2.1."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
import json
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.chargestead.billing.export import (
    CdrPlace,
    SessionRecords,
    cdrs_of,
    cdrs_to_json,
)
from custom_components.chargestead.billing.export.cdr import short_id
from custom_components.chargestead.billing.export.countries import NOWHERE, country_codes
from custom_components.chargestead.billing.export.rated import read_rating
from custom_components.chargestead.billing.ledger import KeptSession, SessionCost
from custom_components.chargestead.billing.rating import (
    Metered,
    Pricing,
    QuotedPrices,
    SolarShare,
    SolarShares,
    StateChange,
    TariffVersion,
    rate,
)
from custom_components.chargestead.billing.tariffs import Tariff, TaxIncluded
from custom_components.chargestead.billing.tariffs.home import (
    Formula,
    Terms,
    dynamic_tariff,
    fixed_tariff,
)
from custom_components.chargestead.model.price import PriceSeries, PriceSlot
from custom_components.chargestead.model.reading import MeterReading, ReadingContext
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.model.station import ConnectorStatus
from custom_components.chargestead.site.costs.pricing import summary

from .stories import NOON, after, ended, make_session

KWH = 1_000_000
PLACE = CdrPlace(
    country=country_codes("NL"), party_id="CHS", name="Home", latitude=52.37, longitude=-4.9
)


@dataclass(frozen=True)
class Rule:
    """What OCPI says of a field: its type, its longest length, and how often it is there."""

    kind: str
    longest: int = 0
    card: str = "1"


def text(longest: int, card: str = "1") -> Rule:
    """Return the rule of a string or CiString."""
    return Rule("string", longest, card)


NUMBER, DATE, PRICE = Rule("number"), Rule("DateTime"), Rule("Price")
RULES: Mapping[str, Mapping[str, Rule]] = {
    "CDR": {
        "country_code": text(2),
        "party_id": text(3),
        "id": text(39),
        "start_date_time": DATE,
        "end_date_time": DATE,
        "session_id": text(36, "?"),
        "cdr_token": Rule("CdrToken"),
        "auth_method": Rule("AUTH_REQUEST COMMAND WHITELIST"),
        "authorization_reference": text(36, "?"),
        "cdr_location": Rule("CdrLocation"),
        "meter_id": text(255, "?"),
        "currency": text(3),
        "tariffs": Rule("Tariff", card="*"),
        "charging_periods": Rule("ChargingPeriod", card="+"),
        "signed_data": Rule("SignedData", card="?"),
        "total_cost": PRICE,
        "total_fixed_cost": replace(PRICE, card="?"),
        "total_energy": NUMBER,
        "total_energy_cost": replace(PRICE, card="?"),
        "total_time": NUMBER,
        "total_time_cost": replace(PRICE, card="?"),
        "total_parking_time": replace(NUMBER, card="?"),
        "total_parking_cost": replace(PRICE, card="?"),
        "total_reservation_cost": replace(PRICE, card="?"),
        "remark": text(255, "?"),
        "invoice_reference_id": text(39, "?"),
        "credit": Rule("boolean", card="?"),
        "credit_reference_id": text(39, "?"),
        "home_charging_compensation": Rule("boolean", card="?"),
        "last_updated": DATE,
    },
    "CdrToken": {
        "country_code": text(2),
        "party_id": text(3),
        "uid": text(36),
        "type": Rule("AD_HOC_USER APP_USER OTHER RFID"),
        "contract_id": text(36),
    },
    "CdrLocation": {
        "id": text(36),
        "name": text(255, "?"),
        "address": text(45),
        "city": text(45),
        "postal_code": text(10, "?"),
        "state": text(20, "?"),
        "country": text(3),
        "coordinates": Rule("GeoLocation"),
        "evse_uid": text(36),
        "evse_id": text(48),
        "connector_id": text(36),
        "connector_standard": Rule("IEC_62196_T2 IEC_62196_T1 DOMESTIC_F"),
        "connector_format": Rule("SOCKET CABLE"),
        "connector_power_type": Rule("AC_1_PHASE AC_2_PHASE AC_2_PHASE_SPLIT AC_3_PHASE DC"),
    },
    "GeoLocation": {"latitude": text(10), "longitude": text(11)},
    "ChargingPeriod": {
        "start_date_time": DATE,
        "dimensions": Rule("CdrDimension", card="+"),
        "tariff_id": text(36, "?"),
    },
    "CdrDimension": {
        "type": Rule(
            "ENERGY MAX_CURRENT MIN_CURRENT MAX_POWER MIN_POWER PARKING_TIME RESERVATION_TIME TIME"
        ),
        "volume": NUMBER,
    },
    "SignedData": {
        "encoding_method": text(36),
        "encoding_method_version": Rule("int", card="?"),
        "public_key": text(512, "?"),
        "signed_values": Rule("SignedValue", card="+"),
    },
    "SignedValue": {"nature": text(32), "plain_data": text(5000), "signed_data": text(5000)},
    "Price": {"excl_vat": NUMBER, "incl_vat": replace(NUMBER, card="?")},
    "Tariff": {
        "country_code": text(2),
        "party_id": text(3),
        "id": text(36),
        "currency": text(3),
        "type": Rule("AD_HOC_PAYMENT PROFILE_CHEAP PROFILE_FAST PROFILE_GREEN REGULAR", card="?"),
        "min_price": replace(PRICE, card="?"),
        "max_price": replace(PRICE, card="?"),
        "elements": Rule("TariffElement", card="+"),
        "start_date_time": replace(DATE, card="?"),
        "end_date_time": replace(DATE, card="?"),
        "last_updated": DATE,
    },
    "TariffElement": {
        "price_components": Rule("PriceComponent", card="+"),
        "restrictions": Rule("TariffRestrictions", card="?"),
    },
    "PriceComponent": {
        "type": Rule("ENERGY FLAT PARKING_TIME TIME"),
        "price": NUMBER,
        "vat": replace(NUMBER, card="?"),
        "step_size": Rule("int"),
    },
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def check(value: Any, kind: str, path: str = "") -> None:  # noqa: ANN401
    """Hold a value against the rules of its class, and whatever is in it."""
    rules = RULES[kind]
    assert set(value) <= set(rules), f"{path}: {set(value) - set(rules)}"
    for name, rule in rules.items():
        here = f"{path}.{name}"
        if name not in value:
            assert rule.card in "?*", f"{here} is missing"
            continue
        several = rule.card in "+*"
        assert isinstance(value[name], list) == several, here
        assert value[name] != [], here
        for one in value[name] if several else [value[name]]:
            check_one(one, rule, here)


def check_one(one: Any, rule: Rule, here: str) -> None:  # noqa: ANN401
    """Hold a single value against its rule."""
    match rule.kind:
        case "string":
            assert isinstance(one, str), here
            assert 0 < len(one) <= rule.longest, here
        case "number":
            assert isinstance(one, Decimal | int), here
            assert not isinstance(one, bool), here
            assert Decimal(one) == round(Decimal(one), 4), here
        case "int":
            assert isinstance(one, int), here
        case "boolean":
            assert isinstance(one, bool), here
        case "DateTime":
            assert INSTANT.fullmatch(one), here
            assert len(one) <= 25, here
        case kind if kind in RULES:
            check(one, kind, here)
        case choices:
            assert one in choices.split(), here


def checked(records: SessionRecords, place: CdrPlace = PLACE) -> list[dict[str, Any]]:
    """Return the records of a session as their receiver reads them, held against the rules."""
    found: list[dict[str, Any]] = json.loads(
        cdrs_to_json(cdrs_of(records, place)), parse_float=Decimal
    )
    for cdr in found:
        check(cdr, "CDR")
        assert sum(period_volume(cdr, "ENERGY")) == cdr["total_energy"]
        ids = {tariff["id"] for tariff in cdr.get("tariffs", [])}
        used = {one["tariff_id"] for one in cdr["charging_periods"] if "tariff_id" in one}
        assert used <= ids
    return found


def period_volume(cdr: dict[str, Any], kind: str) -> list[Decimal]:
    """Return the volumes of a dimension."""
    return [
        one["volume"]
        for period in cdr["charging_periods"]
        for one in period["dimensions"]
        if one["type"] == kind
    ]


FIXED = fixed_tariff(
    Terms(id="home", currency="EUR", vat=Decimal(21), tax_included=TaxIncluded.NO), Decimal("0.30")
)
WITH_TAX = fixed_tariff(Terms(id="home", currency="EUR", vat=Decimal(21)), Decimal("0.30"))


def story(
    tariff: Tariff | None = FIXED,
    *,
    states: tuple[StateChange, ...] = (),
    readings: tuple[MeterReading, ...] = (),
    prices: tuple[PriceSlot, ...] = (),
    solar: Fraction | None = None,
    past: tuple[SessionCost, ...] = (),
    revision: int = 1,
    **changes: Any,  # noqa: ANN401
) -> SessionRecords:
    """Return what a session of two hours and 10 kWh comes to."""
    session = ended(make_session(register_start_mwh=100 * KWH), 7260, 110 * KWH, **changes)
    pricing = Pricing(
        tariffs=(TariffVersion(tariff or FIXED),),
        prices={"spot": QuotedPrices("EUR", PriceSeries(prices))},
        zone=ZoneInfo("Europe/Amsterdam"),
    )
    shares = None
    if solar is not None:
        shares = SolarShares((SolarShare(NOON, after(90_000), solar),), "1")
    result = rate(
        Metered(session=session, readings=readings, states=states, solar=shares),
        pricing,
        after(9000),
    )
    cost = replace(summary(result, after(9000)), revision=revision)
    kept = KeptSession(session=session, driver_id=None, vehicle_id=None, tariff_uid=None, cost=cost)
    return SessionRecords(kept=kept, cost=cost, readings=readings, tariff=tariff, past=past)


def test_a_session_by_an_ocpi_tariff_is_told_with_that_tariff() -> None:
    [cdr] = checked(story())
    assert cdr["id"] == cdr["session_id"] == "session-1"
    assert cdr["start_date_time"] == "2026-03-01T12:01:00Z"
    assert cdr["end_date_time"] == "2026-03-01T14:01:00Z"
    assert cdr["total_cost"] == {"excl_vat": Decimal("3.00"), "incl_vat": Decimal("3.63")}
    assert cdr["total_energy_cost"] == {"excl_vat": Decimal(3), "incl_vat": Decimal("3.63")}
    assert cdr["total_energy"] == 10
    assert cdr["total_time"] == 2
    [tariff] = cdr["tariffs"]
    assert tariff["id"] == "home"
    assert tariff["elements"][0]["price_components"] == [
        {"type": "ENERGY", "price": Decimal("0.30"), "vat": 21, "step_size": 1}
    ]
    assert cdr["cdr_token"]["uid"] == "04A2B3"
    assert (cdr["country_code"], cdr["cdr_location"]["country"]) == ("NL", "NLD")
    assert cdr["cdr_location"]["coordinates"] == {"latitude": "52.370000", "longitude": "-4.900000"}
    assert cdr["cdr_location"]["evse_id"] == "NL*CHS*ECP11"


def test_a_price_with_tax_is_told_as_the_price_before_it() -> None:
    [cdr] = checked(story(WITH_TAX))
    [tariff] = cdr["tariffs"]
    assert tariff["elements"][0]["price_components"] == [
        {"type": "ENERGY", "price": Decimal("0.2479"), "vat": 21, "step_size": 1}
    ]
    assert cdr["total_cost"]["incl_vat"] == Decimal("3.00")


def test_dynamic_prices_have_a_period_for_each_slot_and_a_tariff_for_each_price() -> None:
    tariff = dynamic_tariff(
        Terms(id="home", currency="EUR", vat=Decimal(21), tax_included=TaxIncluded.NO),
        Formula(source="spot", surcharge=Decimal("0.10")),
    )
    slots = tuple(
        PriceSlot(after(3600 * hour), after(3600 * (hour + 1)), Decimal(price))
        for hour, price in enumerate(("0.20", "-0.30", "0.20"))
    )
    [cdr] = checked(story(tariff, prices=slots))
    used = [period["tariff_id"] for period in cdr["charging_periods"]]
    prices = {
        one["id"]: one["elements"][0]["price_components"][0]["price"] for one in cdr["tariffs"]
    }
    assert [prices[one] for one in used] == [Decimal("0.3"), Decimal("-0.2"), Decimal("0.3")]
    assert len(cdr["tariffs"]) == 2
    assert [period["start_date_time"] for period in cdr["charging_periods"]] == [
        "2026-03-01T12:01:00Z",
        "2026-03-01T13:00:00Z",
        "2026-03-01T14:00:00Z",
    ]
    total = sum(
        prices[period["tariff_id"]] * one["volume"]
        for period in cdr["charging_periods"]
        for one in period["dimensions"]
        if one["type"] == "ENERGY"
    )
    assert abs(total - cdr["total_cost"]["excl_vat"]) < Decimal("0.01")


def test_idle_time_is_parking_and_a_fee_is_fixed() -> None:
    tariff = fixed_tariff(
        Terms(
            id="home",
            currency="EUR",
            idle=Decimal(6),
            start_fee=Decimal(1),
            tax_included=TaxIncluded.NO,
        ),
        Decimal("0.30"),
    )
    states = (
        StateChange(NOON, ConnectorStatus.CHARGING),
        StateChange(after(3660), ConnectorStatus.SUSPENDED_EV),
    )
    [cdr] = checked(story(tariff, states=states))
    assert cdr["total_parking_time"] == 1
    assert cdr["total_parking_cost"]["excl_vat"] == 6
    assert cdr["total_fixed_cost"]["excl_vat"] == 1
    assert sum(period_volume(cdr, "PARKING_TIME")) == 1
    assert sum(period_volume(cdr, "TIME")) == 1


def test_solar_energy_is_energy_at_the_mean_of_both_prices() -> None:
    tariff = fixed_tariff(
        Terms(id="home", currency="EUR", solar=Decimal("0.10"), tax_included=TaxIncluded.NO),
        Decimal("0.30"),
    )
    [cdr] = checked(story(tariff, solar=Fraction(1, 2)))
    prices = {one["elements"][0]["price_components"][0]["price"] for one in cdr["tariffs"]}
    assert prices == {Decimal("0.2")}
    assert cdr["total_energy_cost"]["excl_vat"] == cdr["total_cost"]["excl_vat"] == 2


def test_a_corrected_session_credits_what_was_told_before() -> None:
    first = story().cost
    second = story(WITH_TAX, revision=2)
    original, credit, corrected = checked(replace(second, past=(first,)))
    assert [one["id"] for one in (original, credit, corrected)] == [
        "session-1",
        "session-1-C",
        "session-1-2",
    ]
    assert credit["credit"] is True
    assert credit["credit_reference_id"] == original["id"]
    assert credit["total_cost"] == {"excl_vat": Decimal("-3.00"), "incl_vat": Decimal("-3.63")}
    same = set(original) - {"id", "total_cost"}
    assert {name: credit[name] for name in same} == {name: original[name] for name in same}
    total = sum(one["total_cost"]["incl_vat"] for one in (original, credit, corrected))
    assert total == corrected["total_cost"]["incl_vat"]


def test_signed_values_are_told_as_the_station_delivered_them() -> None:
    ocmf = 'OCMF|{"FV":"1.0"}|{"SD":"304402"}'
    readings = (
        MeterReading(
            at=after(60), register_mwh=100 * KWH, context=ReadingContext.BEGIN, signed=ocmf
        ),
        MeterReading(at=after(600), register_mwh=101 * KWH, signed=ocmf),
        MeterReading(at=after(700), register_mwh=102 * KWH),
        MeterReading(at=after(800), register_mwh=103 * KWH, signed="x" * 5000),
        MeterReading(
            at=after(7260), register_mwh=110 * KWH, context=ReadingContext.END, signed=ocmf
        ),
    )
    [cdr] = checked(story(readings=readings))
    signed = cdr["signed_data"]
    assert signed["encoding_method"] == "OCMF"
    assert [one["nature"] for one in signed["signed_values"]] == ["Start", "Intermediate", "End"]
    assert signed["signed_values"][0]["plain_data"] == '{"FV":"1.0"}'
    assert base64.b64decode(signed["signed_values"][0]["signed_data"]).decode() == ocmf


def test_signed_values_of_an_unknown_kind_come_with_their_register() -> None:
    readings = (MeterReading(at=after(60), register_mwh=100 * KWH, signed="AP;0;3;ABC"),)
    [cdr] = checked(story(readings=readings))
    assert cdr["signed_data"]["encoding_method"] == "UNKNOWN"
    assert cdr["signed_data"]["signed_values"][0]["plain_data"] == str(100 * KWH)


def test_what_is_unusual_is_remarked() -> None:
    records = story(
        id_token=None,
        remote_start_id=7,
        flags=frozenset({SessionFlag.ORPHAN, SessionFlag.OFFLINE}),
    )
    [cdr] = checked(records)
    assert cdr["remark"] == "flags: offline, orphan; provisional: orphan"
    assert cdr["cdr_token"]["type"] == "OTHER"
    assert cdr["auth_method"] == "COMMAND"


def test_names_that_are_too_long_or_foreign_are_cut_and_stay_apart() -> None:
    place = replace(PLACE, name="Straße " * 20)
    records = [
        story(station_id=f"{'STATION-' * 10}{number}", id=f"{'x' * 60}{number}", id_token="é" * 30)
        for number in (1, 2)
    ]
    first, second = (checked(one, place)[0] for one in records)
    for name in ("id", "session_id"):
        assert first[name] != second[name]
    assert first["cdr_location"]["evse_uid"] != second["cdr_location"]["evse_uid"]


def test_a_long_tariff_name_is_no_obstacle() -> None:
    [cdr] = checked(story(replace(FIXED, id="t" * 40)))
    assert cdr["tariffs"][0]["id"] == "session-1-1"


def test_moments_within_a_second_fit() -> None:
    [cdr] = checked(story(started_at=after(60) + timedelta(microseconds=123_456)))
    assert cdr["start_date_time"] == "2026-03-01T12:01:00.123Z"


def test_a_session_that_took_no_time_has_a_period_nonetheless() -> None:
    records = story(started_at=after(7260), register_start_mwh=110 * KWH)
    empty = replace(records, cost=replace(records.cost, content="{}"), tariff=None)
    [cdr] = checked(empty)
    assert len(cdr["charging_periods"]) == 1
    assert "tariff_id" not in cdr["charging_periods"][0]


@pytest.mark.parametrize("phases", [1, 2, 3])
def test_the_phases_of_a_station_are_told(phases: int) -> None:
    [cdr] = checked(replace(story(), phases=phases))
    assert cdr["cdr_location"]["connector_power_type"] == f"AC_{phases}_PHASE"


def test_a_session_that_runs_has_no_record() -> None:
    records = story()
    running: Session = replace(records.kept.session, ended_at=None)
    with pytest.raises(ValueError, match="has not ended"):
        cdrs_of(replace(records, kept=replace(records.kept, session=running)), PLACE)


@pytest.mark.parametrize("content", ["", "[]", '{"periods": [{}]}', '{"periods": 7}', "7"])
def test_a_rating_nobody_can_read_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"rating|Expecting"):
        read_rating(content)


def test_a_reservation_is_told_as_such() -> None:
    rating = read_rating(
        json.dumps(
            {
                "periods": [
                    {
                        "start": NOON.isoformat(),
                        "end": after(3600).isoformat(),
                        "activity": "reserved",
                        "energy": 0,
                        "charges": [{"kind": "time", "volume": 1}],
                    }
                ]
            }
        )
    )
    assert rating.periods[0].time_dimension == "RESERVATION_TIME"
    assert rating.periods[0].charges[0].price is None


@pytest.mark.parametrize(
    ("code", "codes"),
    [("NL", ("NL", "NLD")), ("de", ("DE", "DEU")), ("XX", NOWHERE), (None, NOWHERE)],
)
def test_countries_have_two_codes(code: str | None, codes: tuple[str, str]) -> None:
    assert country_codes(code) == codes


def test_short_names_stay_as_they_are() -> None:
    assert short_id("CP-1", 36) == "CP-1"
    assert len(short_id("x" * 100, 36)) == 36
