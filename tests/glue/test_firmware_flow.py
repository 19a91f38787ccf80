"""Uploading firmware by hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.chargestead.const import DOMAIN, SUBENTRY_FIRMWARE
from custom_components.chargestead.csms.files import FileBounds

from .flow_fixtures import new_entry

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONTENT = b"\x7fELF" + bytes(range(256)) * 500

type Upload = Callable[[bytes], Awaitable[str]]


@pytest.fixture
async def entry(hass: HomeAssistant) -> AsyncIterator[MockConfigEntry]:
    """Return an entry with one station."""
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def upload(hass_client: ClientSessionGenerator, tmp_path: Path) -> Upload:
    """Return how to upload a file as a browser does."""
    path = tmp_path / "wallbox-2.0.bin"

    async def work(content: bytes) -> str:
        path.write_bytes(content)
        client = await hass_client()
        with path.open("rb") as file:
            answer = await client.post("/api/file_upload", data={"file": file})
        file_id: str = (await answer.json())["file_id"]
        return file_id

    return work


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> Any:  # noqa: ANN401
    """Open the form."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_FIRMWARE), context={"source": SOURCE_USER}
    )


async def submit(hass: HomeAssistant, flow_id: str, fields: dict[str, Any]) -> Any:  # noqa: ANN401
    """Submit the form."""
    result = await hass.config_entries.subentries.async_configure(flow_id, fields)
    await hass.async_block_till_done()
    return result


async def test_an_uploaded_file_is_offered_and_nothing_is_added(
    hass: HomeAssistant, entry: MockConfigEntry, upload: Upload
) -> None:
    before = dict(entry.subentries)
    form = await begin(hass, entry)
    assert form["type"] is FlowResultType.FORM
    fields = {
        "station_id": "GARAGE",
        "file": await upload(CONTENT),
        "version": " 2.0 ",
        "signing_certificate": "PEM",
        "signature": "Base64",
    }
    result = await submit(hass, form["flow_id"], fields)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "firmware_offered"
    assert result["description_placeholders"] == {"version": "2.0", "station": "Garage"}
    assert dict(entry.subentries) == before
    offer = entry.runtime_data.site.stations["GARAGE"].firmware.offer
    assert (offer.version, offer.size, offer.file_name) == ("2.0", len(CONTENT), "wallbox-2.0.bin")
    assert (offer.signing_certificate, offer.signature) == ("PEM", "Base64")
    kept = Path(hass.config.path(DOMAIN, "firmware", "GARAGE", offer.name))
    assert await hass.async_add_executor_job(kept.read_bytes) == CONTENT
    state = hass.states.get("update.garage_firmware")
    assert state is not None
    assert state.attributes["latest_version"] == "2.0"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "file_empty"),
        (b"\n<HTML><body>Not found", "file_web_page"),
        (bytes(5000), "file_too_large"),
    ],
)
async def test_a_file_that_is_no_firmware_is_told_and_another_taken(
    hass: HomeAssistant, entry: MockConfigEntry, upload: Upload, content: bytes, problem: str
) -> None:
    files = entry.runtime_data.site.central.files
    files.bounds = FileBounds(firmware_bytes=4096)
    form = await begin(hass, entry)
    fields = {"station_id": "GARAGE", "version": "2.0"}
    result = await submit(hass, form["flow_id"], {**fields, "file": await upload(content)})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"file": problem}
    files.bounds = FileBounds()
    result = await submit(hass, form["flow_id"], {**fields, "file": await upload(CONTENT)})
    assert result["reason"] == "firmware_offered"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"disk_reserve_bytes": 1 << 60}, "file_disk_full")],
)
async def test_no_room_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    upload: Upload,
    changes: dict[str, int],
    problem: str,
) -> None:
    files = entry.runtime_data.site.central.files
    files.bounds = FileBounds(**changes)
    form = await begin(hass, entry)
    fields = {"station_id": "GARAGE", "version": "2.0"}
    result = await submit(hass, form["flow_id"], {**fields, "file": await upload(CONTENT)})
    assert result["errors"] == {"file": problem}
    files.bounds = FileBounds()
    result = await submit(hass, form["flow_id"], {**fields, "file": await upload(CONTENT)})
    assert result["reason"] == "firmware_offered"


async def test_a_folder_that_cannot_be_written_to_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, upload: Upload
) -> None:
    form = await begin(hass, entry)
    folder = Path(hass.config.path(DOMAIN))
    await hass.async_add_executor_job(folder.write_bytes, b"in the way")
    fields = {"station_id": "GARAGE", "version": "2.0"}
    result = await submit(hass, form["flow_id"], {**fields, "file": await upload(CONTENT)})
    assert result["errors"] == {"file": "file_disk_failed"}
    await hass.async_add_executor_job(folder.unlink)
    result = await submit(hass, form["flow_id"], {**fields, "file": await upload(CONTENT)})
    assert result["reason"] == "firmware_offered"


async def test_what_is_missing_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, upload: Upload
) -> None:
    form = await begin(hass, entry)
    file_id = await upload(CONTENT)
    fields = {"station_id": "GARAGE", "file": file_id, "version": "  "}
    result = await submit(hass, form["flow_id"], fields)
    assert result["errors"] == {"version": "version_missing"}
    result = await submit(hass, form["flow_id"], {**fields, "file": "0" * 32, "version": "2"})
    assert result["errors"] == {"file": "file_not_found"}
    result = await submit(hass, form["flow_id"], {**fields, "version": "2"})
    assert result["reason"] == "firmware_offered"


async def test_a_station_that_went_meanwhile_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, upload: Upload
) -> None:
    form = await begin(hass, entry)
    station = entry.runtime_data.site.central.stations.pop("GARAGE")
    fields = {"station_id": "GARAGE", "version": "2.0", "file": await upload(CONTENT)}
    result = await submit(hass, form["flow_id"], fields)
    assert result["errors"] == {"station_id": "station_gone"}
    entry.runtime_data.site.central.stations["GARAGE"] = station
    result = await submit(hass, form["flow_id"], fields)
    assert result["reason"] == "firmware_offered"


async def test_without_stations_or_while_not_running_there_is_nothing_to_do(
    hass: HomeAssistant,
) -> None:
    entry = new_entry(hass)
    assert (await begin(hass, entry))["reason"] == "not_loaded"
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert (await begin(hass, entry))["reason"] == "no_stations"
    await hass.config_entries.async_unload(entry.entry_id)
