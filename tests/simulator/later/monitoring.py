"""What a station of 2.x watches of itself, and the events it tells of (OCPP 2.0.1 part 2, functional block N)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ..clock import TimerHandle
from ..handlers.common import optional, required, status
from ..link import CallError, Reply
from ..outbox import Entry
from ..schedule import Json

if TYPE_CHECKING:
    from ..station import SimulatedStation

HARD_WIRED: Final = "HardWiredMonitor"
CUSTOM: Final = "CustomMonitor"
PROBLEM: Final = "Problem"
THRESHOLDS: Final = frozenset({"UpperThreshold", "LowerThreshold"})
PERIODIC: Final = frozenset({"Periodic", "PeriodicClockAligned"})
TARGETS: Final = frozenset({"TargetDelta", "TargetDeltaRelative"})
TYPES: Final = frozenset({*THRESHOLDS, *PERIODIC, "Delta"})
CRITERIA: Final = {
    "ThresholdMonitoring": THRESHOLDS,
    "DeltaMonitoring": frozenset({"Delta"}),
    "PeriodicMonitoring": PERIODIC,
}
SEVEREST_HARD_WIRED: Final = 1
LEAST_SEVERE: Final = 9
MONITORS_PER_PART: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A variable of a component."""

    component: str
    variable: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable_instance: str | None = None

    @classmethod
    def of(cls, data: Json) -> Place:
        """Return what a request is about."""
        component, variable = data["component"], data["variable"]
        evse = component.get("evse") or {}
        return cls(
            component=component["name"],
            instance=component.get("instance"),
            evse=evse.get("id"),
            connector=evse.get("connectorId"),
            variable=variable["name"],
            variable_instance=variable.get("instance"),
        )

    def wire(self) -> Json:
        """Return component and variable as they are written."""
        component: Json = {"name": self.component}
        variable: Json = {"name": self.variable}
        if self.instance is not None:
            component["instance"] = self.instance
        if self.evse is not None:
            component["evse"] = {"id": self.evse}
            if self.connector is not None:
                component["evse"]["connectorId"] = self.connector
        if self.variable_instance is not None:
            variable["instance"] = self.variable_instance
        return {"component": component, "variable": variable}


@dataclass(slots=True)
class Monitor:
    """A monitor and what it has told of; `reference` is the value it last told, or was set at."""

    id: int
    place: Place
    type: str
    value: float
    severity: int
    kind: str
    transaction: bool = False
    reference: str = ""
    triggered: bool = False
    timer: TimerHandle | None = None


class Monitoring:
    """The values that can be watched, and the monitors on them."""

    def __init__(self, station: SimulatedStation, *, later: bool) -> None:
        """Begin with problems watched by hard wire; `later` tells that 2.1 is spoken."""
        self.level = LEAST_SEVERE
        self.values: dict[Place, str] = {}
        self.targets: dict[Place, float] = {}
        self.monitors: dict[int, Monitor] = {}
        self._station = station
        self._later = later
        self._events = 0
        self._last_id = 0

    def begin(self, connectors: int) -> None:
        """Have the components that every station has."""
        places = [
            Place(component="ChargingStation", variable=PROBLEM),
            Place(component="TokenReader", variable=PROBLEM),
        ]
        for number in range(1, connectors + 1):
            places += [
                Place(component="EVSE", evse=number, variable=PROBLEM),
                Place(component="PowerContactor", evse=number, variable=PROBLEM),
                Place(component="Connector", evse=number, connector=1, variable=PROBLEM),
                Place(
                    component="ConnectorPlugRetentionLock",
                    evse=number,
                    connector=1,
                    variable=PROBLEM,
                ),
            ]
            self.values[Place(component="EVSE", evse=number, variable="Temperature")] = "21.0"
            self.values[Place(component="EVSE", evse=number, variable="Power")] = "0"
        for place in places:
            self.values[place] = "false"
            self._add(place, "Delta", 1, SEVEREST_HARD_WIRED, HARD_WIRED)

    def _add(self, place: Place, kind: str, value: float, severity: int, origin: str) -> Monitor:
        self._last_id += 1
        monitor = Monitor(
            self._last_id, place, kind, value, severity, origin, reference=self.values[place]
        )
        self.monitors[monitor.id] = monitor
        return monitor

    # Values

    def change(self, place: Place, value: str, *, code: str | None, info: str | None) -> None:
        """Give a variable another value; who watches it may have something to tell."""
        self.values[place] = value
        for monitor in tuple(self.monitors.values()):
            if monitor.place == place:
                self._judge(monitor, code, info)

    def _judge(self, monitor: Monitor, code: str | None = None, info: str | None = None) -> None:
        value = self.values[monitor.place]
        if monitor.kind == HARD_WIRED:
            if value != monitor.reference:
                monitor.reference = value
                self._tell(monitor, "Alerting", cleared=value == "false", code=code, info=info)
        elif monitor.type == "Delta":
            if _differs(monitor, value):
                monitor.reference = value
                self._tell(monitor, "Delta", code=code, info=info)
        elif monitor.type not in PERIODIC:
            beyond = self._is_beyond(monitor, float(value))
            if beyond != monitor.triggered:
                monitor.triggered = beyond
                self._tell(monitor, "Alerting", cleared=not beyond, code=code, info=info)

    def _is_beyond(self, monitor: Monitor, value: float) -> bool:
        if monitor.type == "UpperThreshold":
            return value > monitor.value
        if monitor.type == "LowerThreshold":
            return value < monitor.value
        target = self.targets.get(monitor.place, 0.0)
        share = abs(target) if monitor.type == "TargetDeltaRelative" else 1.0
        return abs(value - target) > monitor.value * share

    def _tell(
        self,
        monitor: Monitor,
        trigger: str,
        *,
        cleared: bool | None = None,
        code: str | None = None,
        info: str | None = None,
    ) -> None:
        if monitor.severity > self.level:
            return
        more: Json = {"variableMonitoringId": monitor.id}
        if cleared is not None:
            more["cleared"] = cleared
        if monitor.transaction and (transaction := self._transaction(monitor.place)):
            more["transactionId"] = transaction
        if code is not None:
            more["techCode"] = code
        if info is not None:
            more["techInfo"] = info
        if self._later:
            more["severity"] = monitor.severity
        self.event(monitor.place, self.values[monitor.place], trigger, monitor.kind, more)

    def _transaction(self, place: Place) -> str | None:
        for connector in self._station.connectors:
            if connector.id == place.evse and connector.transaction is not None:
                return str(connector.transaction.id)
        return None

    def event(self, place: Place, value: str, trigger: str, kind: str, more: Json) -> None:
        """Tell of an event, now or when there is a connection again (N07.FR.04)."""
        self._events += 1
        stamp = self._station.times.stamp_always()
        data: Json = {
            "eventId": self._events,
            "timestamp": stamp,
            "trigger": trigger,
            "actualValue": value,
            "eventNotificationType": kind,
            **place.wire(),
            **more,
        }
        payload: Json = {"generatedAt": stamp, "seqNo": 0, "eventData": [data]}
        self._station.outbox.put(Entry("NotifyEvent", payload, None))

    # Requests

    def set_base(self, payload: Json) -> Reply:
        """Answer SetMonitoringBase (N03); there are no preconfigured monitors."""
        base = required(payload, "monitoringBase", str)
        if base not in {"All", "FactoryDefault", "HardWiredOnly"}:
            raise CallError("PropertyConstraintViolation", base)
        if base != "All":
            for monitor in tuple(self.monitors.values()):
                if monitor.kind == CUSTOM:
                    self._remove(monitor)
        return status("Accepted")

    def set_level(self, payload: Json) -> Reply:
        """Answer SetMonitoringLevel (N05)."""
        severity = required(payload, "severity", int)
        if not 0 <= severity <= LEAST_SEVERE:
            return status("Rejected")
        self.level = severity
        return status("Accepted")

    def set_monitors(self, payload: Json) -> Reply:
        """Answer SetVariableMonitoring (N04)."""
        results = [self._set(data) for data in required(payload, "setMonitoringData", list)]
        return Reply({"setMonitoringResult": results})

    def _set(self, data: Json) -> Json:
        place, kind = Place.of(data), required(data, "type", str)
        outcome, present = self._outcome(data, place, kind)
        result: Json = {
            "status": outcome,
            "type": kind,
            "severity": data["severity"],
            "component": data["component"],
            "variable": data["variable"],
        }
        if outcome != "Accepted":
            return result
        if present is not None:
            self._remove(present)
        monitor = self._add(place, kind, data["value"], data["severity"], CUSTOM)
        if present is not None:
            del self.monitors[monitor.id]
            monitor.id = present.id
            self.monitors[monitor.id] = monitor
        monitor.transaction = data.get("transaction", False)
        self._wait(monitor)
        self._judge(monitor)
        return result | {"id": monitor.id}

    def _outcome(self, data: Json, place: Place, kind: str) -> tuple[str, Monitor | None]:
        if place not in self.values:
            known = any(other.component == place.component for other in self.values)
            return ("UnknownVariable" if known else "UnknownComponent"), None
        if kind not in (TYPES | TARGETS if self._later else TYPES):
            raise CallError("PropertyConstraintViolation", kind)
        if kind in THRESHOLDS | TARGETS and not _is_number(self.values[place]):
            return "UnsupportedMonitorType", None
        number = optional(data, "id", int)
        present = None if number is None else self.monitors.get(number)
        if number is not None and (
            present is None or present.place != place or present.kind == HARD_WIRED
        ):
            return "Rejected", None
        if kind == "Delta" and data["value"] < 0:
            return "Rejected", None
        for other in self.monitors.values():
            same = (other.place, other.type, other.severity) == (place, kind, data["severity"])
            if same and other.id != number and other.kind == CUSTOM:
                return "Duplicate", None
        return "Accepted", present

    def _wait(self, monitor: Monitor) -> None:
        """Have a periodic monitor tell when it is time (N08)."""
        if monitor.type not in PERIODIC:
            return
        delay = monitor.value
        if monitor.type == "PeriodicClockAligned":
            delay -= self._station.clock.now().timestamp() % monitor.value

        def due() -> None:
            self._tell(monitor, "Periodic")
            self._wait(monitor)

        monitor.timer = self._station.clock.call_later(delay, due)

    def _remove(self, monitor: Monitor) -> None:
        del self.monitors[monitor.id]
        if monitor.timer is not None:
            monitor.timer.cancel()

    def stop(self) -> None:
        """Wait for nothing any more."""
        for monitor in self.monitors.values():
            if monitor.timer is not None:
                monitor.timer.cancel()

    def clear(self, payload: Json) -> Reply:
        """Answer ClearVariableMonitoring (N06)."""
        results = []
        for number in required(payload, "id", list):
            monitor = self.monitors.get(number)
            outcome = "NotFound"
            if monitor is not None:
                outcome = "Rejected" if monitor.kind == HARD_WIRED else "Accepted"
            if monitor is not None and outcome == "Accepted":
                self._remove(monitor)
            results.append({"id": number, "status": outcome})
        return Reply({"clearMonitoringResult": results})

    def report(self, payload: Json) -> Reply:
        """Answer GetMonitoringReport (N02); the parts follow one by one."""
        request_id = required(payload, "requestId", int)
        criteria = optional(payload, "monitoringCriteria", list)
        types = None if criteria is None else {t for name in criteria for t in CRITERIA[name]}
        wanted = optional(payload, "componentVariable", list)
        entries = [
            {**monitor.place.wire(), "variableMonitoring": [self._entry(monitor)]}
            for monitor in self.monitors.values()
            if (types is None or monitor.type in types)
            and (wanted is None or any(matches(item, monitor.place) for item in wanted))
        ]
        if not entries:
            return status("EmptyResultSet")
        told = self._report(request_id, entries)
        return Reply({"status": "Accepted"}, lambda: self._station.go(told))

    async def _report(self, request_id: int, entries: list[Json]) -> None:
        for number, start in enumerate(range(0, len(entries), MONITORS_PER_PART)):
            payload: Json = {
                "requestId": request_id,
                "generatedAt": self._station.times.stamp_always(),
                "seqNo": number,
                "tbc": start + MONITORS_PER_PART < len(entries),
                "monitor": entries[start : start + MONITORS_PER_PART],
            }
            await self._station.tell("NotifyMonitoringReport", payload)

    def _entry(self, monitor: Monitor) -> Json:
        entry: Json = {
            "id": monitor.id,
            "transaction": monitor.transaction,
            "value": monitor.value,
            "type": monitor.type,
            "severity": monitor.severity,
        }
        return entry | ({"eventNotificationType": monitor.kind} if self._later else {})


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _differs(monitor: Monitor, value: str) -> bool:
    if _is_number(value) and _is_number(monitor.reference):
        return abs(float(value) - float(monitor.reference)) > monitor.value
    return value != monitor.reference


def matches(item: Json, place: Place) -> bool:
    """Tell whether a place is meant, what is left out standing for all (N02.FR.16 to 21)."""
    meant = Place.of({"variable": {"name": place.variable}, **item})
    if "instance" not in item.get("variable", {}):
        meant = replace(meant, variable_instance=place.variable_instance)
    if meant.instance is None:
        meant = replace(meant, instance=place.instance)
    if meant.evse is None:
        meant = replace(meant, evse=place.evse)
    if meant.connector is None:
        meant = replace(meant, connector=place.connector)
    return meant == place


def places(monitoring: Monitoring) -> Iterator[Json]:
    """Give what is watched as entries of a report."""
    for place, value in monitoring.values.items():
        yield {
            **place.wire(),
            "variableAttribute": [{"type": "Actual", "mutability": "ReadOnly", "value": value}],
            "variableCharacteristics": {
                "dataType": "decimal" if _is_number(value) else "boolean",
                "supportsMonitoring": True,
            },
        }
