"""The maintenance schedule: what is due when, and what was done."""

from .dates import add_months, local_date, next_midnight
from .due import Due, due
from .records import RECORD, Record, Result
from .standing import STANDING, Stage, Standing
from .tasks import NO_USAGE, DueBy, Interval, Task, Usage, item_uid
from .templates import TEMPLATES, Template

__all__ = [
    "NO_USAGE",
    "RECORD",
    "STANDING",
    "TEMPLATES",
    "Due",
    "DueBy",
    "Interval",
    "Record",
    "Result",
    "Stage",
    "Standing",
    "Task",
    "Template",
    "Usage",
    "add_months",
    "due",
    "item_uid",
    "local_date",
    "next_midnight",
]
