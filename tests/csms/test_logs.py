"""What logs are called, and which of several a station speaks of."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from custom_components.chargestead.csms.files import StoredFile
from custom_components.chargestead.csms.files.logs import LogOrder
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.commands import RequestLog
from custom_components.chargestead.model.events import LogReceived

from .test_files_http import LOG, Depot, ask
from .wire_fixtures import Peer


async def ordered(
    station: ChargingStation, peer: Peer, answer: dict[str, Any] | None = None
) -> LogOrder:
    """Order a log of a station of 1.6, which answers."""
    command = RequestLog(request_id=station.request_ids.next(), location="")
    task = asyncio.create_task(station.logs.order(command))
    while (call := await peer.call())[2] != "GetDiagnostics":
        pass
    await peer.say([3, call[1], answer or {}])
    return await task


@pytest.mark.parametrize(
    ("told", "answer", "name"),
    [
        ("dump.zip", {"fileName": "other.zip"}, "dump.zip"),
        ("", {"fileName": "diag-1.tar.gz"}, "diag-1.tar.gz"),
        ("", {"filename": "../../etc/diag"}, "diag"),
        ("", {"fileName": 7}, "log"),
        ("", {}, "log"),
        ("/", {}, "log"),
    ],
)
async def test_a_log_is_called_what_the_station_calls_it_somewhere(
    tmp_path: Path, told: str, answer: dict[str, Any], name: str
) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            order = await ordered(station, peer, answer)
            assert (await ask(order.hosted.location + told, "PUT", LOG))[0] == 201
            outcome = await order.outcome
        assert isinstance(outcome, StoredFile)
        assert outcome.name == f"20260101T000000Z-diagnostics-{name}"
        assert depot.told(LogReceived) == 1


async def test_a_station_that_gives_up_means_the_log_that_was_asked_for_last(
    tmp_path: Path,
) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            first, second = [await ordered(station, peer) for _ in range(2)]
            for _ in range(3):
                await peer.ask("DiagnosticsStatusNotification", {"status": "Uploading"})
            assert not second.outcome.done()
            for order in (second, first):
                assert not order.outcome.done()
                await peer.ask("DiagnosticsStatusNotification", {"status": "UploadFailed"})
                assert await order.outcome == "UploadFailed"
            await peer.ask("DiagnosticsStatusNotification", {"status": "UploadFailed"})
            assert (await ask(first.hosted.location, "PUT", LOG))[0] == 201, "it may try again"
        assert depot.told(LogReceived) == 1


async def test_a_log_nobody_brought_in_time_is_none(tmp_path: Path) -> None:
    async with Depot(tmp_path, log_s=60) as depot:
        station = depot.add()
        async with depot.dial() as peer:
            order = await ordered(station, peer)
            await depot.clock.advance(61)
            assert await order.outcome is None
