"""Losing the network, the power and the central system, and coming back."""

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from tests.simulator import Car, Json, ManualClock, Personality, SimulatedStation

from .central import TinyCentral
from .conftest import StationMaker
from .test_sessions import readings, statuses

TRANSACTIONAL = {"StartTransaction", "MeterValues", "StopTransaction"}


def stamp_of(action: str, payload: Json) -> str:
    """Return the timestamp inside a transaction-related message."""
    if action == "MeterValues":
        return str(payload["meterValue"][0]["timestamp"])
    return str(payload["timestamp"])


def transactional(central: TinyCentral) -> list[tuple[str, Json]]:
    """Return the transaction-related messages in order of arrival."""
    return [(action, p) for action, _, p in central.received if action in TRANSACTIONAL]


async def test_a_session_goes_on_offline_and_is_told_afterwards_in_order(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Every sample of the silence arrives with its own time, in order, once."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(35)
    station.go_offline()
    await clock.advance(300)
    assert station.status() == "Charging"
    assert len(central.said("MeterValues")) == 3
    station.go_online()
    await clock.advance(15)
    messages = central.said("MeterValues")
    registers = readings(messages, "Energy.Active.Import.Register")
    assert len(messages) == 35
    assert registers == sorted(registers)
    stamps = [stamp_of("MeterValues", m) for m in messages]
    assert stamps == sorted(set(stamps))
    assert all(m["transactionId"] == 1 for m in messages)
    assert central.actions().count("BootNotification") == 1


async def test_a_whole_session_offline_is_told_with_its_original_times(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Start, samples and stop come in order, and learn the id from the late answer."""
    station.go_offline()
    await clock.advance(60)
    station.plug_in(1, Car(soc=30))
    station.present_card(1, "UNKNOWN")
    await clock.advance(600)
    station.present_card(1, "UNKNOWN")
    await clock.advance(600)
    assert transactional(central) == []
    station.go_online()
    await clock.advance(5)
    told = transactional(central)
    assert [action for action, _ in told] == [
        "StartTransaction",
        *["MeterValues"] * 60,
        "StopTransaction",
    ]
    stamps = [stamp_of(action, payload) for action, payload in told]
    assert stamps == sorted(stamps)
    assert stamps[0] == "2026-01-01T00:01:00.000Z"
    assert stamps[-1] == "2026-01-01T00:11:00.000Z"
    assert {payload["transactionId"] for _, payload in told[1:]} == {1}
    assert central.said("Authorize") == []


async def test_only_the_present_status_is_told_after_a_silence(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Section 4.9: no history, and nothing where nothing changed."""
    station.go_offline()
    await clock.advance(5)
    station.plug_in(1)
    await clock.advance(5)
    station.present_card(1, "CARD")
    await clock.advance(60)
    station.go_online()
    await clock.advance(5)
    assert statuses(central) == ["Available", "Charging"]
    assert statuses(central, 0) == ["Available"]
    station.go_offline()
    await clock.advance(60)
    station.go_online()
    await clock.advance(5)
    assert statuses(central) == ["Available", "Charging"]


@pytest.mark.parametrize(
    ("configuration", "known", "starts"),
    [
        ({}, None, True),
        ({"AllowOfflineTxForUnknownId": "false"}, None, False),
        ({"AllowOfflineTxForUnknownId": "false"}, "Accepted", True),
        ({"LocalAuthorizeOffline": "false"}, "Accepted", False),
        ({}, "Blocked", False),
    ],
)
async def test_offline_the_local_list_decides(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    configuration: dict[str, str],
    known: str | None,
    starts: bool,  # noqa: FBT001
) -> None:
    """Sections 3.5.2 to 3.5.4."""
    station = await make(configuration=configuration)
    if known is not None:
        entry = {"idTag": "CARD", "idTagInfo": {"status": known}}
        await central.ask(
            "SendLocalList",
            {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]},
        )
    station.go_offline()
    station.plug_in(1)
    station.present_card(1, "card")
    await clock.advance(5)
    assert (station.connector().transaction is not None) is starts


async def test_a_start_refused_after_the_silence_stops_the_session(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Section 3.5.4: authorized offline, refused later, stopped as DeAuthorized."""
    station.go_offline()
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(120)
    central.answers["StartTransaction"] = {
        "transactionId": 3,
        "idTagInfo": {"status": "Blocked"},
    }
    station.go_online()
    await clock.advance(5)
    assert central.said("StopTransaction")[0]["reason"] == "DeAuthorized"


async def test_an_answer_lost_with_the_connection_means_the_same_message_again(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The central system heard it, the station does not know: same payload, new id."""
    heard: list[Json] = []

    def cut(payload: Json) -> Json | None:
        heard.append(payload)
        if len(heard) == 1:
            central.drop()
            return None
        return {"transactionId": 9, "idTagInfo": {"status": "Accepted"}}

    central.answers["StartTransaction"] = cut
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(30)
    assert heard[0] == heard[1]
    assert len(heard) == 2
    ids = [i for action, i, _ in central.received if action == "StartTransaction"]
    assert len(set(ids)) == 2
    transaction = station.connector().transaction
    assert transaction is not None
    assert transaction.id == 9


async def test_a_message_that_cannot_be_processed_is_tried_again_and_given_up(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Section 3.7.1: after 30 s, after 60 s more, then discarded; the rest says -1."""
    central.answers["StartTransaction"] = {"error": ["InternalError", "no"]}
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(29)
    assert len(central.said("StartTransaction")) == 1
    await clock.advance(2)
    assert len(central.said("StartTransaction")) == 2
    await clock.advance(58)
    assert len(central.said("StartTransaction")) == 2
    await clock.advance(2)
    assert len(central.said("StartTransaction")) == 3
    assert [entry.action for entry in station.outbox.discarded] == ["StartTransaction"]
    await clock.advance(10)
    assert {m["transactionId"] for m in central.said("MeterValues")} == {-1}


async def test_a_silent_central_system_times_out(central: TinyCentral, make: StationMaker) -> None:
    """After MessageTimeout the message counts as failed, others go on meanwhile."""
    clock = ManualClock(forgive_after=0.02)
    station = await make(clock=clock)
    central.answers["StartTransaction"] = None
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(35)
    assert len(central.said("StartTransaction")) == 1
    await clock.advance(30)
    assert len(central.said("StartTransaction")) == 2
    assert station.status() == "Charging"


async def test_the_station_dials_again_and_again_with_growing_pauses(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Backoff doubles up to its limit, and the session is there when it gets through."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(5)
    await central.close()
    await clock.advance(600)
    dials = station.link.dials
    assert 10 <= dials <= 18
    await central.listen()
    await clock.advance_until(lambda: station.at_rest, within=80)
    assert len(central.said("MeterValues")) >= 60


async def test_a_power_loss_ends_the_transaction_when_power_is_back(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Boot, statuses, then StopTransaction with the time and register of the loss."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(65)
    seen = len(central.received)
    station.reboot(cold=True, off_for=120)
    await clock.advance(119)
    assert len(central.received) == seen
    await clock.advance(10)
    after = central.actions()[seen:]
    assert after[0] == "BootNotification"
    (stop,) = central.said("StopTransaction")
    assert stop["reason"] == "PowerLoss"
    assert stop["timestamp"] == "2026-01-01T00:01:05.000Z"
    assert stop["meterStop"] == station.register_wh()
    assert station.status() == "Finishing"
    assert central.violations == []


async def test_a_power_loss_may_leave_the_transaction_running(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Stations that resume go on with the same transaction and register."""
    station = await make(personality=Personality(resumes_after_power_loss=True))
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(60)
    before = station.register_wh()
    station.reboot(cold=True, off_for=600)
    await clock.advance(500)
    assert station.register_wh() == before
    await clock.advance(200)
    assert station.status() == "Charging"
    assert central.said("StopTransaction") == []
    assert {m["transactionId"] for m in central.said("MeterValues")} == {1}
    assert station.register_wh() > before


async def test_a_soft_reboot_stops_first_and_boots_then(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The StopTransaction is delivered before the connection ends."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(60)
    answer = await central.ask("Reset", {"type": "Soft"})
    await clock.advance(20)
    assert answer == {"status": "Accepted"}
    actions = [a for a in central.actions() if a in {"BootNotification", "StopTransaction"}]
    assert actions == ["BootNotification", "StopTransaction", "BootNotification"]
    assert central.said("StopTransaction")[0]["reason"] == "SoftReset"


async def test_a_hard_reset_says_so_after_the_boot(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The reason is HardReset, told after the new boot was accepted."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(60)
    await central.ask("Reset", {"type": "Hard"})
    await clock.advance(20)
    actions = [a for a in central.actions() if a in {"BootNotification", "StopTransaction"}]
    assert actions == ["BootNotification", "BootNotification", "StopTransaction"]
    assert central.said("StopTransaction")[0]["reason"] == "HardReset"


async def test_what_waits_survives_the_station_itself(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """A new station from the old one's memory tells all, and its register goes on."""
    station = await make()
    station.go_offline()
    station.plug_in(1, Car(soc=20))
    station.present_card(1, "CARD")
    await clock.advance(95)
    memory = station.remember()
    register = station.register_wh()
    await station.stop()
    await clock.advance(500)
    successor = await make(remembered=memory)
    await clock.advance(5)
    told = transactional(central)
    assert [action for action, _ in told] == [
        "StartTransaction",
        *["MeterValues"] * 9,
        "StopTransaction",
    ]
    assert {payload["transactionId"] for _, payload in told[1:]} == {1}
    stop = told[-1][1]
    assert (stop["reason"], stop["meterStop"]) == ("PowerLoss", register)
    assert stop["timestamp"] == "2026-01-01T00:01:35.000Z"
    assert successor.register_wh() == register
    assert successor.status() == "Available"


steps = st.lists(
    st.tuples(
        st.sampled_from(["plug", "unplug", "card", "offline", "online", "drop", "power"]),
        st.integers(1, 90),
    ),
    min_size=3,
    max_size=14,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=steps)
async def test_whatever_happens_the_energy_told_is_the_energy_metered(
    socket_enabled: None,  # noqa: ARG001
    script: list[tuple[str, int]],
) -> None:
    """After any mishaps the transactions told add up to what the register counted."""
    clock = ManualClock()
    async with TinyCentral(clock) as central:
        station = SimulatedStation(url=central.url, clock=clock)
        await station.start()
        for step, pause in script:
            await act(station, central, step)
            await clock.advance(pause)
        station.go_online()
        await clock.advance(120)
        if station.connector().transaction is not None:
            station.stop_locally(1)
        await clock.advance_until(lambda: station.at_rest, within=600)
        starts, stops = central.said("StartTransaction"), central.said("StopTransaction")
        assert len(starts) == len(stops)
        spent = sum(
            stop["meterStop"] - start["meterStart"]
            for start, stop in zip(starts, stops, strict=True)
        )
        assert spent == station.register_wh() - 10_000
        assert [stop["transactionId"] for stop in stops] == list(range(1, len(stops) + 1))
        stamps = [stamp_of(action, payload) for action, payload in transactional(central)]
        assert stamps == sorted(stamps)
        assert central.violations == []
        await station.stop()


async def act(station: SimulatedStation, central: TinyCentral, step: str) -> None:
    """Do one thing to a station, if it can be done."""
    match step:
        case "plug" if station.connector().car is None:
            station.plug_in(1, Car(soc=5))
        case "unplug" if station.connector().car is not None:
            station.unplug(1)
        case "card":
            station.present_card(1, "CARD")
        case "offline":
            station.go_offline()
        case "online":
            station.go_online()
        case "drop":
            central.drop()
        case "power" if station.connector().powered:
            station.reboot(cold=True, off_for=20)
