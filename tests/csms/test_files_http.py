"""Files over HTTP: what is taken and given, and what becomes of everything else."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
import errno
from http.client import IncompleteRead
from pathlib import Path
import socket
from typing import IO, Any
from unittest.mock import patch
import urllib.error
import urllib.request

import pytest

from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.csms.files import Door, FileBounds, Protocol
from custom_components.chargestead.csms.files.hosting import Hosted
from custom_components.chargestead.csms.files.intake import Intake
from custom_components.chargestead.csms.files.shelf import stamped
from custom_components.chargestead.model.config import SiteConfig
from custom_components.chargestead.model.errors import FileRefusal, FileRefusedError

from .wire_fixtures import House, assert_no_errors, handshake

KIB = 1024
LOG = bytes(range(256)) * 40
FIRMWARE = b"\x7fELF" + bytes(range(256)) * 4000


def bounds(**changes: Any) -> Bounds:  # noqa: ANN401
    """Return bounds with other ones for files, and no room kept free on this machine's disk."""
    return Bounds(files=replace(FileBounds(disk_reserve_bytes=0), **changes))


class Depot(House):
    """A central system that hosts files below a folder."""

    def __init__(self, folder: Path, **changes: Any) -> None:  # noqa: ANN401
        """Keep files below a folder."""
        super().__init__(bounds(**changes))
        self.folder = folder
        self.site = SiteConfig(folder=folder)
        self.kept: list[Path] = []
        self.percents: list[int] = []

    @property
    def door(self) -> Door:
        """Return the door a station came in by."""
        return Door(
            address="127.0.0.1",
            netloc=f"127.0.0.1:{self.central.port}",
            host="127.0.0.1",
            local_address="127.0.0.1",
        )

    async def _keep(self, intake: Intake, name: str) -> None:
        self.kept.append(await intake.keep(stamped(self.clock.now(), name)))

    async def take(self, protocol: Protocol = Protocol.HTTP) -> Hosted:
        """Return where a log may be taken."""
        return await self.central.files.take("CP1", self.door, protocol, self._keep)

    async def give(self, content: bytes = FIRMWARE, protocol: Protocol = Protocol.HTTP) -> Hosted:
        """Return where a file may be fetched."""
        source = self.folder / "source.bin"
        source.write_bytes(content)
        return await self.central.files.give(
            "CP1", self.door, protocol, source, "v2.bin", self.percents.append
        )

    def counted(self) -> dict[str, int]:
        """Return what was counted of files."""
        counters: dict[str, int] = self.diagnostics()["files"]["counters"]
        return counters

    def left(self) -> list[str]:
        """Return the files there are of logs."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    async def settled(self) -> None:
        """Wait until nothing is left to do on the disk."""
        await self.until(lambda: not self.central.files.disk.busy)


async def ask(
    url: str,
    method: str = "GET",
    data: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes, dict[str, str]]:
    """Make a request as a station does; returns status, body and headers."""

    def work() -> tuple[int, bytes, dict[str, str]]:
        request = urllib.request.Request(url, data=data, method=method, headers=headers or {})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    return await asyncio.to_thread(work)


def upload(path: str, *more: str, body: bytes = b"") -> bytes:
    """Return the bytes of an upload, or of its beginning."""
    return "\r\n".join((f"PUT {path} HTTP/1.1", "Host: x", *more, "", "")).encode() + body


def path_of(hosted: Hosted) -> str:
    """Return the path of a location."""
    return "/" + hosted.location.split("/", 3)[3]


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    "name", ["", "GARAGE.log", "/GARAGE.log", "a/b/../GARAGE.log", "%2e%2e%2fX"]
)
async def test_a_log_is_taken_whatever_the_station_appends(
    tmp_path: Path, method: str, name: str
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        assert (await ask(hosted.location + name, method, LOG))[0] == 201
        (kept,) = depot.kept
        assert kept.read_bytes() == LOG
        assert kept.parent == tmp_path / "logs" / "CP1"
        assert depot.left() == [kept.name]
        assert kept.stat().st_mode & 0o777 == 0o600
        assert depot.counted() == {"file_taken": 1}


async def test_a_location_without_its_last_slash_is_good_enough(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        assert (await ask(hosted.location.rstrip("/"), "PUT", LOG))[0] == 201
        assert len(depot.kept) == 1


async def test_a_log_in_a_form_is_taken_out_of_it(tmp_path: Path) -> None:
    edge = "----edge"
    form = (
        f'--{edge}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="../../dump.tar.gz"\r\n'
        "Content-Type: application/gzip\r\n\r\n"
    ).encode()
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        body = form + LOG + f"\r\n--{edge}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        assert (await ask(hosted.location, "POST", body, kind))[0] == 201
        (kept,) = depot.kept
        assert kept.read_bytes() == LOG
        assert kept.name.endswith("-dump.tar.gz")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b'--e\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n--e--\r\n',
    ],
    ids=["empty", "nonsense", "no file"],
)
async def test_a_form_without_a_file_is_refused_and_the_place_stays_open(
    tmp_path: Path, body: bytes
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        kind = {"Content-Type": "multipart/form-data; boundary=e"}
        assert (await ask(hosted.location, "POST", body, kind))[0] == 400
        assert (await ask(hosted.location, "PUT", LOG))[0] == 201
        assert depot.left() == [depot.kept[0].name]


async def test_a_place_takes_one_log_and_no_other(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        assert (await ask(hosted.location, "PUT", LOG))[0] == 201
        assert (await ask(hosted.location, "PUT", b"more"))[0] == 404
        assert len(depot.left()) == 1
        assert depot.counted() == {"file_taken": 1, "file_unknown": 1}


async def test_two_logs_of_one_name_and_moment_are_both_kept(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        for content in (b"one", b"two"):
            hosted = await depot.take()
            assert (await ask(hosted.location + "x.log", "PUT", content))[0] == 201
        assert [path.read_bytes() for path in depot.kept] == [b"one", b"two"]


@pytest.mark.parametrize(
    "path",
    [
        "/files",
        "/files/",
        "/files/x",
        "/files/../files/x",
        "/files/%2e%2e/etc/passwd",
        "/files//etc",
    ],
)
async def test_nothing_is_behind_other_paths(tmp_path: Path, path: str) -> None:
    async with Depot(tmp_path) as depot:
        await depot.take()
        for method in ("GET", "PUT"):
            answer = await depot.raw(
                f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()
            )
            assert answer.split()[1] in {b"404", b"426"}
        assert depot.left() == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PROPFIND", "MKCOL"])
async def test_a_place_for_a_log_gives_nothing_away(tmp_path: Path, method: str) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        status, _, headers = await ask(hosted.location, method)
        assert (status, headers["Allow"]) == (405, "PUT, POST")
        assert depot.counted() == {"file_wrong_method": 1}


async def test_firmware_cannot_be_written_to(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.give()
        status, _, headers = await ask(hosted.location, "PUT", b"evil")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        assert (tmp_path / "source.bin").read_bytes() == FIRMWARE


@pytest.mark.parametrize("told", [True, False], ids=["said at once", "found out"])
async def test_what_is_too_large_is_refused_and_nothing_of_it_stays(
    tmp_path: Path,
    told: bool,  # noqa: FBT001
) -> None:
    async with Depot(tmp_path, log_bytes=8 * KIB) as depot:
        hosted = await depot.take()
        body = bytes(64 * KIB)
        if told:
            request = upload(path_of(hosted), f"Content-Length: {len(body)}", body=body)
        else:
            chunks = b"10000\r\n" + body + b"\r\n0\r\n\r\n"
            request = upload(path_of(hosted), "Transfer-Encoding: chunked", body=chunks)
        assert (await depot.raw(request)).split()[1] == b"413"
        await depot.settled()
        assert depot.left() == []
        assert depot.counted()["file_too_large"] == 1
        assert (await ask(hosted.location, "PUT", LOG[:KIB]))[0] == 201


async def test_an_empty_log_is_none(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        assert (await ask(hosted.location, "PUT", b""))[0] == 400
        await depot.settled()
        assert depot.left() == []


async def test_an_upload_in_parts_is_not_mistaken_for_a_whole_one(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        part = {"Content-Range": "bytes 0-99/5000"}
        assert (await ask(hosted.location, "PUT", bytes(100), part))[0] == 400
        assert depot.left() == []


async def test_an_upload_that_is_broken_off_leaves_nothing_and_can_be_repeated(
    tmp_path: Path,
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        _, writer = await asyncio.open_connection("127.0.0.1", depot.central.port)
        writer.write(upload(path_of(hosted), "Content-Length: 900000", body=bytes(400_000)))
        await depot.until(depot.left)
        assert depot.left()[0].endswith(".part")
        writer.close()
        await depot.until(lambda: not depot.left())
        assert depot.counted() == {"file_broken_off": 1}
        assert (await ask(hosted.location, "PUT", LOG))[0] == 201


async def test_an_upload_that_falls_silent_is_ended(tmp_path: Path) -> None:
    async with Depot(tmp_path, idle_s=0.2) as depot:
        hosted = await depot.take()
        answer = await depot.raw(upload(path_of(hosted), "Content-Length: 1000", body=b"x"))
        assert answer.split()[1] == b"408"
        await depot.settled()
        assert depot.left() == []
        assert depot.counted()["file_slow"] == 1


async def test_an_endless_slow_upload_ends_with_the_time_of_its_place(tmp_path: Path) -> None:
    async with Depot(tmp_path, log_s=60) as depot:
        hosted = await depot.take()
        reader, writer = await asyncio.open_connection("127.0.0.1", depot.central.port)
        writer.write(upload(path_of(hosted), "Transfer-Encoding: chunked", body=b"1\r\nx\r\n"))
        await depot.until(depot.left)
        for _ in range(6):
            await depot.clock.advance(10)
            writer.write(b"1\r\nx\r\n")
        async with asyncio.timeout(30):
            assert (await reader.readline()).split()[1] == b"404"
        writer.close()
        await depot.settled()
        assert depot.left() == []
        assert (await ask(hosted.location, "PUT", LOG))[0] == 404


async def test_only_one_may_bring_a_log_at_a_time(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        reader, writer = await asyncio.open_connection("127.0.0.1", depot.central.port)
        writer.write(upload(path_of(hosted), "Content-Length: 8", body=b"half"))
        await depot.until(depot.left)
        assert (await ask(hosted.location, "PUT", b"the other"))[0] == 409
        writer.write(b"half")
        assert (await reader.readline()).split()[1] == b"201"
        writer.close()
        assert [path.read_bytes() for path in depot.kept] == [b"halfhalf"]


async def test_many_logs_come_at_once_and_stations_are_served_meanwhile(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot, depot.dial() as station:
        places = [await depot.take() for _ in range(16)]
        contents = [bytes([number]) * 300_000 for number in range(16)]
        work = [
            asyncio.create_task(ask(place.location, "PUT", content))
            for place, content in zip(places, contents, strict=True)
        ]
        for _ in range(5):
            assert await station.alive()
        assert [(await item)[0] for item in work] == [201] * 16
        assert sorted(path.read_bytes()[:1] for path in depot.kept) == [c[:1] for c in contents]


async def test_only_so_many_places_are_open(tmp_path: Path) -> None:
    async with Depot(tmp_path, transfers=2) as depot:
        first = await depot.take()
        await depot.take()
        with pytest.raises(FileRefusedError) as refused:
            await depot.take()
        assert refused.value.reason is FileRefusal.TOO_MANY
        depot.central.files.end(first)
        assert (await ask((await depot.take()).location, "PUT", LOG))[0] == 201


async def test_a_place_nobody_uses_closes_by_itself(tmp_path: Path) -> None:
    async with Depot(tmp_path, log_s=60) as depot:
        hosted = await depot.take()
        await depot.clock.advance(61)
        assert (await ask(hosted.location, "PUT", LOG))[0] == 404
        assert depot.diagnostics()["files"]["open"] == 0


@pytest.mark.parametrize(
    ("error", "status", "counted"),
    [
        (errno.ENOSPC, 507, "file_disk_full"),
        (errno.EDQUOT, 507, "file_disk_full"),
        (errno.EIO, 500, "file_disk_failed"),
        (errno.EROFS, 500, "file_disk_failed"),
    ],
)
async def test_a_disk_that_does_not_take_it_is_told_and_nothing_else_suffers(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    error: int,
    status: int,
    counted: str,
) -> None:
    class Broken:
        def __init__(self, file: IO[bytes]) -> None:
            self.file = file

        def write(self, _: bytes) -> int:
            raise OSError(error, "broken")

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(self.file, name)

    real = Intake._open

    def opened(self: Intake, expected: int) -> None:
        real(self, expected)
        assert self._file is not None
        self._file = Broken(self._file)  # type: ignore[assignment]

    async with Depot(tmp_path) as depot, depot.dial() as station:
        hosted = await depot.take()
        with patch.object(Intake, "_open", opened):
            assert (await ask(hosted.location, "PUT", LOG))[0] == status
        await depot.settled()
        assert depot.left() == []
        assert depot.counted() == {counted: 1}
        assert await station.alive()
        assert (await ask(hosted.location, "PUT", LOG))[0] == 201
    assert_no_errors(caplog)


async def test_the_disk_keeps_room_for_others(tmp_path: Path) -> None:
    async with Depot(tmp_path, disk_reserve_bytes=1 << 60) as depot:
        hosted = await depot.take()
        assert (await ask(hosted.location, "PUT", LOG))[0] == 507
        assert depot.left() == []


async def test_firmware_is_given_whole_and_in_parts_until_all_of_it_went(tmp_path: Path) -> None:
    async with Depot(tmp_path, grace_s=60) as depot:
        hosted = await depot.give()
        assert hosted.location.endswith("/v2.bin")
        status, body, headers = await ask(hosted.location, "HEAD")
        assert (status, body, headers["Content-Length"]) == (200, b"", str(len(FIRMWARE)))
        assert headers["Accept-Ranges"] == "bytes"
        status, first, headers = await ask(hosted.location, headers={"Range": "bytes=0-499999"})
        assert (status, len(first)) == (206, 500_000)
        assert headers["Content-Range"] == f"bytes 0-499999/{len(FIRMWARE)}"
        resumed = {"Range": "bytes=500000-", "If-Range": headers["ETag"]}
        status, rest, _ = await ask(hosted.location, headers=resumed)
        assert status == 206
        assert first + rest == FIRMWARE
        assert depot.percents == sorted(depot.percents)
        assert depot.percents[-1] == 100
        await depot.clock.advance(30)
        assert (await ask(hosted.location, headers={"Range": "bytes=-100"}))[1] == FIRMWARE[-100:]
        await depot.clock.advance(61)
        assert (await ask(hosted.location))[0] == 404


async def test_firmware_that_is_broken_off_can_be_resumed_for_long(tmp_path: Path) -> None:
    async with Depot(tmp_path, grace_s=60) as depot:
        hosted = await depot.give()
        await ask(hosted.location, headers={"Range": "bytes=0-99"})
        for _ in range(200):
            assert (await ask(hosted.location, headers={"Range": "bytes=100-199"}))[0] == 206
        await depot.clock.advance(3600)
        assert (await ask(hosted.location))[1] == FIRMWARE


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("bytes=9999999-", 416),
        (f"bytes={len(FIRMWARE)}-", 416),
        ("bytes=0-1,5-6", 200),
        ("lines=1-2", 200),
        ("bytes=5-2", 200),
        ("bytes=", 200),
        ("bytes=0-99999999", 206),
        ("bytes=-99999999", 206),
    ],
)
async def test_parts_there_are_not_are_answered_as_http_wants(
    tmp_path: Path, wanted: str, status: int
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.give()
        answered, body, headers = await ask(hosted.location, headers={"Range": wanted})
        assert answered == status
        if status == 416:
            assert headers["Content-Range"] == f"bytes */{len(FIRMWARE)}"
        else:
            assert body == FIRMWARE


async def test_a_part_of_another_file_is_not_given(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.give()
        other = {"Range": "bytes=100-", "If-Range": '"another"'}
        assert (await ask(hosted.location, headers=other))[0] == 200


async def test_a_reader_that_falls_asleep_is_hung_up_on(tmp_path: Path) -> None:
    async with Depot(tmp_path, idle_s=1) as depot:
        hosted = await depot.give(bytes(20_000_000))
        with socket.socket() as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sleeper.setblocking(False)  # noqa: FBT003
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sleeper, ("127.0.0.1", depot.central.port))
            await loop.sock_sendall(
                sleeper, f"GET {path_of(hosted)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            )
            await depot.until(lambda: depot.counted().get("file_slow"))
        assert (await ask(hosted.location, headers={"Range": "bytes=0-0"}))[0] == 206


async def test_only_so_many_may_fetch_at_a_time(tmp_path: Path) -> None:
    async with Depot(tmp_path, readers=2, idle_s=5) as depot:
        hosted = await depot.give(bytes(20_000_000))
        connections = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", depot.central.port, limit=4096
            )
            writer.write(f"GET {path_of(hosted)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connections.append((reader, writer))
        await depot.until(lambda: hosted.ticket.users == 2)
        assert (await ask(hosted.location))[0] == 409
        for _, writer in connections:
            writer.transport.abort()
        await depot.until(lambda: hosted.ticket.users == 0)
        assert (await ask(hosted.location, headers={"Range": "bytes=0-0"}))[0] == 206


async def test_firmware_that_vanished_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.give()
        (tmp_path / "source.bin").unlink()
        assert (await ask(hosted.location))[0] == 500
        with pytest.raises(FileRefusedError) as refused:
            await depot.central.files.give(
                "CP1",
                depot.door,
                Protocol.HTTP,
                tmp_path / "source.bin",
                "x",
                depot.percents.append,
            )
        assert refused.value.reason is FileRefusal.NOT_FOUND
    assert_no_errors(caplog)


async def test_firmware_that_shrinks_while_it_is_given_breaks_off(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.give()
        (tmp_path / "source.bin").write_bytes(b"short")
        with pytest.raises(IncompleteRead):
            await asyncio.to_thread(
                lambda: urllib.request.urlopen(hosted.location, timeout=30).read()  # noqa: S310
            )
        assert depot.counted()["file_broken_off"] == 1


async def test_stopping_breaks_off_what_is_under_way(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        _, writer = await asyncio.open_connection("127.0.0.1", depot.central.port)
        writer.write(upload(path_of(hosted), "Content-Length: 900000", body=bytes(400_000)))
        await depot.until(depot.left)
        async with asyncio.timeout(30):
            await depot.central.stop()
        assert depot.left() == []
        writer.close()


async def test_what_a_power_cut_left_behind_goes(tmp_path: Path) -> None:
    (tmp_path / "logs" / "CP1").mkdir(parents=True)
    (tmp_path / "logs" / "CP1" / "0123456789abcdef.part").write_bytes(b"half")
    async with Depot(tmp_path) as depot:
        await depot.take()
        assert depot.left() == []
        assert depot.counted() == {"file_left_behind": 1}


async def test_a_station_may_dial_in_below_a_path_called_files(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        depot.add()
        async with depot.dial("/files/CP1") as station:
            assert await station.alive()


async def test_nothing_is_hosted_without_a_folder(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        depot.site = SiteConfig()
        with pytest.raises(FileRefusedError) as refused:
            await depot.take()
        assert refused.value.reason is FileRefusal.DISK_FAILED


async def test_a_stranger_who_guesses_learns_nothing_and_is_counted(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        token = hosted.ticket.token
        guesses: list[Callable[[], Awaitable[Any]]] = [
            lambda guess=guess: ask(hosted.location.replace(token, guess), "PUT", LOG)  # type: ignore[misc]
            for guess in (token[:-1], token + "A", token.swapcase(), "0" * len(token))
        ]
        assert [(await guess())[0] for guess in guesses] == [404] * 4
        assert len(token) >= 32
        assert depot.counted() == {"file_unknown": 4}


async def test_a_station_that_asks_before_it_sends_is_told_to_go_on(tmp_path: Path) -> None:
    async with Depot(tmp_path) as depot:
        hosted = await depot.take()
        reader, writer = await asyncio.open_connection("127.0.0.1", depot.central.port)
        writer.write(upload(path_of(hosted), "Content-Length: 5", "Expect: 100-continue"))
        assert (await reader.readline()).split()[1] == b"100"
        await reader.readline()
        writer.write(b"hello")
        assert (await reader.readline()).split()[1] == b"201"
        writer.close()
        assert depot.kept[0].read_bytes() == b"hello"


@pytest.mark.parametrize(
    ("host", "dialled"),
    [
        ("house.local:9000", "house.local:9000"),
        ("192.168.1.5", "192.168.1.5"),
        ("[fd00::5]:9000", "[fd00::5]:9000"),
        ("a b", None),
        ("x/../evil", None),
        ("user@host", None),
        ("", None),
    ],
)
async def test_a_station_is_sent_to_where_it_dials_anyway(
    tmp_path: Path, host: str, dialled: str | None
) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        reader, writer = await asyncio.open_connection("127.0.0.1", depot.central.port)
        writer.write(handshake().replace(b"localhost", host.encode()))
        assert b" 101 " in await reader.readline()
        await depot.until(lambda: station.connection)
        assert station.connection is not None
        door = station.connection.door
        own = f"127.0.0.1:{depot.central.port}"
        assert door.netloc == (own if dialled is None else dialled)
        hosted = await depot.central.files.take("CP1", door, Protocol.HTTP, depot._keep)
        assert hosted.location.startswith(f"http://{door.netloc}/files/")
        writer.close()


async def test_who_comes_through_a_proxy_with_encryption_is_sent_back_through_it(
    tmp_path: Path,
) -> None:
    async with Depot(tmp_path) as depot:
        station = depot.add()
        headers = {"X-Forwarded-Proto": "https", "Host": "house.example"}
        reader, writer = await asyncio.open_connection("127.0.0.1", depot.central.port)
        extra = [f"{key}: {value}" for key, value in headers.items() if key != "Host"]
        writer.write(handshake("/CP1", *extra).replace(b"localhost", b"house.example"))
        assert b" 101 " in await reader.readline()
        await depot.until(lambda: station.connection)
        assert station.connection is not None
        door = station.connection.door
        hosted = await depot.central.files.take("CP1", door, Protocol.HTTP, depot._keep)
        assert hosted.location.startswith("https://house.example/files/")
        writer.close()
