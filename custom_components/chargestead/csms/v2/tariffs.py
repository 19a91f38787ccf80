"""Functional block I of 2.1, to the station: tariffs that it reckons with itself."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import (
    ChangeTransactionTariff,
    ClearTariffs,
    Command,
    GetTariffs,
    SetDefaultTariff,
)
from ...model.errors import NotSupportedByVersionError
from ..adapter import Request, succeeded
from ..fields import objects, on_wire, text
from ..rpc import Payload
from ..targets import session_to_stop

if TYPE_CHECKING:
    from .adapter import Adapter2

_NONE: Final = frozenset({"NoTariff"})


def _need_later(adapter: Adapter2, action: str) -> str:
    """Return the name of a message that only 2.1 has."""
    if not adapter.is_later:
        raise NotSupportedByVersionError(adapter.station.station_id, action, adapter.version)
    return action


def _set(adapter: Adapter2, command: SetDefaultTariff) -> Request:
    """Make a tariff that of an EVSE (I07)."""
    action = _need_later(adapter, "SetDefaultTariff")
    return Request(action, {"evseId": command.connector_id, "tariff": command.tariff})


def _get(adapter: Adapter2, command: GetTariffs) -> Request:
    """Ask for tariffs (I09); NoTariff only tells that there are none."""
    action = _need_later(adapter, "GetTariffs")
    return Request(action, {"evseId": command.connector_id}, fine=_NONE)


def _clear(adapter: Adapter2, command: ClearTariffs) -> Request:
    """Remove tariffs (I10)."""
    action = _need_later(adapter, "ClearTariffs")
    payload = on_wire(tariffIds=list(command.tariff_ids) or None, evseId=command.connector_id)
    return Request(action, payload, status=_cleared)


def _cleared(answer: Payload) -> str | None:
    """Return the status of the first tariff that was removed, else of the first."""
    results = objects(answer, "clearTariffsResult")
    found = [status for item in results if (status := text(item, "status"))]
    return next((status for status in found if succeeded(status)), found[0] if found else None)


def _change(adapter: Adapter2, command: ChangeTransactionTariff) -> Request:
    """Change the tariff of a transaction (I11)."""
    action = _need_later(adapter, "ChangeTransactionTariff")
    transaction_id = session_to_stop(adapter.station, command)
    return Request(action, {"transactionId": transaction_id, "tariff": command.tariff})


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    SetDefaultTariff: _set,
    GetTariffs: _get,
    ClearTariffs: _clear,
    ChangeTransactionTariff: _change,
}
