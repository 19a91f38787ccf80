"""Functional block N: what a station knows of the people who charge."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, GetCustomerInformation
from ..adapter import Request
from ..connection import Reply
from ..fields import integer, on_wire
from ..rpc import Payload
from .blocks import Handler, notice
from .reports import Report
from .values import some_token

if TYPE_CHECKING:
    from .adapter import Adapter2

_INFORMATION: Final = "NotifyCustomerInformation"


def _information(adapter: Adapter2, command: GetCustomerInformation) -> Request:
    """Ask what is known of a customer (N09), or that it be forgotten (N10)."""
    reports = adapter.reports
    request_id = reports.open(_INFORMATION)

    async def complete(answer: Payload) -> Payload:
        if not command.report:
            # A station that tells all the same is not waited for; what it says counts as unasked.
            reports.drop(request_id)
            return answer
        report = await reports.wait(request_id)
        return {**answer, "information": _joined(report), "complete": report.complete}

    return Request(
        "CustomerInformation",
        on_wire(
            requestId=request_id,
            report=command.report,
            clear=command.clear,
            idToken=some_token(command.id_token, command.id_token_type),
            customerIdentifier=command.customer_identifier,
            customerCertificate=command.certificate,
        ),
        complete=complete,
        abandon=partial(reports.drop, request_id),
    )


def _joined(report: Report) -> str:
    """Return the text whose parts may have come in any order."""
    parts = sorted(report.entries, key=_number)
    return "".join(str(part["data"]) for part in parts)


def _number(part: Mapping[str, object]) -> int:
    return integer(part, "seqNo") or 0


def notify_customer_information(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a part of the text (N09); one that a raw request asked for is passed on."""
    data = payload.get("data")
    number = integer(payload, "seqNo")
    if not adapter.reports.take(
        integer(payload, "requestId"),
        number,
        [{"seqNo": number, "data": data}] if isinstance(data, str) else [],
        more=payload.get("tbc") is True,
        kind=_INFORMATION,
    ):
        notice(adapter, _INFORMATION, payload)
    return {}


HANDLERS: Final[Mapping[str, Handler]] = {_INFORMATION: notify_customer_information}
BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    GetCustomerInformation: _information
}
