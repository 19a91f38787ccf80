"""How an update of firmware goes, told message by message, on a clock that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from custom_components.chargestead.csms.files.firmware import PAUSE_S, FirmwareUpdates
from custom_components.chargestead.csms.files.firmware_memory import (
    offer_from_dict,
    offer_to_dict,
    update_from_dict,
    update_to_dict,
)
from custom_components.chargestead.csms.files.firmware_offers import NewFirmware, content_of
from custom_components.chargestead.csms.files.firmware_steps import FAILURES, STAGES, same_version
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.config import StationConfig
from custom_components.chargestead.model.errors import NoFirmwareError
from custom_components.chargestead.model.events import FirmwareChanged
from custom_components.chargestead.model.firmware import FirmwareUpdate

from .test_files_http import FIRMWARE, Depot, ask
from .wire_fixtures import Peer

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


async def boot(peer: Peer, version: str) -> None:
    """Let the station boot."""
    await peer.ask("BootNotification", {**BOOT, "firmwareVersion": version})


async def say(peer: Peer, status: str) -> None:
    """Let the station tell how far it is."""
    await peer.ask("FirmwareStatusNotification", {"status": status})


async def offered(depot: Depot, station: ChargingStation, version: str = "2.0") -> None:
    """Offer a file."""
    path = depot.folder / "given.bin"
    await asyncio.to_thread(path.write_bytes, FIRMWARE)
    new = NewFirmware(version=version, file_name="v2.bin", source="test")
    await station.firmware.take(new, content_of(station, path))


async def asked(peer: Peer, answer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Answer the request for an update; returns what was asked."""
    while (call := await peer.call())[2] != "UpdateFirmware":
        await peer.say([3, call[1], {}])
    await peer.say([3, call[1], answer or {}])
    payload: dict[str, Any] = call[3]
    return payload


@asynccontextmanager
async def updating(folder: Path) -> AsyncIterator[tuple[Depot, ChargingStation, Peer, str]]:
    """Begin an update of a station from 1.0 to 2.0; gives where the station is to fetch it."""
    async with Depot(folder) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            await boot(peer, "1.0")
            await offered(depot, station)
            task = asyncio.create_task(station.firmware.install(by="somebody"))
            payload = await asked(peer)
            await task
            yield depot, station, peer, payload["location"]


def now(station: ChargingStation) -> FirmwareUpdate:
    """Return the update as it stands."""
    update = station.firmware.update
    assert update is not None
    return update


async def test_each_step_is_shown_with_how_far_it_is(tmp_path: Path) -> None:
    async with updating(tmp_path) as (depot, station, peer, location):
        assert (now(station).stage, now(station).percent) == ("requested", None)
        seen = []
        await say(peer, "Downloading")
        seen.append((now(station).stage, now(station).percent))
        await ask(location, headers={"Range": f"bytes=0-{len(FIRMWARE) // 2}"})
        seen.append((now(station).stage, now(station).percent))
        await ask(location)
        for status in ("Downloaded", "Installing"):
            await say(peer, status)
            seen.append((now(station).stage, now(station).percent))
        await boot(peer, "2.0")
        seen.append((now(station).stage, now(station).percent))
        assert seen == [
            ("downloading", 0),
            ("downloading", 30),
            ("downloaded", 60),
            ("installing", 70),
            ("confirmed", 100),
        ]
        await say(peer, "Installed")
        assert now(station).stage == "confirmed"
        assert now(station).started_by == "somebody"
        assert (now(station).previous, now(station).found) == ("1.0", "2.0")
        assert station.firmware.offer is None
        assert (await ask(location))[0] == 404
        told = [e.update.stage for e in depot.events if isinstance(e, FirmwareChanged)]
        assert told == ["requested", "downloading", "downloaded", "installing", "confirmed"]


@pytest.mark.parametrize("status", ["DownloadFailed", "InstallationFailed", "InvalidSignature"])
async def test_a_failure_ends_it_and_the_link(tmp_path: Path, status: str) -> None:
    async with updating(tmp_path) as (_, station, peer, location):
        await say(peer, "Downloading")
        await say(peer, status)
        assert now(station).failure == FAILURES[status.casefold()]
        assert now(station).status == status
        assert station.firmware.offer is not None
        assert (await ask(location))[0] == 404


async def test_a_boot_in_the_middle_proves_nothing(tmp_path: Path) -> None:
    async with updating(tmp_path) as (_, station, peer, _location):
        await say(peer, "Installing")
        await boot(peer, "1.0")
        assert now(station).stage == "installing"
        await boot(peer, "2.0")
        assert now(station).stage == "confirmed"


async def test_the_old_version_after_installed_is_a_failure(tmp_path: Path) -> None:
    async with updating(tmp_path) as (_, station, peer, _location):
        await say(peer, "Installed")
        await boot(peer, "1.0")
        assert (now(station).failure, now(station).detail) == ("unchanged", "1.0")


@pytest.mark.parametrize(
    ("statuses", "seconds", "failure"),
    [
        ((), 2 * 3600, "silent"),
        (("Downloading",), 2 * 3600, "silent"),
        (("DownloadScheduled",), 24 * 3600, "silent"),
        (("InstallRebooting",), 1800, "silent"),
        (("Installed",), 1800, "unchanged"),
    ],
)
async def test_silence_ends_it_in_time(
    tmp_path: Path, statuses: tuple[str, ...], seconds: float, failure: str
) -> None:
    async with updating(tmp_path) as (depot, station, peer, _):
        for status in statuses:
            await say(peer, status)
        await depot.clock.advance(seconds - 10)
        assert not now(station).is_over
        await depot.clock.advance(20)
        assert now(station).failure == failure


async def test_a_slow_download_is_no_silence(tmp_path: Path) -> None:
    async with updating(tmp_path) as (depot, station, peer, location):
        await say(peer, "Downloading")
        part = len(FIRMWARE) // 10
        for number in range(4):
            await depot.clock.advance(3600)
            wanted = {"Range": f"bytes={number * part}-{(number + 1) * part}"}
            assert (await ask(location, headers=wanted))[0] == 206
        assert now(station).stage == "downloading"
        assert now(station).percent


async def test_a_request_that_is_not_answered_may_be_heeded_all_the_same(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            await boot(peer, "1.0")
            await offered(depot, station)
            task = asyncio.create_task(station.firmware.install())
            while (await peer.call())[2] != "UpdateFirmware":
                pass
            await depot.clock.advance(61)
            assert (await task).stage == "requested"
            assert station.counters["firmware_unanswered"] == 1
            await say(peer, "Downloading")
            await boot(peer, "2.0")
            assert now(station).stage == "confirmed"


async def test_words_of_another_request_or_none_change_nothing(tmp_path: Path) -> None:
    async with updating(tmp_path) as (_, station, peer, _location):
        other = {"status": "InstallationFailed", "requestId": now(station).request_id + 1}
        await peer.ask("SignedFirmwareStatusNotification", other)
        for status in ("Idle", "Sunny", ""):
            await say(peer, status)
        assert now(station).stage == "requested"
        assert station.counters["firmware_status_of_another"] == 1


async def test_a_restart_of_ours_goes_on_with_the_same_link(tmp_path: Path) -> None:
    async with updating(tmp_path) as (depot, station, peer, location):
        await say(peer, "Downloading")
        content = dict(depot.memory["CP1"])
        running = now(station)
    async with Depot(tmp_path) as later:
        again = later.central.add(
            StationConfig(station_id="CP1", configure=False), Memory.from_dict(content)
        )
        later.central.adopt(again)
        assert now(again) == running
        moved = location.replace(str(location.split("/")[2]), f"127.0.0.1:{later.central.port}")
        assert (await ask(moved))[0] == 404
        async with later.dial() as other:
            await later.until(lambda: later.diagnostics()["files"]["open"])
            assert (await ask(moved))[1] == FIRMWARE
            await boot(other, "2.0")
            assert now(again).stage == "confirmed"


async def test_a_restart_forgets_neither_an_offer_nor_one_that_waits(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        await offered(depot, station)
        waiting = await station.firmware.install(when_idle=True)
        assert waiting.stage == "waiting"
        content = dict(depot.memory["CP1"])
    async with Depot(tmp_path) as later:
        again = later.central.add(
            StationConfig(station_id="CP1", configure=False), Memory.from_dict(content)
        )
        later.central.adopt(again)
        assert again.firmware.offer is not None
        async with later.dial() as peer:
            await boot(peer, "1.0")
            await later.clock.advance(PAUSE_S + 1)
            payload = await asked(peer)
            assert now(again).previous == "1.0"
            assert (await ask(payload["location"]))[1] == FIRMWARE


async def test_an_update_that_waits_makes_way_for_one_that_is_wanted_now(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        await offered(depot, station)
        waiting = await station.firmware.install(when_idle=True)
        async with depot.dial() as peer:
            task = asyncio.create_task(station.firmware.install())
            await asked(peer)
            assert (await task).uid != waiting.uid
            ends = [e.update for e in depot.events if isinstance(e, FirmwareChanged)]
            assert [u.failure for u in ends if u.uid == waiting.uid and u.is_over] == ["given_up"]
            await depot.clock.advance(PAUSE_S * 2)
            assert now(station).stage == "requested"


async def test_a_station_that_goes_takes_its_firmware_along(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        await offered(depot, station)
        folder = depot.central.files.firmware.folder("CP1")
        assert len(list(folder.iterdir())) == 1
        await depot.central.remove("CP1")
        await depot.settled()
        assert list(folder.iterdir()) == []


async def test_silence_counts_while_we_were_away(tmp_path: Path) -> None:
    async with updating(tmp_path) as (depot, _, _peer, _location):
        content = dict(depot.memory["CP1"])
    async with Depot(tmp_path) as later:
        await later.clock.advance(5 * 3600)
        again = later.central.add(
            StationConfig(station_id="CP1", configure=False), Memory.from_dict(content)
        )
        await later.clock.advance(5)
        assert now(again).failure == "silent"


async def test_giving_up_leaves_the_station_alone(tmp_path: Path) -> None:
    async with updating(tmp_path) as (_, station, peer, location):
        station.firmware.give_up()
        assert now(station).failure == "given_up"
        assert (await ask(location))[0] == 404
        await say(peer, "Downloading")
        assert now(station).failure == "given_up"
        with pytest.raises(NoFirmwareError):
            station.firmware.give_up()


async def test_a_caller_who_goes_away_ends_it(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            await offered(depot, station)
            task = asyncio.create_task(station.firmware.install())
            while (await peer.call())[2] != "UpdateFirmware":
                pass
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert now(station).failure == "not_started"
            assert depot.diagnostics()["files"]["open"] == 0


async def test_what_is_remembered_is_read_again_and_nonsense_is_nothing(tmp_path: Path) -> None:
    async with updating(tmp_path) as (_, station, _peer, _location):
        update = now(station)
        assert update_from_dict(update_to_dict(update)) == update
        assert offer_from_dict(offer_to_dict(update.offer)) == update.offer
        good = update_to_dict(update)
        for broken in (
            None,
            [],
            {},
            {**good, "stage": "nowhere"},
            {**good, "offer": {}},
            {**good, "started_at": 5},
            {**good, "more": 1},
            {key: value for key, value in good.items() if key != "failure"},
            {**good, "offer": {**good["offer"], "offered_at": "never"}},
        ):
            assert update_from_dict(broken) is None
        assert "firmware" in asdict(station.memory)
    for broken in (5, {"offer": 5, "update": []}, {"update": {"stage": "requested"}}):
        memory = Memory.from_dict({"firmware": broken})
        async with Depot(tmp_path) as depot:
            station = depot.central.add(StationConfig(station_id="CP1"), memory)
            assert isinstance(station.firmware, FirmwareUpdates)
            assert station.firmware.offer is None
            assert station.firmware.update is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.0", "1.0", True),
        (" v1.0", "V1.0 ", True),
        ("1.0", "1.0.0", False),
        ("1.0", None, False),
        (None, None, False),
    ],
)
def test_versions_are_the_same_whatever_stands_around_them(
    one: str | None,
    other: str | None,
    same: bool,  # noqa: FBT001
) -> None:
    assert same_version(one, other) is same


def test_every_status_there_is_means_something() -> None:
    """2.0.1 part 2, FirmwareStatusEnumType, but for Idle."""
    statuses = {
        "Downloaded",
        "DownloadFailed",
        "Downloading",
        "DownloadScheduled",
        "DownloadPaused",
        "InstallationFailed",
        "Installing",
        "Installed",
        "InstallRebooting",
        "InstallScheduled",
        "InstallVerificationFailed",
        "InvalidSignature",
        "SignatureVerified",
    }
    assert {status.casefold() for status in statuses} <= set(STAGES) | set(FAILURES)
