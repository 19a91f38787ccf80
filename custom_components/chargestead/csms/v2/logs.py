"""Functional block N, to the station: logs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, LogKind, RequestLog
from ...model.errors import FieldNotSupportedError
from ..adapter import Request
from ..fields import on_wire

if TYPE_CHECKING:
    from .adapter import Adapter2

_KINDS: Final[Mapping[LogKind, str]] = {
    LogKind.DIAGNOSTICS: "DiagnosticsLog",
    LogKind.SECURITY: "SecurityLog",
    LogKind.DATA_COLLECTOR: "DataCollectorLog",
}


def _log(adapter: Adapter2, command: RequestLog) -> Request:
    """Ask for a log (N01); that of a data collector is of 2.1."""
    if command.kind is LogKind.DATA_COLLECTOR and not adapter.is_later:
        raise FieldNotSupportedError(
            adapter.station.station_id, "GetLog", command.kind, adapter.version
        )
    return Request(
        "GetLog",
        on_wire(
            log={
                "remoteLocation": command.location,
                "oldestTimestamp": command.oldest_at,
                "latestTimestamp": command.latest_at,
            },
            logType=_KINDS[command.kind],
            requestId=command.request_id,
            retries=command.retries,
            retryInterval=command.retry_interval_s,
        ),
    )


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {RequestLog: _log}
