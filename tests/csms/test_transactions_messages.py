"""OCPP 1.6 transactions as messages: answers, tokens and connectors."""

import pytest

from custom_components.chargestead.csms.rpc import CallRefusal
from custom_components.chargestead.model.config import SiteConfig, StationConfig, UnknownTokens
from custom_components.chargestead.model.events import (
    CardPresented,
    DataReceived,
    SessionEnded,
    StationBooted,
)

from .transaction_fixtures import STATION, House, at, flags_of, only, stamp

STRICT = SiteConfig(unknown_tokens=UnknownTokens.REJECT)


async def test_free_vending_needs_no_authorize() -> None:
    async with House() as house:
        answer = await house.say(
            "StartTransaction", connectorId=1, idTag="CARD", meterStart=0, timestamp=stamp(0)
        )
        assert answer["idTagInfo"] == {"status": "Accepted"}
        assert not (await house.session(answer["transactionId"])).flags
        card = only([item for item in house.events if isinstance(item, CardPresented)])
        assert (card.id_token, card.connector_id, card.accepted) == ("CARD", 1, True)


@pytest.mark.parametrize("id_tag", ["", None, "   "])
async def test_free_vending_needs_no_token_either(id_tag: str | None) -> None:
    async with House() as house:
        answer = await house.say(
            "StartTransaction", connectorId=1, idTag=id_tag, meterStart=0, timestamp=stamp(0)
        )
        assert answer["idTagInfo"] == {"status": "Accepted"}
        session = await house.session(answer["transactionId"])
        assert session.id_token is None
        assert not session.flags


@pytest.mark.parametrize("id_tag", ["STRANGER", "", None])
async def test_a_charge_that_was_not_allowed_is_kept_and_flagged(id_tag: str | None) -> None:
    async with House(site=STRICT) as house:
        assert (await house.say("Authorize", idTag="STRANGER")) == {
            "idTagInfo": {"status": "Invalid"}
        }
        answer = await house.say(
            "StartTransaction", connectorId=1, idTag=id_tag, meterStart=5, timestamp=stamp(0)
        )
        assert answer["idTagInfo"] == {"status": "Invalid"}
        one = answer["transactionId"]
        assert flags_of(await house.session(one)) == {"unauthorized"}
        assert (await house.stop(one, 60, 105, idTag="STRANGER"))["idTagInfo"] == {
            "status": "Invalid"
        }
        assert await house.energy_wh(one) == 100


async def test_our_own_token_is_always_welcome_whatever_its_case() -> None:
    config = StationConfig(station_id=STATION, default_id_token="Garage", configure=False)
    async with House(site=STRICT, config=config) as house:
        for id_tag in (" garage ", "GARAGE", "chargestead"):
            assert (await house.say("Authorize", idTag=id_tag))["idTagInfo"]["status"] == "Accepted"


@pytest.mark.parametrize("connector", [0, None, "1", " 1 ", 1.0])
async def test_a_single_connector_needs_no_number(connector: object) -> None:
    async with House() as house:
        one = await house.start(0, 1000, connectorId=connector)
        assert await house.start(0, 1000, connectorId=connector) == one
        assert (await house.session(one)).connector_id == 1
        assert list(house.station.book.connectors) == [1]


@pytest.mark.parametrize("connector", [0, None])
async def test_of_several_connectors_the_one_that_is_plugged_in_is_meant(connector: object) -> None:
    async with House(connectors=3) as house:
        await house.status(0, "Preparing", connector=2)
        one = await house.start(1, 1000, connectorId=connector)
        assert (await house.session(one)).connector_id == 2
        assert await house.start(1, 1000, connectorId=connector) == one
        two = await house.start(2, 1000, connectorId=connector, id_tag="OTHER")
        assert (await house.session(two)).connector_id == 1
        assert 0 not in house.station.book.connectors
        assert house.count("connector_guessed") == 3
        await house.restart()
        assert await house.start(1, 1000, connectorId=connector) == one
        assert list(house.station.book.connectors) == [1, 2, 3]


@pytest.mark.parametrize("connector", [-1, 33, 1_850_000_000])
async def test_a_connector_that_cannot_be_is_refused(connector: int) -> None:
    async with House() as house:
        for action in ("StartTransaction", "MeterValues"):
            with pytest.raises(CallRefusal) as refused:
                await house.say(action, connectorId=connector, idTag="CARD", meterStart=0)
            assert refused.value.code == "PropertyConstraintViolation"
        assert await house.ledger.sessions() == []


async def test_a_new_connector_that_starts_is_found() -> None:
    async with House() as house:
        one = await house.start(0, 1000, connector=2)
        assert (await house.session(one)).connector_id == 2
        assert list(house.station.book.connectors) == [1, 2]


async def test_the_reason_and_the_card_of_a_stop_are_kept() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        assert await house.stop(one, 60, 1100) == {}
        assert (await house.session(one)).stop_reason == "Local"
        two = await house.start(100, 1100)
        await house.stop(two, 160, 1200, reason="EVDisconnected", idTag="OTHER")
        session = await house.session(two)
        assert (session.stop_reason, session.stop_id_token) == ("EVDisconnected", "OTHER")
        assert session.id_token == "CARD"


async def test_the_data_of_a_stop_are_readings_up_to_the_stop() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        values = [
            {
                "timestamp": stamp(seconds),
                "sampledValue": [{"value": str(wh), "context": context}],
            }
            for seconds, wh, context in (
                (60, 1100, "Transaction.End"),
                (0, 1000, "Transaction.Begin"),
                (30, 1050, "Sample.Clock"),
                (90, 9999, "Sample.Periodic"),
            )
        ]
        house.clock.go_to(100)
        await house.stop(one, 60, 1100, transactionData=values)
        session = await house.session(one)
        readings = await house.ledger.readings(session.id)
        assert [(item.register_mwh, str(item.context)) for item in readings] == [
            (1_000_000, "begin"),
            (1_050_000, "aligned"),
            (1_100_000, "end"),
        ]


async def test_data_of_a_stop_alone_make_the_energy_where_the_registers_are_missing() -> None:
    async with House() as house:
        one = await house.start(0, None)
        values = [
            {"timestamp": stamp(seconds), "sampledValue": [{"value": str(wh)}]}
            for seconds, wh in ((0, 1000), (60, 1700))
        ]
        await house.stop(one, 60, None, transactionData=values)
        assert await house.energy_wh(one) == 700
        assert flags_of(await house.session(one)) == {"gap", "estimated"}


async def test_a_stop_tells_automations_once() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.stop(one, 60, 1100)
        await house.stop(one, 60, 1100)
        ends = [item for item in house.events if isinstance(item, SessionEnded)]
        assert [item.replayed for item in ends] == [False, True]


async def test_core_messages_are_answered() -> None:
    async with House() as house:
        boot = await house.say("BootNotification", chargePointVendor="V", chargePointModel="M")
        assert boot == {"status": "Accepted", "currentTime": stamp_ms(0), "interval": 300}
        assert any(isinstance(item, StationBooted) for item in house.events)
        assert await house.say("Heartbeat") == {"currentTime": stamp_ms(0)}
        assert await house.say("DataTransfer", vendorId="V", messageId="m", data={"a": 1}) == {
            "status": "UnknownVendorId"
        }
        data = only([item for item in house.events if isinstance(item, DataReceived)])
        assert (data.vendor_id, data.message_id, data.data) == ("V", "m", {"a": 1})


@pytest.mark.parametrize("action", ["Authorize", "DataTransfer"])
async def test_what_says_nothing_is_refused(action: str) -> None:
    async with House() as house:
        with pytest.raises(CallRefusal) as refused:
            await house.say(action)
        assert refused.value.code == "OccurenceConstraintViolation"


def stamp_ms(seconds: float) -> str:
    return at(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
