"""Whatever a station sends, an answer comes or a refusal, and nothing is raised."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, example, given, settings, strategies as st
import orjson
import pytest

from custom_components.chargestead.csms.rpc import CallRefusal
from custom_components.chargestead.model.station import OcppVersion
from tests.simulator import Json

from .desk import Desk
from .payloads import INBOUND, INBOUND_LATER, fullest

CODES = {
    "FormationViolation",
    "NotImplemented",
    "OccurenceConstraintViolation",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
}
ACTIONS = (*INBOUND, *INBOUND_LATER, "NotifyPeriodicEventStream")

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "",
            " ",
            "Started",
            "Ended",
            "9" * 400,
            "2026-13-45T99:00:00Z",
            "0001-01-01T00:00:00+14:00",
        ]
    )
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Return the path of every value inside a payload."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


def _bent(payload: Json, path: tuple[Any, ...], value: object, *, gone: bool) -> Json:
    """Return a payload with one value changed, or gone."""
    bent: Json = orjson.loads(orjson.dumps(payload))
    if not path:
        return bent
    inner: Any = bent
    for key in path[:-1]:
        inner = inner[key]
    if gone:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return bent


def _taken(desk: Desk, action: str, payload: Json) -> None:
    """Hand a message over; only a refusal that OCPP knows may come instead of an answer."""
    answer = asyncio.run(desk.hand(action, payload))
    if isinstance(answer, CallRefusal):
        assert answer.code in CODES
    else:
        orjson.dumps(answer)


PAYLOADS = {
    action: fullest(action, "2.1") for action in ACTIONS if action != "NotifyPeriodicEventStream"
}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(PAYLOADS)),
    st.data(),
    st.sampled_from([OcppVersion.V201, OcppVersion.V21]),
)
def test_a_payload_with_one_value_bent_is_answered_or_refused(
    action: str, data: st.DataObject, version: OcppVersion
) -> None:
    payload = PAYLOADS[action]
    desk = Desk(version)
    for _ in range(3):
        path = data.draw(st.sampled_from(_places(payload)))
        payload = _bent(payload, path, data.draw(_VALUES), gone=data.draw(st.booleans()))
        _taken(desk, action, payload)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ACTIONS), st.dictionaries(st.text(max_size=12), _VALUES, max_size=4))
def test_any_object_at_all_is_answered_or_refused(action: str, payload: Json) -> None:
    _taken(Desk(OcppVersion.V21), action, payload)


_EVENTS = st.fixed_dictionaries(
    {
        "eventType": st.sampled_from(["Started", "Updated", "Ended", "Dancing"]),
        "timestamp": st.sampled_from(
            [f"2026-01-01T0{hour}:{minute}0:00Z" for hour in range(4) for minute in range(6)]
        ),
        "seqNo": st.integers(-3, 12) | st.just(2**63) | st.none(),
        "transactionInfo": st.fixed_dictionaries(
            {
                "transactionId": st.sampled_from(["a", "b"]),
                "chargingState": st.sampled_from(
                    ["Charging", "EVConnected", "SuspendedEV", "Idle", "Napping", None]
                ),
            }
        ),
        "evse": st.none() | st.fixed_dictionaries({"id": st.integers(-1, 3)}),
        "idToken": st.none()
        | st.fixed_dictionaries(
            {"idToken": st.sampled_from(["x", "y", ""]), "type": st.just("Central")}
        ),
        "meterValue": st.lists(
            st.fixed_dictionaries(
                {
                    "timestamp": st.sampled_from(
                        [f"2026-01-01T0{hour}:30:00Z" for hour in range(4)]
                    ),
                    "sampledValue": st.lists(
                        st.fixed_dictionaries(
                            {
                                "value": st.integers(-5, 60_000),
                                "context": st.sampled_from(
                                    ["Transaction.Begin", "Transaction.End", "Sample.Periodic"]
                                ),
                            }
                        ),
                        max_size=2,
                    ),
                }
            ),
            max_size=2,
        ),
    }
)


def _event(kind: str, transaction_id: str, clock: str, *meter_values: Json) -> Json:
    """Return an event of a transaction that charges."""
    return {
        "eventType": kind,
        "timestamp": f"2026-01-01T{clock}:00Z",
        "seqNo": 2**63,
        "transactionInfo": {"transactionId": transaction_id, "chargingState": "Charging"},
        "evse": None,
        "idToken": None,
        "meterValue": list(meter_values),
    }


BEFORE_THE_START: Json = {
    "timestamp": "2026-01-01T00:30:00Z",
    "sampledValue": [{"value": 0, "context": "Transaction.Begin"}],
}


@example(
    [
        _event("Updated", "b", "00:00"),
        _event("Started", "b", "00:40", BEFORE_THE_START),
        _event("Started", "a", "00:40"),
    ],
    1,
)
@settings(max_examples=100, deadline=None)
@given(st.lists(_EVENTS, max_size=12), st.integers(1, 3))
def test_any_transaction_events_leave_sane_sessions(told: list[Json], connectors: int) -> None:
    desk = Desk(connectors=connectors)
    desk.at(desk.clock.now().replace(hour=5))

    async def hand_over() -> None:
        for payload in told:
            await desk.hand("TransactionEvent", payload)

    asyncio.run(hand_over())
    for session in desk.kept.values():
        assert session.energy_mwh is None or session.energy_mwh >= 0
        assert session.ended_at is None or session.ended_at >= session.started_at
        assert 0 <= session.connector_id <= 3
    assert desk.station.counters["internal_error"] == 0
    assert 0 not in desk.station.book.connectors


@pytest.mark.parametrize("count", [5000])
def test_transactions_without_end_do_not_grow_memory(count: int) -> None:
    desk = Desk()

    async def hand_over() -> None:
        for number in range(count):
            info = {"transactionId": f"t{number}"}
            await desk.hand("TransactionEvent", {"eventType": "Ended", "transactionInfo": info})

    asyncio.run(hand_over())
    adapter: Any = desk.station.adapter
    assert len(adapter.progresses._of) <= 200
    assert len(desk.station.transactions._sessions) <= 201
