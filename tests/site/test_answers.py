"""The cost in the answer to the end of a session: the exact one, or none in good time."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from custom_components.chargestead.billing.ledger import KeptSession
from custom_components.chargestead.billing.tariffs import Terms
from custom_components.chargestead.billing.tariffs.home import fixed_tariff
from custom_components.chargestead.site.costs import CostConfig
from tests.csms.v2.house import STATION, House, Wire
from tests.csms.v2.simulated import stamp
from tests.simulator import Json, ManualClock


@pytest.fixture
def clock() -> ManualClock:  # type: ignore[override]
    """Return the clock of the house."""
    return ManualClock()


def event(clock: ManualClock, kind: str, number: int, register_wh: int) -> Json:
    """Return a message about a transaction."""
    return {
        "eventType": kind,
        "timestamp": stamp(clock),
        "triggerReason": "Authorized" if kind == "Started" else "EVDeparted",
        "seqNo": number,
        "transactionInfo": {"transactionId": "T1"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "04AABBCC", "type": "ISO14443"},
        "meterValue": [{"timestamp": stamp(clock), "sampledValue": [{"value": register_wh}]}],
    }


@pytest.mark.parametrize("slow", [False, True])
async def test_an_end_is_answered_without_its_cost_where_that_takes_long(
    clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, slow: bool
) -> None:
    home = await House(clock, tmp_path).open()
    await home.know(STATION, configure=False)
    tariff = fixed_tariff(Terms(id="home", currency="EUR"), Decimal("0.30"))
    await home.site.price(CostConfig(tariffs={"home": tariff}, default="home"), solar=False)
    wire = await Wire.dial(home, "2.0.1")
    await wire.call("TransactionEvent", event(clock, "Started", 0, 1000))
    await clock.advance(600)
    free = asyncio.Event()
    read = home.ledger.kept_session

    async def slowly(session_id: str) -> KeptSession | None:
        await free.wait()
        return await read(session_id)

    if slow:
        monkeypatch.setattr(home.ledger, "kept_session", slowly)
    end = asyncio.create_task(wire.call("TransactionEvent", event(clock, "Ended", 1, 2000)))
    if slow:
        await clock.advance(4)
        assert not end.done()
        await clock.advance(2)
    assert (await end).get("totalCost") == (None if slow else 0.3)
    free.set()
    await home.site.costing.settled()
    [kept] = await home.ledger.kept_sessions()
    assert kept.cost is not None
    assert kept.cost.cost.after_taxes == Decimal("0.30")
    await wire.close()
    await home.close()
