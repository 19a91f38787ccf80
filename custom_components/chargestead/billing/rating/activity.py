"""What a session did over time: charging, idle, held back, or unknown."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from ...model.station import ConnectorStatus
from .inputs import StateChange
from .instants import to_us
from .result import Activity

_IDLE: Final = frozenset({ConnectorStatus.SUSPENDED_EV, ConnectorStatus.FINISHING})


@dataclass(frozen=True, slots=True)
class Activities:
    """Activities from instants on, in order of time; unknown before the first."""

    since: tuple[int, ...]
    what: tuple[Activity, ...]

    def at(self, at: int) -> Activity:
        """Return what the session did from an instant on."""
        number = bisect_right(self.since, at)
        return self.what[number - 1] if number else Activity.UNKNOWN


def activities(
    states: tuple[StateChange, ...], start: int, end: int, grace_at: Callable[[int], int]
) -> Activities:
    """Return what a session did, idle time beginning with the grace that its tariff gives, in microseconds."""
    timeline = _Timeline(grace_at)
    before = None
    for at, state in sorted(((to_us(state.at), state) for state in states), key=itemgetter(0)):
        if at >= end and at > start:
            break
        activity = _activity(state)
        if activity is not before:
            timeline.begin(max(at, start), activity)
        before = activity
    return Activities(tuple(timeline.since), tuple(timeline.what))


class _Timeline:
    """Activities in the making."""

    def __init__(self, grace_at: Callable[[int], int]) -> None:
        self.since: list[int] = []
        self.what: list[Activity] = []
        self._grace_at = grace_at

    def begin(self, since: int, activity: Activity) -> None:
        """Note an activity, in place of what was expected from then on."""
        while self.since and self.since[-1] >= since:
            self.since.pop()
            self.what.pop()
        grace = self._grace_at(since) if activity is Activity.IDLE else 0
        if grace > 0:
            self._note(since, Activity.GRACE)
        self._note(since + max(grace, 0), activity)

    def _note(self, since: int, activity: Activity) -> None:
        self.since.append(since)
        self.what.append(activity)


def _activity(state: StateChange) -> Activity:
    if state.status is None:
        return Activity.UNKNOWN
    if state.status is ConnectorStatus.CHARGING:
        return Activity.CHARGING
    if state.status in _IDLE and not state.held:
        return Activity.IDLE
    return Activity.HELD
