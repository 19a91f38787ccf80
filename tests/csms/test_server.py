"""The port: who gets through the door, in which version, and what is answered to the rest."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import socket
import ssl
import time

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.model.config import ServerConfig

from .wire_fixtures import House, assert_no_errors, handshake

BOUNDS = Bounds()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("ocpp1.6",), "ocpp1.6"),
        (("ocpp1.5", "ocpp1.6"), "ocpp1.6"),
        (("ocpp1.6", "soap"), "ocpp1.6"),
        ((), None),
    ],
)
async def test_the_version_is_one_that_was_offered_and_1_6_where_none_was(
    offered: tuple[str, ...], chosen: str | None
) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial(versions=offered) as station:
            assert station.socket.subprotocol == chosen
            assert await station.alive()
            assert known.state.version == "ocpp1.6"


async def test_a_station_with_which_we_share_no_version_is_told_and_hung_up_on() -> None:
    async with House() as house:
        known = house.add()
        station = await house.open(versions=("ocpp0.9", "mqtt"))
        assert station.socket.subprotocol is None
        assert await station.gone() == 1002
        assert not known.connected
        assert house.diagnostics()["server"] == {"no_common_version": 1}


@pytest.mark.parametrize(
    "path",
    [
        "/CP1",
        "/ocpp/CP1",
        "/a/b/c/CP1/",
        "/cp1",
        "/%43P1",
        "/ocpp/%43%501",
        "/CP1%00",
        "/CP1?token=x",
    ],
)
async def test_a_station_is_known_under_any_prefix_encoding_and_case(path: str) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial(path) as station:
            assert await station.alive()
            assert known.connected
        counted = known.counters["id_case_differs"]
        assert counted == ("cp1" in path)


async def test_an_id_in_other_letters_is_found_whatever_it_is() -> None:
    async with House() as house:
        known = house.add("Säule 1/links \U0001f50c")
        async with house.dial("/x/S%C3%A4ule%201%2Flinks%20%F0%9F%94%8C") as station:
            assert await station.alive()
            assert known.connected


async def test_without_an_id_in_the_path_the_login_names_the_station() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial("/", login=("CP1", "")) as station:
            assert await station.alive()
            assert known.connected


async def test_without_any_id_the_address_names_a_station_to_be_confirmed() -> None:
    async with House() as house, house.dial("/") as station:
        assert await station.alive()
        assert list(house.central.pending) == ["unnamed-127.0.0.1"]


@pytest.mark.parametrize(
    ("login", "status"),
    [(None, 401), (("CP1", "wrong"), 401), (("CP1", ""), 401), (("CP1", b"\xff\xfe"), 401)],
)
async def test_a_wrong_password_is_refused_and_counted(
    login: tuple[str, str] | None, status: int
) -> None:
    async with House() as house:
        known = house.add(password="right")
        assert await house.refused(login=login) == status
        assert not known.connected
        found = house.diagnostics()
        assert found["server"] == {"password_wrong": 1}
        assert found["stations"]["CP1"]["counters"] == {"password_wrong": 1}


async def test_a_refusal_says_how_to_log_in() -> None:
    async with House() as house:
        house.add(password="right")
        with pytest.raises(InvalidStatus) as refusal:
            await house.open()
        assert refusal.value.response.headers["WWW-Authenticate"].startswith("Basic")


async def test_the_right_password_gets_in_whatever_the_user_is_called() -> None:
    async with House() as house:
        known = house.add(password="right")
        async with house.dial(login=("anybody", "right")) as station:
            assert await station.alive()
            assert known.connected


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a certificate for this machine and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    yield path
    path.unlink()


async def test_a_certificate_secures_the_port(certificate: Path) -> None:
    house = House()
    house.server = ServerConfig(
        port=0,
        bind_address="127.0.0.1",
        tls_certificate=str(certificate),
        tls_key=str(certificate),
    )
    async with house:
        house.add(password="right")
        trust = ssl.create_default_context(cafile=str(certificate))
        async with house.dial(tls=trust, login=("CP1", "right")) as station:
            assert await station.alive()
        with pytest.raises(ssl.SSLCertVerificationError):
            await house.open(tls=ssl.create_default_context())
        assert await house.raw(handshake()) == b""


async def test_a_peer_whose_tls_breaks_off_is_no_error_of_ours(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House()
    house.server = ServerConfig(
        port=0,
        bind_address="127.0.0.1",
        tls_certificate=str(certificate),
        tls_key=str(certificate),
    )
    async with house:
        known = house.add(password="right")
        trust = ssl.create_default_context(cafile=str(certificate))
        async with house.dial(tls=trust, login=("CP1", "right")) as station:
            assert await station.alive()
            station.socket.transport.abort()
            await house.until(lambda: not known.connected)
    assert house.central._server.counters["internal_error"] == 0
    assert [item for item in caplog.records if item.levelname == "ERROR"] == []


async def test_tls_handshakes_that_do_not_come_are_ended(certificate: Path) -> None:
    house = House(replace(BOUNDS, handshake_s=0.1))
    house.server = ServerConfig(
        port=0,
        bind_address="127.0.0.1",
        tls_certificate=str(certificate),
        tls_key=str(certificate),
    )
    async with house:
        assert await house.raw(b"") == b""


async def test_a_bad_certificate_and_a_taken_port_are_told_when_starting(tmp_path: Path) -> None:
    house = House()
    with pytest.raises(ssl.SSLError, match="No such file"):
        await house.central.start(
            ServerConfig(port=0, tls_certificate=str(tmp_path / "x"), tls_key=str(tmp_path / "y"))
        )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await house.central.start(ServerConfig(port=port, bind_address="127.0.0.1"))
    await house.central.stop()


async def test_a_port_can_be_closed_and_opened_again() -> None:
    house = House()
    house.add()
    for _ in range(2):
        async with house, house.dial() as station:
            assert await station.alive()
    with pytest.raises(OSError):  # noqa: PT011 - which one differs
        await house.open()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /CP1 HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
        (b"POST /CP1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", b"426"),
        (b"POST /CP1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", b"426"),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"40"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"4"),
        (handshake("/CP1").replace(b"Version: 13", b"Version: 99"), b"400"),
        (handshake("/CP1").replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short"), b"400"),
        (handshake("/CP1").replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"!!!"), b"400"),
        (handshake("/CP1").replace(b"Connection: Upgrade", b"Connection: close"), b"4"),
        (handshake("/" + "x" * 65), b"400"),
        (handshake("/%FF"), b"400"),
        (handshake("/" + "x" * 10_000), b"400"),
        (handshake("/CP1", "X-Long: " + "x" * 10_000), b"400"),
        (handshake("/CP1", *(f"X-{number}: x" for number in range(500))), b"400"),
        (handshake("/CP1", "No colon here"), b"400"),
        (handshake("/CP1", "Content-Length: -5"), b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"\0" * 100 + b"\r\n\r\n", b"400"),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_what_is_no_handshake_is_refused_hung_up_on_and_no_error_of_ours(
    request_: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with House() as house:
        known = house.add()
        answer = await house.raw(request_)
        assert answer.split(b" ")[1].startswith(status), answer
        assert not known.connected
        assert sum(house.diagnostics()["server"].values()) == 1
        async with house.dial() as station:
            assert await station.alive()
    assert_no_errors(caplog)


async def test_garbage_behind_a_refused_handshake_is_no_error_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house:
        house.add(password="right")
        answer = await house.raw(handshake() + b"\0garbage\r\n\r\n" * 20)
        assert answer.startswith(b"HTTP/1.1 401")
    assert_no_errors(caplog)


@pytest.mark.parametrize(
    "beginning", [b"", b"G", b"GET /CP1 HTTP/1.1\r\n", handshake()[:-2], handshake()[:-1]]
)
async def test_a_request_that_does_not_end_is_hung_up_on(beginning: bytes) -> None:
    async with House(replace(BOUNDS, handshake_s=0.1)) as house:
        house.add()
        assert await house.raw(beginning) == b""


async def test_a_request_that_drips_is_hung_up_on_as_well() -> None:
    async with House(replace(BOUNDS, handshake_s=0.2)) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.central.port)
        ended = asyncio.create_task(reader.read())
        for byte in b"GET /CP1 HTTP/1.1\r\nX-Long: " + b"x" * 5000:
            if ended.done() or writer.is_closing():
                break
            writer.write(bytes([byte]))
            await asyncio.wait([ended], timeout=0.005)
        await asyncio.wait([ended])
        assert ended.exception() is not None or ended.result() == b""
        writer.close()


async def test_a_socket_once_open_may_be_silent_for_longer_than_the_handshake_may_take() -> None:
    async with House(replace(BOUNDS, handshake_s=0.5)) as house:
        known = house.add()
        async with house.dial() as station:
            opened = time.monotonic()
            await house.until(lambda: time.monotonic() - opened > 0.8)
            assert known.connected
            assert await station.alive()


async def test_more_sockets_than_the_bound_are_turned_away_and_counted() -> None:
    async with House(replace(BOUNDS, connections=3)) as house:
        for number in range(4):
            house.add(f"CP{number}")
        stations = [await house.open(f"/CP{number}") for number in range(3)]
        assert await house.refused("/CP3") == 503
        assert house.diagnostics()["server"] == {"connections_full": 1}
        assert house.diagnostics()["open_sockets"] == 3
        await stations[0].socket.close()
        await house.until(lambda: house.diagnostics()["open_sockets"] == 2)
        async with house.dial("/CP3") as station:
            assert await station.alive()
        for station in stations[1:]:
            assert await station.alive()
            await station.socket.close()


async def test_silent_connections_beyond_all_measure_are_hung_up_on_at_once() -> None:
    async with House(replace(BOUNDS, connections=5)) as house:
        opened = [await asyncio.open_connection("127.0.0.1", house.central.port) for _ in range(30)]
        await house.until(lambda: house.diagnostics()["server"].get("tcp_full") == 20)
        for reader, _ in opened[10:]:
            assert await reader.read() == b""
        for _, writer in opened:
            writer.close()


async def test_a_station_that_asks_for_compression_gets_none() -> None:
    async with House() as house:
        house.add()
        async with connect(
            house.url(), subprotocols=["ocpp1.6"], compression="deflate", proxy=None
        ) as station:
            assert station.response is not None
            assert "Sec-WebSocket-Extensions" not in station.response.headers


async def test_a_fault_of_ours_at_the_door_is_told_logged_and_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with House() as house:
        known = house.add()
        monkeypatch.setattr(known, "config", None)
        assert await house.refused() == 500
        monkeypatch.undo()
        monkeypatch.setattr(known, "attach", None)
        station = await house.open()
        await station.gone()
        monkeypatch.undo()
        assert house.diagnostics()["server"] == {"internal_error": 2}
        async with house.dial() as again:
            assert await again.alive()
    assert "Unexpected error at the door" in caplog.text
    assert "Unexpected error in serving CP1" in caplog.text


async def test_a_station_that_is_gone_before_its_handshake_ends_is_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with House() as house:
        known = house.add()

        async def gone(*_: object) -> None:
            raise ConnectionResetError

        monkeypatch.setattr(web.WebSocketResponse, "prepare", gone)
        assert await house.refused() == 400
        assert house.diagnostics()["server"] == {"gone_in_handshake": 1}
        assert not known.connected
    assert_no_errors(caplog)
