"""What is learned of the stations, kept in Home Assistant's storage."""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .model.ports import StationMemory

_VERSION: Final = 1
_DELAY_S: Final = 10

type _Content = dict[str, dict[str, object]]


class StoredMemory(StationMemory):
    """Small things about stations; written soon, and at the latest when Home Assistant stops."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Use the integration's own file."""
        self._store: Store[_Content] = Store(hass, _VERSION, f"{DOMAIN}.stations", private=True)
        self._content: _Content = {}

    async def async_load(self) -> None:
        """Read the file; one that is missing means that nothing is known."""
        self._content = await self._store.async_load() or {}

    async def async_flush(self) -> None:
        """Write what waits to be written."""
        await self._store.async_save(self._content)

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()

    @override
    def load(self, station_id: str) -> Mapping[str, object]:
        return self._content.get(station_id, {})

    @override
    def save(self, station_id: str, content: Mapping[str, object]) -> None:
        self._content[station_id] = dict(content)
        self._store.async_delay_save(lambda: self._content, _DELAY_S)

    def forget(self, station_id: str) -> None:
        """Forget a station."""
        if self._content.pop(station_id, None) is not None:
            self._store.async_delay_save(lambda: self._content, _DELAY_S)
