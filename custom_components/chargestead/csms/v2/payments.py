"""2.1: payment at the station and battery swapping (functional blocks C and S); nothing is settled here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..connection import Reply
from ..fields import integer, on_wire, text
from ..rpc import CallRefusal, Payload
from .blocks import Handler, notice, noticed

if TYPE_CHECKING:
    from .adapter import Adapter2

_LONGEST_VAT_NUMBER: Final = 20


def vat_number(adapter: Adapter2, payload: Payload) -> Reply:
    """Validate no VAT number: nobody is asked outside the house (2.1 C20)."""
    number = text(payload, "vatNumber")
    if number is None:
        raise CallRefusal("OccurenceConstraintViolation", "vatNumber is missing")
    if len(number) > _LONGEST_VAT_NUMBER:
        raise CallRefusal("PropertyConstraintViolation", "vatNumber is too long")
    notice(adapter, "VatNumberValidation", payload)
    return on_wire(status="Rejected", vatNumber=number, evseId=integer(payload, "evseId"))


LATER_HANDLERS: Final[Mapping[str, Handler]] = {
    "VatNumberValidation": vat_number,
} | {
    action: noticed(action)
    for action in ("BatterySwap", "NotifySettlement", "NotifyWebPaymentStarted")
}
