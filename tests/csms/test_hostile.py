"""Every message of OCPP 1.6, right and wrong: always answered, by the schema, and never by the log."""

import json
import logging
import random
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from ocpp.messages import get_validator
import pytest

from custom_components.chargestead.csms.v16.adapter import HANDLERS
from custom_components.chargestead.model.events import FirmwareProgress, LogProgress, SecurityEvent

from .test_rpc import JSON
from .wire_fixtures import House, Json, Peer, assert_no_errors

STAMP = "2026-01-01T00:00:00Z"

VALID: dict[str, list[Json]] = {
    "BootNotification": [{"chargePointVendor": "V", "chargePointModel": "M"}],
    "Heartbeat": [{}],
    "Authorize": [{"idTag": "CARD"}],
    "StatusNotification": [
        {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
        {"connectorId": 0, "errorCode": "InternalError", "status": "Faulted", "timestamp": STAMP},
    ],
    "StartTransaction": [{"connectorId": 1, "idTag": "CARD", "meterStart": 1, "timestamp": STAMP}],
    "StopTransaction": [
        {"transactionId": 1, "meterStop": 5, "timestamp": STAMP},
        {
            "transactionId": 99,
            "idTag": "CARD",
            "meterStop": 5,
            "timestamp": STAMP,
            "reason": "Local",
        },
    ],
    "MeterValues": [
        {
            "connectorId": 1,
            "meterValue": [{"timestamp": STAMP, "sampledValue": [{"value": "5"}]}],
        }
    ],
    "DataTransfer": [{"vendorId": "V", "messageId": "M", "data": "D"}],
    "FirmwareStatusNotification": [{"status": "Downloaded"}],
    "DiagnosticsStatusNotification": [{"status": "Uploaded"}],
    "SecurityEventNotification": [
        {"type": "InvalidFirmwareSignature", "timestamp": STAMP, "techInfo": "x"}
    ],
    "SignCertificate": [{"csr": "-----BEGIN CERTIFICATE REQUEST-----"}],
    "LogStatusNotification": [{"status": "Uploading", "requestId": 1}],
    "SignedFirmwareStatusNotification": [{"status": "Installing", "requestId": 1}],
}
"""What a charging station may send (OCPP 1.6 section 4; security whitepaper edition 2, section 5)."""


def assert_schema(action: str, payload: Json) -> None:
    """Check one of our answers against the schema of OCPP 1.6."""
    problems = [error.message for error in get_validator(3, action, "1.6").iter_errors(payload)]
    assert problems == []


def test_each_message_of_a_station_has_a_handler_and_each_handler_is_tried_here() -> None:
    assert set(VALID) == set(HANDLERS)


@pytest.mark.parametrize("action", VALID)
async def test_each_message_is_answered_by_its_schema(
    action: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            for payload in VALID[action]:
                assert not list(get_validator(2, action, "1.6").iter_errors(payload))
                for sent in (payload, {**payload, "unheardOf": [{"x": None}]}):
                    kind, _, answer = await station.ask(action, sent)
                    assert kind == 3
                    assert_schema(action, answer)
    assert_no_errors(caplog)


@pytest.mark.parametrize("action", VALID)
async def test_each_message_is_answered_by_its_schema_to_a_stranger_or_refused(action: str) -> None:
    async with House() as house, house.dial("/NEW") as station:
        for payload in VALID[action]:
            frame = await station.ask(action, payload)
            if frame[0] == 3:
                assert_schema(action, frame[2])
            else:
                assert frame[2] == "SecurityError"


@pytest.mark.parametrize(
    "action", ["Unheard", "", "heartbeat", "Heartbeat ", "RemoteStartTransaction", "x" * 5000, "\0"]
)
async def test_an_unknown_message_is_not_implemented(action: str) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            frame = await station.ask(action)
            assert frame[:3] == [4, "q1", "NotImplemented"]
            assert len(frame) == 5
            assert frame[4] == {}
            assert len(frame[3]) <= 255
        assert known.counters["action_unknown"] == 1


@pytest.mark.parametrize("action", [*VALID, "Unheard"])
async def test_a_message_with_nothing_in_it_is_answered(
    action: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            kind, _, answer, *_ = await station.ask(action, {})
            if kind == 3:
                assert_schema(action, answer)
            else:
                assert answer in {"OccurenceConstraintViolation", "NotImplemented"}
    assert_no_errors(caplog)


async def test_what_is_told_of_updates_logs_and_security_reaches_the_house() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            await station.ask("FirmwareStatusNotification", {"status": "Downloading"})
            assert known.state.firmware_status == "Downloading"
            await station.ask(
                "SignedFirmwareStatusNotification", {"status": "Installed", "requestId": "7"}
            )
            assert known.state.firmware_status == "Installed"
            await station.ask("DiagnosticsStatusNotification", {"status": "Uploading"})
            await station.ask("LogStatusNotification", {"status": "Uploaded", "requestId": 8})
            assert known.state.diagnostics_status == "Uploaded"
            await station.ask("SecurityEventNotification", {"timestamp": STAMP, "techInfo": "x"})
            await station.ask("SignCertificate", {"csr": "x"})
        progress = [event for event in house.events if isinstance(event, FirmwareProgress)]
        assert [(each.status, each.request_id) for each in progress] == [
            ("Downloading", None),
            ("Installed", 7),
        ]
        logs = [event for event in house.events if isinstance(event, LogProgress)]
        assert [(each.status, each.request_id) for each in logs] == [
            ("Uploading", None),
            ("Uploaded", 8),
        ]
        (security,) = (event for event in house.events if isinstance(event, SecurityEvent))
        assert (security.kind, security.detail) == ("unknown", "x")
        assert security.at == house.clock.now()
        assert known.counters["certificate_not_signed"] == 1


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": "  "}, "OccurenceConstraintViolation"),
        ("DataTransfer", {"data": "x"}, "OccurenceConstraintViolation"),
        ("StartTransaction", {"connectorId": 33}, "PropertyConstraintViolation"),
        ("MeterValues", {"connectorId": -1}, "PropertyConstraintViolation"),
        ("StartTransaction", {"connectorId": 2**40}, "PropertyConstraintViolation"),
    ],
)
async def test_only_what_means_nothing_is_refused_with_the_code_for_it(
    action: str, payload: Json, code: str
) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            assert (await station.ask(action, payload))[2] == code
        assert known.counters[f"refused_{code}"] == 1


WRONG: list[Any] = [
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    -(2**63),
    1e308,
    "",
    " ",
    "\0",
    "x" * 2000,
    "NaN",
    "-Infinity",
    "9" * 4400,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2019-01-01T00:00:00+14:00",
    "\u202e\U0001f50c",
    [],
    [[]],
    [{}],
    {},
    {"a": {"b": [None]}},
]


def fields(payload: Any) -> list[str]:  # noqa: ANN401
    """Return the names of all fields, those of inner objects included."""
    if isinstance(payload, list):
        return [name for item in payload for name in fields(item)]
    if not isinstance(payload, dict):
        return []
    return [*payload, *(name for item in payload.values() for name in fields(item))]


def swapped(payload: Any, name: str, value: Any) -> Any:  # noqa: ANN401
    """Return a payload with another value in a field wherever it is."""
    if isinstance(payload, list):
        return [swapped(item, name, value) for item in payload]
    if not isinstance(payload, dict):
        return payload
    return {
        key: value if key == name else swapped(item, name, value) for key, item in payload.items()
    }


async def answered(station: Peer, action: str, payload: object) -> None:
    """Send anything as a call and check that it is answered as OCPP has it."""
    frame = await station.ask(action, payload)  # type: ignore[arg-type]
    if frame[0] == 3:
        assert_schema(action, frame[2])
    else:
        assert frame[0] == 4
        assert frame[2] != "InternalError", (action, payload)


@pytest.mark.parametrize("action", VALID)
async def test_any_field_may_hold_anything(action: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            for payload in VALID[action]:
                for name in {*fields(payload), "transactionId", "timestamp", "transactionData"}:
                    for value in WRONG:
                        sent = swapped({name: None, **payload}, name, value)
                        await answered(station, action, sent)
            assert await station.alive()
        assert known.counters["internal_error"] == 0
        assert len(known.state.connectors) <= house.bounds.connectors
        house.diagnostics()
    assert_no_errors(caplog)


NAMES = sorted(
    {name for payloads in VALID.values() for payload in payloads for name in fields(payload)}
    | {"transactionData", "info", "vendorErrorCode", "unit", "measurand", "phase", "context"}
)

PAYLOADS = st.dictionaries(
    st.sampled_from(NAMES), JSON | st.sampled_from(WRONG), max_size=8
) | st.recursive(
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner | st.lists(inner, max_size=2)),
    max_leaves=6,
)


@pytest.mark.parametrize("action", [*VALID, "Unheard"])
async def test_any_json_is_answered_and_the_socket_stays(
    action: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    payloads: list[Any] = []

    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(PAYLOADS)
    def collect(payload: Any) -> None:  # noqa: ANN401
        payloads.append(payload)

    collect()
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            for number, payload in enumerate(payloads):
                text = json.dumps([2, f"f{number}", action, payload])
                await station.say(text)
                frame = await station.answer()
                assert frame[:2] in ([3, f"f{number}"], [4, f"f{number}"]), text
                assert frame[2] != "InternalError", text
            assert await station.alive()
        assert known.counters["internal_error"] == 0
        house.diagnostics()
    assert_no_errors(caplog)


async def test_a_real_conversation_cut_and_twisted_in_any_place_is_survived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            for number in range(600):
                action = chance.choice(list(VALID))
                text = json.dumps([2, f"c{number}", action, chance.choice(VALID[action])])
                content = bytearray(text.encode())
                for _ in range(chance.randrange(3)):
                    content[chance.randrange(len(content))] = chance.randrange(256)
                await station.say(bytes(content[: chance.randrange(len(content) + 1)]))
            await station.say([2, "end", "Heartbeat", {}])
            answers = 0
            while (frame := await station.answer())[1] != "end":
                assert frame[0] in (3, 4)
                answers += 1
        counted = known.counters.as_dict()
        print(f"{answers} of 600 answered, {counted.get('frame_malformed')} malformed")
        assert counted.get("internal_error", 0) == 0
        unanswered = 600 - answers
        assert unanswered <= counted.get("frame_malformed", 0) + counted.get("answer_unexpected", 0)
    assert_no_errors(caplog)
