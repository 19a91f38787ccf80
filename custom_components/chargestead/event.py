"""Events of charging stations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later

from .coordinator import ChargesteadConfigEntry
from .entity import (
    ChargesteadEntityDescription,
    ConnectorEntity,
    ConnectorEntityDescription,
    StationEntity,
    async_setup_entities,
)
from .home import async_setup_home_entities
from .model.events import (
    CardPresented,
    CostChanged,
    Event,
    FaultClosed,
    FaultNoticed,
    FirmwareProgress,
    LogProgress,
    LogReceived,
    PriceChanged,
    ReservationChanged,
    SecurityEvent,
    SessionEnded,
    SessionStarted,
    StationBooted,
)
from .model.money import Cost
from .upkeep_event import MAINTENANCE, MaintenanceEvent
from .wording import (
    cost_attributes,
    fault_attributes,
    reservation_attributes,
    session_attributes,
    snake_case,
)

PARALLEL_UPDATES = 0

_LONGEST_RATING_S: Final = 5

type Occurrence = tuple[str, dict[str, object]]


@dataclass(frozen=True, kw_only=True)
class StationEventDescription(ChargesteadEntityDescription, EventEntityDescription):
    """Describe the events of a station; what happened stays true while it is away."""

    kept: bool = True
    occurrence_fn: Callable[[Event], Occurrence | None]


@dataclass(frozen=True, kw_only=True)
class ConnectorEventDescription(ConnectorEntityDescription, EventEntityDescription):
    """Describe the events of a connector; what happened stays true while it is away."""

    kept: bool = True
    occurrence_fn: Callable[[Event, int], Occurrence | None]


def _session(event: Event, connector_id: int) -> Occurrence | None:
    match event:
        case SessionStarted(session=session, replayed=False):
            kind = "started"
        case SessionEnded(session=session, replayed=False):
            kind = "stopped"
        case PriceChanged(session_id=session_id, price=price, currency=currency):
            told = {"session_id": session_id, "price": float(price), "currency": currency}
            return ("updated_price", told) if event.connector_id == connector_id else None
        case _:
            return None
    return (kind, session_attributes(session)) if session.connector_id == connector_id else None


def _card(event: Event) -> Occurrence | None:
    match event:
        case CardPresented(replayed=False):
            kind = "accepted" if event.accepted else "rejected"
            return "learned" if event.learned else kind, {
                "id_token": event.id_token,
                "connector_id": event.connector_id,
            }
        case _:
            return None


def _station(event: Event) -> Occurrence | None:
    match event:
        case StationBooted(identity=identity, reason=reason):
            return "booted", {"reason": reason, "firmware_version": identity.firmware_version}
        case FaultNoticed(fault=fault):
            return "fault", fault_attributes(fault)
        case FaultClosed(fault=fault):
            return "fault_cleared", fault_attributes(fault)
        case SecurityEvent(kind=kind, detail=detail):
            return "security", {"kind": kind, "detail": detail}
        case _:
            return _progress(event)


def _progress(event: Event) -> Occurrence | None:
    match event:
        case FirmwareProgress(status=status, request_id=request_id):
            return "firmware", {"status": snake_case(status), "request_id": request_id}
        case LogProgress(status=status, request_id=request_id):
            return "log", {"status": snake_case(status), "request_id": request_id}
        case LogReceived(kind=kind, name=name, size=size, request_id=request_id):
            return "log_received", {
                "kind": kind,
                "name": name,
                "size": size,
                "request_id": request_id,
            }
        case ReservationChanged(reservation=reservation, replayed=False):
            return "reservation", reservation_attributes(reservation)
        case _:
            return None


STATION_DESCRIPTIONS: tuple[StationEventDescription, ...] = (
    StationEventDescription(
        key="card",
        translation_key="card",
        event_types=["accepted", "rejected", "learned"],
        occurrence_fn=_card,
    ),
    StationEventDescription(
        key="station",
        translation_key="station",
        event_types=[
            "booted",
            "fault",
            "fault_cleared",
            "security",
            "firmware",
            "log",
            "log_received",
            "reservation",
        ],
        occurrence_fn=_station,
    ),
)

CONNECTOR_DESCRIPTIONS: tuple[ConnectorEventDescription, ...] = (
    ConnectorEventDescription(
        key="session",
        translation_key="session",
        event_types=["started", "stopped", "updated_price"],
        occurrence_fn=_session,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the events of all stations, and of the house."""
    async_setup_entities(
        entry,
        async_add_entities,
        Platform.EVENT,
        station_fn=lambda coordinator: [
            StationEvent(coordinator, description) for description in STATION_DESCRIPTIONS
        ],
        connector_fn=lambda coordinator, connector_id: [
            ConnectorEvent(coordinator, description, connector_id)
            for description in CONNECTOR_DESCRIPTIONS
        ],
    )
    async_setup_home_entities(
        hass, entry, async_add_entities, Platform.EVENT, [MaintenanceEvent(entry, MAINTENANCE)]
    )


class ChargesteadEvent(StationEntity, EventEntity):
    """Reports what happens, as it happens."""

    entity_description: StationEventDescription | ConnectorEventDescription

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the site."""
        await super().async_added_to_hass()
        site = self.coordinator.config_entry.runtime_data.site
        self.async_on_remove(site.subscribe(self._async_handle_event))

    @callback
    def _async_handle_event(self, event: Event) -> None:
        if event.station_id != self.coordinator.data.station_id:
            return
        occurrence = self._occurrence(event)
        if occurrence is not None:
            self._tell(event, *occurrence)

    @callback
    def _tell(self, event: Event, kind: str, attributes: Mapping[str, object]) -> None:
        # The station's own time: it may have taken a while to get here.
        drivers = self.coordinator.config_entry.runtime_data.drivers
        self._trigger_event(
            kind, {"at": event.at.isoformat(), **attributes, **drivers.attributes(event)}
        )
        self.async_write_ha_state()

    def _occurrence(self, event: Event) -> Occurrence | None:
        raise NotImplementedError


class StationEvent(ChargesteadEvent):
    """Reports what happens at a station."""

    entity_description: StationEventDescription

    @override
    def _occurrence(self, event: Event) -> Occurrence | None:
        return self.entity_description.occurrence_fn(event)


class ConnectorEvent(ConnectorEntity, ChargesteadEvent):
    """Reports what happens at a connector; the end of a session together with what it cost."""

    entity_description: ConnectorEventDescription
    _ended: SessionEnded | None = None
    _give_up: CALLBACK_TYPE | None = None

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Tell what was still to be told."""
        self._tell_end()
        await super().async_will_remove_from_hass()

    @callback
    @override
    def _async_handle_event(self, event: Event) -> None:
        ended = self._ended
        match event:
            case CostChanged(ended=True) if ended and event.session_id == ended.session.id:
                self._tell_end(event.cost)
            case SessionStarted(session=session) if session.connector_id == self.connector_id:
                self._tell_end()
                super()._async_handle_event(event)
            case SessionEnded() if self._is_priced(event):
                self._tell_end()
                self._ended = event
                self._give_up = async_call_later(self.hass, _LONGEST_RATING_S, self._tell_end_late)
            case _:
                super()._async_handle_event(event)

    def _is_priced(self, event: SessionEnded) -> bool:
        """Tell whether news of an end is soon followed by its cost."""
        costing = self.coordinator.config_entry.runtime_data.site.costing
        return self._occurrence(event) is not None and costing.is_running(event.session)

    @callback
    def _tell_end_late(self, _now: datetime) -> None:
        self._give_up = None
        self._tell_end()

    @callback
    def _tell_end(self, cost: Cost | None = None) -> None:
        """Tell of the end that waits for its cost, if one does."""
        if self._give_up is not None:
            self._give_up()
            self._give_up = None
        ended, self._ended = self._ended, None
        occurrence = self._occurrence(ended) if ended is not None else None
        if ended is not None and occurrence is not None:
            kind, attributes = occurrence
            self._tell(ended, kind, {**attributes, **(cost_attributes(cost) if cost else {})})

    @override
    def _occurrence(self, event: Event) -> Occurrence | None:
        return self.entity_description.occurrence_fn(event, self.connector_id)
