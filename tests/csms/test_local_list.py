"""Versions of the local list: always a larger one, and known only as far as the station told."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

import asyncio

import pytest

from custom_components.chargestead.model.commands import LocalListEntry, SendLocalList
from custom_components.chargestead.model.errors import (
    CommandRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from tests.simulator import ManualClock

from .limit_fixtures import READY, House, asked, clock, expected_lingering_timers, house

ENABLED = {**READY, "LocalAuthListEnabled": "true"}
CARDS = tuple(LocalListEntry(id_token=f"CARD-{number}", status="Accepted") for number in range(3))


def versions(house: House) -> tuple[int | None, int]:
    """Return the version known, and the largest one used."""
    memory = house.station().memory
    return house.station().local_list.version, memory.last_local_list_version


async def test_the_first_update_asks_for_the_version_and_the_next_do_not(house: House) -> None:
    """One question in a lifetime, as long as all goes well."""
    simulated = await house.install(configuration=ENABLED)
    simulated.access.local_list_version = 41
    local_list = house.station().local_list
    assert local_list.version is None
    version, result = await local_list.send(CARDS, full=True)
    assert (version, result.status) == (42, "Accepted")
    version, _ = await local_list.send(CARDS[:1], full=False)
    assert version == 43
    assert [action for action, _ in asked(simulated, "GetLocalListVersion", "SendLocalList")] == [
        "GetLocalListVersion",
        "SendLocalList",
        "SendLocalList",
    ]
    assert simulated.access.local_list_version == 43
    assert sorted(simulated.access.local_list) == ["card-0", "card-1", "card-2"]
    assert versions(house) == (43, 43)


async def test_tokens_come_off_the_list_by_name(house: House) -> None:
    """An entry without a status."""
    simulated = await house.install(configuration=ENABLED)
    await house.station().local_list.send(CARDS, full=True)
    await house.station().local_list.send([LocalListEntry(id_token="CARD-1")], full=False)
    assert sorted(simulated.access.local_list) == ["card-0", "card-2"]


async def test_versions_outlive_a_restart_of_ours(house: House, clock: ManualClock) -> None:
    """No question then either."""
    simulated = await house.install(configuration=ENABLED)
    await house.station().local_list.send(CARDS, full=True)
    await house.restart()
    await clock.advance(60)
    assert versions(house) == (1, 1)
    version, _ = await house.station().local_list.send(CARDS, full=False)
    assert version == 2
    assert len(asked(simulated, "GetLocalListVersion")) == 1


async def test_a_conflict_is_told_and_the_next_update_finds_its_version(house: House) -> None:
    """Somebody else wrote the list."""
    simulated = await house.install(configuration=ENABLED)
    local_list = house.station().local_list
    await local_list.send(CARDS, full=True)
    simulated.access.local_list_version = 900
    with pytest.raises(CommandRefusedError) as refusal:
        await local_list.send(CARDS, full=False)
    assert refusal.value.status == "VersionMismatch"
    assert local_list.version is None
    version, _ = await local_list.send(CARDS, full=True)
    assert version == 901


async def test_an_emptied_list_does_not_begin_at_one_again(house: House) -> None:
    """It says 0, but its station may well remember."""
    simulated = await house.install(configuration=ENABLED)
    local_list = house.station().local_list
    await local_list.send(CARDS, full=True, version=7)
    await local_list.send((), full=True)
    await local_list.ask()
    assert versions(house) == (0, 8)
    assert simulated.access.local_list == {}
    version, _ = await local_list.send(CARDS, full=False)
    assert version == 9


async def test_a_station_without_a_list_says_so(house: House) -> None:
    """Version -1, and a refusal."""
    await house.install(configuration=READY | {"LocalAuthListEnabled": "false"})
    local_list = house.station().local_list
    await local_list.ask()
    assert local_list.version == -1
    with pytest.raises(CommandRefusedError) as refusal:
        await local_list.send(CARDS, full=True)
    assert refusal.value.status == "NotSupported"


async def test_any_version_can_be_asked_for(house: House) -> None:
    """Also an older one; the count goes on from the largest."""
    simulated = await house.install(configuration=ENABLED)
    local_list = house.station().local_list
    await local_list.send(CARDS, full=True, version=50)
    await local_list.send(CARDS, full=True, version=3)
    assert versions(house) == (3, 50)
    version, _ = await local_list.send(None, full=False)
    assert version == 51
    assert asked(simulated, "SendLocalList")[-1][1] == {
        "listVersion": 51,
        "updateType": "Differential",
    }


async def test_a_lost_answer_leaves_the_version_open(house: House, clock: ManualClock) -> None:
    """The list may have been taken."""
    simulated = await house.install(configuration=ENABLED)
    local_list = house.station().local_list
    await local_list.send(CARDS, full=True)
    simulated.overrides["SendLocalList"] = None
    sending = asyncio.create_task(local_list.send(CARDS, full=False))
    await clock.advance(61)
    with pytest.raises(StationTimeoutError):
        await sending
    assert versions(house) == (None, 1)
    simulated.access.local_list_version = 2
    del simulated.overrides["SendLocalList"]
    version, _ = await local_list.send(CARDS, full=False)
    assert version == 3


async def test_updates_at_the_same_time_take_turns(house: House) -> None:
    """No version is given to two of them."""
    simulated = await house.install(configuration=ENABLED)
    local_list = house.station().local_list
    sent = await asyncio.gather(*(local_list.send(CARDS, full=False) for _ in range(5)))
    assert [version for version, _ in sent] == [1, 2, 3, 4, 5]
    assert [payload["listVersion"] for _, payload in asked(simulated, "SendLocalList")] == [
        1,
        2,
        3,
        4,
        5,
    ]


@pytest.mark.parametrize("answer", [{}, {"listVersion": "many"}])
async def test_an_answer_without_a_version_is_none(house: House, answer: dict[str, str]) -> None:
    """Then 1 is tried."""
    simulated = await house.install(configuration=ENABLED)
    simulated.overrides["GetLocalListVersion"] = answer
    version, _ = await house.station().local_list.send(CARDS, full=True)
    assert version == 1


async def test_the_version_is_read_as_later_versions_word_it(house: House) -> None:
    """It has another name there."""
    simulated = await house.install(configuration=ENABLED)
    simulated.overrides["GetLocalListVersion"] = {"versionNumber": 12}
    await house.station().local_list.ask()
    assert house.station().local_list.version == 12


async def test_a_list_sent_past_the_count_is_counted_too(house: House) -> None:
    """Whoever sends it."""
    await house.install(configuration=ENABLED)
    await house.station().command(SendLocalList(version=5, entries=CARDS))
    assert versions(house) == (5, 5)


async def test_a_station_that_is_away_is_said_to_be(house: House) -> None:
    """Nothing is counted."""
    await house.know()
    with pytest.raises(StationOfflineError):
        await house.station().local_list.send(CARDS, full=True)
    assert versions(house) == (None, 0)
