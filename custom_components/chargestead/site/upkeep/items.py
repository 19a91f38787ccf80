"""What is to be done, as it stands today."""

from dataclasses import dataclass
from datetime import date

from ...maintenance.schedule import Due, Stage, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A task at one place; `key` None is one of a person's own that does not come again."""

    uid: str
    key: str | None
    station_id: str | None
    title: str | None
    due: Due
    stage: Stage
    standing: Standing

    def is_urged(self, today: date) -> bool:
        """Tell whether somebody has to be asked to do it: it is overdue, and nobody wanted to be left alone."""
        quiet = self.standing.quiet_until
        return self.stage is Stage.OVERDUE and (quiet is None or quiet <= today)
