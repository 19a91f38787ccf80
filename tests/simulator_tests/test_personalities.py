"""Each quirk shows on the wire, and nothing of it shows without."""

from dataclasses import fields
from pathlib import Path
import re
from typing import Any

import pytest

from tests import simulator
from tests.simulator import PERSONALITIES, Car, Json, ManualClock, Personality, SimulatedStation

from .central import RefusedError, TinyCentral
from .conftest import MEASURANDS, StationMaker
from .test_obedience import limit, put
from .test_offline import transactional
from .test_profiles import profile
from .test_sessions import statuses


def quirk(**flags: Any) -> Personality:  # noqa: ANN401
    """Return a personality with some flags."""
    return Personality(**flags)


async def charge(station: SimulatedStation, clock: ManualClock, seconds: float = 11) -> None:
    """Charge for a while."""
    station.plug_in(1, Car(soc=20))
    station.present_card(1, "CARD")
    await clock.advance(seconds)


def values(central: TinyCentral, measurand: str) -> list[Json]:
    """Return the sampled values of one measurand in the last MeterValues."""
    sampled = central.said("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    return [v for v in sampled if v.get("measurand") == measurand]


def test_every_flag_is_heeded_somewhere() -> None:
    """No field of Personality is decoration."""
    package = Path(simulator.__file__).parent
    code = "".join(
        path.read_text() for path in package.rglob("*.py") if path.name != "personality.py"
    )
    unused = [f.name for f in fields(Personality) if not re.search(rf"\.{f.name}\b", code)]
    assert unused == []


@pytest.mark.parametrize("name", sorted(PERSONALITIES))
async def test_every_known_station_gets_through_a_session(
    central: TinyCentral, clock: ManualClock, make: StationMaker, name: str
) -> None:
    """It boots, charges, hears a limit, stops, and nothing inside breaks."""
    station = await make(personality=PERSONALITIES[name], wait=False)
    await clock.advance(1)
    if station.personality.boots_only_when_triggered:
        await central.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
    await clock.advance(60)
    assert station.online
    await charge(station, clock, 120)
    if station.personality.answer_delay == 0:
        await put(central, 1, limit(10))
    await clock.advance(120)
    station.present_card(1, "CARD")
    await clock.advance(60)
    station.unplug(1)
    await clock.advance(60)
    assert station.status() == "Available"
    assert station.register_wh() > 10_000
    (start,) = central.said("StartTransaction")
    stops = central.said("StopTransaction")
    assert len(stops) == (0 if station.personality.never_stops_transaction else 1)
    for stop in stops:
        assert stop["meterStop"] - start["meterStart"] == station.register_wh() - 10_000


# Connection and boot


async def reconnect(station: SimulatedStation, clock: ManualClock) -> None:
    """Lose the network for a moment."""
    station.go_offline()
    await clock.advance(5)
    station.go_online()
    await clock.advance(5)


@pytest.mark.parametrize(("flags", "boots"), [({}, 1), ({"boots_on_reconnect": True}, 2)])
async def test_boot_on_reconnect(
    central: TinyCentral, clock: ManualClock, make: StationMaker, flags: Json, boots: int
) -> None:
    """The book wants one boot per boot; many send one per connection."""
    station = await make(personality=quirk(**flags))
    await reconnect(station, clock)
    assert len(central.said("BootNotification")) == boots


async def test_no_boot_at_all(central: TinyCentral, make: StationMaker) -> None:
    """It talks as if it had been accepted long ago."""
    await make(personality=quirk(never_boots=True))
    assert central.actions() == ["StatusNotification"] * 2


async def test_boot_only_when_triggered(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Silence until TriggerMessage, also a second one when it is always allowed."""
    flags = {"boots_only_when_triggered": True, "accepts_boot_trigger_always": True}
    await make(personality=quirk(**flags), wait=False)
    await clock.advance(300)
    assert central.received == []
    for _ in range(2):
        trigger = {"requestedMessage": "BootNotification"}
        assert await central.ask("TriggerMessage", trigger) == {"status": "Accepted"}
        await clock.advance(1)
    assert len(central.said("BootNotification")) == 2


async def test_a_deaf_station_before_its_late_boot(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Calls before the boot are lost, the boot comes on its own time."""
    flags = {"ignores_calls_until_booted": True, "boot_delay": 20.0, "repeats_boot": 3}
    await make(personality=quirk(**flags), wait=False)
    await clock.advance(19)
    with pytest.raises(TimeoutError):
        await central.ask("ClearCache", patience=0.05)
    assert central.received == []
    await clock.advance(2)
    assert central.actions().count("BootNotification") == 3
    assert await central.ask("ClearCache") == {"status": "Accepted"}


async def test_no_subprotocol_offered(central: TinyCentral, make: StationMaker) -> None:
    """It speaks OCPP 1.6 all the same."""
    central.demand_subprotocol = False
    await make(personality=quirk(offers_subprotocol=False))
    assert central.subprotocols == [None]


async def test_a_hexadecimal_password(central: TinyCentral, make: StationMaker) -> None:
    """The key is the hexadecimal notation of the password."""
    key = "48656C6C6F20576F726C6421"
    await make(personality=quirk(hex_password=True), password=key)
    assert central.headers[0]["Authorization"] == "Basic U0lNLTE6SGVsbG8gV29ybGQh"


@pytest.mark.parametrize(
    ("style", "stamp"),
    [
        ("utc", "2026-01-01T00:00:00.000Z"),
        ("offset", "2026-01-01T02:00:00.000+02:00"),
        ("local", "2026-01-01T02:00:00"),
        ("missing", None),
        ("empty", ""),
    ],
)
async def test_timestamps(
    central: TinyCentral, make: StationMaker, style: str, stamp: str | None
) -> None:
    """Zones, none, or nothing."""
    await make(personality=quirk(timestamps=style))
    assert central.said("StatusNotification")[0].get("timestamp") == stamp


# Answering


async def test_slow_answers(central: TinyCentral, clock: ManualClock, make: StationMaker) -> None:
    """The answer takes its time, on the station's clock."""
    await make(personality=quirk(answer_delay=60.0))
    await central.say('[2,"slow","ClearCache",{}]')
    await clock.advance(59)
    assert central.unasked["slow"] == 0
    await clock.advance(2)
    assert central.unasked["slow"] == 1


async def test_silence_to_one_action(central: TinyCentral, make: StationMaker) -> None:
    """Others are answered."""
    await make(personality=quirk(never_answers=frozenset({"GetConfiguration"})))
    with pytest.raises(TimeoutError):
        await central.ask("GetConfiguration", patience=0.05)
    assert await central.ask("ClearCache") == {"status": "Accepted"}


async def test_two_answers(central: TinyCentral, clock: ManualClock, make: StationMaker) -> None:
    """The second comes with the same id."""
    await make(personality=quirk(answers_twice=True))
    await central.ask("ClearCache")
    await clock.advance(0)
    assert central.unasked["ask-1"] == 1


async def test_refusals_by_table(central: TinyCentral, make: StationMaker) -> None:
    """An action can have a fixed status, or be unknown to the station."""
    await make(
        personality=quirk(
            refuses={"UnlockConnector": "NotSupported"},
            not_implemented=frozenset({"GetConfiguration"}),
            remote_trigger=False,
        )
    )
    assert await central.ask("UnlockConnector", {"connectorId": 1}) == {"status": "NotSupported"}
    for action in ("GetConfiguration", "TriggerMessage"):
        with pytest.raises(RefusedError, match="NotImplemented"):
            await central.ask(action, {"requestedMessage": "Heartbeat"})


@pytest.mark.parametrize(
    ("style", "connector", "status"),
    [
        ("not_zero", 0, "Rejected"),
        ("not_zero", 1, "Accepted"),
        ("only_zero", 0, "Accepted"),
        ("only_zero", 1, "Rejected"),
    ],
)
async def test_triggers_for_some_connectors_only(
    central: TinyCentral, make: StationMaker, style: str, connector: int, status: str
) -> None:
    """Some refuse connector 0, some all others."""
    await make(personality=quirk(trigger_connectors=style))
    request = {"requestedMessage": "StatusNotification", "connectorId": connector}
    assert await central.ask("TriggerMessage", request) == {"status": status}


@pytest.mark.parametrize(
    ("flags", "action", "payload"),
    [
        (
            {"reboots_on": frozenset({"ChangeAvailability"})},
            "ChangeAvailability",
            {"connectorId": 0, "type": "Operative"},
        ),
        (
            {"reboots_on": frozenset({"ChangeConfiguration:ClockAlignedDataInterval"})},
            "ChangeConfiguration",
            {"key": "ClockAlignedDataInterval", "value": "0"},
        ),
        ({"survives_measurands": 5}, "GetConfiguration", {}),
    ],
)
async def test_requests_that_knock_the_station_over(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    flags: Json,
    action: str,
    payload: Json,
) -> None:
    """It answers, falls over, and boots again."""
    station = await make(personality=quirk(**flags))
    await central.ask(action, payload)
    await clock.advance(60)
    assert len(central.said("BootNotification")) == 2
    assert station.online


# Configuration


async def test_odd_configuration_answers(central: TinyCentral, make: StationMaker) -> None:
    """Lower case, padded and quoted, truncated, incomplete, read-only."""
    await make(
        personality=quirk(
            lower_case_keys=True,
            padded_values=True,
            truncated_configuration=3,
            omits_keys=frozenset({"NumberOfConnectors"}),
            read_only_keys=frozenset({"MeterValuesSampledData"}),
        )
    )
    everything = await central.ask("GetConfiguration")
    assert len(everything["configurationKey"]) == 3
    answer = await central.ask(
        "GetConfiguration", {"key": ["MeterValuesSampledData", "NumberOfConnectors"]}
    )
    (item,) = answer["configurationKey"]
    assert item["key"] == "metervaluessampleddata"
    assert item["readonly"]
    assert item["value"] == f' "{MEASURANDS.replace(",", ", ")}" '
    assert answer["unknownKey"] == ["NumberOfConnectors"]
    change = {"key": "MeterValuesSampledData", "value": "Voltage"}
    assert await central.ask("ChangeConfiguration", change) == {"status": "Rejected"}


@pytest.mark.parametrize(
    ("flags", "value", "status", "kept"),
    [
        ({"rejects_measurand_lists": True}, "Voltage,SoC", "Rejected", None),
        ({"rejects_measurand_lists": True}, "Voltage", "Accepted", "Voltage"),
        ({"measurand_list_max": 2}, "Voltage,SoC,Temperature", "Rejected", None),
        ({"measurand_list_max": 2}, "Voltage,SoC", "Accepted", "Voltage,SoC"),
        ({"measurands": ("Voltage",)}, "Voltage,SoC", "Rejected", None),
        ({"drops_unknown_measurands": True}, "Voltage,RPM", "Accepted", "Voltage"),
    ],
)
async def test_measurand_lists(
    central: TinyCentral,
    make: StationMaker,
    flags: Json,
    value: str,
    status: str,
    kept: str | None,
) -> None:
    """What is taken of a list, and what is kept when it is not."""
    station = await make(personality=quirk(**flags))
    change = {"key": "MeterValuesSampledData", "value": value}
    assert await central.ask("ChangeConfiguration", change) == {"status": status}
    assert station.configuration.text("MeterValuesSampledData") == (kept or MEASURANDS)


# Metering


async def test_values_by_phase_only(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """No totals; the parts of the register add up to it."""
    station = await make(personality=quirk(per_phase_only=True, phase_names="L1-N"))
    await charge(station, clock)
    powers = values(central, "Power.Active.Import")
    assert [v["phase"] for v in powers] == ["L1-N", "L2-N", "L3-N"]
    parts = values(central, "Energy.Active.Import.Register")
    assert sum(int(v["value"]) for v in parts) == pytest.approx(station.register_wh(), abs=4)


async def test_totals_only(central: TinyCentral, clock: ManualClock, make: StationMaker) -> None:
    """One value per measurand."""
    station = await make(personality=quirk(totals_only=True))
    await charge(station, clock)
    for measurand in ("Power.Active.Import", "Current.Import", "Voltage"):
        (value,) = values(central, measurand)
        assert "phase" not in value
    assert values(central, "Current.Import")[0]["value"] == "16.0"


@pytest.mark.parametrize(
    ("flags", "unit", "text"),
    [
        ({}, "Wh", "10034"),
        ({"kilo_units": True}, "kWh", "10.034"),
        ({"value_style": "blanks"}, "Wh", "  10034 "),
        ({"value_style": "grouped"}, "Wh", "10,034"),
        ({"kilo_units": True, "value_style": "comma"}, "kWh", "10,034"),
        ({"unit_names": {"Wh": "wh"}}, "wh", "10034"),
    ],
)
async def test_units_and_notation(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    flags: Json,
    unit: str,
    text: str,
) -> None:
    """The register after eleven seconds at 16 A on three phases... as it is written."""
    station = await make(personality=quirk(**flags))
    await charge(station, clock)
    (value,) = values(central, "Energy.Active.Import.Register")
    assert value["unit"] == unit
    digits = re.compile(r"\d")
    assert digits.sub("0", value["value"]) == digits.sub("0", text)


async def test_missing_fields(central: TinyCentral, clock: ManualClock, make: StationMaker) -> None:
    """No measurand on the register, no timestamp, no transaction id."""
    flags = {
        "omits_measurand": True,
        "omits_meter_timestamp": True,
        "meter_values_without_transaction": True,
    }
    station = await make(personality=quirk(**flags))
    await charge(station, clock)
    message = central.said("MeterValues")[-1]
    assert "transactionId" not in message
    assert "timestamp" not in message["meterValue"][0]
    assert "measurand" not in message["meterValue"][0]["sampledValue"][0]


@pytest.mark.parametrize(
    ("style", "current", "voltage"),
    [
        ("L1", "L1", "L1-N"),
        ("L1-N", "L1-N", "L1-N"),
        ("bare", "L1", "L1"),
        ("N", "N", "N"),
        ("none", None, None),
    ],
)
async def test_phase_names(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    style: str,
    current: str | None,
    voltage: str | None,
) -> None:
    """How the first phase is called."""
    station = await make(personality=quirk(phase_names=style))
    await charge(station, clock)
    assert values(central, "Current.Import")[0].get("phase") == current
    assert values(central, "Voltage")[0].get("phase") == voltage


async def test_the_begin_sample_in_every_message(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Old news beside the new."""
    station = await make(personality=quirk(begin_sample_in_every_message=True))
    await charge(station, clock, 60)
    found = values(central, "Energy.Active.Import.Register")
    assert [v["context"] for v in found] == ["Sample.Periodic", "Transaction.Begin"]
    assert found[1]["value"] == "10000"


async def test_a_register_that_is_sometimes_or_always_zero(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Every third reading, or all; the meter itself counts on."""
    for flags, zeros in (({"register_zero_every": 3}, 2), ({"register_stuck": True}, 6)):
        central.received.clear()
        station = await make(personality=quirk(**flags))
        await charge(station, clock, 61)
        texts = [
            v["value"]
            for m in central.said("MeterValues")
            for v in m["meterValue"][0]["sampledValue"]
            if v["measurand"] == "Energy.Active.Import.Register"
        ]
        assert texts.count("0") == zeros
        assert station.register_wh() > 10_000
        await station.stop()


async def test_a_register_that_counts_the_session_only(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Lifetime at start and stop, session in the samples."""
    station = await make(personality=quirk(session_relative_register=True))
    await charge(station, clock, 61)
    sample = int(values(central, "Energy.Active.Import.Register")[0]["value"])
    assert 0 < sample < 1000
    assert central.said("StartTransaction")[0]["meterStart"] == 10_000


async def test_a_phase_on_the_register(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Energy by phase, power in total."""
    station = await make(personality=quirk(phase_on_register=True))
    await charge(station, clock)
    assert len(values(central, "Energy.Active.Import.Register")) == 3
    assert len(values(central, "Power.Active.Import")) == 1


async def test_no_periodic_values(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Only a trigger brings them."""
    station = await make(personality=quirk(no_periodic_values=True))
    await charge(station, clock, 300)
    assert central.said("MeterValues") == []
    await central.ask("TriggerMessage", {"requestedMessage": "MeterValues"})
    await clock.advance(1)
    assert len(central.said("MeterValues")) == 1


async def test_malformed_meter_values(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """An object where an array belongs, an empty array, a third of the current."""
    station = await make(personality=quirk(meter_value_as_object=True))
    await charge(station, clock)
    assert isinstance(central.said("MeterValues")[-1]["meterValue"], dict)
    await station.stop()
    station = await make(personality=quirk(empty_sampled_value=True))
    await charge(station, clock)
    assert central.said("MeterValues")[-1]["meterValue"][0]["sampledValue"] == []
    await station.stop()
    station = await make(personality=quirk(divides_current_by_phases=True))
    await charge(station, clock)
    assert values(central, "Current.Import")[0]["value"] == "5.3"


async def test_a_transaction_id_while_idle(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """A number that means nothing."""
    await make(personality=quirk(idle_transaction_id=2**63 - 1))
    await central.ask("TriggerMessage", {"requestedMessage": "MeterValues"})
    await clock.advance(1)
    assert central.said("MeterValues")[0]["transactionId"] == 2**63 - 1


# Transactions


async def test_starting_without_authorize(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """The card goes straight into StartTransaction."""
    station = await make(personality=quirk(starts_without_authorize=True))
    await charge(station, clock)
    assert central.said("Authorize") == []
    assert central.said("StartTransaction")[0]["idTag"] == "CARD"


async def test_free_vending(central: TinyCentral, clock: ManualClock, make: StationMaker) -> None:
    """Plugging in is enough."""
    station = await make(personality=quirk(free_vending_id_tag="FREE"))
    station.plug_in(1)
    await clock.advance(1)
    assert central.said("StartTransaction")[0]["idTag"] == "FREE"


async def test_a_transaction_that_is_never_stopped(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """The connector is just Available again."""
    station = await make(personality=quirk(never_stops_transaction=True))
    await charge(station, clock)
    station.unplug(1)
    await clock.advance(30)
    assert central.said("StopTransaction") == []
    assert statuses(central)[-1] == "Available"


@pytest.mark.parametrize("flag", ["duplicates_transaction_messages", "forgets_start_answer"])
async def test_messages_sent_twice(
    central: TinyCentral, clock: ManualClock, make: StationMaker, flag: str
) -> None:
    """The same payload under another message id; the last answer counts."""
    station = await make(personality=quirk(**{flag: True}))
    await charge(station, clock, 60)
    first, second = central.said("StartTransaction")
    assert first == second
    ids = [i for action, i, _ in central.received if action == "StartTransaction"]
    assert ids[0] != ids[1]
    transaction = station.connector().transaction
    assert transaction is not None
    assert transaction.id == 2


async def test_transaction_ids_of_its_own_when_offline(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Negative, and kept even when the central system gives another."""
    station = await make(personality=quirk(local_transaction_ids=True))
    station.go_offline()
    await charge(station, clock)
    station.go_online()
    await clock.advance(20)
    station.unplug(1)
    await clock.advance(5)
    told = transactional(central)
    assert {payload["transactionId"] for _, payload in told[1:]} == {-16}
    assert len(told) > 3


async def test_no_restart_without_replugging(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """After a stop neither card nor remote start works until the cable was out."""
    station = await make(personality=quirk(no_restart_without_replug=True))
    await charge(station, clock)
    await central.ask("RemoteStopTransaction", {"transactionId": 1})
    await clock.advance(5)
    again = {"idTag": "APP", "connectorId": 1}
    assert await central.ask("RemoteStartTransaction", again) == {"status": "Rejected"}
    station.present_card(1, "CARD")
    await clock.advance(5)
    assert len(central.said("StartTransaction")) == 1
    station.unplug(1)
    await charge(station, clock)
    assert len(central.said("StartTransaction")) == 2


async def test_values_after_the_stop(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """The closing readings come last, and the idTag has grown."""
    flags = {"closing_values_after_stop": True, "id_tag_suffix": "\x00"}
    station = await make(personality=quirk(**flags))
    await charge(station, clock)
    station.present_card(1, "CARD")
    await clock.advance(5)
    actions = [action for action, _ in transactional(central)]
    assert actions[-2:] == ["StopTransaction", "MeterValues"]
    assert central.said("MeterValues")[-1]["transactionId"] == 1
    assert central.said("StopTransaction")[0]["idTag"] == "CARD\x00"


async def test_a_queue_lost_with_the_power(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Nothing of the silence is ever told."""
    station = await make(personality=quirk(loses_queue_on_power_loss=True))
    station.go_offline()
    await charge(station, clock, 60)
    station.reboot(cold=True)
    station.go_online()
    await clock.advance(60)
    assert transactional(central) == []


# Status


@pytest.mark.parametrize(
    ("scope", "connectors"), [("all", {0, 1}), ("station_only", {0}), ("connectors_only", {1})]
)
async def test_status_of_some_connectors_only(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    scope: str,
    connectors: set[int],
) -> None:
    """Some report connector 0 alone, some never."""
    station = await make(personality=quirk(status_scope=scope))
    await charge(station, clock)
    assert {n["connectorId"] for n in central.said("StatusNotification")} == connectors


async def test_unknown_words(central: TinyCentral, clock: ManualClock, make: StationMaker) -> None:
    """Statuses and error codes that OCPP does not know."""
    flags = {"status_names": {"Charging": "Occupied"}, "error_code": "Error"}
    station = await make(personality=quirk(**flags))
    await charge(station, clock)
    note = central.said("StatusNotification")[-1]
    assert (note["status"], note["errorCode"]) == ("Occupied", "Error")


async def test_fields_that_do_not_belong(central: TinyCentral, make: StationMaker) -> None:
    """Extra ones, and nulls."""
    await make(personality=quirk(extra_fields=True, nulls=True))
    boot = central.said("BootNotification")[0]
    assert "vendorSpecific" in boot
    assert boot["info"] is None


# Charging profiles


def relative(purpose: str = "TxDefaultProfile") -> Json:
    """Return a relative profile."""
    return profile(purpose=purpose, kind="Relative", limits=((0, 10),))


def by_phases(count: int) -> Json:
    """Return a profile that names a number of phases."""
    raw = limit(10)
    raw["chargingSchedule"]["chargingSchedulePeriod"][0]["numberPhases"] = count
    return raw


@pytest.mark.parametrize(
    ("flags", "connector", "raw", "status"),
    [
        (
            {"rejects_purposes": frozenset({"ChargePointMaxProfile"})},
            0,
            limit(10, purpose="ChargePointMaxProfile"),
            "Rejected",
        ),
        (
            {
                "rejects_purposes": frozenset({"TxDefaultProfile"}),
                "profile_refusal": "NotSupported",
            },
            1,
            limit(10),
            "NotSupported",
        ),
        ({"rejects_kinds": frozenset({"Absolute"})}, 1, limit(10), "Rejected"),
        ({"rejects_kinds": frozenset({"Absolute"})}, 1, relative(), "Accepted"),
        ({"stack_level_max": 0}, 1, limit(10, level=1), "Rejected"),
        ({"stack_level_max": 0}, 1, limit(10), "Accepted"),
        ({"units": ("W",)}, 1, limit(10), "Rejected"),
        ({"units": ("W",)}, 1, limit(6900, unit="W"), "Accepted"),
        ({"integer_limits_only": True}, 1, limit(10.5), "Rejected"),
        ({"integer_limits_only": True}, 1, limit(10), "Accepted"),
        ({"rejects_number_phases": True}, 1, by_phases(3), "Rejected"),
        ({"rejects_number_phases": True}, 1, limit(10), "Accepted"),
    ],
)
async def test_forms_of_a_limit_that_are_refused(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    flags: Json,
    connector: int,
    raw: Json,
    status: str,
) -> None:
    """And one that is not, whose limit is then obeyed."""
    station = await make(personality=quirk(**flags))
    await charge(station, clock)
    assert await put(central, connector, raw) == status
    assert station.current_a() == pytest.approx(10 if status == "Accepted" else 16)


async def test_a_relative_station_maximum_as_a_call_error(
    central: TinyCentral, make: StationMaker
) -> None:
    """PropertyConstraintViolation instead of a status."""
    await make(personality=quirk(rejects_station_relative=True))
    with pytest.raises(RefusedError, match="PropertyConstraintViolation"):
        await put(central, 0, relative("ChargePointMaxProfile"))


@pytest.mark.parametrize(
    ("flags", "wanted", "offered"),
    [
        ({}, 10, 10),
        ({"ignores_profiles": True}, 10, 32),
        ({"limit_steps": (6, 8, 10, 13, 16)}, 12, 10),
        ({"limit_steps": (6, 8, 10, 13, 16)}, 7, 6),
        ({"applied_limit_max": 14.0}, 20, 14),
        ({"lowest_applied_limit": 6.0}, 0, 6),
    ],
)
async def test_limits_that_are_accepted_but_not_quite_obeyed(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    flags: Json,
    wanted: float,
    offered: float,
) -> None:
    """What is offered to the car in the end."""
    station = await make(personality=quirk(**flags))
    await charge(station, clock)
    assert await put(central, 1, limit(wanted)) == "Accepted"
    assert station.offered_a() == offered


async def test_the_first_limit_after_a_pause_is_lost(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Sent again it works."""
    station = await make(personality=quirk(ignores_first_limit_after_pause=True))
    await charge(station, clock)
    await put(central, 1, limit(0))
    await clock.advance(10)
    for offered in (0, 12, 0):
        limit_a = 12 if offered or not station.offered_a() else 0
        assert await put(central, 1, limit(limit_a)) == "Accepted"
        assert station.offered_a() == offered


async def test_profiles_that_get_lost(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """By a reboot, or by a reconnect."""
    station = await make(personality=quirk(forgets_profiles_on_reboot=True))
    await put(central, 1, limit(10))
    await reconnect(station, clock)
    assert len(station.profiles) == 1
    station.reboot()
    await clock.advance(30)
    assert len(station.profiles) == 0
    await station.stop()
    station = await make(personality=quirk(forgets_profiles_on_reconnect=True))
    await put(central, 1, limit(10))
    await reconnect(station, clock)
    assert len(station.profiles) == 0


@pytest.mark.parametrize(("switches", "phases"), [(True, 1), (False, 3)])
async def test_switching_phases(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    switches: bool,  # noqa: FBT001
    phases: int,
) -> None:
    """A limit for one phase switches where it can, and limits the current anyway."""
    station = await make(personality=quirk(switches_phases=switches))
    await charge(station, clock)
    assert await put(central, 1, by_phases(1)) == "Accepted"
    await clock.advance(30)
    currents = [float(v["value"]) for v in values(central, "Current.Import")]
    assert currents == [10.0] * phases + [0.0] * (3 - phases)
    key = station.configuration.text("ConnectorSwitch3to1PhaseSupported")
    assert key == str(switches).lower()


@pytest.mark.parametrize(
    ("style", "answer"),
    [("empty", {"status": "Accepted"}), ("rejected", {"status": "Rejected"})],
)
async def test_composite_schedules_that_say_nothing(
    central: TinyCentral, make: StationMaker, style: str, answer: Json
) -> None:
    """Accepted without a schedule, or refused."""
    await make(personality=quirk(composite_schedule=style))
    asked = await central.ask("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
    assert asked == answer


async def test_odd_names_of_units_and_profiles(make: StationMaker) -> None:
    """Keys that do not say what the book says."""
    station = await make(personality=quirk(units_key="A", advertises_smart_charging=False))
    assert station.configuration.text("ChargingScheduleAllowedChargingRateUnit") == "A"
    assert "SmartCharging" not in station.configuration.items("SupportedFeatureProfiles")
