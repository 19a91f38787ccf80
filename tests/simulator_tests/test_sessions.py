"""Cards, cables, transactions and meters, over a real socket."""

from itertools import pairwise

import pytest

from tests.simulator import Car, Json, ManualClock, SimulatedStation

from .central import TinyCentral
from .conftest import StationMaker


def readings(messages: list[Json], measurand: str, phase: str | None = None) -> list[float]:
    """Return one measurand from MeterValues messages."""
    return [
        float(value["value"])
        for message in messages
        for meter_value in message["meterValue"]
        for value in meter_value["sampledValue"]
        if value["measurand"] == measurand and value.get("phase") == phase
    ]


def statuses(central: TinyCentral, connector: int = 1) -> list[str]:
    """Return the statuses a connector has reported."""
    notes = central.said("StatusNotification")
    return [note["status"] for note in notes if note["connectorId"] == connector]


async def test_a_session_from_card_to_cable_and_back(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The whole life of a session, in the order of the specification."""
    station.plug_in(1, Car(soc=50))
    await clock.advance(2)
    station.present_card(1, "04AABBCC")
    await clock.advance(1800)
    station.present_card(1, "04AABBCC")
    await clock.advance(5)
    station.unplug(1)
    await clock.advance(1)

    assert statuses(central) == ["Available", "Preparing", "Charging", "Finishing", "Available"]
    assert central.said("Authorize") == [{"idTag": "04AABBCC"}]
    (start,) = central.said("StartTransaction")
    (stop,) = central.said("StopTransaction")
    assert start == {
        "connectorId": 1,
        "idTag": "04AABBCC",
        "meterStart": 10_000,
        "timestamp": "2026-01-01T00:00:02.000Z",
    }
    assert stop["transactionId"] == 1
    assert stop["reason"] == "Local"
    assert stop["idTag"] == "04AABBCC"
    assert stop["meterStop"] - start["meterStart"] == pytest.approx(11_040 / 2, rel=0.01)
    assert central.violations == []


async def test_the_register_agrees_with_power_and_time(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Between two samples the register moves by the power in between."""
    station.plug_in(1, Car(soc=20))
    station.present_card(1, "CARD")
    await clock.advance(1200)
    messages = central.said("MeterValues")
    assert len(messages) == 120
    registers = readings(messages, "Energy.Active.Import.Register")
    powers = readings(messages, "Power.Active.Import")
    for (before, after), power in zip(pairwise(registers), powers[1:], strict=True):
        assert after - before == pytest.approx(power * 10 / 3600, abs=1.5)
    volts = [readings(messages, "Voltage", f"L{n}-N") for n in (1, 2, 3)]
    amps = [readings(messages, "Current.Import", f"L{n}") for n in (1, 2, 3)]
    for index, power in enumerate(powers):
        product = sum(v[index] * a[index] for v, a in zip(volts, amps, strict=True))
        assert power == pytest.approx(product, abs=0.2)
    assert all(abs(v - 230) <= 1.5 for phase in volts for v in phase)
    assert len({v for phase in volts for v in phase}) > 5


async def test_samples_come_at_the_interval_from_the_start(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Sampling begins with the transaction and follows a changed interval."""
    await clock.advance(3)
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(25)
    answer = await central.ask(
        "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}
    )
    await clock.advance(125)
    assert answer == {"status": "Accepted"}
    times = [m["meterValue"][0]["timestamp"][14:19] for m in central.said("MeterValues")]
    assert times == ["00:13", "00:23", "01:28", "02:28"]


async def test_clock_aligned_values_come_on_the_clock_without_a_transaction(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Every quarter of an hour from midnight on, for every connector."""
    await clock.advance(100)
    await make(connectors=2, configuration={"ClockAlignedDataInterval": "900"})
    await clock.advance(1900)
    messages = central.said("MeterValues")
    assert [m["connectorId"] for m in messages] == [1, 2, 1, 2]
    assert {m["meterValue"][0]["timestamp"][11:19] for m in messages} == {
        "00:15:00",
        "00:30:00",
    }
    assert "transactionId" not in messages[0]
    assert messages[0]["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"
    assert central.violations == []


async def test_a_full_car_suspends_and_keeps_its_transaction(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """At its target the car stops drawing: SuspendedEV, current 0, no StopTransaction."""
    car = station.plug_in(1, Car(capacity_kwh=10, soc=70, target_soc=80))
    station.present_card(1, "CARD")
    await clock.advance_until(lambda: station.status() == "SuspendedEV", within=7200)
    assert car.soc == pytest.approx(80)
    assert station.current_a() == 0
    await clock.advance(20)
    assert statuses(central)[-1] == "SuspendedEV"
    assert readings(central.said("MeterValues"), "Current.Offered")[-1] == 32
    assert central.said("StopTransaction") == []


async def test_the_taper_shows_in_the_measured_current(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Near full the current falls sample by sample while the offer stays."""
    station = await make(configuration={"MeterValueSampleInterval": "60"})
    station.plug_in(1, Car(capacity_kwh=20, soc=79))
    station.present_card(1, "CARD")
    await clock.advance_until(lambda: station.status() == "SuspendedEV", within=4 * 3600)
    currents = readings(central.said("MeterValues"), "Current.Import", "L1")
    assert currents[0] == 16
    falling = [current for current in currents if current < 16]
    assert len(falling) > 30
    assert falling == sorted(falling, reverse=True)


async def test_a_single_phase_car_uses_one_phase(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The other phases carry nothing."""
    station.plug_in(1, Car(phases=1))
    station.present_card(1, "CARD")
    await clock.advance(10)
    messages = central.said("MeterValues")
    currents = [readings(messages, "Current.Import", f"L{n}")[0] for n in (1, 2, 3)]
    assert currents == [32, 0, 0]


async def test_a_card_before_the_cable_waits_for_it_in_vain(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """After ConnectionTimeOut the connector is available again."""
    station.present_card(1, "CARD")
    await clock.advance(59)
    assert station.status() == "Preparing"
    await clock.advance(2)
    assert statuses(central) == ["Available", "Preparing", "Available"]
    station.plug_in(1)
    await clock.advance(1)
    assert central.said("StartTransaction") == []


async def test_a_card_before_the_cable_starts_when_it_comes(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The order of card and cable does not matter."""
    station.present_card(1, "CARD")
    await clock.advance(10)
    station.plug_in(1)
    await clock.advance(1)
    assert len(central.said("StartTransaction")) == 1
    assert station.status() == "Charging"


async def test_a_refused_card_starts_nothing(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Only Accepted lets energy flow."""
    central.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(60)
    assert station.status() == "Preparing"
    assert station.register_wh() == 10_000


async def test_another_card_of_the_same_group_may_stop(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """A shared parentIdTag is enough, a stranger's card is not."""
    parents = {"MINE": "FAMILY", "YOURS": "FAMILY", "STRANGE": "OTHERS"}
    central.answers["Authorize"] = lambda call: {
        "idTagInfo": {"status": "Accepted", "parentIdTag": parents[call["idTag"]]}
    }
    station.plug_in(1)
    station.present_card(1, "MINE")
    await clock.advance(5)
    station.present_card(1, "STRANGE")
    await clock.advance(5)
    assert station.status() == "Charging"
    station.present_card(1, "YOURS")
    await clock.advance(5)
    assert central.said("StopTransaction")[0]["idTag"] == "YOURS"


async def test_a_start_that_is_refused_afterwards_is_stopped(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """StopTransactionOnInvalidId: stopped with the reason DeAuthorized."""
    central.answers["StartTransaction"] = {
        "transactionId": 7,
        "idTagInfo": {"status": "Invalid"},
    }
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(1)
    (stop,) = central.said("StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("DeAuthorized", 7)


async def test_a_start_that_is_refused_afterwards_may_just_get_no_energy(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Without StopTransactionOnInvalidId the transaction goes on without energy."""
    station = await make(configuration={"StopTransactionOnInvalidId": "false"})
    central.answers["StartTransaction"] = {
        "transactionId": 7,
        "idTagInfo": {"status": "Invalid"},
    }
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(600)
    assert station.status() == "SuspendedEVSE"
    assert station.register_wh() == 10_000
    assert central.said("StopTransaction") == []


async def test_pulling_the_cable_ends_the_transaction(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The reason is EVDisconnected and the register stands still."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(600)
    station.unplug(1)
    await clock.advance(600)
    (stop,) = central.said("StopTransaction")
    assert stop["reason"] == "EVDisconnected"
    assert stop["meterStop"] == station.register_wh()
    assert statuses(central)[-1] == "Available"


async def test_pulling_the_cable_may_leave_the_transaction_open(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Then it is suspended, and goes on when the car is back."""
    station = await make(configuration={"StopTransactionOnEVSideDisconnect": "false"})
    car = station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(60)
    station.unplug(1)
    await clock.advance(60)
    note = central.said("StatusNotification")[-1]
    assert (note["status"], note["info"]) == ("SuspendedEV", "EV side disconnected")
    station.plug_in(1, car)
    await clock.advance(60)
    assert station.status() == "Charging"
    assert len(central.said("StartTransaction")) == 1


async def test_stop_carries_the_samples_it_is_configured_to(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """StopTxnSampledData: begin, periodic and end readings in transactionData."""
    station = await make(configuration={"StopTxnSampledData": "Energy.Active.Import.Register"})
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(35)
    station.present_card(1, "CARD")
    await clock.advance(1)
    (stop,) = central.said("StopTransaction")
    values = [item["sampledValue"][0] for item in stop["transactionData"]]
    assert [value["context"] for value in values] == [
        "Transaction.Begin",
        *["Sample.Periodic"] * 3,
        "Transaction.End",
    ]
    assert values[0]["value"] == "10000"
    assert values[-1]["value"] == str(stop["meterStop"])
    assert central.violations == []


async def test_two_connectors_have_lives_of_their_own(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Each has its meter, its transaction and its status."""
    station = await make(connectors=2)
    station.plug_in(1)
    station.plug_in(2, Car(phases=1))
    station.present_card(2, "TWO")
    await clock.advance(600)
    assert (station.status(1), station.status(2)) == ("Preparing", "Charging")
    assert station.register_wh(1) == 10_000
    assert station.register_wh(2) == pytest.approx(10_000 + 32 * 230 / 6, rel=0.01)
    assert {m["connectorId"] for m in central.said("MeterValues")} == {2}


async def test_a_fault_stops_the_energy_and_tells_why(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """A blocking fault ends the transaction; mending returns to the state before."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(60)
    station.fault(1, "GroundFailure", vendor_error_code="E42", info="leakage")
    await clock.advance(60)
    note = central.said("StatusNotification")[-1]
    assert note["status"] == "Faulted"
    assert note["errorCode"] == "GroundFailure"
    assert (note["vendorErrorCode"], note["info"]) == ("E42", "leakage")
    assert central.said("StopTransaction")[0]["reason"] == "Other"
    before = station.register_wh()
    await clock.advance(600)
    assert station.register_wh() == before
    station.clear_fault(1)
    await clock.advance(1)
    assert central.said("StatusNotification")[-1]["status"] == "Finishing"
    assert central.violations == []


async def test_a_warning_lets_the_session_go_on(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """An error code with a status other than Faulted is only a warning."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(10)
    station.fault(1, "HighTemperature", blocks=False)
    await clock.advance(10)
    note = central.said("StatusNotification")[-1]
    assert (note["status"], note["errorCode"]) == ("Charging", "HighTemperature")
    assert station.current_a() == 16


async def test_a_status_that_does_not_last_is_not_told(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """MinimumStatusDuration: what was over before is never heard of."""
    station = await make(configuration={"MinimumStatusDuration": "10"})
    station.plug_in(1)
    await clock.advance(5)
    station.present_card(1, "CARD")
    await clock.advance(9)
    assert statuses(central) == ["Available"]
    await clock.advance(5)
    assert statuses(central) == ["Available", "Charging"]


async def test_a_car_that_refuses_to_resume_wants_to_be_replugged(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """After a pause by the station such a car never draws again by itself."""
    car = station.plug_in(1, Car(refuses_to_resume=True))
    station.present_card(1, "CARD")
    await clock.advance(60)
    await central.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": pause(0)})
    await clock.advance(60)
    assert station.status() == "SuspendedEVSE"
    await central.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": pause(16)})
    await clock.advance(600)
    assert station.status() == "SuspendedEV"
    station.unplug(1)
    station.plug_in(1, car)
    station.present_card(1, "CARD")
    await clock.advance(5)
    assert station.status() == "Charging"


def pause(limit: float) -> Json:
    """Return a default profile with one limit."""
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "startSchedule": "2025-12-31T23:00:00Z",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
    }
