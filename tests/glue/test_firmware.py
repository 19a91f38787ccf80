"""Firmware, from the file that is offered to the version the station names when it boots."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from homeassistant.auth.models import User
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import Context, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.csms.files import FileBounds
from custom_components.chargestead.model.events import FirmwareChanged
from tests.simulator import Personality, SimulatedStation

from .entity_fixtures import House, received
from .file_fixtures import PROTOCOLS, VERSIONS, ask, heard, house, hurried

__all__ = ["house"]

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONTENT = b"\x7fELF" + bytes(range(256)) * 2000


@asynccontextmanager
async def maker(
    content: bytes = CONTENT, *, status: int = 200, kind: str = "application/octet-stream"
) -> AsyncIterator[str]:
    """Run the web server of a maker of stations; gives the address of the firmware."""

    async def give(_: web.Request) -> web.Response:
        return web.Response(body=content, status=status, content_type=kind)

    application = web.Application()
    application.router.add_get("/new/{name}", give)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/new/v2%20final.bin"
    finally:
        await runner.cleanup()


async def offer(house: House, version: str = "1.0.1", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Offer firmware."""
    async with maker() as url:
        return await ask(house, "offer_firmware", {"version": version, "url": url, **fields})


async def install(house: House, **fields: Any) -> None:  # noqa: ANN401
    """Press the button of the update entity."""
    await house.hass.services.async_call(
        "update",
        "install",
        {"entity_id": house.entity_id("update", "firmware", 0), **fields},
        blocking=True,
    )


def shown(house: House) -> State:
    """Return the state of the update entity."""
    state = house.hass.states.get(house.entity_id("update", "firmware", 0))
    assert state is not None
    return state


async def over(house: House, station: SimulatedStation) -> str:
    """Wait until the update is over; returns its stage."""
    firmware = house.station().firmware
    await station.wait_for(lambda: firmware.update and firmware.update.is_over, what="the end")
    await house.settle()
    assert firmware.update is not None
    return firmware.update.stage.value


def on_the_shelf(house: House) -> list[str]:
    """Return the firmware files there are."""
    root = Path(house.hass.config.path(DOMAIN, "firmware"))
    return sorted(path.name for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("version", VERSIONS)
async def test_firmware_is_fetched_installed_and_confirmed_by_the_next_boot(
    house: House, version: str, protocol: str
) -> None:
    events = heard(house, FirmwareChanged)
    known = {"SupportedFileTransferProtocols": protocol.upper()}
    async with hurried(house, version, configuration=known) as station:
        await station.wait_for(lambda: house.station().memory.configured_firmware)
        await house.settle()
        assert shown(house).state == STATE_OFF
        assert (await offer(house))["size"] == len(CONTENT)
        await house.settle()
        assert shown(house).state == STATE_ON
        assert shown(house).attributes["installed_version"] == "1.0.0"
        assert shown(house).attributes["latest_version"] == "1.0.1"
        await install(house)
        assert shown(house).attributes["in_progress"] is True
        assert await over(house, station) == "confirmed"
        assert station.files.downloaded == CONTENT
        await station.wait_for(lambda: station.at_rest)
        action = "UpdateFirmware"
        (payload,) = received(station, action)
    location = payload.get("location") or payload["firmware"]["location"]
    assert location.startswith(f"{protocol}://")
    assert location.endswith("/v2_final.bin")
    state = shown(house)
    assert state.state == STATE_OFF
    assert state.attributes["installed_version"] == "1.0.1"
    assert state.attributes["in_progress"] is False
    assert state.attributes["stage"] == "confirmed"
    await house.entry.runtime_data.site.central.files.disk.run(lambda: None)
    assert on_the_shelf(house) == []
    stages = [event.update.stage.value for event in events if isinstance(event, FirmwareChanged)]
    assert stages[0] == "requested"
    assert stages[-1] == "confirmed"
    assert {"downloading", "downloaded", "installing"} <= set(stages)
    await house.entry.runtime_data.ledger.checkpoint()
    history = await house.hass.services.async_call(
        DOMAIN, "get_firmware_history", {}, blocking=True, return_response=True
    )
    assert history is not None
    entries: Any = history["history"]
    updated, offered = sorted(entries, key=lambda item: item["event"], reverse=True)
    assert (offered["event"], offered["version"], offered["station"]) == (
        "offered",
        "1.0.1",
        "Garage",
    )
    assert (updated["event"], updated["stage"], updated["previous_version"]) == (
        "update",
        "confirmed",
        "1.0.0",
    )
    assert updated["found_version"] == "1.0.1"


@pytest.mark.parametrize("version", VERSIONS)
async def test_signed_firmware_is_sent_with_what_proves_it(house: House, version: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signature = base64.b64encode(key.sign(CONTENT, ec.ECDSA(hashes.SHA256()))).decode()
    certificate = _certificate_of(key)
    signed = {"signing_certificate": certificate, "signature": signature}
    async with hurried(house, version) as station:
        await offer(house, **signed)
        await install(house)
        assert await over(house, station) == "confirmed"
        action = "SignedUpdateFirmware" if version == "1.6" else "UpdateFirmware"
        (payload,) = received(station, action)
        assert payload["firmware"]["signature"] == signature
        await offer(house, "1.0.2", signing_certificate=certificate, signature="AAAA")
        await install(house)
        assert await over(house, station) == "failed"
    assert shown(house).attributes["failure"] == "signature"
    assert shown(house).attributes["station_status"] == "InvalidSignature"


def _certificate_of(key: ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maker")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("fails", "failure"), [("download", "download"), ("install", "installation")]
)
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_failure_is_explained_and_the_offer_stays(
    house: House, version: str, fails: str, failure: str
) -> None:
    async with hurried(house, version) as station:
        station.files.fails = fails
        await offer(house)
        await install(house)
        assert await over(house, station) == "failed"
        assert shown(house).attributes["failure"] == failure
        assert shown(house).attributes["in_progress"] is False
        assert shown(house).state == STATE_ON
        station.files.fails = None
        await install(house)
        assert await over(house, station) == "confirmed"


async def test_a_station_that_boots_with_the_old_version_has_not_updated(house: House) -> None:
    async with hurried(house) as station:
        station.files.next_firmware = "1.0.0"
        await offer(house)
        await install(house)
        firmware = house.station().firmware
        await station.wait_for(lambda: firmware.update and firmware.update.stage == "installed")
        station.reboot()
        assert await over(house, station) == "failed"
    assert shown(house).attributes["failure"] == "unchanged"


async def test_a_version_under_another_name_counts_and_is_not_offered_for_ever(
    house: House,
) -> None:
    async with hurried(house) as station:
        station.files.next_firmware = "build 4711"
        await offer(house, "v2.0")
        await install(house)
        assert await over(house, station) == "confirmed"
    assert shown(house).state == STATE_OFF
    assert shown(house).attributes["installed_version"] == "build 4711"


async def test_not_while_it_charges_unless_that_is_wanted(house: House) -> None:
    async with hurried(house) as station:
        station.plug_in(1)
        station.present_card(1, "CARD")
        await station.wait_for(lambda: house.station().book.connectors[1].session)
        await offer(house)
        with pytest.raises(ServiceValidationError) as refused:
            await install(house)
        assert refused.value.translation_key == "session_running"
        assert received(station, "UpdateFirmware") == []
        response = await ask(house, "install_firmware", {"force": True})
        assert response["stage"] in {"requested", "downloading"}
        assert len(received(station, "UpdateFirmware")) == 1


async def test_it_can_wait_until_the_session_is_over(house: House) -> None:
    async with hurried(house) as station:
        station.plug_in(1)
        station.present_card(1, "CARD")
        await station.wait_for(lambda: house.station().book.connectors[1].session)
        await offer(house)
        told = await ask(house, "install_firmware", {"when_idle": True})
        assert told["stage"] == "waiting"
        await house.settle()
        assert shown(house).attributes["in_progress"] is True
        assert received(station, "UpdateFirmware") == []
        with patch("custom_components.chargestead.csms.files.firmware.PAUSE_S", 0):
            station.unplug(1)
            await station.wait_for(lambda: received(station, "UpdateFirmware"), what="the request")
        assert await over(house, station) == "confirmed"


async def test_one_update_at_a_time(house: House) -> None:
    async with hurried(house) as station:
        await offer(house)
        await install(house)
        with pytest.raises(ServiceValidationError, match="already"):
            await ask(house, "install_firmware")
        assert await over(house, station) == "confirmed"


async def test_only_what_is_offered_can_be_installed(house: House) -> None:
    async with hurried(house):
        with pytest.raises(ServiceValidationError, match="offered"):
            await ask(house, "install_firmware")
        await offer(house)
        await house.settle()
        with pytest.raises(ServiceValidationError, match="not offered"):
            await install(house, version="7.7")
        await install(house, version="1.0.1")


async def test_an_older_version_can_be_offered_too(house: House) -> None:
    async with hurried(house) as station:
        station.files.next_firmware = "0.9"
        await offer(house, "0.9")
        await house.settle()
        assert shown(house).state == STATE_ON
        await install(house)
        assert await over(house, station) == "confirmed"
    assert shown(house).attributes["installed_version"] == "0.9"


async def test_a_station_that_is_away_is_said_to_be(house: House) -> None:
    await offer(house)
    await house.settle()
    with pytest.raises(HomeAssistantError, match="not connected"):
        await install(house)
    assert house.station().firmware.running is None


@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_a_station_that_knows_no_updates_says_so(house: House, version: str) -> None:
    personality = Personality(not_implemented=frozenset({"UpdateFirmware"}))
    async with hurried(house, version, personality=personality):
        await offer(house)
        with pytest.raises(HomeAssistantError, match="could not carry out"):
            await install(house)
        await house.settle()
        assert shown(house).attributes["failure"] == "refused"
        files = house.entry.runtime_data.site.central.files
        assert files.diagnostics()["open"] == 0


async def test_a_certificate_that_is_none_is_refused_by_the_station(house: House) -> None:
    async with hurried(house):
        await offer(house, signing_certificate="nonsense", signature="AAAA")
        with pytest.raises(HomeAssistantError, match="InvalidCertificate"):
            await install(house)
        await house.settle()
        assert shown(house).attributes["failure"] == "certificate"


@pytest.mark.parametrize(
    ("content", "status", "kind", "key"),
    [
        (b"", 200, "application/octet-stream", "file_empty"),
        (b"  <!DOCTYPE html><p>Log in", 200, "application/octet-stream", "file_web_page"),
        (b"<p>Log in", 200, "text/html", "file_web_page"),
        (CONTENT, 404, "application/octet-stream", "file_unreachable"),
        (bytes(5000), 200, "application/octet-stream", "file_too_large"),
    ],
    ids=["empty", "a page that hides", "a page", "not there", "too large"],
)
async def test_what_is_no_firmware_is_not_taken(
    house: House, content: bytes, status: int, kind: str, key: str
) -> None:
    house.entry.runtime_data.site.central.files.bounds = FileBounds(firmware_bytes=4096)
    async with maker(content, status=status, kind=kind) as url:
        with pytest.raises(HomeAssistantError) as refused:
            await ask(house, "offer_firmware", {"version": "2", "url": url})
    assert refused.value.translation_key == key
    await house.hass.async_block_till_done()
    assert house.station().firmware.offer is None
    files = house.entry.runtime_data.site.central.files
    await files.disk.run(lambda: None)
    assert on_the_shelf(house) == []


async def test_an_address_where_nobody_is_is_told(house: House) -> None:
    with pytest.raises(HomeAssistantError) as refused:
        await ask(house, "offer_firmware", {"version": "2", "url": "http://127.0.0.1:9/x.bin"})
    assert refused.value.translation_key == "file_unreachable"


async def test_no_room_is_told(house: House) -> None:
    house.entry.runtime_data.site.central.files.bounds = FileBounds(disk_reserve_bytes=1 << 60)
    async with maker() as url:
        with pytest.raises(HomeAssistantError) as refused:
            await ask(house, "offer_firmware", {"version": "2", "url": url})
    assert refused.value.translation_key == "file_disk_full"


@pytest.mark.parametrize("fields", [{}, {"url": "http://x.example/a", "path": "/a"}])
async def test_one_source_is_needed(house: House, fields: dict[str, str]) -> None:
    with pytest.raises(ServiceValidationError, match="either"):
        await ask(house, "offer_firmware", {"version": "2", **fields})


async def test_a_file_of_this_machine_is_taken_where_that_is_allowed(
    house: House, tmp_path: Path
) -> None:
    path = tmp_path / "v2.bin"
    await asyncio.to_thread(path.write_bytes, CONTENT)
    fields = {"version": "2", "path": str(path)}
    with pytest.raises(ServiceValidationError, match="may not read"):
        await ask(house, "offer_firmware", fields)
    house.hass.config.allowlist_external_dirs = {str(tmp_path)}
    assert (await ask(house, "offer_firmware", fields))["file_name"] == "v2.bin"
    with pytest.raises(HomeAssistantError) as refused:
        await ask(house, "offer_firmware", {"version": "3", "path": str(tmp_path / "none.bin")})
    assert refused.value.translation_key == "file_not_found"
    assert await asyncio.to_thread(path.read_bytes) == CONTENT
    offered = house.station().firmware.offer
    assert offered is not None
    assert offered.version == "2"


async def test_another_offer_takes_the_place_of_the_first(house: House) -> None:
    await offer(house, "1")
    await offer(house, "2")
    await house.hass.async_block_till_done()
    await house.entry.runtime_data.site.central.files.disk.run(lambda: None)
    assert len(on_the_shelf(house)) == 1
    assert shown(house).attributes["latest_version"] == "2"


async def test_an_offer_can_be_withdrawn_and_an_update_given_up(house: House) -> None:
    async with hurried(house) as station:
        with pytest.raises(ServiceValidationError):
            await ask(house, "withdraw_firmware")
        await offer(house)
        await ask(house, "withdraw_firmware")
        await house.settle()
        assert shown(house).state == STATE_OFF
        await offer(house)
        station.files.fails = "download"
        await install(house)
        await ask(house, "withdraw_firmware")
        await house.settle()
        assert shown(house).attributes["failure"] in {"given_up", "download"}
        assert house.entry.runtime_data.site.central.files.diagnostics()["open"] == 0


async def test_firmware_is_for_administrators(house: House, hass_read_only_user: User) -> None:
    context = Context(user_id=hass_read_only_user.id)
    for action, fields in (
        ("offer_firmware", {"version": "1", "url": "http://127.0.0.1:9/x"}),
        ("install_firmware", {}),
        ("withdraw_firmware", {}),
        ("get_firmware_history", {}),
    ):
        with pytest.raises(Unauthorized):
            await ask(house, action, fields, context=context)


async def test_who_offered_and_installed_is_remembered(house: House, hass_admin_user: User) -> None:
    context = Context(user_id=hass_admin_user.id)
    async with hurried(house) as station:
        async with maker() as url:
            await ask(house, "offer_firmware", {"version": "1.0.1", "url": url}, context=context)
        await install(house)
        assert await over(house, station) == "confirmed"
    told = await ask(house, "get_firmware_history", {"limit": 5})
    assert {item["offered_by"] for item in told["history"]} == {hass_admin_user.id}


async def test_what_the_station_does_by_itself_is_nobodys_update(house: House) -> None:
    async with hurried(house) as station:
        await station.call("FirmwareStatusNotification", {"status": "Downloading"})
        await house.settle()
        assert shown(house).attributes["in_progress"] is False
        assert "stage" not in shown(house).attributes
