"""Reading fields the way stations write them."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.fields import (
    instant,
    integer,
    objects,
    on_wire,
    parse_instant,
    required_integer,
    text,
    timestamp,
)
from custom_components.chargestead.csms.rpc import CallRefusal

from .test_rpc import JSON

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("CARD", "CARD"),
        ("  CARD\r\n", "CARD"),
        ("CARD\0\0", "CARD"),
        ("CA\0RD", "CARD"),
        ("\0", None),
        ("", None),
        ("   ", None),
        (42, "42"),
        (4.5, "4.5"),
        (True, None),
        (None, None),
        ([], None),
        ({}, None),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_text_is_without_what_surrounds_it(value: object, read: str | None) -> None:
    assert text({"key": value}, "key") == read
    assert text({}, "key") is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (5, 5),
        (-16, -16),
        ("5", 5),
        (" 5 ", 5),
        ("5.0", 5),
        ("5,9", 5),
        (5.9, 5),
        (2**63 - 1, 2**63 - 1),
        (2**64 - 1, None),
        (1e300, None),
        ("9" * 30, None),
        ("9" * 5000, None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("five", None),
        (True, None),
        (None, None),
        ([5], None),
    ],
)
def test_a_whole_number_fits_in_64_bits(value: object, read: int | None) -> None:
    assert integer({"key": value}, "key") == read


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "OccurenceConstraintViolation"),
        ({"key": None}, "OccurenceConstraintViolation"),
        ({"key": "five"}, "TypeConstraintViolation"),
        ({"key": {}}, "TypeConstraintViolation"),
    ],
)
def test_a_number_that_must_be_there_is_refused_for_what_is_wrong(
    payload: dict[str, Any], code: str
) -> None:
    with pytest.raises(CallRefusal) as refusal:
        required_integer(payload, "key")
    assert refusal.value.code == code
    assert required_integer({"key": "7"}, "key") == 7


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T12:00:00",
        "2026-03-01 12:00:00",
        "2026-03-01 12:00:00Z",
        " 2026-03-01T12:00:00Z\r\n",
        "2026-03-01T12:00Z",
        "20260301T120000Z",
        "2026-03-01T12:00:00.0000000Z",
        "2026-03-01T12:00:00z",
    ],
)
def test_an_instant_is_read_in_every_spelling(written: str) -> None:
    assert parse_instant(written) == NOON
    assert instant({"timestamp": written}, "timestamp") == NOON


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2026-13-01T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "12:00:00",
        "0000-00-00T00:00:00Z",
    ],
)
def test_an_instant_that_never_was_is_none(written: str) -> None:
    assert parse_instant(written) is None


@pytest.mark.parametrize("value", [None, 1772366400, [], {}, True])
def test_an_instant_is_text(value: object) -> None:
    assert instant({"timestamp": value}, "timestamp") is None


def test_a_lone_object_is_a_list_of_one() -> None:
    assert objects({"key": [{"a": 1}, 5, None, {"b": 2}]}, "key") == [{"a": 1}, {"b": 2}]
    assert objects({"key": {"a": 1}}, "key") == [{"a": 1}]
    assert objects({"key": "x"}, "key") == []
    assert objects({}, "key") == []


def test_an_instant_is_written_in_utc_with_milliseconds() -> None:
    assert timestamp(NOON) == "2026-03-01T12:00:00.000Z"


def test_nothing_is_not_put_on_the_wire() -> None:
    assert on_wire(a=1, b=None, c=0, d="") == {"a": 1, "c": 0, "d": ""}


@given(JSON)
def test_any_value_of_any_field_is_read(value: object) -> None:
    payload = {"key": value}
    text(payload, "key")
    integer(payload, "key")
    objects(payload, "key")
    instant(payload, "key")


@given(st.text(max_size=40) | st.from_regex(r"\A\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?.{0,8}\Z"))
def test_any_text_is_an_instant_in_utc_or_none(written: str) -> None:
    moment = parse_instant(written)
    assert moment is None or moment.utcoffset() is not None
    if moment is not None:
        assert moment.tzinfo is UTC
