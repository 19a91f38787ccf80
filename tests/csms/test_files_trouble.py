"""What goes wrong with files on our own side, or with a station that does not keep to the way."""

import asyncio
import errno
import ftplib
from io import BytesIO, FileIO
from pathlib import Path
import shutil
import socket
from types import SimpleNamespace
from typing import override
from unittest.mock import patch

import pytest

from custom_components.chargestead.csms.files import Protocol, intake
from custom_components.chargestead.csms.files.hosting import Hosted

from .test_files_ftp import ftp, port_of, store
from .test_files_http import FIRMWARE, KIB, LOG, Depot, ask
from .wire_fixtures import assert_no_errors


class FullDisk(FileIO):
    """A file on a disk that has become full, which is noticed on closing too."""

    @override
    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    @override
    def close(self) -> None:
        super().close()
        raise OSError(errno.ENOSPC, "No space left on device")


async def bring(hosted: Hosted, content: bytes = LOG) -> int:
    """Bring a log; return the status of the answer, over FTP that of what was said last."""
    if hosted.protocol is Protocol.HTTP:
        return (await ask(hosted.location, "PUT", content))[0]
    try:
        return int((await ftp(hosted, store("x", content)))[:3])
    except ftplib.Error as error:
        return int(str(error)[:3])


@pytest.mark.parametrize(("protocol", "status"), [(Protocol.HTTP, 507), (Protocol.FTP, 451)])
async def test_a_disk_that_becomes_full_keeps_nothing_and_the_place_stays_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: Protocol, status: int
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(protocol)
        with patch.object(intake.os, "fdopen", FullDisk):
            assert await bring(hosted) == status
            await depot.settled()
        assert depot.left() == []
        assert depot.counted()["file_disk_full"] == 1
        assert await bring(hosted) in {201, 226}
        assert [path.read_bytes() for path in depot.kept] == [LOG]
    assert_no_errors(caplog)


async def test_room_for_others_is_looked_after_while_a_log_comes(tmp_path: Path) -> None:
    rooms = [10**9, 10**9, 0]

    def disk_usage(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=rooms.pop(0))

    async with Depot(tmp_path, disk_reserve_bytes=1) as depot:
        hosted = await depot.take()
        with (
            patch.object(shutil, "disk_usage", disk_usage),
            patch.object(intake, "_LOOK_EVERY", 512 * KIB),
        ):
            assert await bring(hosted, bytes(2048 * KIB)) == 507
            await depot.settled()
        assert rooms == []
        assert depot.left() == []


async def test_what_cannot_be_removed_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        with patch.object(Path, "unlink", side_effect=PermissionError):
            assert await bring(hosted, b"") == 400
            await depot.settled()
    (record,) = [item for item in caplog.records if item.name.endswith("csms.files.intake")]
    assert record.getMessage().endswith(".part could not be removed")


async def test_firmware_that_is_gone_from_the_disk_is_told_over_ftp(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.give(protocol=Protocol.FTP)
        (tmp_path / "source.bin").unlink()
        with pytest.raises(ftplib.error_temp, match="451"):
            await ftp(hosted, lambda client: client.retrbinary("RETR x", bytes))
        await depot.settled()
        assert depot.counted()["file_disk_failed"] == 1
    assert_no_errors(caplog)


async def test_a_part_of_firmware_is_not_the_whole_of_it_over_ftp(tmp_path: Path) -> None:
    def rest(client: ftplib.FTP) -> bytes:
        found = BytesIO()
        client.retrbinary("RETR x", found.write, rest=KIB)
        return found.getvalue()

    async with Depot(tmp_path) as depot:
        hosted = await depot.give(protocol=Protocol.FTP)
        assert await ftp(hosted, rest) == FIRMWARE[KIB:]
        assert "file_given" not in depot.counted()
        assert max(depot.percents) < 100


async def test_a_place_is_not_tried_for_ever(tmp_path: Path) -> None:
    async with Depot(tmp_path, attempts=2) as depot:
        hosted = await depot.take()
        assert [await bring(hosted, b"") for _ in range(2)] == [400, 400]
        assert await bring(hosted) == 404
        await depot.settled()
        assert depot.left() == []


async def test_a_place_that_was_closed_takes_nothing_from_who_is_still_signed_in(
    tmp_path: Path,
) -> None:
    async with Depot(tmp_path, linger_s=5) as depot:
        hosted = await depot.take(Protocol.FTP)
        client = ftplib.FTP(timeout=10)  # noqa: S321

        def sign_in() -> None:
            client.connect("127.0.0.1", port_of(hosted))
            client.login(hosted.ticket.user, hosted.ticket.password)

        await asyncio.to_thread(sign_in)
        depot.central.files.end(hosted)
        with pytest.raises(ftplib.error_temp, match="451"):
            await asyncio.to_thread(store("x"), client)
        await asyncio.to_thread(client.quit)
        assert depot.left() == []
        assert depot.counted()["file_gone"] == 1


async def test_a_stranger_at_the_port_for_data_is_hung_up_on(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)

        def upload(client: ftplib.FTP) -> tuple[bytes, str]:
            _, port = client.makepasv()
            with socket.create_connection(
                ("127.0.0.1", port), source_address=("127.0.0.2", 0)
            ) as stranger:
                heard = stranger.recv(1)
            return heard, store("x")(client)

        heard, said = await ftp(hosted, upload)
        assert heard == b""
        assert said.startswith("226")
        assert depot.counted() == {"file_taken": 1, "ftp_stranger": 1}
