"""2.1: what stations tell of distributed energy resources (functional block R); no control is ever set from here."""

from collections.abc import Mapping
from typing import Final

from .blocks import Handler, noticed

LATER_HANDLERS: Final[Mapping[str, Handler]] = {
    action: noticed(action)
    for action in ("NotifyDERAlarm", "NotifyDERStartStop", "ReportDERControl")
}
