"""How long a report is waited for, and what of it is taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.commands import (
    ClearCache,
    Command,
    CommandResult,
    GetChargingProfiles,
    GetConfiguration,
)
from custom_components.chargestead.model.errors import StationTimeoutError
from tests.csms.wire_fixtures import House, Peer
from tests.simulator import Json

from .test_device_model import AT, entry

ENTRY = entry("EVSE", "Power", "1")


@asynccontextmanager
async def met() -> AsyncIterator[tuple[House, ChargingStation, Peer]]:
    """Give a station that is known already, and its end of the wire, which answers nothing by itself."""
    async with House() as house:
        station = house.add()
        station.memory.configured_firmware = "|||ocpp2.0.1"
        async with house.dial(versions=("ocpp2.0.1",)) as peer:
            yield house, station, peer


def ask(station: ChargingStation, command: Command) -> asyncio.Task[CommandResult]:
    """Ask for something in the background."""
    return asyncio.create_task(station.command(command))


async def accept(peer: Peer, action: str) -> int:
    """Take a request of a kind; return the id of the report it asks for."""
    call = await peer.call()
    assert call[2] == action
    await peer.say([3, call[1], {"status": "Accepted"}])
    number: int = call[3].get("requestId", 0)
    return number


async def tell(peer: Peer, request_id: int, *, more: bool = False, **changes: Any) -> None:  # noqa: ANN401
    """Send a part of a report."""
    part: Json = {"requestId": request_id, "generatedAt": AT, "seqNo": 0, "tbc": more}
    await peer.ask("NotifyReport", {**part, "reportData": [ENTRY], **changes})


async def test_a_report_is_waited_for_from_when_the_station_said_that_it_comes() -> None:
    """It may have been asked for other things first, and be slow to answer."""
    async with met() as (house, station, peer):
        before = [ask(station, ClearCache()) for _ in range(2)]
        task = ask(station, GetConfiguration())
        for _ in before:
            assert (await peer.call())[2] == "ClearCache"
            await house.clock.advance(31)
        request_id = await accept(peer, "GetBaseReport")
        await house.clock.advance(50)
        await tell(peer, request_id)
        assert (await task).answer["complete"] is True
        assert station.counters["report_unasked"] == 0
        for item in before:
            with pytest.raises(StationTimeoutError):
                await item


async def test_many_reports_that_wait_for_each_other_all_come() -> None:
    async with met() as (_, station, peer):
        tasks = [ask(station, GetConfiguration()) for _ in range(25)]
        for _ in tasks:
            await tell(peer, await accept(peer, "GetBaseReport"))
        assert all([(await task).answer["complete"] for task in tasks])


async def test_a_report_may_be_there_before_the_station_says_that_it_comes() -> None:
    async with met() as (_, station, peer):
        task = ask(station, GetConfiguration())
        call = await peer.call()
        await tell(peer, call[3]["requestId"], more=True)
        await tell(peer, call[3]["requestId"], seqNo=1)
        await peer.say([3, call[1], {"status": "Accepted"}])
        assert (await task).answer["complete"] is True


async def test_a_report_of_profiles_that_is_not_answered_is_not_missed_later() -> None:
    async with met() as (house, station, peer):
        task = ask(station, GetChargingProfiles())
        call = await peer.call()
        await house.clock.advance(31)
        with pytest.raises(StationTimeoutError):
            await task
        late = {"requestId": call[3]["requestId"], "evseId": 1, "tbc": False}
        await peer.ask("ReportChargingProfiles", late)
        await house.clock.advance(700)
        counted = station.counters
        assert counted["report_unasked"] == 1
        assert counted["report_unfinished"] == counted["report_incomplete"] == 0


async def test_parts_without_a_number_are_taken_in_their_order() -> None:
    async with met() as (_, station, peer):
        task = ask(station, GetConfiguration())
        request_id = await accept(peer, "GetBaseReport")
        await tell(peer, request_id, more=True, seqNo=None)
        await tell(peer, request_id, seqNo=None)
        answer = (await task).answer
        assert answer["complete"] is True
        assert station.counters["report_part_unnumbered"] == 2


@pytest.mark.parametrize("lost", [False, True], ids=["told to the end", "socket lost"])
async def test_a_report_that_nobody_waits_for_any_more_hurts_nobody(
    lost: bool,  # noqa: FBT001
) -> None:
    async with met() as (house, station, peer):
        task = ask(station, GetConfiguration())
        request_id = await accept(peer, "GetBaseReport")
        await tell(peer, request_id, more=True)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        if lost:
            await peer.socket.close()
            await house.until(lambda: not station.connected)
        else:
            await tell(peer, request_id, seqNo=1)
            assert await peer.alive()
        assert "internal_error" not in station.counters.as_dict()
