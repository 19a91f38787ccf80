"""The people who charge, brought to the site and kept up to date while the entry stays loaded."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .model.driver import Driver, folded
from .model.events import CardPresented, Event, SessionEnded, SessionStarted
from .model.session import Session
from .site import Site

_VERSION: Final = 1
_DELAY_S: Final = 10


class DriverMemory:
    """Names of drivers, those who left included, and cards nobody registered, in Home Assistant's storage."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Use a file of its own."""
        self.content: dict[str, Any] = {}
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.drivers", private=True
        )

    async def async_load(self) -> None:
        """Read the file; one that is missing means that there was nobody."""
        self.content = await self._store.async_load() or {}

    async def async_flush(self) -> None:
        """Write what waits to be written."""
        await self._store.async_save(self.content)

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()

    @callback
    def keep(self, **content: object) -> None:
        """Keep something under its name, and write it soon."""
        if any(self.content.get(name) != item for name, item in content.items()):
            self.content |= content
            self._store.async_delay_save(lambda: self.content, _DELAY_S)


class HouseDrivers:
    """Knows drivers by id and by name, those who left by the name they had."""

    def __init__(self, hass: HomeAssistant, site: Site) -> None:
        """Do nothing before `async_start`."""
        self.memory = DriverMemory(hass)
        self._site = site

    async def async_start(self) -> None:
        """Take up what is remembered."""
        await self.memory.async_load()
        cards = self._site.cards
        cards.restore(self.memory.content.get("cards"))
        cards.on_change = lambda: self.memory.keep(cards=cards.as_list())
        self.async_update()

    @callback
    def async_update(self) -> None:
        """Take note of names."""
        names = {driver.driver_id: driver.name for driver in self._site.config.drivers}
        self.memory.keep(names={**self.names, **names})

    async def async_stop(self) -> None:
        """Write what is remembered."""
        self._site.cards.on_change = None
        await self.memory.async_flush()

    @property
    def names(self) -> Mapping[str, str]:
        """Return what drivers are or were called, by id."""
        known: dict[str, str] = self.memory.content.get("names", {})
        return known

    def name(self, driver_id: str | None) -> str | None:
        """Return what a driver is, or was, called; what was assigned by hand may be a name itself."""
        return None if driver_id is None else self.names.get(driver_id, driver_id)

    def find(self, text: str) -> Driver | None:
        """Return a driver by id or by name."""
        for driver in self._site.config.drivers:
            if text == driver.driver_id or folded(text) == folded(driver.name):
                return driver
        return None

    def id_of(self, text: str | None) -> str | None:
        """Return the id of a driver known by id or name; whatever else there is stands for itself."""
        driver = self.find(text) if text else None
        return driver.driver_id if driver else text

    def of_session(self, session: Session) -> str | None:
        """Return the name of the driver of a session."""
        return self.name(self._site.drivers.driver_id(session))

    def attributes(self, event: Event) -> dict[str, str | None]:
        """Return who an event is about, where it is about somebody."""
        match event:
            case CardPresented(driver_id=driver_id):
                return {"driver": self.name(driver_id)}
            case SessionStarted(session=session) | SessionEnded(session=session):
                return {"driver": self.of_session(session)}
            case _:
                return {}

    def diagnostics(self) -> dict[str, int]:
        """Return how many there are, and nothing about any of them."""
        drivers = self._site.config.drivers
        tokens = [token for driver in drivers for token in driver.tokens]
        return {
            "drivers": len(drivers),
            "tokens": len(tokens),
            "blocked": sum(token.blocked for token in tokens),
            "expiring": sum(token.expires_at is not None for token in tokens),
            "groups": len({token.group for token in tokens if token.group}),
            "remembered_cards": len(self._site.cards.seen),
            "lookups_failed": self._site.drivers.failed,
        }
