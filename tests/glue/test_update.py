"""The update entity, with a state the test decides; whole updates are in test_firmware."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from homeassistant.components.update import UpdateEntityFeature
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.model.firmware import (
    FirmwareFailure,
    FirmwareOffer,
    FirmwareStage,
    FirmwareUpdate,
)
from custom_components.chargestead.model.station import UNKNOWN_IDENTITY

from .entity_fixtures import NOW, House, house_with
from .sources import words

pytestmark = pytest.mark.usefixtures("socket_enabled")

OFFER = FirmwareOffer(
    uid="0f",
    version="1.3.0",
    folder="GARAGE-1",
    name="20261005T183000Z-v13.bin",
    file_name="v13.bin",
    size=1_000_000,
    sha256="ab",
    source="https://maker.example/v13.bin",
    offered_at=NOW,
)
UPDATE = FirmwareUpdate(
    uid="u1",
    offer=OFFER,
    stage=FirmwareStage.DOWNLOADING,
    started_at=NOW,
    changed_at=NOW,
    previous="1.2.3",
    request_id=7,
    percent=30,
    status="Downloading",
)


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, connected."""
    async with house_with(hass, Platform.UPDATE) as house:
        await house.connect()
        yield house


def told(house: House) -> dict[str, Any]:
    """Return the attributes of the entity."""
    state = house.hass.states.get(house.entity_id("update", "firmware", 0))
    assert state is not None
    return dict(state.attributes)


async def test_the_firmware_of_a_charging_station(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await house.change(firmware_offer=OFFER, firmware_update=UPDATE)
    await snapshot_platform(house.hass, entity_registry, snapshot, house.entry.entry_id)


async def test_without_an_offer_there_is_nothing_to_install(house: House) -> None:
    assert house.state("update", "firmware", 0) == STATE_OFF
    assert told(house)["latest_version"] == told(house)["installed_version"] == "1.2.3"
    assert told(house)["supported_features"] == UpdateEntityFeature.PROGRESS
    await house.change(firmware_offer=OFFER)
    assert house.state("update", "firmware", 0) == STATE_ON
    assert told(house)["supported_features"] & UpdateEntityFeature.INSTALL


async def test_a_station_that_does_not_say_its_version_leaves_it_open(house: House) -> None:
    await house.change(firmware_offer=OFFER, identity=UNKNOWN_IDENTITY)
    assert house.state("update", "firmware", 0) == STATE_UNKNOWN


async def test_what_is_offered_stays_visible_while_the_station_is_away(house: House) -> None:
    await house.change(firmware_offer=OFFER, connected=False)
    assert house.state("update", "firmware", 0) == STATE_ON


@pytest.mark.parametrize(
    ("stage", "percent", "in_progress"),
    [
        (FirmwareStage.WAITING, None, True),
        (FirmwareStage.DOWNLOADING, 30, True),
        (FirmwareStage.INSTALLING, 70, True),
        (FirmwareStage.CONFIRMED, 100, False),
        (FirmwareStage.FAILED, 60, False),
    ],
)
async def test_progress_is_shown_while_there_is_any(
    house: House,
    stage: FirmwareStage,
    percent: int | None,
    in_progress: bool,  # noqa: FBT001
) -> None:
    await house.change(
        firmware_offer=OFFER, firmware_update=replace(UPDATE, stage=stage, percent=percent)
    )
    assert told(house)["in_progress"] is in_progress
    assert told(house)["update_percentage"] == (percent if in_progress else None)
    assert told(house)["stage"] == stage


async def test_a_failure_is_told_with_its_reason(house: House) -> None:
    failed = replace(
        UPDATE, stage=FirmwareStage.FAILED, failure=FirmwareFailure.UNCHANGED, detail="1.2.3"
    )
    await house.change(firmware_offer=OFFER, firmware_update=failed)
    assert told(house)["failure"] == "unchanged"
    assert told(house)["failure_detail"] == "1.2.3"


def test_every_stage_and_failure_has_words() -> None:
    written = words()["entity"]["update"]["firmware"]["state_attributes"]
    assert set(written["stage"]["state"]) == {stage.value for stage in FirmwareStage}
    assert set(written["failure"]["state"]) == {failure.value for failure in FirmwareFailure}
