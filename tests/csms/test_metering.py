"""Live values and registers, as meter values come in."""

import pytest

from custom_components.chargestead.model.events import RegisterRead, SessionStarted
from custom_components.chargestead.model.reading import Measurements

from .transaction_fixtures import House, at, flags_of, stamp

POWER = {"measurand": "Power.Active.Import", "unit": "W"}
CURRENT = {"measurand": "Current.Import", "unit": "A"}


def live(house: House, connector: int = 1) -> Measurements:
    return house.station.book.connector(connector).measurements


async def test_live_values_are_shown_and_are_nothing_at_the_end() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(10, 7400, one, **POWER)
        await house.meter(10, 32, one, **CURRENT, phase="L1")
        assert (live(house).power_w, live(house).current_a) == (7400, (32, None, None))
        await house.stop(one, 20, 1010)
        assert (live(house).power_w, live(house).current_a) == (0, (0, None, None))
        assert live(house).at == at(20)


@pytest.mark.parametrize("word", ["Available", "Preparing", "Finishing", "Reserved", "Unavailable"])
async def test_at_rest_nothing_flows(word: str) -> None:
    async with House() as house:
        await house.meter(10, 7400, **POWER)
        await house.status(11, word)
        assert live(house).power_w == 0


async def test_the_state_of_charge_of_a_vehicle_goes_with_it() -> None:
    async with House() as house:
        await house.meter(10, 80, measurand="SoC", unit="Percent")
        await house.status(11, "Finishing")
        assert live(house).state_of_charge == 80
        await house.status(12, "Available")
        assert live(house).state_of_charge is None
        assert live(house).power_w == 0


@pytest.mark.parametrize("word", ["Charging", "SuspendedEV", "SuspendedEVSE", "Faulted"])
async def test_a_status_in_a_session_leaves_live_values_alone(word: str) -> None:
    async with House() as house:
        await house.meter(10, 7400, **POWER)
        await house.status(11, word)
        assert live(house).power_w == 7400


async def test_silence_is_unknown_and_not_zero() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(10, 7400, one, **POWER)
        house.station.metering.lose(1)
        assert (live(house).power_w, live(house).current_a) == (None, (None, None, None))
        house.station.metering.lose(2)
        assert list(house.station.book.connectors) == [1]


async def test_old_live_values_are_not_shown_but_their_registers_count() -> None:
    async with House() as house:
        house.clock.go_to(1000)
        one = await house.start(0, 1000)
        await house.meter(500, 9000, one, **POWER)
        await house.meter(500, 2000, one)
        assert live(house).power_w is None
        assert house.count("live_value_old") == 2
        assert await house.energy_wh(one) == 1000
        await house.meter(995, 50, one, **POWER)
        await house.meter(990, 70, one, **POWER)
        assert live(house).power_w == 50


async def test_a_station_that_tells_energy_alone_shows_the_mean_power() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(60, 1100, one)
        assert live(house).power_w == 6000
        await house.meter(62, 1101, one)
        assert live(house).power_w == 6000, "too short a time tells nothing"
        await house.meter(362, 1601, one)
        assert live(house).power_w == 6000
        await house.meter(422, 900_000, one)
        assert live(house).power_w is None, "a jump that is not believed is no power either"
        await house.meter(482, 0, one)
        assert live(house).power_w is None


async def test_the_first_register_of_all_tells_no_power() -> None:
    async with House() as house:
        await house.meter(60, 1100)
        assert live(house).power_w is None
        await house.meter(120, 1100)
        assert live(house).power_w == 0


@pytest.mark.parametrize("register", [900_000, 5])
async def test_a_register_that_tells_no_power_leaves_a_connector_at_rest(register: int) -> None:
    async with House() as house:
        await house.status(10, "Available")
        await house.meter(60, 1100)
        assert live(house).power_w == 0, "the first register of all"
        await house.meter(120, register)
        assert live(house).power_w == 0, "a jump and a fall are no power"


async def test_a_station_that_tells_power_alone_has_its_energy_from_start_and_stop() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(1800, 7000, one, **POWER)
        assert live(house).power_w == 7000
        await house.stop(one, 3600, 8000)
        session = await house.session(one)
        assert session.energy_mwh == 7_000_000
        assert not session.flags


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (1000, 1000), (None, None), (None, 0)])
@pytest.mark.parametrize("named", [True, False])
async def test_power_alone_adds_up_where_the_registers_tell_nothing(
    start: int | None, stop: int | None, *, named: bool
) -> None:
    async with House() as house:
        one = await house.start(0, start)
        for step in range(61):
            await house.meter(60 * step, 6000, one if named else None, **POWER)
        await house.meter(1800, 99_000, one, **POWER)
        await house.stop(one, 3660, stop)
        session = await house.session(one)
        assert session.energy_mwh == 6_000_000
        assert "estimated" in flags_of(session)
        await house.stop(one, 3660, stop)
        assert await house.session(one) == session


async def test_power_that_is_forgotten_adds_up_too_but_not_over_silence() -> None:
    async with House() as house:
        one = await house.start(0, 0)
        await house.meter(10, 6000, one, **POWER)
        await house.meter(7210, 6000, one, **POWER)
        await house.start(9000, 0, id_tag="NEXT")
        session = await house.session(one)
        assert session.energy_mwh == 500_000, "five minutes of it"
        assert flags_of(session) == {"forgotten", "estimated"}
        assert session.ended_at == at(7210)


async def test_a_little_power_or_a_register_that_counts_leaves_the_registers_alone() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        for step in range(10):
            await house.meter(60 * step, 9000, one, **POWER)
        await house.stop(one, 600, 1100)
        assert await house.energy_wh(one) == 100
        two = await house.start(700, 1100)
        await house.meter(710, 3, two, **POWER)
        await house.meter(770, -3, two, **POWER)
        await house.stop(two, 800, 1100)
        assert await house.energy_wh(two) == 0
        assert not (await house.session(two)).flags
        three = await house.start(1000, 1100)
        for step in range(60):
            await house.meter(1010 + 60 * step, 900, three, **POWER)
            await house.meter(1010 + 60 * step, 1100, three)
        await house.stop(three, 5000, 1100)
        assert await house.energy_wh(three) == 0, (
            "a register that is read and stands still is right"
        )


async def test_current_alone_makes_power_until_power_is_told() -> None:
    async with House() as house:
        await house.meter(10, 10, **CURRENT)
        assert live(house).power_w == 2300
        await house.meter(20, 2000, **POWER)
        await house.meter(30, 20, **CURRENT)
        assert live(house).power_w == 2000


async def test_registers_outside_a_session_are_kept_with_their_connector() -> None:
    async with House(connectors=2) as house:
        await house.meter(10, 5000, connector=2)
        await house.meter(5, 4000, connector=2)
        await house.meter(20, 9_000_000, connector=2)
        told = [event for event in house.events if isinstance(event, RegisterRead)]
        assert [(item.connector_id, item.reading.register_mwh) for item in told] == [(2, 5_000_000)]
        assert house.count("register_old") == house.count("register_jump") == 1
        await house.restart()
        assert house.station.book.connector(2).register_mwh == 5_000_000


async def test_a_running_charge_nobody_told_us_of_is_taken_up() -> None:
    async with House() as house:
        await house.status(0, "Charging")
        house.clock.go_to(200)
        await house.meter(100, 5000, 4711)
        await house.meter(50, 4500, 4711)
        await house.meter(150, 5500, 4711)
        session = await house.session(4711)
        assert flags_of(session) == {"reconstructed"}
        assert (session.started_at, session.energy_mwh) == (at(50), 1_000_000)
        assert house.shown() == session
        await house.restart()
        await house.meter(200, 6000, 4711)
        assert len(await house.ledger.sessions()) == 1
        await house.stop(4711, 300, 7000)
        assert await house.energy_wh(4711) == 2500
        assert await house.start(400, 7000) != 4711


async def test_a_reading_before_a_session_that_was_started_is_not_its() -> None:
    async with House() as house:
        one = await house.start(100, 5000)
        await house.meter(50, 4900, one)
        assert await house.energy_wh(one) == 0
        assert house.count("reading_before_start") == 1


async def test_several_readings_of_one_message_make_one_session() -> None:
    async with House() as house:
        await house.status(0, "SuspendedEV")
        house.clock.go_to(300)
        values = [
            {"timestamp": stamp(seconds), "sampledValue": [{"value": str(wh)}]}
            for seconds, wh in ((200, 6000), (100, 5000), (300, 7000))
        ]
        await house.say("MeterValues", connectorId=1, transactionId=4711, meterValue=values)
        assert await house.energy_wh(4711) == 2000
        assert await house.registers_wh(4711) == [5000, 6000, 7000]


@pytest.mark.parametrize("foreign", [0, -1, 9223372036854775807, 2**31, "", "x", None, 1.5e300])
async def test_an_id_that_cannot_be_is_never_taken_up(foreign: object) -> None:
    async with House() as house:
        await house.status(0, "Charging")
        await house.meter(100, 5000, foreign)
        assert await house.ledger.sessions() == []
        assert house.station.book.connector(1).register_mwh == 5_000_000


@pytest.mark.parametrize("word", ["Available", "Preparing", "Finishing", "Faulted"])
async def test_an_unknown_charge_is_not_taken_up_while_nothing_charges(word: str) -> None:
    async with House() as house:
        await house.status(0, word)
        await house.meter(100, 5000, 4711)
        assert await house.ledger.sessions() == []


async def test_the_id_of_another_connector_is_never_taken_up() -> None:
    async with House(connectors=2) as house:
        one = await house.start(0, 1000, connector=1)
        await house.status(5, "Charging", connector=2)
        await house.meter(10, 77_000, one, connector=2)
        assert house.shown(2) is None
        assert await house.energy_wh(one) == 0
        assert house.station.book.connector(2).register_mwh == 77_000_000


async def test_a_foreign_id_in_a_running_session_is_counted_and_booked_there() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        await house.meter(60, 1500, one + 100)
        assert await house.energy_wh(one) == 500
        assert house.count("transaction_id_differs") == 1
        assert len([event for event in house.events if isinstance(event, SessionStarted)]) == 1


async def test_a_lone_object_counts_as_a_list_and_an_empty_one_as_nothing() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        house.clock.go_to(60)
        value = {"timestamp": stamp(60), "sampledValue": {"value": "1500"}}
        await house.say("MeterValues", connectorId=1, transactionId=one, meterValue=value)
        assert await house.energy_wh(one) == 500
        for empty in ({"sampledValue": []}, {}, [], None, 7, [[]], [{"sampledValue": None}]):
            assert await house.say("MeterValues", connectorId=1, meterValue=empty) == {}
        assert await house.energy_wh(one) == 500


async def test_a_signature_makes_a_session_signed_and_stays_with_its_reading() -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        house.clock.go_to(60)
        samples = [{"value": "1500"}, {"value": "OCMF|a|b", "format": "SignedData"}]
        await house.say(
            "MeterValues",
            connectorId=1,
            transactionId=one,
            meterValue=[{"timestamp": stamp(60), "sampledValue": samples}],
        )
        session = await house.session(one)
        assert flags_of(session) == {"signed"}
        assert [item.signed for item in await house.ledger.readings(session.id)] == [
            None,
            "OCMF|a|b",
        ]


@pytest.mark.parametrize("with_register", [False, True])
async def test_the_signature_of_the_begin_stays_with_the_begin(*, with_register: bool) -> None:
    async with House() as house:
        one = await house.start(0, 1000)
        begin = {"context": "Transaction.Begin"}
        samples = [
            {"value": "OCMF|a|b", "format": "SignedData", **begin},
            {"value": "1000", **begin},
        ]
        if with_register:
            samples.append({"value": "1001"})
        house.clock.go_to(1)
        await house.say(
            "MeterValues",
            connectorId=1,
            transactionId=one,
            meterValue=[{"timestamp": stamp(1), "sampledValue": samples}],
        )
        end = [{"value": "OCMF|c|d", "format": "SignedData", "context": "Transaction.End"}]
        house.clock.go_to(60)
        await house.stop(
            one, 60, 1500, transactionData=[{"timestamp": stamp(60), "sampledValue": end}]
        )
        session = await house.session(one)
        assert flags_of(session) == {"signed"}
        readings = await house.ledger.readings(session.id)
        signed = {str(item.context): item.signed for item in readings}
        assert signed == {"begin": "OCMF|a|b", "end": "OCMF|c|d"} | (
            {"periodic": None} if with_register else {}
        )


async def test_a_signature_of_no_register_we_know_is_counted() -> None:
    async with House() as house:
        for context in ("Sample.Periodic", "Transaction.Begin"):
            sample = {"value": "OCMF|a|b", "format": "SignedData", "context": context}
            await house.say(
                "MeterValues", connectorId=1, transactionId=7, meterValue={"sampledValue": sample}
            )
        assert house.count("signature_without_register") == 2


async def test_a_transaction_that_only_the_ledger_knows_takes_readings_without_its_connector() -> (
    None
):
    async with House(connectors=2) as house:
        one = await house.start(0, 1000, connector=2)
        house.clock.go_to(60)
        value = [{"timestamp": stamp(60), "sampledValue": [{"value": "1500"}]}]
        await house.say("MeterValues", transactionId=one, meterValue=value)
        await house.say("MeterValues", connectorId=0, transactionId=one, meterValue=value)
        assert await house.energy_wh(one) == 500
        await house.say("MeterValues", connectorId=0, meterValue=value)
        assert house.count("meter_values_of_station") == 1
        assert 0 not in house.station.book.connectors
