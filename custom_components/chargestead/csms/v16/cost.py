"""Cost messages for OCPP 1.6 stations with a display (OCPP & California Pricing Requirements 3.0, sections 4 and 5)."""

from collections.abc import Callable, Mapping
import json
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, ShowCost
from ..adapter import Request
from ..fields import timestamp

if TYPE_CHECKING:
    from ..station import ChargingStation

_VENDOR: Final = "org.openchargealliance.costmsg"
_MWH_PER_WH: Final = 1000
_MWH_PER_KWH: Final = 1_000_000


def _show(_: ChargingStation, command: ShowCost) -> Request:
    content: dict[str, object] = {
        "transactionId": int(command.transaction_id),
        "cost": float(command.cost.after_taxes),
    }
    if command.final:
        kwh = command.energy_mwh / _MWH_PER_KWH
        content["priceText"] = f"{command.cost.after_taxes} {command.cost.currency} / {kwh:.2f} kWh"
        return _message("FinalCost", content)
    content["timestamp"] = timestamp(command.at)
    if command.register_mwh is not None:
        content["meterValue"] = command.register_mwh // _MWH_PER_WH
    content["state"] = "Idle" if command.idle else "Charging"
    return _message("RunningCost", content)


def _message(name: str, content: Mapping[str, object]) -> Request:
    return Request(
        "DataTransfer",
        {
            "vendorId": _VENDOR,
            "messageId": name,
            "data": json.dumps(content, separators=(",", ":")),
        },
    )


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {ShowCost: _show}
