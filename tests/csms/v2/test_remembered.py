"""What is remembered of stations of later versions, read again after a restart, whatever became of it meanwhile."""

import json
from typing import Any

import pytest

from custom_components.chargestead.csms.external_record import read_limit, write_limit
from custom_components.chargestead.model.limit import ExternalLimit
from custom_components.chargestead.model.schedule import Schedule, SchedulePeriod
from tests.simulator import ManualClock

from .house import STATION, House, Wire
from .simulated import amps, connector, stamp


async def restarted_with(house: House, part: str, content: list[Any]) -> None:
    """Restart, with other content in one part of what is remembered of the station."""
    await house.close()
    page = house.memory.load(STATION)
    house.memory.pages[STATION] = json.dumps({**page, part: content})
    await house.open()


async def test_of_the_limits_of_others_what_can_be_read_is_taken_up(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await wire.call(
        "NotifyChargingLimit",
        {
            "evseId": 1,
            "chargingLimit": {"chargingLimitSource": "EMS"},
            "chargingSchedule": [{"id": 1, **amps(8, startSchedule=stamp(clock))}],
        },
    )
    (good,) = json.loads(house.memory.pages[STATION])["external_limits"]
    (schedule,) = good["schedules"]
    (period,) = schedule["periods"]
    odd = [
        {**good, "source": None},
        {**good, "since": "yesterday", "source": "SO"},
        {**good, "connector_id": "first", "source": "CSO"},
    ]
    mended = {
        **good,
        "schedules": [
            "nonsense",
            {**schedule, "starts_at": None},
            {**schedule, "periods": []},
            {**schedule, "periods": [{**period, "limit": "much"}, {**period, "start_s": None}]},
            {**schedule, "periods": [{**period, "limit": "little"}, period]},
        ],
    }
    await restarted_with(house, "external_limits", [*odd, mended])
    limit = connector(house).external_limit
    assert limit is not None
    assert (limit.source, limit.current_a) == ("EMS", 8)
    assert [len(item.periods) for item in limit.schedules] == [1]


@pytest.mark.parametrize("unit", ["A", "W"])
def test_a_limit_of_others_is_remembered_as_it_was_told(clock: ManualClock, unit: str) -> None:
    limit = ExternalLimit(
        source="SO",
        connector_id=2,
        since=clock.now(),
        grid_critical=True,
        generation=True,
        schedules=(
            Schedule(
                starts_at=clock.now(),
                unit=unit,
                periods=(
                    SchedulePeriod(start_s=0, limit=6.5, phases=1),
                    SchedulePeriod(start_s=60, limit=None),
                ),
                duration_s=600,
            ),
        ),
    )
    assert read_limit(json.loads(json.dumps(write_limit(limit)))) == limit


def test_of_a_long_schedule_of_others_only_the_beginning_is_remembered(clock: ManualClock) -> None:
    periods = tuple(SchedulePeriod(start_s=number, limit=6) for number in range(1024))
    schedule = Schedule(starts_at=clock.now(), unit="A", periods=periods)
    limit = ExternalLimit(source="SO", connector_id=1, since=clock.now(), schedules=(schedule,))
    kept = read_limit(write_limit(limit))
    assert kept is not None
    assert kept.schedules[0].periods == periods[:100]


async def test_of_the_monitors_what_can_be_read_is_known(house: House) -> None:
    good = [7, "EVSE@1.Temperature", "upper_threshold", 80, 4, False, None]
    odd = [
        [],
        ["7", *good[1:]],
        [*good[:3], "hot", *good[4:]],
        [*good[:5], "no", None],
        [*good, "more"],
    ]
    await restarted_with(house, "monitors", [*odd, good])
    (monitor,) = house.station().monitors.all
    assert (monitor.id, monitor.value, monitor.kind) == (7, 80.0, None)
