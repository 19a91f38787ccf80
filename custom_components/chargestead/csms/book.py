"""The present state of one station: live inside, immutable snapshots outside."""

import asyncio
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
import logging
from types import MappingProxyType
from typing import Final, TypedDict, Unpack

from ..model.charging_needs import ChargingNeeds
from ..model.limit import ExternalLimit, Limit
from ..model.reading import NO_MEASUREMENTS, Measurements
from ..model.session import Session
from ..model.station import ConnectorFault, ConnectorState, ConnectorStatus, StationState

_LOGGER = logging.getLogger(__name__)

_FIELDS: Final = tuple(field.name for field in fields(ConnectorState))

type Listener = Callable[[StationState], None]


class ConnectorChanges(TypedDict, total=False):
    """The fields of a connector that may change."""

    status: ConnectorStatus | None
    status_at: datetime | None
    fault: ConnectorFault | None
    operative: bool
    measurements: Measurements
    register_mwh: int | None
    register_at: datetime | None
    session: Session | None
    last_session: Session | None
    limit: Limit | None
    external_limit: ExternalLimit | None
    needs: ChargingNeeds | None


class LiveConnector:
    """A connector as it is right now; its fields change under whoever holds it."""

    __slots__ = _FIELDS

    def __init__(self, connector_id: int) -> None:
        """Start blank."""
        self.connector_id = connector_id
        self.status: ConnectorStatus | None = None
        self.status_at: datetime | None = None
        self.fault: ConnectorFault | None = None
        self.operative = True
        self.measurements = NO_MEASUREMENTS
        self.register_mwh: int | None = None
        self.register_at: datetime | None = None
        self.session: Session | None = None
        self.last_session: Session | None = None
        self.limit: Limit | None = None
        self.external_limit: ExternalLimit | None = None
        self.needs: ChargingNeeds | None = None

    def snapshot(self) -> ConnectorState:
        """Return the connector as it is now, for keeps."""
        return ConnectorState(**{name: getattr(self, name) for name in _FIELDS})


class Book:
    """Holds the state, makes snapshots when someone looks, and tells listeners once per turn of the loop."""

    def __init__(self, state: StationState) -> None:
        """Start from a snapshot."""
        self.connectors: dict[int, LiveConnector] = {}
        self._state = state
        self._changes: dict[str, object] = {}
        self._dirty: set[int] = set()
        self._listeners: list[Listener] = []
        self._scheduled = False
        for connector in state.connectors.values():
            self.update_connector(
                connector.connector_id,
                **{name: getattr(connector, name) for name in _FIELDS[1:]},
            )

    @property
    def state(self) -> StationState:
        """Return the present snapshot."""
        if self._dirty:
            connectors = dict(self._state.connectors)
            for number in self._dirty:
                connectors[number] = self.connectors[number].snapshot()
            self._changes["connectors"] = MappingProxyType(dict(sorted(connectors.items())))
            self._dirty.clear()
        if self._changes:
            self._state = replace(self._state, **self._changes)  # type: ignore[arg-type]
            self._changes.clear()
        return self._state

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call a listener with each new snapshot; returns how to stop that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def connector(self, connector_id: int) -> LiveConnector:
        """Return a connector, a blank one where it is not known yet."""
        return self.connectors.get(connector_id) or LiveConnector(connector_id)

    def update(self, **changes: object) -> None:
        """Change fields of the station."""
        self._changes.update(changes)
        self._changed()

    def seen(self, at: datetime) -> None:
        """Take note that the station spoke; happens with every message."""
        self._changes["last_seen"] = at
        self._changed()

    def update_connector(self, connector_id: int, **changes: Unpack[ConnectorChanges]) -> None:
        """Change fields of a connector, which exists from then on."""
        connector = self.changing(connector_id)
        for name, value in changes.items():
            setattr(connector, name, value)

    def changing(self, connector_id: int) -> LiveConnector:
        """Return a connector some fields of which are changed right away; it exists from then on."""
        connector = self.connectors.get(connector_id)
        if connector is None:
            connector = self.connectors[connector_id] = LiveConnector(connector_id)
        self._dirty.add(connector_id)
        self._changed()
        return connector

    def _changed(self) -> None:
        if self._scheduled or not self._listeners:
            return
        self._scheduled = True
        asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._scheduled = False
        for listener in tuple(self._listeners):
            try:
                listener(self.state)
            except Exception:
                _LOGGER.exception("A listener of %s failed", self._state.station_id)
