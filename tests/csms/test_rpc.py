"""OCPP-J framing, without a socket."""

from collections.abc import Callable
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.counters import Counters
from custom_components.chargestead.csms.rpc import (
    Call,
    CallError,
    CallResult,
    Frame,
    Malformed,
    encode_call,
    encode_error,
    encode_result,
    parse,
)

DEEP = "[" * 1000 + "]" * 1000

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["BootNotification", "x" * 300]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@pytest.fixture
def counters() -> Counters:
    """Return counters at zero."""
    return Counters()


def read(text: str | bytes, counters: Counters) -> Frame:
    """Parse text or bytes."""
    return parse(text if isinstance(text, bytes) else text.encode(), counters)


def test_a_call_a_result_and_an_error_are_read_as_they_are(counters: Counters) -> None:
    assert read('[2,"1","Heartbeat",{}]', counters) == Call("1", "Heartbeat", {})
    assert read('[3,"1",{"status":"Accepted"}]', counters) == CallResult(
        "1", {"status": "Accepted"}
    )
    assert read('[4,"1","GenericError","why",{"a":1}]', counters) == CallError(
        "1", "GenericError", "why", {"a": 1}
    )
    assert counters.as_dict() == {}


@pytest.mark.parametrize(
    "text",
    [
        ',[2,"1","Heartbeat",{}]',
        '[2,"1","Heartbeat",{}],',
        '\ufeff[2,"1","Heartbeat",{}]',
        '[2,"1","Heartbeat",{}]\0\0',
        '\r\n ,[2,"1","Heartbeat",{}]\0',
    ],
)
def test_what_stations_put_around_their_json_is_taken_off_and_counted(
    text: str, counters: Counters
) -> None:
    assert read(text, counters) == Call("1", "Heartbeat", {})
    assert counters["json_repaired"] == 1


@pytest.mark.parametrize("word", ["NaN", "-Infinity", "Infinity", "nan", "inf"])
def test_a_number_that_is_none_becomes_null_and_the_rest_of_the_message_counts(
    word: str, counters: Counters
) -> None:
    text = f'[2,"1","StopTransaction",{{"meterStop": {word} ,"note":"NaN, or so","list":[{word}]}}]'
    assert read(text, counters) == Call(
        "1", "StopTransaction", {"meterStop": None, "note": "NaN, or so", "list": [None]}
    )
    assert counters["json_repaired"] == 1


def test_text_that_is_no_utf_8_is_read_as_far_as_it_can_be(counters: Counters) -> None:
    frame = read('[2,"1","DataTransfer",{"vendorId":"Müller"}]'.encode("latin-1"), counters)
    assert frame == Call("1", "DataTransfer", {"vendorId": "M\ufffdller"})
    assert counters["json_repaired"] == 1


@pytest.mark.parametrize(
    ("text", "message_id", "code"),
    [
        ('[2,"17","Heartbeat",{', "17", "FormationViolation"),
        ('[2,"17","Heartbe', "17", "FormationViolation"),
        (',[2,"17","Heartbe', "17", "FormationViolation"),
        ('[2,"17', None, "FormationViolation"),
        ("", None, "FormationViolation"),
        ("hello", None, "FormationViolation"),
        ("{}", None, "FormationViolation"),
        ("null", None, "FormationViolation"),
        ("[]", None, "ProtocolError"),
        ("[2]", None, "FormationViolation"),
        ('[2,"17"]', "17", "FormationViolation"),
        ('[2,"17",5,{}]', "17", "FormationViolation"),
        ('[2,"17",null,{}]', "17", "FormationViolation"),
        ('[2,"17","Heartbeat",[]]', "17", "FormationViolation"),
        ('[2,"17","Heartbeat","x"]', "17", "FormationViolation"),
        ('[2,null,"Heartbeat",{}]', None, "FormationViolation"),
        ('[2,{"a":1},"Heartbeat",{}]', None, "FormationViolation"),
        ('[2,true,"Heartbeat",{}]', None, "FormationViolation"),
        (f'[2,"{"x" * 256}","Heartbeat",{{}}]', None, "FormationViolation"),
        (f'[2,{DEEP},"Heartbeat",{{}}]', None, "FormationViolation"),
        (f'[{DEEP},"17","Heartbeat",{{}}]', None, "ProtocolError"),
        ('[7,"17","Heartbeat",{}]', None, "ProtocolError"),
        ('["2","17","Heartbeat",{}]', None, "ProtocolError"),
        ("[3]", None, "ProtocolError"),
        ("[" * 5000, None, "FormationViolation"),
        (f'[2,"17","Heartbeat",{"[" * 5000}', "17", "FormationViolation"),
        ('[2,"17","Heartbeat",{"a":1e999}]', "17", "FormationViolation"),
        (r'[2,"17","Heartbeat",{"a":"\ud800"}]', "17", "FormationViolation"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_cannot_be_read_is_refused_by_its_id_where_that_can_be_told(
    text: str, message_id: object, code: str, counters: Counters
) -> None:
    frame = read(text, counters)
    assert isinstance(frame, Malformed)
    assert (frame.message_id, frame.code) == (message_id, code)


@pytest.mark.parametrize("message_id", ["", "x" * 255, 5, -1, 1.5, "a\\u0000b", "\U0001f50c"])
def test_an_id_goes_back_as_it_came(message_id: object, counters: Counters) -> None:
    frame = read(json.dumps([2, message_id, "Heartbeat", {}]), counters)
    assert isinstance(frame, Call)
    assert json.loads(encode_result(frame.message_id, {}))[1] == message_id


@pytest.mark.parametrize("text", ['[2,"1","Heartbeat"]', '[2,"1","Heartbeat",null]'])
def test_a_call_without_a_payload_has_an_empty_one(text: str, counters: Counters) -> None:
    assert read(text, counters) == Call("1", "Heartbeat", {})
    assert counters["payload_missing"] == 1


@pytest.mark.parametrize("text", ['[3,"1"]', '[3,"1",null]', '[3,"1",[]]', '[3,"1","Accepted"]'])
def test_a_result_without_a_payload_has_an_empty_one(text: str, counters: Counters) -> None:
    assert read(text, counters) == CallResult("1", {})
    assert counters["payload_missing"] == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[4,"1"]', CallError("1", "", "", None)),
        ('[4,"1","GenericError"]', CallError("1", "GenericError", "", None)),
        ('[4,"1","GenericError","x"]', CallError("1", "GenericError", "x", None)),
        ('[4,"1",null,5,[]]', CallError("1", "None", "5", [])),
        (f'[4,"1","{"c" * 2000}","",{{}},"more"]', CallError("1", "c" * 1000, "", {})),
    ],
)
def test_an_error_is_read_however_short_or_long_it_is(
    text: str, error: CallError, counters: Counters
) -> None:
    assert read(text, counters) == error


def test_an_error_as_deep_as_can_be_is_told_in_a_few_words(counters: Counters) -> None:
    frame = read(f'[4,"1",{DEEP},{DEEP},{DEEP}]', counters)
    assert isinstance(frame, CallError)
    assert len(frame.code) == len(frame.description) == 1000


def test_what_we_send_is_compact_json_with_a_short_description() -> None:
    assert encode_call("1", "Reset", {"type": "Soft"}) == '[2,"1","Reset",{"type":"Soft"}]'
    assert encode_result("1", {}) == '[3,"1",{}]'
    assert (
        encode_error("1", "GenericError", "d" * 300) == f'[4,"1","GenericError","{"d" * 255}",{{}}]'
    )


def answered(frame: Frame) -> str | None:
    """Return a refusal of a frame, where it has an id to refuse it by."""
    if isinstance(frame, CallResult | CallError) or frame.message_id is None:
        return None
    return encode_error(frame.message_id, "GenericError", "")


@given(JSON)
def test_any_json_is_read_and_can_be_answered(content: object) -> None:
    answered(parse(json.dumps(content).encode(), Counters()))


@given(st.lists(st.sampled_from([2, 3, 4, "x", "Heartbeat", None]) | JSON, max_size=6))
def test_any_frame_is_read_and_can_be_answered(content: list[object]) -> None:
    answered(parse(json.dumps(content).encode(), Counters()))


@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda tail: b'[2,"1",' + tail))
def test_any_bytes_are_read_and_can_be_answered(content: bytes) -> None:
    answered(parse(content, Counters()))


def test_stations_cannot_make_up_any_number_of_counters() -> None:
    counters = Counters()
    add: Callable[[str], None] = counters.add
    for number in range(500):
        add(f"name {number}")
    assert len(counters.as_dict()) == 201
    assert counters["other"] == 300
    assert counters["never"] == 0
