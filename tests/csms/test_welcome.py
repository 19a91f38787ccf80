"""Arrivals: what a station hears of us when it comes, and that it is nothing else."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

from pathlib import Path

import pytest

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.model.commands import RawCall
from custom_components.chargestead.model.events import StationBooted
from tests.simulator import PERSONALITIES, CallError, ManualClock, Personality

from .limit_fixtures import (
    READY,
    STATION,
    House,
    asked,
    clock,
    expected_lingering_timers,
    form,
    house,
    profiles,
)

NOBODY_TOLD = Personality(status_scope="station_only")


async def come_back(house: House, simulated, how: str) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Let a station come back in some way; returns the number of frames before."""
    since = int(simulated.frames.total)
    if how == "reconnect":
        simulated.go_offline()
        await house.clock.advance(7)
        simulated.go_online()
    elif how == "boot":
        simulated.reboot(cold=True, off_for=10)
    elif how == "soft boot":
        simulated.reboot()
    else:
        await house.restart()
    await house.clock.advance(300)
    return since


COMING_BACK = ["reconnect", "boot", "soft boot", "restart of ours"]


@pytest.mark.parametrize("how", COMING_BACK)
async def test_a_known_station_that_comes_back_unchanged_hears_answers_and_nothing_else(
    house: House, how: str
) -> None:
    """Every frame it receives is an answer to one of its own."""
    simulated = await house.install()
    since = await come_back(house, simulated, how)
    allowed = [("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1})] * (
        how == "restart of ours"
    )
    assert asked(simulated, since=since) == allowed
    assert simulated.answers("Heartbeat", since=since) or simulated.online


@pytest.mark.parametrize("how", COMING_BACK)
@pytest.mark.parametrize("charging", [False, True])
async def test_a_known_station_that_comes_back_gets_its_limit_once_and_nothing_else(
    house: House,
    clock: ManualClock,
    how: str,
    charging: bool,  # noqa: FBT001
) -> None:
    """The limit in force is the only thing we say unasked."""
    simulated = await house.install(Personality(resumes_after_power_loss=True), connectors=2)
    if charging:
        await house.charge(simulated)
    await house.station().set_limit(1, 8)
    await clock.advance(60)
    sent = profiles(simulated)
    since = await come_back(house, simulated, how)
    calls = asked(simulated, since=since)
    if how == "restart of ours":
        statuses = [call for call in calls if call[0] == "TriggerMessage"]
        assert [payload["connectorId"] for _, payload in statuses] == [1, 2]
        calls = [call for call in calls if call[0] != "TriggerMessage"]
    assert [action for action, _ in calls] == ["SetChargingProfile"]
    assert form(profiles(simulated)[-1]) == form(sent[-1])
    assert house.limit()[1] == ("obeyed" if charging and how != "soft boot" else "accepted")


async def test_the_first_sight_of_a_station_is_one_reading_and_what_differs(
    house: House, clock: ManualClock
) -> None:
    """Configuration read once; a station that is set as we need it hears nothing more."""
    simulated = await house.install()
    await clock.advance(600)
    assert asked(simulated) == [("GetConfiguration", {})]
    assert house.station().state.configuration["HeartbeatInterval"].value == "300"


async def test_a_new_firmware_is_read_once_more_with_the_limit_first(house: House) -> None:
    """The fuse comes before curiosity."""
    simulated = await house.install()
    await house.station().set_limit(1, 8)
    simulated.firmware = "2.0.0"
    since = await come_back(house, simulated, "soft boot")
    assert [action for action, _ in asked(simulated, since=since)] == [
        "SetChargingProfile",
        "GetConfiguration",
    ]
    since = await come_back(house, simulated, "boot")
    assert [action for action, _ in asked(simulated, since=since)] == ["SetChargingProfile"]


async def test_repeated_boots_are_answered_and_set_one_thing_off(house: House) -> None:
    """A station that boots five times in a row is read once."""
    simulated = await house.install(Personality(repeats_boot=5))
    assert len(simulated.answers("BootNotification")) == 5
    assert {answer["status"] for answer in simulated.answers("BootNotification")} == {"Accepted"}
    assert asked(simulated) == [("GetConfiguration", {})]
    assert house.station().counters["boot_repeated"] == 4
    await house.station().set_limit(1, 8)
    since = await come_back(house, simulated, "boot")
    assert [action for action, _ in asked(simulated, since=since)] == ["SetChargingProfile"]
    assert len([event for event in house.events if isinstance(event, StationBooted)]) == 10


async def test_a_boot_in_a_loop_reads_the_configuration_once(house: House) -> None:
    """However often a station restarts, its firmware is the same."""
    simulated = await house.install()
    for _ in range(20):
        await come_back(house, simulated, "boot")
    assert asked(simulated) == [("GetConfiguration", {})]


async def test_a_station_that_falls_over_when_it_is_read_is_read_once(
    house: House, clock: ManualClock
) -> None:
    """Reading many measurands restarts one model; that must not become a loop."""
    simulated = await house.install(PERSONALITIES["abb-terra-ac"])
    await clock.advance(3600)
    assert len(asked(simulated, "GetConfiguration")) <= 2
    assert simulated.registration.boots <= 2
    assert simulated.online


async def test_a_station_that_never_boots_is_got_to_know_all_the_same(house: House) -> None:
    """It is asked who it is once, ever."""
    simulated = await house.install(
        Personality(never_boots=True, refuses={"TriggerMessage": "Rejected"})
    )
    boots = ("TriggerMessage", {"requestedMessage": "BootNotification"})
    assert asked(simulated) == [boots, ("GetConfiguration", {})]
    await house.station().set_limit(1, 8)
    since = await come_back(house, simulated, "reconnect")
    assert [action for action, _ in asked(simulated, since=since)] == ["SetChargingProfile"]


async def test_a_station_that_only_boots_when_asked_is_asked_each_time(house: House) -> None:
    """It would keep silent for ever after a restart; others are not bothered."""
    simulated = await house.install(PERSONALITIES["wallbox-6"])
    assert house.station().state.identity.vendor == "Wall Box Chargers"
    assert simulated.online
    since = await come_back(house, simulated, "boot")
    assert asked(simulated, since=since) == [
        ("TriggerMessage", {"requestedMessage": "BootNotification"})
    ]
    assert simulated.online
    assert house.station().memory.boots_when_asked


async def test_a_station_that_boots_late_but_by_itself_is_not_taken_for_one(
    house: House, clock: ManualClock
) -> None:
    """Being asked at first sight was a mistake, which is not made twice."""
    simulated = await house.install(Personality(boot_delay=8, boots_on_reconnect=True))
    await clock.advance(30)
    since = await come_back(house, simulated, "reconnect")
    assert asked(simulated, since=since) == []
    assert not house.station().memory.boots_when_asked


async def test_a_station_that_ignores_calls_before_its_boot_gets_its_limit_after_it(
    house: House, clock: ManualClock
) -> None:
    """The boot comes while the first attempt still waits for an answer."""
    simulated = await house.install(PERSONALITIES["ocular"])
    await clock.advance(120)
    assert house.station().state.configuration
    await house.station().set_limit(1, 8)
    simulated.profiles.clear()
    since = await come_back(house, simulated, "boot")
    assert len(simulated.profiles) == 1
    assert house.limit() == (8, "accepted")
    assert len(profiles(simulated, since=since)) <= 3


async def test_a_slow_station_is_given_a_minute_once_it_was_late(
    house: House, clock: ManualClock
) -> None:
    """A station that answers after 45 seconds is got to know, and takes a limit."""
    simulated = await house.install(PERSONALITIES["mennekes"])
    await clock.advance(600)
    station = house.station()
    assert station.state.configuration["NumberOfConnectors"].value == "1"
    assert station.memory.configured_firmware == "Mennekes|Model One|1.0.0"
    calls = len(asked(simulated, "GetConfiguration"))
    await come_back(house, simulated, "boot")
    assert len(asked(simulated, "GetConfiguration")) == calls


async def test_a_station_set_up_as_slow_is_waited_for(house: House, clock: ManualClock) -> None:
    """With a time-out of 90 s nothing is asked twice of a station that takes 60."""
    simulated = await house.install(
        Personality(answer_delay=60), settings={"response_timeout_s": 90}
    )
    await clock.advance(300)
    assert asked(simulated) == [("GetConfiguration", {})]
    assert house.station().counters["setup_timeout"] == 0
    assert house.station().state.latency_s == 60


async def test_a_station_that_never_answers_is_read_three_times_and_then_left_alone(
    house: House, clock: ManualClock
) -> None:
    """Silence at every arrival does not mean a question at every arrival."""
    simulated = await house.install(Personality(never_answers=frozenset({"GetConfiguration"})))
    await clock.advance(300)
    for _ in range(6):
        await come_back(house, simulated, "boot")
    assert house.station().counters["setup_timeout"] == 3
    assert house.station().counters["setup_given_up"] >= 1
    assert len(asked(simulated, "GetConfiguration")) == 3 * 2


async def test_a_station_that_never_answers_a_write_is_not_written_to_again(
    house: House, clock: ManualClock
) -> None:
    """It may have done it; flash memory is not worn to find out."""
    simulated = await house.install(
        Personality(never_answers=frozenset({"ChangeConfiguration"})), configuration={}
    )
    await clock.advance(120)
    for _ in range(3):
        await come_back(house, simulated, "boot")
    assert len(asked(simulated, "ChangeConfiguration")) == 1
    assert len(asked(simulated, "GetConfiguration")) == 1
    assert house.station().counters["setup_write_timeout"] == 1


async def test_a_status_that_has_not_come_after_ten_seconds_is_asked_for(
    house: House, clock: ManualClock
) -> None:
    """Connectors that keep silent are asked, each by its number."""
    await house.know()
    simulated = house.simulate(NOBODY_TOLD, connectors=2)
    await simulated.start(wait=False)
    await clock.advance(9.5)
    assert not asked(simulated, "TriggerMessage")
    await clock.advance(5)
    assert asked(simulated, "TriggerMessage") == [
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": number})
        for number in (1, 2)
    ]
    states = house.station().state.connectors
    assert [states[number].status for number in (1, 2)] == ["available", "available"]
    await house.retire(simulated)


async def test_a_status_from_before_a_boot_does_not_count(house: House) -> None:
    """A station that boots and tells nothing of a connector is asked once."""
    simulated = await house.install(NOBODY_TOLD, connectors=2)
    since = await come_back(house, simulated, "boot")
    assert asked(simulated, since=since) == [
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": number})
        for number in (1, 2)
    ]


async def test_a_station_that_takes_no_number_is_asked_for_all_of_its_statuses(
    house: House,
) -> None:
    """One question without a connector, instead of one refused for each."""
    simulated = await house.install(
        Personality(status_scope="station_only", trigger_connectors="only_zero"), connectors=3
    )
    assert asked(simulated, "TriggerMessage") == [
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
    ]
    assert all(item.status == "available" for item in house.station().state.connectors.values())


async def test_a_station_without_triggers_is_not_asked(house: House, clock: ManualClock) -> None:
    """It lists its profiles, and RemoteTrigger is not among them."""
    simulated = await house.install(
        Personality(status_scope="station_only", remote_trigger=False), connectors=2
    )
    await clock.advance(60)
    assert not asked(simulated, "TriggerMessage")
    assert house.station().counters["trigger_unsupported"] > 0


async def test_connectors_found_later_are_asked_for_their_status(
    house: House, clock: ManualClock
) -> None:
    """A connector that only turns up in a meter value is no stranger for long."""
    simulated = await house.install(configuration=READY | {"NumberOfConnectors": "1"})
    assert set(house.station().state.connectors) == {1}
    await simulated.send(
        "MeterValues",
        {
            "connectorId": 3,
            "meterValue": [
                {"timestamp": "2026-01-01T00:00:20Z", "sampledValue": [{"value": "100"}]}
            ],
        },
    )
    assert set(house.station().state.connectors) == {1, 2, 3}
    await clock.advance(11)
    asked_for = [payload.get("connectorId") for _, payload in asked(simulated, "TriggerMessage")]
    assert asked_for == [2, None]
    assert house.station().memory.connectors == 3


async def test_a_meter_that_falls_silent_is_asked_once_and_then_unknown(
    house: House, clock: ManualClock
) -> None:
    """One TriggerMessage; without an answer the live values are unknown, not zero."""
    simulated = await house.install()
    await house.charge(simulated)
    await clock.advance(60)
    assert house.station().state.connectors[1].measurements.power_w is not None
    simulated.overrides["TriggerMessage"] = {"status": "Rejected"}
    transaction = simulated.connector(1).transaction
    assert transaction is not None
    simulated.metering.end_sampling(transaction)
    since = simulated.frames.total
    await clock.advance(3600)
    assert asked(simulated, since=since) == [
        ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    ]
    measurements = house.station().state.connectors[1].measurements
    assert measurements.power_w is None
    assert set(measurements.current_a) == {None}
    assert house.station().counters["meter_silent"] == 1


async def test_a_station_without_periodic_values_is_asked_for_them(
    house: House, clock: ManualClock
) -> None:
    """Each silence is ended by one question."""
    simulated = await house.install(PERSONALITIES["sync-ev"])
    await house.charge(simulated)
    since = simulated.frames.total
    await clock.advance(600)
    triggers = asked(simulated, "TriggerMessage", since=since)
    assert 5 <= len(triggers) <= 10
    assert house.station().state.connectors[1].measurements.power_w is not None


async def test_a_long_meter_interval_is_no_silence(house: House, clock: ManualClock) -> None:
    """Three intervals must pass; after a reconnect they are counted from there."""
    simulated = await house.install(
        Personality(read_only_keys=frozenset({"MeterValueSampleInterval"})),
        configuration=READY | {"MeterValueSampleInterval": "300"},
    )
    await house.charge(simulated)
    await clock.advance(1200)
    simulated.go_offline()
    await clock.advance(3600)
    simulated.go_online()
    since = simulated.frames.total
    await clock.advance(1200)
    assert not asked(simulated, "TriggerMessage")
    assert asked(simulated, since=since) == []


async def test_a_boot_over_a_replacing_socket_greets_once(house: House, clock: ManualClock) -> None:
    """The old socket's work does not go on over the new one."""
    simulated = await house.install(connectors=2)
    for connector in (1, 2):
        await house.station().set_limit(connector, 8)
    simulated.overrides["SetChargingProfile"] = None
    simulated.reboot(cold=True, off_for=5)
    await clock.advance(10)
    twin = house.simulate(connectors=2)
    await twin.start(wait=False)
    await clock.advance(60)
    assert [item["on"] for item in profiles(twin)] == [1, 2]
    simulated.go_offline()
    await house.retire(twin)


async def test_a_boot_that_is_rejected_by_nobody_works_without_any_field(
    house: House, clock: ManualClock
) -> None:
    """An empty BootNotification is accepted; the station is as unknown as before."""
    simulated = await house.install()
    answer = await simulated.send("BootNotification", {})
    assert answer["status"] == "Accepted"
    await clock.advance(30)
    assert house.station().state.identity.vendor is None


async def test_a_transactions_own_limit_goes_out_after_its_id_is_known(
    clock: ManualClock, tmp_path: Path
) -> None:
    """The ledger takes its time over the start; the profile waits for the answer."""
    ledger = await Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", clock=clock)
    house = await House(clock, ledger).open()
    simulated = await house.install(PERSONALITIES["charge-amps"])
    await house.station().set_limit(1, 10)
    for _ in range(3):
        await house.charge(simulated)
        assert house.limit()[1] in {"accepted", "obeyed"}
        assert simulated.current_a() == 10
        simulated.unplug(1)
        await clock.advance(30)
    started = [
        frame
        for frame in simulated.frames
        if not frame.sent and (frame.action == "StartTransaction" or "TxProfile" in frame.text)
    ]
    kinds = [frame.kind for frame in started]
    assert kinds == [3, 2] * 3
    await house.close()
    await ledger.close()


async def test_an_unknown_station_that_is_adopted_is_got_to_know(
    house: House, clock: ManualClock
) -> None:
    """Its boot was answered with Pending; it is read all the same."""
    simulated = house.simulate()
    await simulated.start(wait=False)
    await clock.advance(5)
    assert STATION in house.site.pending
    await house.know()
    await clock.advance(120)
    assert asked(simulated, "GetConfiguration") == [("GetConfiguration", {})]
    assert simulated.online
    await house.retire(simulated)


async def test_raw_calls_are_answered_whatever_the_answer(house: House) -> None:
    """Nothing is judged."""
    simulated = await house.install()
    simulated.overrides["Reset"] = {"status": "Rejected"}
    result = await house.station().command(RawCall(action="Reset", payload={"type": "Soft"}))
    assert result.status == "Rejected"
    simulated.overrides["Reset"] = CallError("GenericError")
