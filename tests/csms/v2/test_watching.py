"""The simulated station watches itself, shows messages and reckons: all the way over real sockets, in valid words."""

from collections.abc import AsyncIterator
from decimal import Decimal
import json
from typing import Any

from ocpp.messages import get_validator
import pytest

from custom_components.chargestead.model.commands import (
    ChangeTransactionTariff,
    ClearDisplayMessage,
    ClearTariffs,
    ClearVariableMonitoring,
    ComponentCriterion,
    GetCustomerInformation,
    GetDisplayMessages,
    GetMonitoringReport,
    GetReport,
    GetTariffs,
    GetTransactionStatus,
    MessagePriority,
    MessageState,
    MessageText,
    MonitoringBase,
    MonitoringCriterion,
    MonitorSetting,
    MonitorType,
    SetDefaultTariff,
    SetDisplayMessage,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetNetworkProfile,
    SetVariableMonitoring,
)
from custom_components.chargestead.model.errors import CommandRefusedError, FieldNotSupportedError
from custom_components.chargestead.model.events import ComponentEvent, FaultCleared, FaultRaised
from tests.simulator import Car, Json, ManualClock, SimulatedStation
from tests.simulator.later.monitoring import Place
from tests.simulator.later.parts import Parts, parts_of

from .house import STATION, House
from .test_messages import TARIFF

TEMPERATURE = Place(component="EVSE", evse=1, variable="Temperature")
POWER = Place(component="EVSE", evse=1, variable="Power")
CONTACTOR = Place(component="PowerContactor", evse=1, variable="Problem")


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Expect the heartbeat of a socket that was cut off, which aiohttp leaves to find out for itself."""
    return True


@pytest.fixture
async def station(
    house: House, clock: ManualClock, version: str
) -> AsyncIterator[SimulatedStation]:
    """Return a station that has been got to know; whatever it said is checked against the schemas."""
    simulated = SimulatedStation(
        url=house.url, station_id=STATION, clock=clock, version=version, seed=7
    )
    await simulated.start()
    await clock.advance(12)
    yield simulated
    await clock.settle()
    await simulated.stop()
    for frame in simulated.frames.find(kind=2):
        exact = json.loads(json.dumps(frame.payload), parse_float=Decimal)
        validator = get_validator(2, frame.action, version, parse_float=Decimal)
        assert [error.message for error in validator.iter_errors(exact)] == [], frame.action


@pytest.fixture
def parts(station: SimulatedStation) -> Parts:
    """Return what only later stations have."""
    return parts_of(station)


async def watch(house: House, kind: MonitorType, value: float, **more: Any) -> int:  # noqa: ANN401
    """Have a variable watched; return the number of the monitor."""
    setting = MonitorSetting(
        **{"variable": "EVSE@1.Temperature", "severity": 4, "type": kind, "value": value, **more}
    )
    await house.station().command(SetVariableMonitoring(monitors=(setting,)))
    return house.station().monitors.all[-1].id


def told(house: House) -> list[tuple[str | None, str | None, bool]]:
    """Return trigger, value and end of the events so far."""
    return [(item.trigger, item.value, item.cleared) for item in house.happened(ComponentEvent)]


async def test_what_is_built_in_is_known_from_the_beginning(
    station: SimulatedStation, house: House, parts: Parts
) -> None:
    known = house.station().monitors.all
    assert {item.id for item in known} == set(parts.monitoring.monitors)
    assert "PowerContactor@1.Problem" in {item.variable for item in known}
    assert {item.severity for item in known} == {1}
    assert len(station.calls("NotifyMonitoringReport")) > 1


async def test_a_problem_is_told_and_cleared(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    station.component_value(CONTACTOR, "true", code="E31", info="welded")
    await clock.advance(1)
    station.component_value(CONTACTOR, "false")
    await clock.advance(1)
    first, last = house.happened(ComponentEvent)
    assert (first.component, first.evse_id, first.variable) == ("PowerContactor", 1, "Problem")
    assert (first.tech_code, first.tech_info, first.severity) == ("E31", "welded", 1)
    assert (first.kind, first.cleared, last.cleared) == ("HardWiredMonitor", False, True)
    assert first.monitor_id == last.monitor_id is not None
    assert [item.fault.code for item in house.happened(FaultRaised)] == ["PowerContactor.Problem"]
    assert [item.fault.code for item in house.happened(FaultCleared)] == ["PowerContactor.Problem"]


async def test_an_event_that_nobody_asked_for_is_told_too(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    place = Place(component="TiltSensor", variable="Angle", variable_instance="x")
    station.component_event(place, "12.5", techInfo="leaning", cause=3)
    await clock.advance(1)
    (event,) = house.happened(ComponentEvent)
    assert (event.component, event.variable_instance, event.value) == ("TiltSensor", "x", "12.5")
    assert (event.kind, event.tech_info, event.cause) == ("HardWiredNotification", "leaning", 3)
    assert event.severity is None


async def test_a_bound_that_is_crossed_is_told_once_and_back_again(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    number = await watch(house, MonitorType.UPPER_THRESHOLD, 80)
    for value in ("79", "80", "80.5", "95", "80", "81"):
        station.component_value(TEMPERATURE, value)
    await clock.advance(1)
    assert told(house) == [
        ("Alerting", "80.5", False),
        ("Alerting", "80", True),
        ("Alerting", "81", False),
    ]
    assert {(item.monitor_id, item.severity) for item in house.happened(ComponentEvent)} == {
        (number, 4)
    }


async def test_a_lower_bound_and_a_change_are_told(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await watch(house, MonitorType.LOWER_THRESHOLD, 5)
    await watch(house, MonitorType.DELTA, 10)
    for value in ("25", "31", "32", "4", "3"):
        station.component_value(TEMPERATURE, value)
    await clock.advance(1)
    assert told(house) == [("Delta", "32", False), ("Alerting", "4", False), ("Delta", "4", False)]


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        (MonitorType.PERIODIC, [900, 1800, 2700]),
        (MonitorType.PERIODIC_CLOCK_ALIGNED, [888, 1788, 2688]),
    ],
)
async def test_a_value_is_told_again_and_again(
    station: SimulatedStation, house: House, clock: ManualClock, kind: MonitorType, due: list[int]
) -> None:
    """The clock stands at twelve seconds past the hour."""
    began = clock.now()
    await watch(house, kind, 900)
    await clock.advance(2750)
    events = house.happened(ComponentEvent)
    assert [item.trigger for item in events] == ["Periodic"] * 3
    assert [int((item.at - began).total_seconds()) for item in events] == due
    await station.wait_for(lambda: station.at_rest)


@pytest.mark.parametrize("kind", [MonitorType.TARGET_DELTA, MonitorType.TARGET_DELTA_RELATIVE])
async def test_a_value_far_from_its_target_is_told_by_2_1(
    station: SimulatedStation,
    house: House,
    clock: ManualClock,
    parts: Parts,
    version: str,
    kind: MonitorType,
) -> None:
    parts.monitoring.targets[POWER] = 1000
    station.component_value(POWER, "1000")
    bound = 0.1 if kind is MonitorType.TARGET_DELTA_RELATIVE else 100
    if version == "2.0.1":
        with pytest.raises(FieldNotSupportedError):
            await watch(house, kind, bound, variable="EVSE@1.Power")
        return
    await watch(house, kind, bound, variable="EVSE@1.Power")
    for value in ("1100", "1101", "950"):
        station.component_value(POWER, value)
    await clock.advance(1)
    assert told(house) == [("Alerting", "1101", False), ("Alerting", "950", True)]


async def test_only_what_is_severe_enough_is_told(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await watch(house, MonitorType.UPPER_THRESHOLD, 80)
    await house.station().command(SetMonitoringLevel(severity=3))
    station.component_value(TEMPERATURE, "90")
    station.component_value(CONTACTOR, "true")
    await clock.advance(1)
    assert [item.component for item in house.happened(ComponentEvent)] == ["PowerContactor"]
    with pytest.raises(CommandRefusedError):
        await house.station().command(SetMonitoringLevel(severity=10))


async def test_events_of_a_transaction_name_it(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    station.plug_in(1, Car())
    station.present_card(1, "04AABBCC")
    await clock.advance(60)
    await watch(house, MonitorType.UPPER_THRESHOLD, 80, transaction=True)
    station.component_value(TEMPERATURE, "90")
    await clock.advance(1)
    (event,) = house.happened(ComponentEvent)
    session = house.station().state.connectors[1].session
    assert session is not None
    assert event.transaction_id == session.transaction_id


async def test_what_happens_offline_is_told_later_as_old_news(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    station.go_offline()
    await clock.advance(5)
    happened_at = clock.now()
    station.component_value(CONTACTOR, "true")
    await clock.advance(600)
    station.go_online()
    await clock.advance(60)
    (event,) = house.happened(ComponentEvent)
    assert (event.at, event.replayed) == (happened_at, True)


async def test_a_monitor_is_replaced_and_removed(
    station: SimulatedStation, house: House, parts: Parts, clock: ManualClock
) -> None:
    number = await watch(house, MonitorType.UPPER_THRESHOLD, 80)
    with pytest.raises(CommandRefusedError) as duplicate:
        await watch(house, MonitorType.UPPER_THRESHOLD, 70)
    assert duplicate.value.status == "Duplicate"
    assert await watch(house, MonitorType.UPPER_THRESHOLD, 70, id=number) == number
    station.component_value(TEMPERATURE, "75")
    await clock.advance(1)
    assert told(house) == [("Alerting", "75", False)]
    hard_wired = min(parts.monitoring.monitors)
    await house.station().command(ClearVariableMonitoring(ids=(number, hard_wired, 999)))
    assert number not in parts.monitoring.monitors
    assert hard_wired in {item.id for item in house.station().monitors.all}
    with pytest.raises(CommandRefusedError) as refused:
        await house.station().command(ClearVariableMonitoring(ids=(hard_wired,)))
    assert refused.value.status == "Rejected"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"variable": "Kettle.Temperature"}, "UnknownComponent"),
        ({"variable": "EVSE@1.Colour"}, "UnknownVariable"),
        ({"variable": "EVSE@9.Temperature"}, "UnknownVariable"),
        ({"variable": "nonsense"}, "UnknownComponent"),
        ({"variable": "EVSE@1.Problem"}, "UnsupportedMonitorType"),
        ({"id": 999}, "Rejected"),
    ],
)
async def test_a_monitor_there_cannot_be_is_refused_by_the_station(
    station: SimulatedStation, house: House, more: dict[str, Any], status: str
) -> None:
    known = house.station().monitors.all
    with pytest.raises(CommandRefusedError) as caught:
        await watch(house, MonitorType.UPPER_THRESHOLD, 80, **more)
    assert caught.value.status == status
    assert house.station().monitors.all == known
    await station.wait_for(lambda: station.at_rest)


async def test_the_monitors_one_asks_about_are_listed(
    station: SimulatedStation, house: House
) -> None:
    await watch(house, MonitorType.UPPER_THRESHOLD, 80)
    await watch(house, MonitorType.PERIODIC, 900)

    async def listed(**wanted: Any) -> list[tuple[str, str]]:  # noqa: ANN401
        answer = (await house.station().command(GetMonitoringReport(**wanted))).answer
        monitors: Any = answer["monitors"]
        return [(item["variable"], item["type"]) for item in monitors]

    assert await listed(criteria=(MonitoringCriterion.PERIODIC,)) == [
        ("EVSE@1.Temperature", "periodic")
    ]
    assert await listed(components=("TokenReader",)) == [("TokenReader.Problem", "delta")]
    assert len(await listed(components=("EVSE@1",))) == 3
    assert await listed(variables=("EVSE@1.Temperature", "Kettle.Temperature")) == [
        ("EVSE@1.Temperature", "upper_threshold"),
        ("EVSE@1.Temperature", "periodic"),
    ]
    assert await listed(components=("Kettle",)) == []
    assert len(await listed()) == 8
    await house.station().command(SetMonitoringBase(base=MonitoringBase.HARD_WIRED_ONLY))
    assert len(await listed()) == 6
    assert len(house.station().monitors.all) == 6
    await station.wait_for(lambda: station.at_rest)


async def test_a_part_of_the_device_model_is_reported(
    station: SimulatedStation, house: House
) -> None:
    station.component_value(CONTACTOR, "true")

    async def reported(**wanted: Any) -> list[str]:  # noqa: ANN401
        answer = (await house.station().command(GetReport(**wanted))).answer
        entries: Any = answer["reportData"]
        assert answer["complete"] is True
        return [f"{item['component']['name']}.{item['variable']['name']}" for item in entries]

    assert await reported(criteria=(ComponentCriterion.PROBLEM,)) == ["PowerContactor.Problem"]
    assert await reported(components=("TxCtrlr",)) == ["TxCtrlr.EVConnectionTimeOut"]
    assert await reported(variables=("OCPPCommCtrlr.MessageAttempts.TransactionEvent",)) == [
        "OCPPCommCtrlr.MessageAttempts"
    ]
    assert await reported(components=("Kettle",)) == []


async def test_messages_are_shown_listed_and_removed(
    station: SimulatedStation, house: House, parts: Parts
) -> None:
    ask = house.station().command
    await ask(SetDisplayMessage(message_id=1, text=MessageText(content="Welcome")))
    urgent = SetDisplayMessage(
        message_id=2,
        text=MessageText(content="Out of order", language="en"),
        priority=MessagePriority.ALWAYS_FRONT,
        state=MessageState.FAULTED,
    )
    await ask(urgent)
    everything: Any = (await ask(GetDisplayMessages())).answer
    assert [item["id"] for item in everything["messageInfo"]] == [1, 2]
    front = GetDisplayMessages(priority=MessagePriority.ALWAYS_FRONT)
    some: Any = (await ask(front)).answer
    assert [item["message"]["content"] for item in some["messageInfo"]] == ["Out of order"]
    with pytest.raises(CommandRefusedError) as refused:
        await ask(
            SetDisplayMessage(
                message_id=3, text=MessageText(content="x"), transaction_id="none of yours"
            )
        )
    assert refused.value.status == "UnknownTransaction"
    await ask(ClearDisplayMessage(message_id=1))
    assert set(parts.screen.messages) == {2}
    with pytest.raises(CommandRefusedError):
        await ask(ClearDisplayMessage(message_id=1))
    await station.wait_for(lambda: station.at_rest)


async def test_a_long_text_about_a_customer_comes_whole(
    station: SimulatedStation, house: House, parts: Parts
) -> None:
    text = "".join(f"{number} kWh; " for number in range(300))
    parts.customers.known["04AABBCC"] = text
    ask = house.station().command
    answer = (await ask(GetCustomerInformation(id_token="04AABBCC", clear=True))).answer
    assert (answer["information"], answer["complete"]) == (text, True)
    assert len(station.calls("NotifyCustomerInformation")) > 4
    again = (await ask(GetCustomerInformation(id_token="04AABBCC"))).answer
    assert again["information"] == "No data."
    with pytest.raises(CommandRefusedError) as refused:
        await ask(GetCustomerInformation(id_token="04AABBCC", customer_identifier="C"))
    assert refused.value.status == "Invalid"


async def test_a_way_to_us_is_kept_by_the_station(
    station: SimulatedStation, house: House, parts: Parts
) -> None:
    profile = SetNetworkProfile(
        slot=2, url=house.url, security_profile=1, interface="Wired0", message_timeout_s=30
    )
    await house.station().command(profile)
    assert parts.network.profiles[2]["ocppCsmsUrl"] == house.url
    odd = SetNetworkProfile(
        slot=9, url=house.url, security_profile=1, interface="Wired0", message_timeout_s=30
    )
    with pytest.raises(CommandRefusedError):
        await house.station().command(odd)
    await station.wait_for(lambda: station.at_rest)


async def test_whether_a_transaction_runs_is_told(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    station.plug_in(1, Car())
    station.present_card(1, "04AABBCC")
    await clock.advance(30)
    session = house.station().state.connectors[1].session
    assert session is not None
    status = GetTransactionStatus(transaction_id=session.transaction_id)
    assert (await house.station().command(status)).answer == {
        "messagesInQueue": False,
        "ongoingIndicator": True,
    }


async def test_a_station_of_2_1_reckons_by_the_tariff_it_is_given(
    station: SimulatedStation, house: House, clock: ManualClock, parts: Parts, version: str
) -> None:
    if version == "2.0.1":
        return
    ask = house.station().command
    assert (await ask(GetTariffs())).status == "NoTariff"
    await ask(SetDefaultTariff(tariff=TARIFF))
    with pytest.raises(CommandRefusedError) as duplicate:
        await ask(SetDefaultTariff(tariff=TARIFF))
    assert duplicate.value.status == "DuplicateTariffId"
    listed: Any = (await ask(GetTariffs(connector_id=1))).answer
    assert listed["tariffAssignments"][0]["evseIds"] == [1]
    station.plug_in(1, Car())
    station.present_card(1, "04AABBCC")
    await clock.advance(60)
    other: Json = TARIFF | {"tariffId": "home-2"}
    await ask(ChangeTransactionTariff(tariff=other, connector_id=1))
    await clock.advance(1)
    told_of = [
        item["transactionInfo"].get("tariffId") for item in station.calls("TransactionEvent")
    ]
    assert told_of[-1] == "home-2"
    with pytest.raises(CommandRefusedError) as currency:
        await ask(ChangeTransactionTariff(tariff=TARIFF | {"currency": "SEK"}, connector_id=1))
    assert currency.value.status == "NoCurrencyChange"
    await ask(ClearTariffs())
    assert parts.tariffs.default == {}
