"""Sessions as tables."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
import io
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.chargestead.billing.export import COLUMNS, sessions_table, table_style
from custom_components.chargestead.billing.export.table import safe
from custom_components.chargestead.billing.ledger import KeptSession, SessionCost
from custom_components.chargestead.model.money import Cost
from custom_components.chargestead.model.session import SessionFlag

from .stories import ended, make_session

ZONE = ZoneInfo("Europe/Amsterdam")
HEADERS = {column: column.upper() for column in COLUMNS}
COST = SessionCost(
    cost=Cost(
        currency="EUR",
        before_taxes=Decimal("-1.00"),
        taxes=Decimal("-0.21"),
        after_taxes=Decimal("-1.21"),
    ),
    digits=2,
    energy_mwh=6_250_001,
    solar_mwh=1_000_000,
    unpriced_mwh=0,
    provisional=frozenset({"gap", "estimated"}),
    method="1",
    content="{}",
    rated_at=datetime(2026, 3, 1, 13, tzinfo=UTC),
)


def kept(**changes: Any) -> KeptSession:  # noqa: ANN401
    """Return an ended session with its cost."""
    session = ended(make_session(flags=frozenset({SessionFlag.OFFLINE})), 3660, 11_250_001)
    return KeptSession(
        session=replace(session, **changes),
        driver_id="anna",
        vehicle_id=None,
        tariff_uid=None,
        cost=COST,
    )


def table(*sessions: KeptSession, language: str = "en") -> str:
    """Return a table."""
    return sessions_table(
        sessions,
        headers=HEADERS,
        names={"CP-1": "Garage", "anna": "Anna"},
        style=table_style(language, ZONE),
    )


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Return a table as a spreadsheet reads it."""
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=delimiter))


def test_a_table_has_all_there_is_to_say() -> None:
    assert rows(table(kept())) == [
        {
            "START": "2026-03-01 13:01:00",
            "END": "2026-03-01 14:01:00",
            "UTC_OFFSET": "UTC+01:00",
            "DURATION": "1.0000",
            "STATION": "Garage",
            "CONNECTOR": "1",
            "ENERGY": "6.250001",
            "SOLAR_ENERGY": "1",
            "COST_NET": "-1.00",
            "COST_TAX": "-0.21",
            "COST_GROSS": "-1.21",
            "CURRENCY": "EUR",
            "AVERAGE_PRICE": "-0.1936",
            "REASONS": "estimated gap",
            "DRIVER": "Anna",
            "VEHICLE": "",
            "ID_TOKEN": "04A2B3",
            "STOP_REASON": "Local",
            "FLAGS": "offline",
            "REGISTER_START": "5",
            "REGISTER_STOP": "11.250001",
            "TRANSACTION_ID": "1001",
            "SESSION_ID": "session-1",
        }
    ]


@pytest.mark.parametrize(
    ("language", "delimiter", "energy"),
    [
        ("en", ",", "6.250001"),
        ("en-GB", ",", "6.250001"),
        ("de", ";", "6,250001"),
        ("de_AT", ";", "6,250001"),
        ("nl-BE", ";", "6,250001"),
        ("fr", ";", "6,250001"),
        ("de-CH", ";", "6.250001"),
        ("es-MX", ",", "6.250001"),
        ("en-ZA", ";", "6,250001"),
        ("ja", ",", "6.250001"),
        ("zh-Hans", ",", "6.250001"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    language: str, delimiter: str, energy: str
) -> None:
    [row] = rows(table(kept(), language=language), delimiter)
    assert row["ENERGY"] == energy
    assert len(row) == len(COLUMNS)


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", " =", "\r=", "\n@", "\uff1d", "\uff0b"]
)
def test_a_card_cannot_smuggle_a_formula_into_the_spreadsheet(start: str) -> None:
    [row] = rows(table(kept(id_token=f'{start}HYPERLINK("http://evil";"x")')))
    assert row["ID_TOKEN"].startswith("'")


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert safe("04-A2=B3") == "04-A2=B3"
    assert safe(None) == ""
    assert safe("a\0b") == "ab"


def test_names_with_delimiters_quotes_and_line_ends_survive() -> None:
    [row] = rows(table(kept(id_token='a;b,"c"\r\nd', stop_reason="Ünlük")))
    assert row["ID_TOKEN"] == 'a;b,"c"\r\nd'
    assert row["STOP_REASON"] == "Ünlük"


def test_an_hour_that_happens_twice_can_be_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    told = rows(table(kept(started_at=first), kept(started_at=second)))
    assert [row["START"] for row in told] == ["2026-10-25 02:30:00"] * 2
    assert [row["UTC_OFFSET"] for row in told] == ["UTC+02:00", "UTC+01:00"]


def test_what_is_not_known_is_left_empty() -> None:
    unrated = replace(kept(ended_at=None, register_stop_mwh=None), cost=None, driver_id="bob")
    [row] = rows(table(unrated))
    for column in ("END", "DURATION", "COST_GROSS", "CURRENCY", "AVERAGE_PRICE", "REASONS"):
        assert row[column] == ""
    assert row["DRIVER"] == "bob"


def test_the_same_sessions_make_the_same_table() -> None:
    assert table(kept(), kept()) == table(kept(), kept())
    assert table().count("\r\n") == 1
