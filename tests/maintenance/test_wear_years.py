"""Years of simulated stations: healthy ones are left alone, others are found in time."""

from dataclasses import replace
from datetime import timedelta
import random

import pytest

from custom_components.chargestead.model.health import FindingSeverity, HealthMetric

from .years import BEGIN, House, Plant, nonsense

TROUBLE_FROM = 120

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 6))]
"""One year of chance is lived in every run, others in scripts/soak."""


async def live(plant: Plant, days: int = 365) -> House:
    """Return a house after some days with a station."""
    house = House()
    await house.health.start()
    plant.live_year(house, days)
    house.clock.go(BEGIN + timedelta(days=days, hours=1))
    return house


def found_after(house: House, metric: HealthMetric, phase: int | None = None) -> int:
    """Return how many days of trouble it took until a person was asked to act."""
    found = [item for item in house.actions if item.metric is metric]
    assert found, f"never found; only {house.told}"
    assert phase in (None, found[0].phase)
    return (found[0].at - BEGIN).days - TROUBLE_FROM


HEALTHY = [
    {},
    {"phases": 1, "current_a": 32.0, "loop_ohm": 0.5},
    {"sample_s": 300.0},
    {"kelvin_at_16": 35.0, "drops_a_day": 2.0},
    {"kelvin_at_16": 8.0, "loop_ohm": 0.15, "meter_gain": 0.985},
    {"circuit_meter": False, "current_a": 10.0},
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", range(len(HEALTHY)))
async def test_a_year_of_a_healthy_station_raises_no_alarm(kind: int, seed: int) -> None:
    plant = Plant(chance=random.Random(f"{kind}/{seed}"), **HEALTHY[kind])
    house = await live(plant)
    assert [(item.metric, item.at.date(), item.finding) for item in house.actions] == []
    watching = [item for item in house.told if item.finding is not None]
    assert [(item.metric, item.finding and item.finding.value) for item in watching] == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_loose_terminal_is_found_within_three_weeks_by_its_impedance(seed: int) -> None:
    plant = Plant(
        chance=random.Random(f"loose {seed}"),
        loop=lambda day: 2.0 if day >= TROUBLE_FROM else 1.0,
    )
    house = await live(plant, TROUBLE_FROM + 40)
    assert 0 <= found_after(house, HealthMetric.LOOP_IMPEDANCE) <= 21


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_contact_that_corrodes_is_found_before_it_is_twice_and_a_half_as_hot(
    seed: int,
) -> None:
    plant = Plant(
        chance=random.Random(f"corroding {seed}"),
        thermal=lambda day: 1 + max(0, day - TROUBLE_FROM) / 60,
    )
    house = await live(plant, TROUBLE_FROM + 120)
    assert 30 <= found_after(house, HealthMetric.TEMPERATURE_RISE) <= 90


async def test_a_welded_contactor_is_found_on_the_day_it_shows() -> None:
    plant = Plant(chance=random.Random("welded"), stuck=lambda day: day >= TROUBLE_FROM, phases=1)
    house = await live(plant, TROUBLE_FROM + 10)
    assert 0 <= found_after(house, HealthMetric.STUCK_CONTACTOR) <= 3


async def test_a_drifting_meter_is_found_within_three_months() -> None:
    plant = Plant(
        chance=random.Random("drift"),
        gain=lambda day: 1 - 0.05 * min(1, max(0, day - TROUBLE_FROM) / 30),
    )
    house = await live(plant, TROUBLE_FROM + 100)
    assert 0 <= found_after(house, HealthMetric.METER_DRIFT) <= 60


async def test_a_flaky_link_is_found_within_a_week() -> None:
    plant = Plant(chance=random.Random("flaky"), link=lambda day: 40 if day >= TROUBLE_FROM else 1)
    house = await live(plant, TROUBLE_FROM + 10)
    assert 0 <= found_after(house, HealthMetric.RECONNECTS) <= 7


async def test_a_link_that_was_never_good_is_found_as_well() -> None:
    plant = Plant(chance=random.Random("never good"), drops_a_day=80)
    house = await live(plant, 10)
    assert house.actions[0].metric is HealthMetric.RECONNECTS
    assert house.actions[0].finding is not None
    assert house.actions[0].finding.baseline is None


async def test_a_lost_phase_is_found_on_its_day_and_over_after_a_good_charge() -> None:
    plant = Plant(
        chance=random.Random("phase"),
        lost_phase=lambda day: TROUBLE_FROM <= day < TROUBLE_FROM + 5,
    )
    house = await live(plant, TROUBLE_FROM + 15)
    assert 0 <= found_after(house, HealthMetric.PHASE_LOSS, 2) <= 4
    assert house.health.findings() == []


async def test_a_station_that_takes_more_than_it_may_is_found_within_a_week() -> None:
    plant = Plant(
        chance=random.Random("over"), over=lambda day: 1.4 if day >= TROUBLE_FROM else 1.0
    )
    house = await live(plant, TROUBLE_FROM + 10)
    assert 0 <= found_after(house, HealthMetric.OVERDRAW) <= 7


async def test_energy_that_flows_while_nobody_charges_is_found() -> None:
    plant = Plant(chance=random.Random("idle"))
    house = await live(plant, 20)
    assert house.actions == []
    plant.idle_wh_a_day = 0
    # Two looks at the register of an idle station in a day are what tells.
    for day in range(20, 24):
        plant.live_year(house, 1, day)
        plant.register_wh += 400
        house.health.observe(plant.idle_state())
    house.clock.go(BEGIN + timedelta(days=25))
    assert house.actions[0].metric is HealthMetric.IDLE_ENERGY


async def test_a_finding_ends_when_the_cause_is_mended() -> None:
    plant = Plant(
        chance=random.Random("mended"),
        loop=lambda day: 2.0 if TROUBLE_FROM <= day < TROUBLE_FROM + 30 else 1.0,
    )
    house = await live(plant, TROUBLE_FROM + 60)
    assert house.actions
    last = [item for item in house.told if item.metric is HealthMetric.LOOP_IMPEDANCE][-1]
    assert last.finding is None
    assert house.health.findings() == []


async def test_restarts_lose_neither_the_baseline_nor_a_finding() -> None:
    plant = Plant(chance=random.Random("restarts"), loop=lambda day: 2.0 if day >= 40 else 1.0)
    house = House()
    await house.health.start()
    for day in range(70):
        plant.live_year(house, 1, day)
        if day % 3 == 0:
            await house.restart()
    await house.restart()
    house.health.connector("GARAGE", 1)
    found = house.health.findings("GARAGE")
    assert {item.metric for item in found} == {HealthMetric.LOOP_IMPEDANCE}
    finding = found[0]
    assert finding.severity is FindingSeverity.ACT
    assert finding.baseline == pytest.approx(0.35, abs=0.08)
    assert finding.value == pytest.approx(0.7, abs=0.15)
    assert 30 <= len(finding.evidence) <= 70


async def test_what_cannot_be_read_again_is_counted_and_begins_anew() -> None:
    plant = Plant(chance=random.Random("unreadable"))
    house = await live(plant, 3)
    house.health.stop()
    for key, entry in tuple(house.journal.entries.items()):
        trends = [["loop_impedance", 1, {"first": ["x"], "days": []}]]
        house.journal.entries[key] = replace(entry, content={**entry.content, "trends": trends})
    await house.restart()
    assert house.health.connector("GARAGE", 1).trends == {}
    assert house.health.station("GARAGE").trends == {}
    assert house.health.unreadable == 2


async def test_a_flapping_connector_is_written_at_most_every_five_minutes() -> None:
    plant = Plant(chance=random.Random("flapping"))
    house = House()
    await house.health.start()
    for second in range(3600):
        house.clock.go(BEGIN + timedelta(seconds=second))
        house.health.observe(plant.flapping_state(second))
    assert house.health.connector("GARAGE", 1).contactor.openings >= 1700
    assert house.journal.writes <= 13


async def test_a_new_contactor_is_counted_anew() -> None:
    plant = Plant(chance=random.Random("new contactor"))
    house = await live(plant, 5)
    house.health.contactor_replaced("GARAGE", 1)
    connector = house.health.connector("GARAGE", 1)
    assert connector.contactor.openings == 0
    assert connector.value(HealthMetric.CONTACTOR_WEAR) is None


@pytest.mark.parametrize("seed", range(3))
async def test_readings_of_any_kind_break_nothing(seed: int) -> None:
    chance = random.Random(f"nonsense {seed}")
    house = House()
    await house.health.start()
    for step in range(3000):
        house.clock.go(BEGIN + timedelta(minutes=7 * step))
        house.health.observe(nonsense(chance, house.clock.now()))
    house.health.stop()
    again = House(journal=house.journal)
    await again.health.start()
    again.health.connector("GARAGE", 1)
    assert again.health.unreadable == 0
