"""The wear of a contactor, by what it opened under."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.chargestead.maintenance.wear.contactor import (
    ELECTRICAL_LIFE,
    MECHANICAL_LIFE,
    RATED_CURRENT_A,
    ContactorWear,
    damage,
)
from custom_components.chargestead.model.reading import Measurements
from custom_components.chargestead.model.station import ConnectorState, ConnectorStatus

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def charging(current_a: float | None = 16.0, *, age_s: float = 30) -> ConnectorState:
    """Return a connector that charges, last measured some time ago."""
    measured = Measurements(
        at=NOON - timedelta(seconds=age_s), current_a=(current_a, None, None), temperature_c=30
    )
    return ConnectorState(connector_id=1, status=ConnectorStatus.CHARGING, measurements=measured)


def test_an_opening_at_the_rated_current_uses_up_its_part_of_the_electrical_life() -> None:
    assert damage(RATED_CURRENT_A) == pytest.approx(1.2 / ELECTRICAL_LIFE + 1 / MECHANICAL_LIFE)


def test_half_the_current_wears_a_quarter_as_much() -> None:
    mechanical = 1 / MECHANICAL_LIFE
    assert (damage(30) - mechanical) / (damage(15) - mechanical) == pytest.approx(4)


@pytest.mark.parametrize(
    ("temperature_c", "times"), [(None, 1), (-20, 1), (40, 1), (41, 1.5), (42, 2), (44, 3), (90, 3)]
)
def test_heat_wears_more_up_to_three_times(temperature_c: float | None, times: float) -> None:
    mechanical = 1 / MECHANICAL_LIFE
    assert damage(16, temperature_c) - mechanical == pytest.approx(
        times * (damage(16) - mechanical)
    )


def test_without_load_only_the_mechanics_wear() -> None:
    assert damage(0) == damage(0.9, 80) == 1 / MECHANICAL_LIFE


@pytest.mark.parametrize(
    "status",
    [
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.FAULTED,
        ConnectorStatus.UNAVAILABLE,
    ],
)
def test_an_opening_counts_with_the_current_seen_last(status: ConnectorStatus) -> None:
    wear = ContactorWear()
    assert wear.changed(charging(), status, NOON, soft=False)
    assert (wear.loaded, wear.unloaded, wear.unknown) == (1, 0, 0)
    assert wear.used == damage(16, 30)


@pytest.mark.parametrize("soft", [True, False])
def test_a_vehicle_that_stops_itself_and_a_soft_stop_open_without_load(*, soft: bool) -> None:
    wear = ContactorWear()
    status = ConnectorStatus.FINISHING if soft else ConnectorStatus.SUSPENDED_EV
    assert wear.changed(charging(), status, NOON, soft=soft)
    assert (wear.loaded, wear.unloaded) == (0, 1)
    assert wear.used == damage(0)


@pytest.mark.parametrize("before", [charging(None), charging(age_s=151)])
def test_an_opening_nobody_saw_counts_as_the_others_did(before: ConnectorState) -> None:
    wear = ContactorWear()
    wear.changed(charging(20), ConnectorStatus.FINISHING, NOON, soft=False)
    wear.changed(charging(0), ConnectorStatus.FINISHING, NOON, soft=False)
    used = wear.used
    wear.changed(before, ConnectorStatus.FINISHING, NOON, soft=False)
    assert wear.unknown == 1
    assert wear.used == pytest.approx(used * 1.5)


def test_the_first_opening_is_estimated_when_nobody_saw_it() -> None:
    wear = ContactorWear()
    wear.changed(charging(None), ConnectorStatus.FINISHING, NOON, soft=False)
    assert 0 < wear.used < damage(RATED_CURRENT_A)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ConnectorStatus.CHARGING, ConnectorStatus.CHARGING),
        (ConnectorStatus.CHARGING, None),
        (ConnectorStatus.PREPARING, ConnectorStatus.AVAILABLE),
        (ConnectorStatus.SUSPENDED_EVSE, ConnectorStatus.FINISHING),
    ],
)
def test_other_changes_are_no_openings(
    before: ConnectorStatus, after: ConnectorStatus | None
) -> None:
    wear = ContactorWear()
    assert not wear.changed(replace(charging(), status=before), after, NOON, soft=False)
    assert wear.openings == 0


def test_what_was_counted_is_read_again_and_nonsense_is_refused() -> None:
    wear = ContactorWear()
    wear.changed(charging(), ConnectorStatus.FINISHING, NOON, soft=False)
    again = ContactorWear()
    again.restore(wear.as_dict())
    assert again == wear
    for nonsense in ({}, {**wear.as_dict(), "used": -1}, {**wear.as_dict(), "loaded": "x"}):
        with pytest.raises((KeyError, ValueError)):
            ContactorWear().restore(nonsense)
