"""Logs, from the action that asks for one to the bytes somebody downloads."""

from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.csms.files import FileBounds, StoredFile
from custom_components.chargestead.model.events import LogProgress, LogReceived
from tests.simulator import Personality

from .entity_fixtures import House, received
from .file_fixtures import PROTOCOLS, VERSIONS, ask, heard, house, hurried

__all__ = ["house"]

pytestmark = pytest.mark.usefixtures("socket_enabled")


def content_of(told: dict[str, Any]) -> bytes | None:
    """Return what is in a file that was told of."""
    path = Path(told["file"])
    return path.read_bytes() if path.exists() else None


async def download(client_fn: ClientSessionGenerator, url: str) -> tuple[int, bytes, Any]:
    """Follow a link; returns status, content and headers."""
    client = await client_fn()
    answer = await client.get(url)
    return answer.status, await answer.read(), answer.headers


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_log_comes_and_can_be_downloaded(
    house: House, hass_client_no_auth: ClientSessionGenerator, version: str, protocol: str
) -> None:
    events = heard(house, LogProgress, LogReceived)
    async with hurried(house, version) as station:
        response = await ask(house, "request_logs", {"wait": 20, "protocol": protocol})
        told = response["log"]
        content = station.files.content()
        await station.wait_for(lambda: len(events) == 3)
    assert response["protocol"] == protocol
    kept = content_of(told)
    assert kept is not None
    assert b"BootNotification" in kept
    assert content.startswith(kept[:200])
    assert str(Path(told["file"]).parent) == response["folder"]
    assert response["folder"] == house.hass.config.path(DOMAIN, "logs", "GARAGE-1")
    status, downloaded, headers = await download(hass_client_no_auth, told["url"])
    assert status == HTTPStatus.OK
    assert downloaded == kept
    assert headers["Content-Disposition"] == f'attachment; filename="{told["name"]}"'
    assert told["size"] == len(kept)
    (came,) = (event for event in events if isinstance(event, LogReceived))
    assert (came.name, came.kind, came.request_id) == (
        told["name"],
        "diagnostics",
        response["request_id"],
    )
    steps = [event.status for event in events if isinstance(event, LogProgress)]
    assert steps == ["Uploading", "Uploaded"]
    state = house.hass.states.get(house.entity_id("event", "station", 0))
    assert state is not None
    listed = await house.hass.services.async_call(
        DOMAIN, "get_logs", {}, blocking=True, return_response=True
    )
    (found,) = listed["logs"]  # type: ignore[misc, index, union-attr]
    assert found["name"] == told["name"]  # type: ignore[index, call-overload]
    assert found["station"] == "Garage"  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("version", "fields", "action"),
    [
        ("1.6", {}, "GetDiagnostics"),
        ("1.6", {"extended": True}, "GetLog"),
        ("1.6", {"kind": "security"}, "GetLog"),
        ("2.0.1", {}, "GetLog"),
        ("2.1", {"kind": "security"}, "GetLog"),
    ],
)
async def test_the_station_is_asked_in_its_words_and_told_where_to(
    house: House, version: str, fields: dict[str, Any], action: str
) -> None:
    async with hurried(house, version) as station:
        response = await ask(house, "request_logs", {**fields, "wait": 20})
        (payload,) = received(station, action)
        location = payload.get("location") or payload["log"]["remoteLocation"]
    assert location.startswith(f"http://127.0.0.1:{house.port}/files/")
    assert location.endswith("/")
    assert response["log"]["size"] > 0
    assert location.split("/")[-2] not in str(response)


@pytest.mark.parametrize(
    ("told", "vendor", "protocol"),
    [
        ("HTTP,HTTPS", "Anybody", "http"),
        ("ftp", "Anybody", "ftp"),
        ("FTP,FTPS,SFTP", "Anybody", "ftp"),
        ("HTTPS,FTP", "Anybody", "ftp"),
        ("FTP, HTTP", "EVBox", "http"),
        ("HTTPS", "Anybody", "http"),
        ("SFTP", "Anybody", "http"),
        (None, "Anybody", "http"),
        (None, "EV-BOX", "ftp"),
        (None, "innogy SE", "ftp"),
    ],
)
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_the_protocol_is_one_the_station_knows(
    house: House, version: str, told: str | None, vendor: str, protocol: str
) -> None:
    known = {} if told is None else {"SupportedFileTransferProtocols": told}
    omitted = frozenset() if told else frozenset({"SupportedFileTransferProtocols"})
    personality = Personality(vendor=vendor, omits_keys=omitted)
    async with hurried(house, version, personality=personality, configuration=known) as station:
        await station.wait_for(lambda: house.station().memory.configured_firmware)
        if told is None:
            house.station().set_configuration({})
        response = await ask(house, "request_logs", {"wait": 20})
    assert response["protocol"] == protocol
    assert response["log"]["size"] > 0


@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_a_log_of_ones_own_goes_where_one_says(house: House, version: str) -> None:
    async with hurried(house, version) as station:
        station.files.fails = "upload"
        response = await ask(house, "request_logs", {"location": "ftp://nowhere.example/logs/"})
        action = "GetDiagnostics" if version == "1.6" else "GetLog"
        (payload,) = received(station, action)
    assert "log" not in response
    location = payload.get("location") or payload["log"]["remoteLocation"]
    assert location == "ftp://nowhere.example/logs/"


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_station_that_gives_up_says_why(house: House, version: str) -> None:
    async with hurried(house, version):
        with (
            patch("tests.simulator.files.upload", side_effect=_no_upload),
            pytest.raises(HomeAssistantError) as error,
        ):
            await ask(house, "request_logs", {"wait": 20})
        assert error.value.translation_key == "command_refused"
        assert error.value.translation_placeholders is not None
        assert error.value.translation_placeholders["status"].startswith("UploadFail")
        response = await ask(house, "request_logs", {"wait": 20})
        assert response["log"]["size"] > 0


async def _no_upload(*_: object) -> None:
    from tests.simulator.transfer import TransferError  # noqa: PLC0415

    raise TransferError


async def test_without_waiting_the_log_is_found_later(house: House) -> None:
    async with hurried(house) as station:
        events = heard(house, LogReceived)
        response = await ask(house, "request_logs")
        assert response["log"] is None
        await station.wait_for(lambda: events)
        await house.settle()
    state = house.hass.states.get(house.entity_id("event", "station", 0))
    assert state is not None
    listed = await ask(house, "get_logs")
    assert listed["logs"][0]["size"] > 0


async def test_a_refused_request_leaves_no_place_open(house: House) -> None:
    personality = Personality(not_implemented=frozenset({"GetDiagnostics"}))
    async with hurried(house, personality=personality):
        with pytest.raises(HomeAssistantError, match="could not carry out"):
            await ask(house, "request_logs")
        files = house.entry.runtime_data.site.central.files
        assert files.diagnostics()["open"] == 0


async def test_a_station_that_is_away_is_said_to_be(house: House) -> None:
    with pytest.raises(HomeAssistantError, match="not connected"):
        await ask(house, "request_logs")


async def test_the_oldest_logs_make_room(house: House) -> None:
    files = house.entry.runtime_data.site.central.files
    files.bounds = FileBounds(logs_kept_bytes=1)
    async with hurried(house):
        first = await ask(house, "request_logs", {"wait": 20})
        second = await ask(house, "request_logs", {"wait": 20})
    assert content_of(first["log"]) is None
    assert content_of(second["log"])
    assert [file.name for file in files.logs.files()] == [second["log"]["name"]]
    assert files.counters["log_thinned_out"] == 1


async def test_logs_are_for_administrators(house: House, hass_read_only_user: User) -> None:
    context = Context(user_id=hass_read_only_user.id)
    for action in ("request_logs", "get_logs"):
        with pytest.raises(Unauthorized):
            await ask(house, action, context=context)


def _a_log(house: House) -> StoredFile:
    folder = Path(house.hass.config.path(DOMAIN, "logs", "GARAGE-1"))
    folder.mkdir(parents=True)
    (folder / "20261125T060000Z-diagnostics-log").write_bytes(b"secret")
    (folder / "0123.part").write_bytes(b"half")
    (folder.parent.parent / "20261125T060000Z-x").write_bytes(b"outside")
    (found,) = house.entry.runtime_data.site.central.files.logs.files()
    return found


async def test_a_link_shows_nothing_else_and_not_to_everybody(
    house: House,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    file = _a_log(house)
    base = f"/api/{DOMAIN}/logs"
    path = f"{base}/{file.folder}/{file.name}"
    assert (await download(hass_client, path))[:2] == (200, b"secret")
    assert (await download(hass_client_no_auth, path))[0] == HTTPStatus.UNAUTHORIZED
    client = await hass_client_no_auth()
    bearer = {"Authorization": f"Bearer {hass_read_only_access_token}"}
    assert (await client.get(path, headers=bearer)).status == HTTPStatus.UNAUTHORIZED
    for other in (
        f"{base}/{file.folder}/0123.part",
        f"{base}/{file.folder}/20261125T060000Z-none",
        f"{base}/%2e%2e/20261125T060000Z-x",
        f"{base}/..%2f/20261125T060000Z-x",
        f"{base}/{file.folder}/..%2f..%2f20261125T060000Z-x",
        f"{base}/nobody/{file.name}",
    ):
        assert (await download(hass_client, other))[0] in {400, 404}, other
