"""Firmware of charging stations, as something that can be updated."""

from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.update import (
    UpdateDeviceClass,
    UpdateEntity,
    UpdateEntityDescription,
    UpdateEntityFeature,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ChargesteadConfigEntry
from .entity import ChargesteadEntityDescription, StationEntity, async_setup_entities
from .errors import invalid, translated_errors
from .model.firmware import FirmwareOffer

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class StationUpdateDescription(ChargesteadEntityDescription, UpdateEntityDescription):
    """Describe the firmware of a station; what is offered is ours to show while it is away."""


STATION_DESCRIPTIONS: Final = (
    StationUpdateDescription(
        key="firmware",
        translation_key="firmware",
        device_class=UpdateDeviceClass.FIRMWARE,
        kept=True,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the firmware of all stations."""
    async_setup_entities(
        entry,
        async_add_entities,
        Platform.UPDATE,
        station_fn=lambda coordinator: [
            StationUpdate(coordinator, description) for description in STATION_DESCRIPTIONS
        ],
        connector_fn=lambda _coordinator, _connector_id: [],
    )


class StationUpdate(StationEntity, UpdateEntity):
    """The firmware of a station: the version it names, and the one that is offered to it."""

    entity_description: StationUpdateDescription

    @property
    def _offer(self) -> FirmwareOffer | None:
        return self.coordinator.data.firmware_offer

    @property
    @override
    def supported_features(self) -> UpdateEntityFeature:
        """Return what can be done: without an offer there is nothing to install."""
        features = UpdateEntityFeature.PROGRESS
        if self._offer is not None:
            features |= UpdateEntityFeature.INSTALL | UpdateEntityFeature.SPECIFIC_VERSION
        return features

    @property
    @override
    def installed_version(self) -> str | None:
        """Return the version the station names when it boots."""
        return self.coordinator.data.identity.firmware_version

    @property
    @override
    def latest_version(self) -> str | None:
        """Return the version that is offered."""
        return self.installed_version if self._offer is None else self._offer.version

    @override
    def version_is_newer(self, latest_version: str, installed_version: str) -> bool:
        """Tell that what is offered is to be installed, also where it is an older one."""
        return latest_version != installed_version

    @property
    @override
    def in_progress(self) -> bool:
        """Tell whether an installation runs, or waits for its time."""
        return self.coordinator.station.firmware.running is not None

    @property
    @override
    def update_percentage(self) -> int | None:
        """Return how far it has come, None where that is not known."""
        running = self.coordinator.station.firmware.running
        return None if running is None else running.percent

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Tell of the installation that runs, or of the last one."""
        update = self.coordinator.data.firmware_update
        if update is None:
            return {}
        return {
            "stage": update.stage.value,
            "failure": None if update.failure is None else update.failure.value,
            "failure_detail": update.detail,
            "station_status": update.status,
        }

    @override
    async def async_install(self, version: str | None, backup: bool, **kwargs: Any) -> None:
        """Have the station install what is offered; not while it charges."""
        offer = self._offer
        if version is not None and (offer is None or version != offer.version):
            raise invalid("firmware_not_offered", station=self.station_name, version=version)
        user_id = self._context.user_id if self._context is not None else None
        with translated_errors(self.station_name):
            await self.coordinator.station.firmware.install(by=user_id)
