"""Whether the meters of a station can be believed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from ...model.clock import Clock, Timer
from ...model.fault import FaultKind
from ...model.reading import Measurements
from ...model.station import ConnectorState, ConnectorStatus

_LOOK_S: Final = 300
_SILENT_S: Final = 1200
_GAPS: Final = 3
_LONGEST_GAP_S: Final = 300
_STUCK_WH: Final = 2000
_FALL: Final = "register_fall"
_JUMP: Final = "register_jump"


class Teller(Protocol):
    """Says what is wrong and what is not."""

    def wrong(self, kind: FaultKind, connector_id: int = 0, info: str | None = None) -> None:
        """Report a fault."""

    def right(self, kind: FaultKind, connector_id: int = 0) -> None:
        """End a fault."""


@dataclass(slots=True)
class _Meter:
    """What is known of one connector's meter; times are seconds of the clock."""

    charging: bool = False
    heard_s: float = 0
    gap_s: float = 0
    measurements: Measurements | None = None
    register_mwh: int | None = None
    counted_wh: float = 0


class MeterWatch:
    """Notices meters that fall silent, stand still or count nonsense while a vehicle charges."""

    def __init__(self, teller: Teller, clock: Clock, count: Callable[[str], int]) -> None:
        """Watch nothing yet."""
        self._teller = teller
        self._clock = clock
        self._count = count
        self._meters: dict[int, _Meter] = {}
        self._odd = self._nonsense()
        self._timer: Timer | None = None

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def observe(self, connector: ConnectorState, *, connected: bool) -> None:
        """Take a connector that changed."""
        meter = self._meters.setdefault(connector.connector_id, _Meter())
        now_s = self._clock.monotonic()
        charging = (
            connected
            and connector.session is not None
            and connector.status is ConnectorStatus.CHARGING
        )
        if charging and not meter.charging:
            meter.heard_s, meter.counted_wh = now_s, 0
            meter.measurements = connector.measurements
            if self._timer is None:
                self._timer = self._clock.call_later(_LOOK_S, self._look)
        meter.charging = charging
        if connector.register_mwh != meter.register_mwh:
            moved = meter.register_mwh is not None
            meter.register_mwh = connector.register_mwh
            meter.counted_wh = 0
            self._heard(connector.connector_id, meter, now_s)
            if moved:
                self._teller.right(FaultKind.METER_STUCK, connector.connector_id)
        measurements = connector.measurements
        if measurements is not meter.measurements:
            meter.measurements = measurements
            if measurements.power_w is not None:
                if charging:
                    seconds = min(now_s - meter.heard_s, _LONGEST_GAP_S)
                    meter.counted_wh += measurements.power_w * seconds / 3600
                self._heard(connector.connector_id, meter, now_s)
        if meter.counted_wh > _STUCK_WH and meter.register_mwh is not None:
            meter.counted_wh = 0
            self._teller.wrong(FaultKind.METER_STUCK, connector.connector_id)

    def counted(self) -> None:
        """Take that readings came, some of which may have been nonsense."""
        odd = self._nonsense()
        if odd != self._odd:
            self._odd = odd
            self._teller.wrong(FaultKind.METER_ERRATIC)

    def _nonsense(self) -> int:
        return self._count(_FALL) + self._count(_JUMP)

    def _heard(self, connector_id: int, meter: _Meter, now_s: float) -> None:
        if meter.charging:
            meter.gap_s = max(meter.gap_s, now_s - meter.heard_s)
        meter.heard_s = now_s
        self._teller.right(FaultKind.METER_SILENT, connector_id)

    def _look(self) -> None:
        """Look whether anything was heard; a station that reports rarely is given more time."""
        self._timer = None
        self.counted()
        now_s = self._clock.monotonic()
        for connector_id, meter in self._meters.items():
            if meter.charging and now_s - meter.heard_s > max(_SILENT_S, _GAPS * meter.gap_s):
                self._teller.wrong(FaultKind.METER_SILENT, connector_id)
        if any(meter.charging for meter in self._meters.values()):
            self._timer = self._clock.call_later(_LOOK_S, self._look)
