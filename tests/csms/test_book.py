"""Snapshots of a station, and who is told of them."""

import asyncio
import logging

import pytest

from custom_components.chargestead.csms.book import Book
from custom_components.chargestead.model.station import (
    ConnectorState,
    ConnectorStatus,
    StationState,
)


def book(**connectors: ConnectorState) -> Book:
    return Book(
        StationState(
            station_id="CP",
            connectors={item.connector_id: item for item in connectors.values()},
        )
    )


async def test_it_starts_from_a_snapshot() -> None:
    one = ConnectorState(connector_id=1, status=ConnectorStatus.CHARGING, register_mwh=7)
    started = book(one=one)
    assert started.connector(1).register_mwh == 7
    assert started.state.connectors == {1: one}


async def test_a_snapshot_never_changes_and_is_the_same_while_nothing_does() -> None:
    kept = book()
    kept.update_connector(2, register_mwh=1)
    before = kept.state
    assert kept.state is before
    kept.update_connector(1, register_mwh=5)
    kept.update_connector(2, register_mwh=9)
    assert before.connectors[2].register_mwh == 1
    assert list(kept.state.connectors) == [1, 2]
    assert kept.state.connectors[2].register_mwh == 9
    kept.update(operative=False)
    assert before.operative
    assert not kept.state.operative


async def test_an_unknown_connector_is_blank_and_stays_unknown() -> None:
    kept = book()
    assert kept.connector(7).status is None
    assert kept.state.connectors == {}


async def test_listeners_are_told_once_per_turn_of_the_newest() -> None:
    kept = book()
    told: list[StationState] = []
    unsubscribe = kept.subscribe(told.append)
    for register_mwh in range(5):
        kept.update_connector(1, register_mwh=register_mwh)
    kept.update(operative=False)
    await asyncio.sleep(0)
    assert [item.connectors[1].register_mwh for item in told] == [4]
    unsubscribe()
    unsubscribe()
    kept.update(operative=True)
    await asyncio.sleep(0)
    assert len(told) == 1


async def test_a_listener_that_fails_or_leaves_harms_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept = book()
    told: list[StationState] = []

    def fail(_: StationState) -> None:
        leave()
        msg = "on purpose"
        raise ValueError(msg)

    leave = kept.subscribe(fail)
    kept.subscribe(told.append)
    with caplog.at_level(logging.ERROR):
        kept.update(operative=False)
        await asyncio.sleep(0)
        kept.update(operative=True)
        await asyncio.sleep(0)
    assert len(told) == 2
    assert caplog.text.count("A listener of CP failed") == 1
