"""Whose sessions are: by their tokens, unless somebody said otherwise, whatever comes twice or late."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.chargestead.billing.ledger import Ledger, SessionAssigned
from custom_components.chargestead.model.config import SiteConfig
from custom_components.chargestead.model.driver import Driver, DriverToken
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.site.drivers import BY_TOKEN
from tests.csms.transaction_fixtures import NOON, House

ANNA = Driver(driver_id="anna", name="Anna", tokens=(DriverToken(id_token="ANNA"),))
BEN = Driver(driver_id="ben", name="Ben", tokens=(DriverToken(id_token="BEN"),))


def house_of(path: Path, *drivers: Driver) -> House:
    """Return a house with drivers and a real ledger."""
    return House(path=path / "ledger.db", site=SiteConfig(drivers=drivers))


async def settled(house: House) -> None:
    """Wait until what follows from a message is in the ledger."""
    while tasks := tuple(house.site.drivers._tasks):
        await asyncio.wait(tasks)
        await asyncio.sleep(0)
    await house.ledger.checkpoint()


async def assignments(house: House, session: Session) -> list[tuple[str | None, str | None]]:
    """Return who was named for a session, and by whom."""
    await settled(house)
    told = await house.ledger.assignments(session.id)
    return [(item.driver_id, item.actor) for item in told]


def reconfigure(house: House, *drivers: Driver) -> None:
    """Change the drivers."""
    house.site_config = replace(house.site_config, drivers=drivers)
    house.site.configure(house.site_config)


async def test_a_session_gets_the_driver_of_its_token_at_once_and_once(tmp_path: Path) -> None:
    async with house_of(tmp_path, ANNA, BEN) as house:
        number = await house.start(0, 0, id_tag="anna")
        session = await house.session(number)
        assert house.site.drivers.driver_id(session) == "anna", "before the ledger was asked"
        assert await assignments(house, session) == [("anna", BY_TOKEN)]
        await house.start(0, 0, id_tag="anna")
        await house.meter(60, 100, number)
        await house.stop(number, 120, 200)
        await house.restart()
        await house.stop(number, 120, 200)
        session = await house.session(number)
        assert await assignments(house, session) == [("anna", BY_TOKEN)]
        assert house.site.drivers.driver_id(session) == "anna"


async def test_a_session_of_an_unknown_token_is_nobodys(tmp_path: Path) -> None:
    async with house_of(tmp_path, ANNA) as house:
        session = await house.session(await house.start(0, 0, id_tag="OTHER"))
        assert await assignments(house, session) == []
        assert house.site.drivers.driver_id(session) is None


async def test_what_somebody_said_by_hand_stays(tmp_path: Path) -> None:
    async with house_of(tmp_path, ANNA, BEN) as house:
        number = await house.start(0, 0, id_tag="ANNA")
        session = await house.session(number)
        await settled(house)
        told: list[str | None] = []
        leave = house.site.drivers.subscribe(told.append)
        fact = SessionAssigned(
            at=NOON, session_id=session.id, driver_id="ben", vehicle_id=None, actor="somebody"
        )
        house.site.drivers.assign(fact, session.station_id)
        leave()
        leave()
        assert told == [session.station_id]
        for _ in range(2):
            await house.start(0, 0, id_tag="ANNA")
            assert await assignments(house, session) == [("anna", BY_TOKEN), ("ben", "somebody")]
            assert house.site.drivers.driver_id(session) == "ben"
            await house.restart()


async def test_a_token_that_gets_a_driver_gives_the_running_session_one(tmp_path: Path) -> None:
    async with house_of(tmp_path) as house:
        over = await house.session(await house.start(0, 0, id_tag="ANNA"))
        running = await house.session(await house.start(10, 0, id_tag="ANNA"))
        reconfigure(house, ANNA)
        assert await assignments(house, running) == [("anna", BY_TOKEN)]
        assert await assignments(house, over) == [], "what is over stays as it was"


async def test_a_driver_added_while_nobody_was_there_gets_the_running_session(
    tmp_path: Path,
) -> None:
    async with house_of(tmp_path) as house:
        session = await house.session(await house.start(0, 0, id_tag="ANNA"))
        house.site_config = replace(house.site_config, drivers=(ANNA,))
        await house.restart()
        assert await assignments(house, session) == [("anna", BY_TOKEN)]


async def test_a_driver_who_leaves_keeps_what_was_charged(tmp_path: Path) -> None:
    async with house_of(tmp_path, ANNA) as house:
        number = await house.start(0, 0, id_tag="ANNA")
        await house.stop(number, 60, 100)
        await settled(house)
        reconfigure(house)
        await house.restart()
        session = await house.session(number)
        assert house.site.drivers.driver_id(session) == "anna"
        assert (await house.ledger.kept_session(session.id)).driver_id == "anna"


async def test_an_earlier_token_gives_the_session_to_another(tmp_path: Path) -> None:
    async with house_of(tmp_path, ANNA, BEN) as house:
        session = await house.session(await house.start(0, 0, id_tag="ANNA"))
        await settled(house)
        for id_token, driver_id in (("BEN", "ben"), ("OTHER", None)):
            session = replace(session, id_token=id_token)
            house.station.transactions.revise(session)
            assert (await assignments(house, session))[-1] == (driver_id, BY_TOKEN)
            assert house.site.drivers.driver_id(session) == driver_id


async def test_a_ledger_that_cannot_tell_is_asked_with_the_next_message(tmp_path: Path) -> None:
    async with house_of(tmp_path, ANNA) as house:

        async def fail(*_: Any) -> list[SessionAssigned]:  # noqa: ANN401
            msg = "no disk"
            raise LedgerError(msg)

        with patch.object(Ledger, "assignments", fail):
            number = await house.start(0, 0, id_tag="ANNA")
            await settled(house)
        assert house.site.drivers.failed == 1
        session = await house.session(number)
        assert await assignments(house, session) == []
        await house.meter(60, 100, number)
        assert await assignments(house, session) == [("anna", BY_TOKEN)]


async def test_a_listener_that_fails_harms_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house_of(tmp_path, ANNA) as house:
        told: list[str | None] = []

        def fail(_: str | None) -> None:
            msg = "on purpose"
            raise ValueError(msg)

        house.site.drivers.subscribe(fail)
        house.site.drivers.subscribe(told.append)
        session = await house.session(await house.start(0, 0, id_tag="ANNA"))
        assert await assignments(house, session) == [("anna", BY_TOKEN)]
        assert told == [session.station_id]
        assert "A listener failed" in caplog.text


async def test_only_so_many_sessions_are_kept_in_mind(tmp_path: Path) -> None:
    async with house_of(tmp_path, ANNA) as house:
        drivers = house.site.drivers
        for number in range(600):
            drivers._judge(
                Session(
                    id=str(number),
                    station_id="S",
                    connector_id=1,
                    transaction_id="1",
                    started_at=NOON,
                )
            )
        assert len(drivers._judged) == 500
