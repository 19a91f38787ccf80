"""Transactions told by TransactionEvent: in any order, repeated, offline, with holes, across restarts."""

from collections.abc import Sequence
import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import random

import pytest

from custom_components.chargestead.model.config import SiteConfig, UnknownTokens
from custom_components.chargestead.model.events import SessionEnded, SessionStarted
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.model.station import ConnectorStatus
from tests.simulator import Json, ManualClock

from .conftest import Dial
from .desk import Desk
from .house import STATION, House, Wire

START = datetime(2026, 1, 1, tzinfo=UTC)
CARD = {"idToken": "04AABBCC", "type": "ISO14443"}
OTHER_CARD = {"idToken": "04DDEEFF", "type": "ISO14443"}


def stamp(seconds: float) -> str:
    """Return a moment of the test's day."""
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def meter(seconds: float, wh: float, context: str = "Sample.Periodic") -> Json:
    """Return a meter value with a register and a power."""
    return {
        "timestamp": stamp(seconds),
        "sampledValue": [
            {
                "value": wh / 1000,
                "context": context,
                "measurand": "Energy.Active.Import.Register",
                "unitOfMeasure": {"unit": "Wh", "multiplier": 3},
            },
            {
                "value": 3680.0,
                "context": context,
                "measurand": "Power.Active.Import",
                "unitOfMeasure": {"unit": "W"},
            },
        ],
    }


def event(
    kind: str,
    number: int,
    seconds: float,
    *meters: Json,
    transaction: str = "tx-1",
    trigger: str = "MeterValuePeriodic",
    evse: int | None = 1,
    state: str | None = None,
    token: Json | None = None,
    info: Json | None = None,
    offline: bool | None = None,
) -> Json:
    """Return a TransactionEvent."""
    payload: Json = {
        "eventType": kind,
        "timestamp": stamp(seconds),
        "triggerReason": trigger,
        "seqNo": number,
        "transactionInfo": {"transactionId": transaction, **(info or {})},
    }
    if state is not None:
        payload["transactionInfo"]["chargingState"] = state
    if evse is not None:
        payload["evse"] = {"id": evse, "connectorId": 1}
    if token is not None:
        payload["idToken"] = token
    if offline is not None:
        payload["offline"] = offline
    if meters:
        payload["meterValue"] = list(meters)
    return payload


STORY: Sequence[Json] = (
    event(
        "Started",
        0,
        0,
        meter(0, 10_000, "Transaction.Begin"),
        trigger="CablePluggedIn",
        state="EVConnected",
    ),
    event("Updated", 1, 10, trigger="Authorized", state="EVConnected", token=CARD),
    event("Updated", 2, 15, trigger="ChargingStateChanged", state="Charging"),
    event("Updated", 3, 600, meter(600, 10_610)),
    event("Updated", 4, 1200, meter(1200, 11_220)),
    event("Updated", 5, 1500, trigger="ChargingStateChanged", state="SuspendedEV"),
    event(
        "Ended",
        6,
        1800,
        meter(1800, 11_525, "Transaction.End"),
        trigger="StopAuthorized",
        token=OTHER_CARD,
        state="EVConnected",
        info={"stoppedReason": "Local"},
    ),
)
"""A session of 1525 Wh."""


SECOND_STORY: Sequence[Json] = (
    event(
        "Started",
        0,
        3600,
        meter(3600, 11_525, "Transaction.Begin"),
        transaction="tx-2",
        token=OTHER_CARD,
        state="Charging",
    ),
    event("Updated", 1, 4000, meter(4000, 11_900), transaction="tx-2"),
    event("Ended", 2, 5000, meter(5000, 12_500, "Transaction.End"), transaction="tx-2"),
)
"""A session of 975 Wh, after the first one on the same EVSE."""


async def tell(wire: Wire, story: Sequence[Json]) -> None:
    """Tell a story in the order given."""
    for payload in story:
        await wire.call("TransactionEvent", payload)


async def only_session(house: House) -> Session:
    """Return the one session the ledger holds."""
    (session,) = await house.sessions()
    return session


async def test_a_session_from_start_to_end_is_exact(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await wire.status("Occupied", stamp(0))
    await clock.advance(1800)
    await tell(wire, STORY)
    session = await only_session(house)
    assert session.energy_mwh == 1_525_000
    assert (session.register_start_mwh, session.register_stop_mwh) == (10_000_000, 11_525_000)
    assert (session.started_at, session.ended_at) == (START, START + timedelta(seconds=1800))
    assert (session.transaction_id, session.connector_id) == ("tx-1", 1)
    assert (session.id_token, session.stop_id_token) == ("04AABBCC", "04DDEEFF")
    assert session.stop_reason == "Local"
    assert session.flags <= {SessionFlag.OFFLINE}
    registers = [item.register_mwh for item in await house.ledger.readings(session.id)]
    assert registers == [10_000_000, 10_610_000, 11_220_000, 11_525_000]


async def test_a_token_in_a_message_is_answered_and_none_where_there_is_none(wire: Wire) -> None:
    assert await wire.call("TransactionEvent", STORY[0]) == {}
    answer = await wire.call("TransactionEvent", STORY[1])
    assert answer == {"idTokenInfo": {"status": "Accepted"}}


async def test_the_status_follows_the_charging_state(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    def status() -> ConnectorStatus | None:
        return house.station().state.connectors[1].status

    await wire.status("Available", stamp(0))
    assert status() is ConnectorStatus.AVAILABLE
    seen = []
    for payload in STORY:
        moment = datetime.fromisoformat(payload["timestamp"])
        if moment > clock.now():
            await clock.advance_to(moment)
        if payload["seqNo"] == 0:
            await wire.status("Occupied", payload["timestamp"])
        await wire.call("TransactionEvent", payload)
        seen.append(status())
    assert seen == [
        ConnectorStatus.PREPARING,
        ConnectorStatus.PREPARING,
        ConnectorStatus.CHARGING,
        ConnectorStatus.CHARGING,
        ConnectorStatus.CHARGING,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.FINISHING,
    ]
    assert not house.station().state.connectors[1].measurements.power_w
    await clock.advance(5)
    await wire.status("Available", stamp(1805))
    assert status() is ConnectorStatus.AVAILABLE


async def test_of_two_states_of_one_moment_the_later_number_holds(wire: Wire, house: House) -> None:
    await wire.status("Occupied", stamp(0))
    charging = event("Updated", 1, 0, trigger="ChargingStateChanged", state="Charging")
    start = event("Started", 0, 0, trigger="Authorized", state="EVConnected", token=CARD)
    await tell(wire, [charging, start])
    assert house.station().state.connectors[1].status is ConnectorStatus.CHARGING


async def test_a_transaction_before_the_cable_is_not_taken_for_a_forgotten_one(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await wire.status("Available", stamp(0))
    start = event("Started", 0, 1, trigger="Authorized", evse=None, token=CARD, state="Idle")
    await wire.call("TransactionEvent", start)
    await clock.advance(2)
    await wire.status("Available", stamp(2))
    await clock.advance(60)
    session = house.station().state.connectors[1].session
    assert session is not None
    assert house.station().state.connectors[1].status is ConnectorStatus.PREPARING


async def test_available_closes_a_transaction_the_station_forgot_until_it_remembers(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(1250)
    await tell(wire, STORY[:5])
    await wire.status("Available", stamp(1250))
    await clock.advance(30)
    session = await only_session(house)
    assert session.ended_at == START + timedelta(seconds=1200)
    assert SessionFlag.FORGOTTEN in session.flags
    await clock.advance(600)
    await tell(wire, STORY[5:])
    session = await only_session(house)
    assert session.energy_mwh == 1_525_000
    assert SessionFlag.FORGOTTEN not in session.flags


async def test_the_evse_may_be_told_later(house: House, dial: Dial) -> None:
    wire = await dial()
    await wire.status("Available", stamp(0), evse=1)
    await wire.status("Available", stamp(0), evse=2)
    await wire.call(
        "TransactionEvent",
        event("Started", 0, 0, trigger="Authorized", evse=None, token=CARD, state="Idle"),
    )
    assert set(house.station().state.connectors) == {1, 2}
    assert all(item.session is None for item in house.station().state.connectors.values())
    await wire.call(
        "TransactionEvent",
        event(
            "Updated",
            1,
            5,
            meter(5, 500, "Transaction.Begin"),
            trigger="CablePluggedIn",
            evse=2,
            state="EVConnected",
        ),
    )
    session = house.station().state.connectors[2].session
    assert session is not None
    assert (session.transaction_id, session.id_token) == ("tx-1", "04AABBCC")
    assert house.station().state.connectors[1].session is None
    await wire.call("TransactionEvent", event("Ended", 2, 50, meter(50, 600, "Transaction.End")))
    session = await only_session(house)
    assert (session.connector_id, session.energy_mwh) == (2, 100_000)
    assert session.flags == frozenset()


async def test_the_first_token_is_the_sessions_own(wire: Wire, house: House) -> None:
    await tell(wire, STORY[:2])
    changed = event("Updated", 2, 20, trigger="Authorized", token=OTHER_CARD)
    await wire.call("TransactionEvent", changed)
    assert (await only_session(house)).id_token == "04AABBCC"
    assert house.station().counters["token_changed"] == 1


async def test_a_token_that_is_not_welcome_is_told_so_and_flagged(
    clock: ManualClock, tmp_path: Path, version: str
) -> None:
    house = House(clock, tmp_path, SiteConfig(unknown_tokens=UnknownTokens.REJECT))
    await house.open()
    await house.know(STATION)
    wire = await Wire.dial(house, version)
    payload = event("Started", 0, 0, trigger="Authorized", token=CARD)
    answer = await wire.call("TransactionEvent", payload)
    assert answer == {"idTokenInfo": {"status": "Invalid"}}
    assert SessionFlag.UNAUTHORIZED in (await only_session(house)).flags
    await wire.close()
    await house.close()


async def test_what_a_station_did_offline_is_flagged_and_replayed_to_nobody(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(7200)
    await tell(wire, [payload | {"offline": True} for payload in STORY])
    session = await only_session(house)
    assert session.energy_mwh == 1_525_000
    assert session.flags == {SessionFlag.OFFLINE}
    assert all(item.replayed for item in house.happened(SessionStarted))
    assert all(item.replayed for item in house.happened(SessionEnded))


async def test_a_hole_in_the_numbers_is_flagged_until_it_is_filled(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(1800)
    await tell(wire, [payload for payload in STORY if payload["seqNo"] != 3])
    session = await only_session(house)
    assert session.energy_mwh == 1_525_000
    assert SessionFlag.GAP in session.flags
    await wire.call("TransactionEvent", STORY[3])
    assert SessionFlag.GAP not in (await only_session(house)).flags


@pytest.mark.parametrize("numbers", [[0] * 7, [None] * 7, list(range(40, 47)), [0, 9**9, 2] * 3])
async def test_numbers_that_make_no_sense_cost_nothing_but_a_flag(
    wire: Wire, house: House, clock: ManualClock, numbers: list[int | None]
) -> None:
    await clock.advance(1800)
    for payload, number in zip(STORY, numbers, strict=False):
        changed = {key: value for key, value in payload.items() if key != "seqNo"}
        if number is not None:
            changed["seqNo"] = number
        await wire.call("TransactionEvent", changed, valid=False)
    session = await only_session(house)
    assert session.energy_mwh == 1_525_000
    assert session.flags <= {SessionFlag.GAP, SessionFlag.OFFLINE}


async def test_an_id_used_again_is_another_session(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(9000)
    await tell(wire, STORY)
    later = [
        event("Started", 0, 7200, meter(7200, 11_525, "Transaction.Begin"), token=CARD),
        event("Ended", 1, 8000, meter(8000, 12_000, "Transaction.End")),
    ]
    await tell(wire, [*later, later[0], later[1]])
    sessions = await house.sessions()
    assert [session.energy_mwh for session in sessions] == [1_525_000, 475_000]


async def test_an_unknown_event_type_still_counts_what_it_brings(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(1800)
    await tell(wire, STORY[:3])
    strange = {**STORY[3], "eventType": "Paused"}
    await wire.call("TransactionEvent", strange, valid=False)
    assert (await only_session(house)).energy_mwh == 610_000
    assert house.station().counters["event_type_unknown"] == 1


async def test_a_signed_value_is_kept_as_it_was_delivered(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(1800)
    begin: Json = copy.deepcopy(STORY[0])
    begin["meterValue"][0]["sampledValue"][0]["signedMeterValue"] = {
        "signedMeterData": "QkVHSU4=",
        "signingMethod": "",
        "encodingMethod": "OCMF",
        "publicKey": "",
    }
    await tell(wire, [begin, *STORY[1:-1]])
    end = event("Ended", 6, 1800, meter(1800, 11_525, "Transaction.End"))
    signed = {
        "signedMeterData": "T0NNRnx7fQ==",
        "signingMethod": "ECDSA-secp256r1-SHA256",
        "encodingMethod": "OCMF",
        "publicKey": "b2Nh",
    }
    end["meterValue"][0]["sampledValue"][0]["signedMeterValue"] = signed
    await wire.call("TransactionEvent", end)
    session = await only_session(house)
    assert SessionFlag.SIGNED in session.flags
    first, *_, last = await house.ledger.readings(session.id)
    assert first.signed is not None
    assert "QkVHSU4=" in first.signed
    assert last.signed is not None
    assert "T0NNRnx7fQ==" in last.signed
    assert "OCMF" in last.signed


async def test_a_restart_of_ours_in_the_middle_changes_nothing(
    house: House, dial: Dial, clock: ManualClock
) -> None:
    await clock.advance(1800)
    await tell(await dial(), STORY[:4])
    await house.restart()
    await tell(await dial(), STORY[4:])
    session = await only_session(house)
    assert session.energy_mwh == 1_525_000
    assert session.id_token == "04AABBCC"
    assert session.flags <= {SessionFlag.OFFLINE}


async def test_a_station_that_knows_nothing_of_an_open_session_has_it_closed(
    house: House, dial: Dial, clock: ManualClock
) -> None:
    await clock.advance(1200)
    wire = await dial()
    await wire.boot()
    await tell(wire, STORY[:5])
    await wire.socket.close()
    await clock.settle()
    again = await dial()
    again.answers["GetTransactionStatus"] = {"ongoingIndicator": False, "messagesInQueue": False}
    await clock.advance(6)
    assert await again.request("GetTransactionStatus") == {"transactionId": "tx-1"}
    await clock.settle()
    session = await only_session(house)
    assert session.ended_at == START + timedelta(seconds=1200)
    assert SessionFlag.FORGOTTEN in session.flags


@pytest.mark.parametrize(
    "answer",
    [
        {"ongoingIndicator": True, "messagesInQueue": False},
        {"ongoingIndicator": False, "messagesInQueue": True},
        None,
    ],
)
async def test_a_station_that_knows_of_it_keeps_its_session(
    house: House, dial: Dial, clock: ManualClock, answer: Json | None
) -> None:
    await clock.advance(1200)
    wire = await dial()
    await wire.boot()
    await tell(wire, STORY[:5])
    await wire.socket.close()
    await clock.settle()
    again = await dial()
    if answer is not None:
        again.answers["GetTransactionStatus"] = answer
    await clock.advance(6)
    await again.request("GetTransactionStatus")
    await clock.settle()
    assert (await only_session(house)).is_open


@pytest.mark.parametrize("seed", [*range(3), None])
async def test_any_order_and_repetition_ends_in_the_same_ledger(
    house: House, dial: Dial, clock: ManualClock, seed: int | None
) -> None:
    """Shuffle and repeat two sessions in a row on the same EVSE."""
    seed = random.randrange(2**32) if seed is None else seed
    print(f"seed {seed}")
    chance = random.Random(seed)
    story = [*STORY, *SECOND_STORY]
    await clock.advance(9000)
    told = chance.sample(story, len(story)) + chance.choices(story, k=4)
    if seed % 2:
        chance.shuffle(told)
    print([(item["transactionInfo"]["transactionId"], item["seqNo"]) for item in told])
    await tell(await dial(), told)
    sessions = await house.sessions()
    assert [_essence(item) for item in sessions] == ENDED_WELL
    connector = house.station().state.connectors[1]
    assert connector.session is None
    assert connector.last_session is not None
    assert connector.last_session.transaction_id == "tx-2"


async def test_thousands_of_orders_end_in_the_same_ledger() -> None:
    """Shuffle and repeat as above, without sockets, which takes a millisecond a time."""
    first = random.randrange(2**32)
    print(f"first seed {first}")
    for seed in range(first, first + 500):
        chance = random.Random(seed)
        story = [*STORY, *SECOND_STORY]
        told = [*chance.sample(story, len(story)), *chance.choices(story, k=4)]
        chance.shuffle(told)
        desk = Desk()
        desk.at(START + timedelta(seconds=9000))
        for payload in told:
            await desk.hand("TransactionEvent", payload)
        sessions = sorted(desk.kept.values(), key=lambda item: item.started_at)
        assert [_essence(item) for item in sessions] == ENDED_WELL, seed


async def test_thousands_of_orders_with_restarts_end_in_the_same_ledger_but_for_flags() -> None:
    first = random.randrange(2**32)
    print(f"first seed {first}")
    for seed in range(first, first + 500):
        chance = random.Random(seed)
        story = [*STORY, *SECOND_STORY]
        desk = Desk()
        desk.at(START + timedelta(seconds=9000))
        for payload in [*chance.sample(story, len(story)), *story]:
            if chance.random() < 0.2:
                desk.restart()
            await desk.hand("TransactionEvent", payload)
        sessions = sorted(desk.kept.values(), key=lambda item: item.started_at)
        told = [_essence(item)[:-1] for item in sessions]
        assert told == [essence[:-1] for essence in ENDED_WELL], seed


@pytest.mark.parametrize("seed", [*range(2), None])
async def test_restarts_between_shuffled_messages_end_in_the_same_ledger_but_for_what_is_flagged(
    house: House, dial: Dial, clock: ManualClock, seed: int | None
) -> None:
    seed = random.randrange(2**32) if seed is None else seed
    print(f"seed {seed}")
    chance = random.Random(seed)
    told = [*chance.sample(STORY, len(STORY)), *STORY]
    cuts = sorted(chance.sample(range(1, len(told)), 2))
    await clock.advance(9000)
    for part in (told[: cuts[0]], told[cuts[0] : cuts[1]], told[cuts[1] :]):
        await tell(await dial(), part)
        await house.restart()
    session = await only_session(house)
    assert _essence(session)[:-1] == ("tx-1", 0, 1800, 1_525_000, "04AABBCC", "04DDEEFF", 1)


@pytest.mark.parametrize("seed", range(10))
async def test_a_dropped_message_costs_no_energy_or_is_flagged(
    house: House, dial: Dial, clock: ManualClock, seed: int
) -> None:
    chance = random.Random(seed)
    gone = chance.choice(STORY)
    told = [item for item in STORY if item is not gone]
    if seed % 2:
        chance.shuffle(told)
    await clock.advance(9000)
    await tell(await dial(), told)
    session = await only_session(house)
    marks = {SessionFlag.GAP, SessionFlag.RECONSTRUCTED, SessionFlag.ESTIMATED, SessionFlag.ORPHAN}
    assert session.flags & marks or session.is_open, gone
    if gone["eventType"] == "Updated":
        assert session.energy_mwh == 1_525_000


ENDED_WELL = [
    ("tx-1", 0, 1800, 1_525_000, "04AABBCC", "04DDEEFF", 1, frozenset()),
    ("tx-2", 3600, 5000, 975_000, "04DDEEFF", None, 1, frozenset()),
]


def _essence(session: Session) -> tuple[object, ...]:
    session = replace(session, flags=session.flags - {SessionFlag.OFFLINE})
    return (
        session.transaction_id,
        int((session.started_at - START).total_seconds()),
        int((session.ended_at - START).total_seconds()) if session.ended_at else None,
        session.energy_mwh,
        session.id_token,
        session.stop_id_token,
        session.connector_id,
        session.flags,
    )
