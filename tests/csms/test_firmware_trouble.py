"""Updates of firmware that do not come to be, or during which other things happen."""

import asyncio
from pathlib import Path

import pytest

from custom_components.chargestead.csms.files.firmware import PAUSE_S
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.model.config import StationConfig
from custom_components.chargestead.model.errors import (
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    FileRefusedError,
    NoFirmwareError,
    SessionRunningError,
    StationOfflineError,
    UpdateRunningError,
)

from .test_files_http import Depot, ask
from .test_firmware import asked, boot, now, offered, say, updating
from .wire_fixtures import START, Peer


async def heard(peer: Peer) -> str:
    """Return the id of the request for an update; other requests are answered."""
    while (call := await peer.call())[2] != "UpdateFirmware":
        await peer.say([3, call[1], {}])
    message_id: str = call[1]
    return message_id


@pytest.mark.parametrize(
    ("answer", "error", "failure"),
    [
        ([3, "", {"status": "Rejected"}], CommandRefusedError, "refused"),
        ([3, "", {"status": "InvalidCertificate"}], CommandRefusedError, "certificate"),
        ([4, "", "NotSupported", "", {}], CallFailedError, "refused"),
        (None, StationOfflineError, "unreachable"),
    ],
    ids=["refused", "certificate", "unable", "gone"],
)
async def test_what_came_in_the_way_of_an_update_is_told(
    tmp_path: Path, answer: list[object] | None, error: type[ChargesteadError], failure: str
) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            await offered(depot, station)
            task = asyncio.create_task(station.firmware.install())
            message_id = await heard(peer)
            if answer is None:
                await peer.socket.close()
            else:
                await peer.say([answer[0], message_id, *answer[2:]])
            with pytest.raises(error):
                await task
        assert now(station).failure == failure
        assert station.firmware.offer is not None
        assert depot.diagnostics()["files"]["open"] == 0


async def test_an_update_that_cannot_be_hosted_is_not_begun(tmp_path: Path) -> None:
    async with Depot(tmp_path, transfers=0) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            await offered(depot, station)
            with pytest.raises(FileRefusedError):
                await station.firmware.install()
            assert now(station).failure == "not_started"
            assert await peer.alive()
            assert [call for call in peer.calls if call[2] == "UpdateFirmware"] == []


async def test_a_failure_that_was_told_is_not_replaced_by_the_refusal_that_follows(
    tmp_path: Path,
) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            await offered(depot, station)
            task = asyncio.create_task(station.firmware.install())
            message_id = await heard(peer)
            await say(peer, "DownloadFailed")
            await peer.say([4, message_id, "GenericError", "", {}])
            with pytest.raises(CallFailedError):
                await task
        assert now(station).failure == "download"


async def test_what_waited_and_is_refused_when_its_time_comes_is_over(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        await offered(depot, station)
        await station.firmware.install(when_idle=True)
        async with depot.dial() as peer:
            await depot.clock.advance(PAUSE_S + 1)
            await peer.say([4, await heard(peer), "NotSupported", "", {}])
            await depot.until(lambda: now(station).is_over)
        assert now(station).failure == "refused"
        assert station.counters["firmware_not_started"] == 1


async def test_a_session_that_begins_in_the_pause_is_waited_for(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        await offered(depot, station)
        await station.firmware.install(when_idle=True)
        async with depot.dial() as peer:
            await depot.clock.advance(PAUSE_S - 1)
            started = await peer.ask("StartTransaction", {**START, "timestamp": ""})
            await depot.clock.advance(PAUSE_S)
            assert now(station).stage == "waiting"
            with pytest.raises(SessionRunningError):
                await station.firmware.install()
            number = started[2]["transactionId"]
            await peer.ask("StopTransaction", {"transactionId": number, "meterStop": 200})
            await depot.clock.advance(PAUSE_S + 1)
            await asked(peer)
            await depot.until(lambda: now(station).stage == "requested")


async def test_one_that_waits_anew_takes_the_place_of_the_one_that_waited(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        await offered(depot, station)
        first = await station.firmware.install(when_idle=True)
        second = await station.firmware.install(when_idle=True)
        assert first.uid != second.uid
        assert station.firmware.running == second
        async with depot.dial() as peer:
            await depot.clock.advance(PAUSE_S + 1)
            await asked(peer)
            await depot.until(lambda: now(station).stage == "requested")
            assert now(station).uid == second.uid


async def test_there_is_one_update_at_a_time_and_only_of_what_is_offered(tmp_path: Path) -> None:
    async with updating(tmp_path) as (_, station, _peer, _location):
        with pytest.raises(UpdateRunningError):
            await station.firmware.install()
        station.firmware.give_up()
        station.firmware.withdraw()
        with pytest.raises(NoFirmwareError):
            station.firmware.withdraw()
        with pytest.raises(NoFirmwareError):
            await station.firmware.install()


async def test_a_station_that_is_away_is_asked_only_when_it_may_wait(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        await offered(depot, station)
        with pytest.raises(StationOfflineError):
            await station.firmware.install()
        assert station.firmware.update is None


async def test_what_was_offered_meanwhile_stays_offered(tmp_path: Path) -> None:
    async with updating(tmp_path) as (depot, station, peer, location):
        await ask(location)
        await offered(depot, station, "3.0")
        await boot(peer, "2.0")
        assert now(station).stage == "confirmed"
        assert station.firmware.offer is not None
        assert station.firmware.offer.version == "3.0"
        await depot.settled()
        assert len(list(depot.central.files.firmware.folder("CP1").iterdir())) == 1


async def test_fetching_it_once_more_is_no_step_back(tmp_path: Path) -> None:
    async with updating(tmp_path) as (_, station, peer, location):
        await ask(location)
        await say(peer, "Installing")
        await ask(location)
        assert (now(station).stage, now(station).percent) == ("installing", 70)


async def test_firmware_that_is_gone_after_a_restart_of_ours_is_not_hosted_again(
    tmp_path: Path,
) -> None:
    async with updating(tmp_path) as (depot, station, _peer, _location):
        content = dict(depot.memory["CP1"])
        for path in depot.central.files.firmware.folder("CP1").iterdir():
            path.unlink()
    async with Depot(tmp_path) as later:
        station = later.central.add(
            StationConfig(station_id="CP1", configure=False), Memory.from_dict(content)
        )
        later.central.adopt(station)
        async with later.dial() as peer:
            await later.until(lambda: station.counters["firmware_not_hosted"])
            assert await peer.alive()
        assert now(station).stage == "requested"
