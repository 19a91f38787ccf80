"""Which price sources there have been, so that a session can be priced by one its tariff no longer names."""

from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .price_source import PriceSourceConfig
from .tariff_config import source_id

_VERSION: Final = 1
_DELAY_S: Final = 10


class PriceMemory:
    """The price sources that tariffs have named, by their names in the ledger."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Use a file of its own."""
        self._store: Store[dict[str, dict[str, Any]]] = Store(
            hass, _VERSION, f"{DOMAIN}.price_sources", private=True
        )
        self._configs: dict[str, dict[str, Any]] = {}

    async def async_load(self) -> None:
        """Read the file; one that is missing means that there were none."""
        self._configs = await self._store.async_load() or {}

    async def async_flush(self) -> None:
        """Write what waits to be written."""
        await self._store.async_save(self._configs)

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()

    @callback
    def remember(self, config: PriceSourceConfig) -> None:
        """Remember a source."""
        name = source_id(config)
        if name not in self._configs:
            self._configs[name] = config.as_dict()
            self._store.async_delay_save(lambda: self._configs, _DELAY_S)

    def get(self, name: str) -> PriceSourceConfig | None:
        """Return the source of a name, None where there was none."""
        config = self._configs.get(name)
        return None if config is None else PriceSourceConfig.from_dict(config)
