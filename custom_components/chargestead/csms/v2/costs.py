"""Functional block I, from the station: what a transaction costs, in the answers to its messages."""

from typing import TYPE_CHECKING, Final

from ...model.money import Cost
from ...model.ports import Kept
from ...model.session import Session
from ..connection import Reply
from ..rpc import Payload
from ..turns import answered, durable
from .events import Kind, TransactionEvent

if TYPE_CHECKING:
    from .adapter import Adapter2

_CURRENCY: Final = "TariffCostCtrlr.Currency"


def with_cost(
    adapter: Adapter2, event: TransactionEvent, answer: Payload, kept: Kept | None
) -> Reply:
    """Return an answer with the running cost (I02), or with the final one as soon as that is known (I03).

    An end that is told late is not waited for: nobody stands in front of the station any more.
    """
    costs = adapter.station.around.costs
    session = adapter.station.transactions.find(event.transaction_id)
    if costs is not None and session is not None:
        if event.kind is Kind.ENDED and not event.replayed:
            return _with_final(adapter, session, answer, kept)
        if event.kind is not Kind.ENDED:
            answer = _with(adapter, answer, costs.running(session))
    return answer if kept is None else answered(answer, kept)


async def _with_final(
    adapter: Adapter2, session: Session, answer: Payload, kept: Kept | None
) -> Payload:
    costs = adapter.station.around.costs
    if kept is not None:
        await durable(kept)
    return answer if costs is None else _with(adapter, answer, await costs.final(session))


def _with(adapter: Adapter2, answer: Payload, cost: Cost | None) -> Payload:
    """Return an answer with a cost, unless the station would show it in another currency."""
    if cost is None:
        return answer
    currency = adapter.station.state.configuration.get(_CURRENCY)
    if currency is not None and currency.value and currency.value.upper() != cost.currency:
        adapter.station.counters.add("cost_currency_differs")
        return answer
    return {**answer, "totalCost": float(cost.after_taxes)}
