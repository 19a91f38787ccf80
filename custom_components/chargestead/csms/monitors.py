"""The monitors a station has set, as far as it told of them; its events refer to them by their ids."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from ..model.monitor import Monitor

if TYPE_CHECKING:
    from .memory import Memory

MOST_MONITORS: Final = 10_000
_REMEMBERED: Final = 1000


class Monitors:
    """What is known of a station's monitors; also while it is away, and after a restart of ours."""

    def __init__(self, memory: Memory, keep: Callable[[], None]) -> None:
        """Take up what is remembered."""
        self._memory = memory
        self._keep = keep
        self._all = {
            monitor.id: monitor for item in memory.monitors if (monitor := _read(item)) is not None
        }

    @property
    def all(self) -> tuple[Monitor, ...]:
        """Return the monitors by id."""
        return tuple(sorted(self._all.values(), key=lambda monitor: monitor.id))

    def find(self, monitor_id: int | None, variable: str) -> Monitor | None:
        """Return the monitor of an id, unless it was given to another variable since (N04.FR.19)."""
        monitor = self._all.get(monitor_id) if monitor_id is not None else None
        return monitor if monitor is not None and monitor.variable == variable else None

    def told(self, monitors: Iterable[Monitor], *, all_of_them: bool) -> None:
        """Take what a station tells; where it told of all of them, there are no others."""
        if all_of_them:
            self._all.clear()
        for monitor in monitors:
            if monitor.id in self._all or len(self._all) < MOST_MONITORS:
                self._all[monitor.id] = monitor
        self._remember()

    def removed(self, ids: Iterable[int]) -> None:
        """Take that monitors are no more."""
        for monitor_id in ids:
            self._all.pop(monitor_id, None)
        self._remember()

    def _remember(self) -> None:
        worst = sorted(self._all.values(), key=lambda monitor: (monitor.severity, monitor.id))
        self._memory.monitors = [_written(monitor) for monitor in worst[:_REMEMBERED]]
        self._keep()


def _written(monitor: Monitor) -> list[object]:
    return [
        monitor.id,
        monitor.variable,
        monitor.type,
        monitor.value,
        monitor.severity,
        monitor.transaction,
        monitor.kind,
    ]


def _read(item: list[object]) -> Monitor | None:
    match item:
        case [
            int(number),
            str(variable),
            str(kind),
            int() | float() as value,
            int(severity),
            bool(transaction),
            str() | None as origin,
        ]:
            return Monitor(
                id=number,
                variable=variable,
                type=kind,
                value=float(value),
                severity=severity,
                transaction=transaction,
                kind=origin,
            )
    return None
