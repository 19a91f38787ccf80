"""Files over FTP: one file for whoever has its password, and nothing else."""

import asyncio
from collections.abc import Callable
import ftplib
from io import BytesIO
import logging
from pathlib import Path
import socket
from unittest.mock import patch

import pytest

from custom_components.chargestead.csms.files import Protocol
from custom_components.chargestead.csms.files.ftp import is_near
from custom_components.chargestead.csms.files.hosting import Hosted
from custom_components.chargestead.csms.files.intake import Intake
from custom_components.chargestead.model.config import SiteConfig
from custom_components.chargestead.model.errors import FileRefusal, FileRefusedError
from tests.ports import free_port

from .test_files_http import FIRMWARE, LOG, Depot
from .wire_fixtures import assert_no_errors


def port_of(hosted: Hosted) -> int:
    """Return the port of a location."""
    return int(hosted.location.rsplit(":", 1)[1].partition("/")[0])


async def ftp[T](hosted: Hosted, work: Callable[[ftplib.FTP], T], *, login: bool = True) -> T:
    """Do something over FTP, as a station does."""

    def session() -> T:
        with ftplib.FTP(timeout=30) as client:  # noqa: S321
            client.connect("127.0.0.1", port_of(hosted))
            if login:
                client.login(hosted.ticket.user, hosted.ticket.password)
            return work(client)

    return await asyncio.to_thread(session)


def store(name: str, content: bytes = LOG) -> Callable[[ftplib.FTP], str]:
    """Return how to bring a file."""
    return lambda client: client.storbinary(f"STOR {name}", BytesIO(content))


async def listens(port: int) -> bool:
    """Tell whether anybody listens on a port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize("passive", ["PASV", "EPSV"])
async def test_a_log_is_taken_and_the_server_goes(tmp_path: Path, passive: str) -> None:
    def work(client: ftplib.FTP) -> str:
        client.af = socket.AF_INET if passive == "PASV" else socket.AF_INET6
        client.cwd("/some/where")
        return store("GARAGE.log")(client)

    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        assert hosted.location.startswith(f"ftp://{hosted.ticket.user}:{hosted.ticket.password}@")
        assert (await ftp(hosted, work)).startswith("226")
        (kept,) = depot.kept
        assert kept.read_bytes() == LOG
        assert kept.name.endswith("-GARAGE.log")
        await depot.until(lambda: not depot.central.files._ftp.servers)
        assert not await listens(port_of(hosted))
        assert depot.counted() == {"file_taken": 1}


async def test_firmware_is_given_and_can_be_resumed(tmp_path: Path) -> None:
    def part(client: ftplib.FTP) -> bytes:
        sock = client.transfercmd(f"RETR {name}")
        got = b""
        while len(got) < 100_000:
            got += sock.recv(8192)
        sock.close()
        return got

    def rest(client: ftplib.FTP) -> bytes:
        found = BytesIO()
        client.retrbinary(f"RETR /{name}", found.write, rest=len(first))
        return found.getvalue()

    async with Depot(tmp_path, grace_s=60) as depot:
        hosted = await depot.give(FIRMWARE * 4, Protocol.FTP)
        name = hosted.location.rpartition("/")[2]
        assert name == "v2.bin"
        first = await ftp(hosted, part)
        assert first + await ftp(hosted, rest) == FIRMWARE * 4
        assert await listens(port_of(hosted))
        await depot.clock.advance(61)
        await depot.until(lambda: not depot.central.files._ftp.servers)
        assert not await listens(port_of(hosted))


@pytest.mark.parametrize(
    "command",
    [
        *("LIST", "NLST", "MLSD", "MLST x", "RETR x", "DELE x", "MKD x", "RMD x", "APPE x"),
        *("RNFR x", "SIZE x", "SITE CHMOD 777 x", "PORT 127,0,0,1,5,5", "REST 5", "AUTH TLS"),
    ],
)
async def test_a_place_for_a_log_can_do_nothing_else(tmp_path: Path, command: str) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        with pytest.raises(ftplib.error_perm, match="502"):
            await ftp(hosted, lambda client: client.voidcmd(command))
        assert depot.left() == []


@pytest.mark.parametrize("command", ["STOR x", "APPE x", "LIST", "DELE v2.bin"])
async def test_firmware_can_only_be_fetched(tmp_path: Path, command: str) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.give(protocol=Protocol.FTP)
        with pytest.raises(ftplib.error_perm, match="502"):
            await ftp(hosted, lambda client: client.voidcmd(command))
        assert (tmp_path / "source.bin").read_bytes() == FIRMWARE


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x", "/etc/passwd", "..", ".", "a\\b", "\xe9"]
)
async def test_path_tricks_lead_to_the_same_place(tmp_path: Path, name: str) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        await ftp(hosted, store(name))
        (kept,) = depot.kept
        assert kept.parent == tmp_path / "logs" / "CP1"
        assert depot.left() == [kept.name]


@pytest.mark.parametrize(
    ("user", "password"),
    [("anonymous", "x@y"), ("", ""), ("right", "wrong"), ("wrong", "right"), ("right", "")],
)
async def test_nobody_else_gets_in(tmp_path: Path, user: str, password: str) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        given = hosted.ticket.user if user == "right" else user
        secret = hosted.ticket.password if password == "right" else password

        def work(client: ftplib.FTP) -> str:
            client.sendcmd(f"USER {given}")
            return client.sendcmd(f"PASS {secret}")

        with pytest.raises(ftplib.error_perm, match="530"):
            await ftp(hosted, work, login=False)
        with pytest.raises(ftplib.error_perm, match="503"):
            await ftp(hosted, store("x"), login=False)
        assert depot.counted() == {"ftp_wrong_password": 1}
        assert depot.left() == []


async def test_what_is_too_large_is_refused_and_can_be_repeated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Depot(tmp_path, log_bytes=100_000) as depot:
        hosted = await depot.take(Protocol.FTP)
        with pytest.raises((ftplib.error_temp, OSError)):
            await ftp(hosted, store("x", bytes(2_000_000)))
        await depot.until(lambda: not depot.left())
        assert depot.counted()["file_too_large"] == 1
        await ftp(hosted, store("x", LOG))
        assert [path.read_bytes() for path in depot.kept] == [LOG]
    assert_no_errors(caplog)


async def test_an_empty_log_is_none(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        with pytest.raises(ftplib.error_temp, match="451"):
            await ftp(hosted, store("x", b""))
        await depot.settled()
        assert depot.left() == []


async def test_a_full_disk_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        refused = FileRefusedError(FileRefusal.DISK_FULL)
        with (
            patch.object(Intake, "_write", side_effect=refused),
            pytest.raises(ftplib.error_temp, match="451"),
        ):
            await ftp(hosted, store("x"))
        await depot.settled()
        assert depot.left() == []
        assert depot.counted()["file_disk_full"] == 1
    assert_no_errors(caplog)


async def test_a_silent_upload_is_ended_and_leaves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def work(client: ftplib.FTP) -> str:
        with client.transfercmd("STOR x") as sock:
            sock.sendall(b"x")
            return client.getline()

    async with Depot(tmp_path, idle_s=1) as depot:
        hosted = await depot.take(Protocol.FTP)
        with pytest.raises(EOFError):
            await ftp(hosted, work)
        await depot.settled()
        assert depot.left() == []
        assert depot.counted()["ftp_broken_off"] == 1
        assert await listens(port_of(hosted))
    assert_no_errors(caplog)


async def test_its_time_being_over_ends_everything(tmp_path: Path) -> None:
    async with Depot(tmp_path, log_s=60, linger_s=0.2) as depot:
        hosted = await depot.take(Protocol.FTP)
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(hosted))
        assert (await reader.readline()).startswith(b"220")
        await depot.clock.advance(61)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()
        assert not await listens(port_of(hosted))
        await depot.until(lambda: depot.diagnostics()["files"]["ftp_servers"] == 0)


async def test_a_peer_that_does_not_read_its_answers_holds_no_end_up(tmp_path: Path) -> None:
    async with Depot(tmp_path, linger_s=0.2) as depot:
        hosted = await depot.take(Protocol.FTP)
        (server,) = depot.central.files._ftp.servers
        with socket.socket() as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.setblocking(False)  # noqa: FBT003
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sleeper, ("127.0.0.1", port_of(hosted)))
            await depot.until(lambda: server.connections)
            (stream,) = server.connections
            ours = stream.writer.transport
            ours.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            await loop.sock_sendall(sleeper, b"NOOP\r\n" * 2000)
            await depot.until(lambda: ours.get_write_buffer_size() > 1000)
            async with asyncio.timeout(30):
                await depot.central.stop()
        assert depot.diagnostics()["files"]["ftp_servers"] == 0


async def test_who_does_not_sign_in_makes_room(tmp_path: Path) -> None:
    async with Depot(tmp_path, connections=1, idle_s=1) as depot:
        hosted = await depot.take(Protocol.FTP)
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(hosted))
        assert (await reader.readline()).startswith(b"220")
        with pytest.raises(ftplib.error_temp, match="421"):
            await ftp(hosted, store("x"))
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()
        await ftp(hosted, store("x"))
        assert depot.counted()["ftp_no_login"] == 1


async def test_only_the_ports_that_may_be_used_are_used(tmp_path: Path) -> None:
    ports = (free_port(), free_port(), free_port())
    async with Depot(tmp_path) as depot:
        depot.site = SiteConfig(folder=tmp_path, ftp_ports=ports)
        hosted = await depot.take(Protocol.FTP)
        assert port_of(hosted) in ports
        data_ports = []

        def work(client: ftplib.FTP) -> str:
            data_ports.append(client.makepasv()[1])
            return store("x")(client)

        await ftp(hosted, work)
        assert set(data_ports) <= set(ports) - {port_of(hosted)}
        assert len(depot.kept) == 1


async def test_without_a_free_port_it_is_said_so(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        async with Depot(tmp_path) as depot:
            depot.site = SiteConfig(folder=tmp_path, ftp_ports=(port,))
            with pytest.raises(FileRefusedError) as refused:
                await depot.take(Protocol.FTP)
            assert refused.value.reason is FileRefusal.NO_PORT
            assert depot.diagnostics()["files"]["open"] == 0


async def test_two_stations_at_once_keep_apart(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        first, second = await depot.take(Protocol.FTP), await depot.take(Protocol.FTP)
        assert port_of(first) != port_of(second)
        with pytest.raises(ftplib.error_perm):
            await ftp(
                first,
                lambda client: client.login(second.ticket.user, second.ticket.password),
                login=False,
            )
        await asyncio.gather(ftp(first, store("1", b"1")), ftp(second, store("2", b"2")))
        assert sorted(path.read_bytes() for path in depot.kept) == [b"1", b"2"]


@pytest.mark.parametrize(
    "nonsense",
    [b"\xff\xfe\x00\r\n", b"A" * 200_000 + b"\r\n", b"\r\n\r\n", b"USER\r\nPASS\r\nSTOR\r\n"],
)
async def test_nonsense_is_counted_and_logged_by_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, nonsense: bytes
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        _, writer = await asyncio.open_connection("127.0.0.1", port_of(hosted))
        writer.write(nonsense)
        writer.write_eof()
        writer.close()
        await ftp(hosted, store("x"))
        assert len(depot.kept) == 1
    assert_no_errors(caplog)
    assert logging.getLogger("aioftp.server").filters == []


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("192.168.1.5", True),
        ("10.0.0.5", True),
        ("172.17.0.1", True),
        ("127.0.0.1", True),
        ("169.254.3.4", True),
        ("fe80::1%eth0", True),
        ("fd00::5", True),
        ("::ffff:192.168.1.5", True),
        ("::ffff:8.8.8.8", False),
        ("8.8.8.8", False),
        ("2a00:1450:4001::1", False),
        ("", False),
        ("somewhere", False),
    ],
)
def test_only_who_is_in_the_house_is_near(address: str, near: bool) -> None:  # noqa: FBT001
    assert is_near(address) is near


async def test_a_stranger_from_far_away_is_hung_up_on(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take(Protocol.FTP)
        with patch("custom_components.chargestead.csms.files.ftp.is_near", return_value=False):
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(hosted))
            assert await reader.read() == b""
            writer.close()
        assert depot.counted() == {"ftp_stranger": 1}
