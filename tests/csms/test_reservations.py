"""Reservations: what a station holds free for whom, whatever it says and whenever we hear of it."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.csms.reservation_record import (
    read_reservation,
    write_reservation,
)
from custom_components.chargestead.model.commands import CancelReservation, Reserve
from custom_components.chargestead.model.errors import (
    CommandRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from custom_components.chargestead.model.events import ReservationChanged
from custom_components.chargestead.model.reservation import Reservation, ReservationState
from custom_components.chargestead.model.session import Session
from tests.simulator import ManualClock, Personality

from .limit_fixtures import (
    CARD,
    READY,
    STATION,
    House,
    asked,
    clock,
    expected_lingering_timers,
    house,
)

FREE = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
HOUR = timedelta(hours=1)
ANY = {**READY, "ReserveConnectorZeroSupported": "true"}


async def reserve(house: House, connector_id: int | None = 1, **fields: Any) -> int:  # noqa: ANN401
    """Reserve for an hour; returns the id."""
    reservations = house.station().reservations
    number = reservations.next_id()
    fields.setdefault("expires_at", house.clock.now() + HOUR)
    fields.setdefault("id_token", CARD)
    await reservations.reserve(Reserve(reservation_id=number, connector_id=connector_id, **fields))
    await house.clock.advance(2)
    return number


def kept(house: House) -> list[tuple[int, str]]:
    """Return ids and states as they are listed."""
    return [(item.id, item.state.value) for item in house.station().reservations.all]


def told(house: House) -> list[tuple[int, str, bool]]:
    """Return what changed: id, state, and whether it is old news."""
    return [
        (event.reservation.id, event.reservation.state.value, event.replayed)
        for event in house.events
        if isinstance(event, ReservationChanged)
    ]


async def test_a_reservation_is_used_by_the_session_it_was_made_for(
    house: House, clock: ManualClock
) -> None:
    """The station names it, and it is bound to the transaction."""
    simulated = await house.install()
    number = await reserve(house, parent_id_token="FAMILY")
    (held,) = house.station().reservations.all
    assert (held.connector_id, held.id_token, held.parent_id_token) == (1, CARD, "FAMILY")
    assert held.shown
    assert held.is_open
    await house.charge(simulated)
    (start,) = simulated.frames.find("StartTransaction", sent=True)
    assert start.payload["reservationId"] == number
    assert told(house) == [(number, "accepted", False), (number, "used", False)]
    (held,) = house.station().reservations.all
    session = house.station().state.connectors[1].session
    assert session is not None
    assert held.transaction_id == session.transaction_id
    await clock.advance(7200)
    assert kept(house) == [(number, "used")]


async def test_a_reservation_that_nobody_uses_expires(house: House, clock: ManualClock) -> None:
    """Whoever notices first, it is told once."""
    await house.install()
    number = await reserve(house)
    expires_at = house.station().reservations.all[0].expires_at
    await clock.advance(3590)
    assert kept(house) == [(number, "accepted")]
    await clock.advance(20)
    assert told(house) == [(number, "accepted", False), (number, "expired", False)]
    assert house.station().reservations.all[0].changed_at == expires_at


async def test_a_reservation_expires_while_the_station_is_away(
    house: House, clock: ManualClock
) -> None:
    """Time passes without it."""
    simulated = await house.install()
    number = await reserve(house)
    simulated.go_offline()
    await clock.advance(10)
    assert kept(house) == [(number, "accepted")]
    await clock.advance(3600)
    assert kept(house) == [(number, "expired")]


async def test_reservations_outlive_a_restart_of_ours(house: House, clock: ManualClock) -> None:
    """Open ones and what became of the others, before the station is back."""
    simulated = await house.install(connectors=2)
    first, second = await reserve(house, 1), await reserve(house, 2, id_token="OTHER")
    await house.station().reservations.cancel(first)
    simulated.go_offline()
    await clock.advance(5)
    before = house.station().reservations.all
    await house.restart()
    assert house.station().reservations.all == before
    assert kept(house) == [(first, "cancelled"), (second, "accepted")]
    assert house.station().reservations.next_id() > second
    await clock.advance(3600)
    assert told(house)[-1] == (second, "expired", False)


async def test_what_expired_while_we_were_away_is_old_news(
    house: House, clock: ManualClock
) -> None:
    """It is told, with its own time, and sets nothing off."""
    simulated = await house.install()
    number = await reserve(house)
    await house.retire(simulated)
    await house.site.stop()
    await clock.advance(7200)
    await house.restart()
    await clock.advance(2)
    assert told(house)[-1] == (number, "expired", True)
    (held,) = house.station().reservations.all
    assert held.changed_at == held.expires_at


async def test_cancelling_frees_the_connector_and_is_told_once(house: House) -> None:
    """Whether the station says first that it is free or that it accepts."""
    simulated = await house.install()
    number = await reserve(house)
    result = await house.station().reservations.cancel(number)
    assert result.status == "Accepted"
    await house.clock.advance(5)
    assert simulated.status() == "Available"
    assert told(house) == [(number, "accepted", False), (number, "cancelled", False)]


async def test_a_connector_that_is_free_before_the_answer_is_cancelled_all_the_same(
    house: House, clock: ManualClock
) -> None:
    """A station may say so first."""
    simulated = await house.install()
    number = await reserve(house)
    simulated.overrides["CancelReservation"] = None
    cancelling = asyncio.create_task(house.station().reservations.cancel(number))
    await clock.settle()
    await simulated.tell("StatusNotification", FREE)
    await clock.settle()
    assert kept(house) == [(number, "accepted")]
    (question,) = simulated.frames.find("CancelReservation", sent=False)
    answer = [3, json.loads(question.text)[1], {"status": "Accepted"}]
    await simulated.send_raw(json.dumps(answer))
    await clock.settle()
    await cancelling
    assert told(house) == [(number, "accepted", False), (number, "cancelled", False)]


@pytest.mark.parametrize("number", [0, -5, 12345])
async def test_any_id_can_be_cancelled_and_the_station_refuses(house: House, number: int) -> None:
    """It goes out as asked."""
    simulated = await house.install()
    with pytest.raises(CommandRefusedError) as refusal:
        await house.station().reservations.cancel(number)
    assert refusal.value.status == "Rejected"
    assert asked(simulated, "CancelReservation") == [
        ("CancelReservation", {"reservationId": number})
    ]
    assert kept(house) == []


async def test_a_reservation_the_station_knows_nothing_of_any_more_is_over(house: House) -> None:
    """Its refusal to cancel says so."""
    simulated = await house.install()
    number = await reserve(house)
    simulated.overrides["CancelReservation"] = {"status": "Rejected"}
    with pytest.raises(CommandRefusedError):
        await house.station().reservations.cancel(number)
    assert kept(house) == [(number, "removed")]


async def test_a_refused_reservation_is_none(house: House) -> None:
    """Occupied stays occupied."""
    simulated = await house.install()
    await house.charge(simulated)
    with pytest.raises(CommandRefusedError) as refusal:
        await reserve(house)
    assert refusal.value.status == "Occupied"
    assert kept(house) == []
    assert told(house) == []


async def test_a_station_that_gives_a_reservation_up_is_believed(
    house: House, clock: ManualClock
) -> None:
    """A fault ends it: the connector comes back without it."""
    simulated = await house.install()
    number = await reserve(house)
    simulated.fault(1, "GroundFailure")
    await clock.advance(5)
    simulated.clear_fault(1)
    await clock.advance(5)
    assert told(house) == [(number, "accepted", False), (number, "removed", False)]


async def test_a_station_that_never_shows_a_reservation_keeps_it(
    house: House, clock: ManualClock
) -> None:
    """Being available says nothing where reserved was never said."""
    simulated = await house.install()
    simulated.overrides["ReserveNow"] = {"status": "Accepted"}
    number = await reserve(house)
    await simulated.tell("StatusNotification", FREE)
    await clock.advance(5)
    assert kept(house) == [(number, "accepted")]
    await house.charge(simulated)
    assert kept(house) == [(number, "used")]


async def test_somebody_else_does_not_use_a_reservation_that_was_never_shown(house: House) -> None:
    """The station did not hold the connector for anybody."""
    simulated = await house.install()
    simulated.overrides["ReserveNow"] = {"status": "Accepted"}
    number = await reserve(house, id_token="SOMEBODY-ELSE")
    await house.charge(simulated)
    assert kept(house) == [(number, "accepted")]


async def test_any_connector_can_be_reserved(house: House) -> None:
    """The session that names it uses it, at whichever connector."""
    simulated = await house.install(connectors=2, configuration=ANY)
    number = await reserve(house, None)
    assert asked(simulated, "ReserveNow")[0][1]["connectorId"] == 0
    assert house.station().reservations.all[0].connector_id is None
    await house.charge(simulated, 2)
    assert kept(house) == [(number, "used")]


async def test_a_lost_answer_leaves_a_reservation_that_may_be(
    house: House, clock: ManualClock
) -> None:
    """What the station shows afterwards settles it; it can be cancelled too."""
    simulated = await house.install(Personality(never_answers=frozenset({"ReserveNow"})))
    command = Reserve(
        reservation_id=house.station().reservations.next_id(),
        connector_id=1,
        id_token=CARD,
        expires_at=clock.now() + HOUR,
    )
    asking = asyncio.create_task(house.station().reservations.reserve(command))
    await clock.advance(61)
    with pytest.raises(StationTimeoutError):
        await asking
    ((number, state),) = kept(house)
    assert state == "asked"
    await simulated.tell("StatusNotification", FREE | {"status": "Reserved"})
    await clock.advance(1)
    assert told(house) == [(number, "asked", False), (number, "accepted", False)]


async def test_a_station_that_is_away_was_asked_nothing(house: House) -> None:
    """So it holds nothing."""
    simulated = await house.install()
    await house.retire(simulated)
    with pytest.raises(StationOfflineError):
        await reserve(house)
    assert kept(house) == []


async def test_a_start_delivered_late_uses_a_reservation_that_seemed_over(
    house: House, clock: ManualClock
) -> None:
    """The station was away, and knows better."""
    simulated = await house.install()
    number = await reserve(house)
    simulated.go_offline()
    await clock.advance(10)
    await house.charge(simulated)
    await clock.advance(7200)
    assert kept(house) == [(number, "expired")]
    simulated.go_online()
    await clock.advance(60)
    assert told(house)[-1] == (number, "used", True)


async def test_an_unknown_reservation_is_counted_and_harms_nothing(house: House) -> None:
    """Somebody else's, or nonsense."""
    await house.install()
    station = house.station()
    session = Session(
        id="s",
        station_id=STATION,
        connector_id=1,
        transaction_id="5",
        started_at=house.clock.now(),
        id_token="X",
    )
    for number in (None, 0, 77, -1):
        station.reservations.started(session, number)
    assert kept(house) == []
    assert station.counters["reservation_unknown"] == 2


async def test_the_same_id_again_replaces_the_reservation(house: House) -> None:
    """As OCPP 1.6 section 5.13 has it."""
    await house.install()
    number = await reserve(house)
    later = house.clock.now() + 2 * HOUR
    await house.station().command(
        Reserve(reservation_id=number, connector_id=1, id_token="NEW", expires_at=later)
    )
    (held,) = house.station().reservations.all
    assert (held.id_token, held.expires_at) == ("NEW", later)


async def test_commands_sent_past_the_reservations_are_noticed_too(house: House) -> None:
    """Whoever asks, the station's answer counts."""
    await house.install()
    number = await reserve(house)
    await house.station().command(CancelReservation(reservation_id=number))
    assert kept(house) == [(number, "cancelled")]


async def test_only_so_many_that_are_over_are_remembered(house: House) -> None:
    """The oldest go first, the open ones never."""
    simulated = await house.install()
    simulated.overrides["ReserveNow"] = {"status": "Accepted"}
    simulated.overrides["CancelReservation"] = {"status": "Accepted"}
    numbers = [await reserve(house, expires_at=house.clock.now() + 99 * HOUR) for _ in range(55)]
    assert numbers == sorted(set(numbers))
    for number in numbers[1:]:
        await house.station().reservations.cancel(number)
    assert [number for number, _ in kept(house)] == [numbers[0], *numbers[5:]]


async def test_the_station_can_tell_the_end_by_itself(house: House) -> None:
    """As later versions do."""
    await house.install(connectors=2)
    first, second = await reserve(house, 1), await reserve(house, 2)
    now = house.clock.now()
    reservations = house.station().reservations
    reservations.ended(first, now, expired=True)
    reservations.ended(second, now, expired=False)
    reservations.ended(second, now, expired=True)
    reservations.ended(4711, now, expired=True)
    assert kept(house) == [(first, "expired"), (second, "removed")]


RECORD: Mapping[str, object] = write_reservation(
    Reservation(
        id=1,
        connector_id=None,
        id_token="A",
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        made_at=datetime(2025, 1, 1, 12, 30, 1, 5, tzinfo=UTC),
        changed_at=datetime(2025, 1, 2, tzinfo=UTC),
        state=ReservationState.REMOVED,
        parent_id_token="P",
        connector_type="cType2",
        transaction_id="9",
        shown=True,
    )
)


def test_a_record_reads_as_it_was_written() -> None:
    """Nothing is lost."""
    read = read_reservation(RECORD)
    assert read is not None
    assert write_reservation(read) == RECORD


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": "x"},
        {"id_token": ""},
        {"made_at": "yesterday"},
        {"expires_at": 5},
        {"state": "dreamt"},
        {"state": None},
    ],
)
def test_a_record_of_nonsense_is_none(change: dict[str, object]) -> None:
    """A damaged file harms nothing else."""
    assert read_reservation({**RECORD, **change}) is None


def test_memory_of_another_shape_is_left_out() -> None:
    """Each part for itself."""
    memory = Memory.from_dict(
        {
            "reservations": [RECORD, 5, None],
            "last_reservation_id": True,
            "local_list_version": "1",
            "last_local_list_version": 7,
        }
    )
    assert memory.reservations == [RECORD]
    assert (memory.last_reservation_id, memory.local_list_version) == (0, None)
    assert memory.last_local_list_version == 7
