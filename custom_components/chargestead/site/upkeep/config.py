"""What the site is told about maintenance."""

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo

from ...maintenance.schedule import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepConfig:
    """The tasks that come again, the zone of the dates on the wall, and how long before its date a task is shown."""

    tasks: tuple[Task, ...] = ()
    zone: tzinfo = UTC
    ahead: timedelta = timedelta(days=14)


NO_UPKEEP = UpkeepConfig()
