"""A case on its stage: a house in Home Assistant, a simulated station, and the wire between them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.chargestead.const import CONF_TOKENS, DOMAIN, SUBENTRY_DRIVER
from tests.simulator import Car, Json, ManualClock, SimulatedStation
from tests.simulator.frames import ERROR
from tests.system.house import GARAGE, House, house_in

from .wire import Exchange, Step, exchanges, flaws, missing

CARD = "04AABBCC"
MOMENT_S = 2


@dataclass(kw_only=True)
class Scene:
    """What a case acts with and looks at; `errors` are the CALLERRORs the central system may have answered."""

    house: House
    station: SimulatedStation
    version: str = "1.6"
    errors: set[str] = field(default_factory=set)
    _mark: int = 0
    _events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def hass(self) -> HomeAssistant:
        """Return Home Assistant."""
        return self.house.hass

    # What is done

    async def ask(self, action: str, *, connector: int | None = None, **fields: object) -> Json:
        """Perform an action on the station's device, or that of a connector; return its response."""
        response = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": self.device_id(connector), **fields},
            blocking=True,
            return_response=True,
        )
        await self.moment()
        assert isinstance(response, dict)
        return dict(response)

    async def is_refused(
        self, action: str, *, connector: int | None = None, **fields: object
    ) -> dict[str, str]:
        """Perform an action that the station refuses; return what the person is told of it."""
        with pytest.raises(HomeAssistantError) as refusal:
            await self.ask(action, connector=connector, **fields)
        error = refusal.value
        assert error.translation_domain == DOMAIN
        await self.moment()
        return {"error": str(error.translation_key), **(error.translation_placeholders or {})}

    async def press(self, key: str, connector: int = 0) -> None:
        """Press a button of the station (0) or of a connector."""
        await self._act("button", "press", key, connector)

    async def turn(self, key: str, connector: int = 1, *, on: bool) -> None:
        """Turn a switch of the station (0) or of a connector."""
        await self._act("switch", "turn_on" if on else "turn_off", key, connector)

    async def _act(self, platform: str, action: str, key: str, connector: int) -> None:
        target = {"entity_id": self.house.entity_id(platform, key, connector)}
        await self.hass.services.async_call(platform, action, target, blocking=True)
        await self.moment()

    async def register(self, name: str, *tokens: Mapping[str, object]) -> None:
        """Set up a driver with tokens, as the form writes them."""
        self.hass.config_entries.async_add_subentry(
            self.house.entry,
            ConfigSubentry(
                data=MappingProxyType({CONF_TOKENS: [dict(token) for token in tokens]}),
                subentry_type=SUBENTRY_DRIVER,
                title=name,
                unique_id=None,
            ),
        )
        await self.hass.async_block_till_done()
        await self.moment()

    async def moment(self, seconds: float = MOMENT_S) -> None:
        """Let a moment pass, in which everybody says what there is to say."""
        await self.house.pass_time(seconds)

    async def charge(self, connector: int = 1, card: str = CARD) -> Any:  # noqa: ANN401
        """Have a vehicle charge; return the id of the transaction: a number in 1.6, else a text."""
        self.station.plug_in(connector, Car(capacity_kwh=60, soc=30))
        self.station.present_card(connector, card)
        await self.moment()
        transaction = self.station.connector(connector).transaction
        assert transaction is not None
        assert transaction.id is not None
        return transaction.id

    # What is seen

    def from_here(self) -> None:
        """Look only at what comes from now on."""
        self._mark = self.station.frames.total
        self._events.clear()

    @property
    def exchanges(self) -> list[Exchange]:
        """Return what went over the wire."""
        return [item for item in exchanges(self.station.frames) if item.number >= self._mark]

    def went(self, *steps: Step) -> None:
        """Prove that these calls were made and answered, in this order, whatever else was said between them."""
        step = missing(steps, self.exchanges)
        assert step is None, f"{step} is missing in\n{self.station.frames.transcript()}"

    def never(self, action: str) -> None:
        """Prove that a message was not sent by either side."""
        assert action not in {item.action for item in self.exchanges}

    def calls(self, action: str) -> list[Exchange]:
        """Return all exchanges of one message."""
        return [item for item in self.exchanges if item.action == action]

    def shows(self, key: str, connector: int = 1, *, platform: str = "sensor") -> str:
        """Return what an entity shows."""
        return self.house.state(key, connector, platform=platform)

    def events(self, key: str, *kinds: str) -> list[dict[str, Any]]:
        """Return what an event entity told, the kinds named or all of them."""
        return [
            event
            for event in self._events
            if event["key"] == key and (not kinds or event["event_type"] in kinds)
        ]

    def device_id(self, connector: int | None = None) -> str:
        """Return the id of the device of the station or of a connector."""
        devices = dr.async_get(self.hass)
        entry_id = self.house.entry.entry_id
        device: dr.AnyDeviceEntry | None
        if connector is None:
            device = devices.async_get_device_by_identifier((DOMAIN, GARAGE), entry_id)
        else:
            device = devices.async_get_child_device_by_identifier(
                (DOMAIN, f"{GARAGE}/{connector}"), entry_id
            )
        assert device is not None
        return device.id

    # Bookkeeping

    @callback
    def note(self, event: Event[EventStateChangedData]) -> None:
        """Keep what event entities tell."""
        state = event.data["new_state"]
        if state is None or not state.entity_id.startswith("event."):
            return
        for key, connector in (("station", 0), ("card", 0), ("session", 1)):
            if state.entity_id == self._entity_id(key, connector) and state.state != "unavailable":
                self._events.append({"key": key, **state.attributes})

    def _entity_id(self, key: str, connector: int) -> str | None:
        try:
            return self.house.entity_id("event", key, connector)
        except AssertionError:
            return None

    def prove_form(self) -> None:
        """Prove that all the central system said is valid by the schemas, and that it answered every call."""
        ours = [frame for frame in self.station.frames if not frame.sent]
        assert [flaw for frame in ours for flaw in flaws(self.version, frame)] == []
        refused = {frame.payload["code"] for frame in ours if frame.kind == ERROR}
        assert refused == self.errors
        unanswered = [
            item for item in exchanges(self.station.frames) if item.sent and item.answer is None
        ]
        assert [item for item in unanswered if item.error not in self.errors] == []


@asynccontextmanager
async def scene_in(
    hass: HomeAssistant,
    clock: ManualClock,
    *,
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    server: Mapping[str, Any] | None = None,
    switched_on: bool = True,
    **simulated: Any,  # noqa: ANN401
) -> AsyncIterator[Scene]:
    """Set the stage: `options` of the entry, `settings` of the station, `server` of the port.

    Everything else describes the simulated station, which is switched on and got to know.
    """
    async with house_in(
        hass,
        clock,
        port=0,
        stations={GARAGE: settings or {}},
        data=server or {},
        options=options or {},
    ) as house:
        station = house.simulated(**simulated)
        scene = Scene(house=house, station=station, version=simulated.get("version", "1.6"))
        unsubscribe = hass.bus.async_listen("state_changed", scene.note)
        try:
            if switched_on:
                await station.start()
                await scene.moment(20)
            yield scene
        finally:
            unsubscribe()
            station.reservations.clear()
            await station.stop()
        scene.prove_form()
