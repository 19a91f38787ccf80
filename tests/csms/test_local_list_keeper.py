"""Local lists in step with the drivers: little is sent, and everything where it is not certain what is there."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

import pytest
import pytest_socket

from custom_components.chargestead.model.config import SiteConfig, UnknownTokens
from custom_components.chargestead.model.driver import Driver, DriverToken, TokenType
from custom_components.chargestead.model.station import ConfigurationValue
from tests.simulator import Car, Json, ManualClock, SimulatedStation
from tests.simulator.frames import CALL
from tests.simulator.link import CallError

from .v2.house import STATION, House

VERSIONS = ("1.6", "2.0.1", "2.1")

type Make = Callable[..., SimulatedStation]


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow sockets to this machine, those of a file included."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Expect the heartbeat of a socket that was cut off, which aiohttp leaves to find out for itself."""
    return True


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at 2026-01-01T00:00Z."""
    return ManualClock()


def driver(*tokens: DriverToken | str, name: str = "Anna") -> Driver:
    """Return a driver with tokens."""
    return Driver(
        driver_id=name,
        name=name,
        tokens=tuple(
            DriverToken(id_token=item) if isinstance(item, str) else item for item in tokens
        ),
    )


@pytest.fixture
async def house(clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that knows one station, and a driver with two cards."""
    site = SiteConfig(unknown_tokens=UnknownTokens.REJECT, drivers=(driver("ONE", "TWO"),))
    house = House(clock, tmp_path, site)
    await house.open()
    await house.know(STATION)
    yield house
    await house.close()


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Return the version spoken."""
    name: str = request.param
    return name


@pytest.fixture
async def make(house: House, clock: ManualClock, version: str) -> AsyncIterator[Make]:
    """Return how to build a station; all are switched off at the end."""
    made: list[SimulatedStation] = []

    def build(**options: Any) -> SimulatedStation:  # noqa: ANN401
        station = SimulatedStation(
            url=house.url, station_id=STATION, clock=clock, version=version, **options
        )
        made.append(station)
        return station

    yield build
    for station in made:
        await station.stop()


@pytest.fixture
async def station(make: Make, clock: ManualClock) -> SimulatedStation:
    """Return a station that has been got to know."""
    station = await make().start()
    await clock.advance(20)
    return station


async def change(house: House, clock: ManualClock, *drivers: Driver, **options: Any) -> None:  # noqa: ANN401
    """Change the drivers or options of the house, and wait for what follows."""
    house.config = replace(house.config, drivers=drivers, **options)
    house.site.configure(house.config)
    await clock.advance(10)


def asked(station: SimulatedStation, action: str) -> list[Json]:
    """Return the payloads of the requests of one kind that a station received."""
    return [frame.payload for frame in station.frames.find(action, sent=False, kind=CALL)]


def updates(station: SimulatedStation) -> list[tuple[str, list[str]]]:
    """Return the updates a station received: their kind and the tokens in them, a "-" before those taken off."""
    told = []
    for payload in asked(station, "SendLocalList"):
        names = []
        for item in payload.get("localAuthorizationList", []):
            token = item["idTag"] if "idTag" in item else item["idToken"]["idToken"]
            names.append(token if "idTagInfo" in item or "idTokenInfo" in item else f"-{token}")
        told.append((payload["updateType"], names))
    return told


def listed(station: SimulatedStation) -> dict[str, str]:
    """Return the list a station has: a status by token."""
    return {name: info.status for name, info in station.access.local_list.items()}


def count(house: House, name: str) -> int:
    """Return a counter of the station."""
    return house.station().counters[name]


def refuse(station: SimulatedStation, *statuses: str | CallError) -> list[Json]:
    """Let a station refuse updates, or take them, one after the other; returned is what was sent to it."""
    left = list(statuses)
    refused: list[Json] = []

    def answer(payload: Json) -> Json:
        refused.append(payload)
        status = left.pop(0)
        if not left:
            del station.overrides["SendLocalList"]
        if isinstance(status, CallError):
            raise status
        if status == "Accepted":
            return station.skin.handlers["SendLocalList"](station, payload).payload
        return {"status": status}

    station.overrides["SendLocalList"] = answer
    return refused


async def test_a_station_gets_the_tokens_of_the_drivers(station: SimulatedStation) -> None:
    assert listed(station) == {"one": "Accepted", "two": "Accepted"}
    assert updates(station) == [("Full", ["ONE", "TWO"])]
    assert len(asked(station, "GetLocalListVersion")) == 1


async def test_a_station_that_comes_back_is_asked_for_its_version_and_no_more(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    for _ in range(2):
        station.reboot(cold=True, off_for=10)
        await clock.advance(60)
    await house.restart()
    await clock.advance(120)
    assert len(asked(station, "GetLocalListVersion")) == 4
    assert len(updates(station)) == 1


async def test_only_what_changed_is_sent(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    later = clock.now() + timedelta(days=30)
    await change(
        house,
        clock,
        driver("ONE", DriverToken(id_token="THREE", expires_at=later, group="FAMILY")),
        driver(DriverToken(id_token="FOUR", blocked=True, type=TokenType.KEY_CODE), name="Ben"),
    )
    assert updates(station)[1:] == [("Differential", ["-TWO", "THREE", "FOUR"])]
    assert listed(station) == {"one": "Accepted", "three": "Accepted", "four": "Blocked"}
    three = station.access.local_list["three"]
    assert (three.expiry, three.parent) == (later, "FAMILY")
    assert len(asked(station, "GetLocalListVersion")) == 1, "the version was known"


async def test_changes_at_once_are_one_update(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    for number in range(5):
        house.config = replace(house.config, drivers=(driver("ONE", f"CARD-{number}"),))
        house.site.configure(house.config)
        await clock.advance(1)
    await clock.advance(10)
    assert updates(station)[1:] == [("Differential", ["-TWO", "CARD-4"])]


async def test_changes_while_it_was_away_reach_it_when_it_comes(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await station.stop()
    await change(house, clock, driver("ONE"))
    await station.start()
    await clock.advance(20)
    assert updates(station)[1:] == [("Differential", ["-TWO"])]


async def test_a_station_that_lost_its_list_gets_all_of_it(
    station: SimulatedStation, clock: ManualClock
) -> None:
    station.access.local_list, station.access.local_list_version = {}, 0
    station.reboot(cold=True, off_for=10)
    await clock.advance(60)
    assert updates(station)[1:] == [("Full", ["ONE", "TWO"])]
    assert listed(station) == {"one": "Accepted", "two": "Accepted"}


async def test_a_list_that_somebody_else_wrote_is_replaced_when_it_comes(
    station: SimulatedStation, clock: ManualClock
) -> None:
    station.access.local_list, station.access.local_list_version = {}, 900
    station.reboot(cold=True, off_for=10)
    await clock.advance(60)
    assert updates(station)[1:] == [("Full", ["ONE", "TWO"])]
    assert station.access.local_list_version == 901


async def test_a_version_that_differs_unheard_makes_a_full_update(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    station.access.local_list, station.access.local_list_version = {}, 900
    await change(house, clock, driver("ONE"))
    assert [kind for kind, _ in updates(station)[1:]] == ["Differential", "Full"]
    assert listed(station) == {"one": "Accepted"}
    assert (station.access.local_list_version, count(house, "local_list_refused")) == (901, 1)


async def test_after_a_failure_all_of_it_is_sent(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    refuse(station, "Failed")
    await change(house, clock, driver("ONE"))
    assert updates(station)[1:] == [("Differential", ["-TWO"]), ("Full", ["ONE"])]
    assert listed(station) == {"one": "Accepted"}


async def test_a_station_that_only_fails_is_left_in_peace_until_something_changes(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    refused = refuse(station, *["Failed"] * 4)
    await change(house, clock, driver("ONE"))
    await clock.advance(7200)
    assert (len(refused), count(house, "local_list_given_up")) == (3, 1)
    await change(house, clock, driver("ONE", "FIVE"))
    assert (len(refused), listed(station)) == (4, {"one": "Accepted", "five": "Accepted"})


@pytest.mark.parametrize("answer", ["NotSupported", CallError("NotImplemented", "SendLocalList")])
async def test_a_station_without_a_list_is_not_asked_again_before_it_comes_anew(
    make: Make, house: House, clock: ManualClock, answer: str | CallError
) -> None:
    station = make()
    refused = refuse(station, answer, "Accepted")
    await station.start()
    await clock.advance(20)
    await change(house, clock, driver("ONE"))
    await clock.advance(3600)
    assert len(refused) == 1
    station.reboot(off_for=10)
    await clock.advance(60)
    assert len(refused) == 2


async def test_a_station_that_knows_no_versions_is_sent_nothing(
    make: Make, house: House, clock: ManualClock
) -> None:
    station = make()
    station.overrides["GetLocalListVersion"] = CallError("NotImplemented", "GetLocalListVersion")
    await station.start()
    await clock.advance(20)
    await change(house, clock, driver("ONE"))
    assert updates(station) == []
    assert count(house, "local_list_refused") == 1


async def test_what_changes_while_an_update_is_under_way_follows_it(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    station.overrides["SendLocalList"] = None
    await change(house, clock, driver("ONE"))
    assert len(updates(station)) == 2
    del station.overrides["SendLocalList"]
    await change(house, clock, driver("ONE", "NEW"))
    await clock.advance(60)
    assert sorted(listed(station)) == ["new", "one"]


@pytest.mark.parametrize(
    "configuration", [{"LocalAuthListEnabled": "false"}, {"LocalAuthListEnabled": "FALSE"}]
)
async def test_a_list_that_is_switched_off_is_left_alone(
    make: Make, house: House, clock: ManualClock, configuration: dict[str, str]
) -> None:
    station = await make(configuration=configuration).start()
    await clock.advance(20)
    await change(house, clock, driver("ONE"))
    assert asked(station, "GetLocalListVersion") == updates(station) == []


async def test_a_house_without_drivers_leaves_lists_alone(
    make: Make, house: House, clock: ManualClock
) -> None:
    await change(house, clock)
    station = await make().start()
    station.access.local_list_version = 7
    await clock.advance(20)
    assert asked(station, "GetLocalListVersion") == updates(station) == []


async def test_the_last_driver_leaves_an_empty_list(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await change(house, clock)
    assert updates(station)[1:] == [("Differential", ["-ONE", "-TWO"])]
    assert (listed(station), station.access.local_list_version) == ({}, 0)
    station.reboot(cold=True, off_for=10)
    await clock.advance(60)
    assert len(updates(station)) == 2, "an empty list has no version, and is in step"


async def test_an_option_turns_it_off_and_on_again(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await change(house, clock, driver("ONE"), local_lists=False)
    assert len(updates(station)) == 1
    await change(house, clock, driver("ONE"), local_lists=True)
    assert updates(station)[1:] == [("Differential", ["-TWO"])]


async def test_long_lists_go_in_parts(make: Make, house: House, clock: ManualClock) -> None:
    await change(house, clock, driver(*(f"CARD-{number}" for number in range(7))))
    station = await make(configuration={"SendLocalListMaxLength": "3"}).start()
    await clock.advance(20)
    assert [(kind, len(names)) for kind, names in updates(station)] == [
        ("Full", 3),
        ("Differential", 3),
        ("Differential", 1),
    ]
    assert len(listed(station)) == 7


async def test_parts_are_as_large_as_the_station_takes(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    configuration = house.station().state.configuration
    house.station().set_configuration(
        {**configuration, "LocalAuthListCtrlr.BytesPerMessage": ConfigurationValue(value="500")}
    )
    await change(house, clock, driver(*(f"CARD-{number}" for number in range(12))))
    sent = asked(station, "SendLocalList")[1:]
    assert len(sent) > 1
    assert max(len(json.dumps(payload, separators=(",", ":"))) for payload in sent) <= 500
    assert len(listed(station)) == 12


async def test_a_list_that_is_too_short_has_the_first_tokens(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    configuration = house.station().state.configuration
    house.station().set_configuration(
        {**configuration, "LocalAuthListMaxLength": ConfigurationValue(value="3")}
    )
    await change(house, clock, driver(*(f"CARD-{number}" for number in range(5))))
    assert sorted(listed(station)) == ["card-0", "card-1", "card-2"]
    assert count(house, "local_list_too_short") == 1


async def test_a_list_that_is_not_available_is_left_alone(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    configuration = house.station().state.configuration
    house.station().set_configuration(
        {**configuration, "LocalAuthListCtrlr.Available": ConfigurationValue(value="false")}
    )
    await change(house, clock, driver("ONE"))
    assert len(updates(station)) == 1


async def test_a_list_that_somebody_switched_off_is_left_alone_from_then_on(
    station: SimulatedStation, house: House, clock: ManualClock, version: str
) -> None:
    station.configuration.change("LocalAuthListEnabled", "false")
    station.reboot(off_for=10)
    await clock.advance(60)
    sent = len(updates(station))
    assert sent == (1 if version == "1.6" else 4), "1.6 says so, 2.x only fails"
    await change(house, clock, driver("ONE"))
    assert len(updates(station)) <= sent + 3
    assert listed(station) == {"one": "Accepted", "two": "Accepted"}


async def test_a_part_that_fails_begins_it_all_anew(
    make: Make, house: House, clock: ManualClock
) -> None:
    await change(house, clock, driver(*(f"CARD-{number}" for number in range(5))))
    station = make(configuration={"SendLocalListMaxLength": "3"})
    await station.start()
    refuse(station, "Accepted", "Failed")
    await clock.advance(20)
    assert [kind for kind, _ in updates(station)] == [
        "Full",
        "Differential",
        "Full",
        "Differential",
    ]
    assert len(listed(station)) == 5


async def test_no_station_is_written_to_without_end(
    make: Make, house: House, clock: ManualClock
) -> None:
    await change(house, clock, driver(*(f"CARD-{number}" for number in range(25))))
    station = await make(configuration={"SendLocalListMaxLength": "1"}).start()
    await clock.advance(60)
    assert len(updates(station)) == 20
    assert count(house, "local_list_held_back") == 1
    await clock.advance(900)
    assert len(listed(station)) == 25


async def test_a_station_that_falls_silent_is_asked_later(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    station.overrides["SendLocalList"] = None
    await change(house, clock, driver("ONE"))
    await clock.advance(60)
    assert count(house, "local_list_unanswered") == 1
    del station.overrides["SendLocalList"]
    await clock.advance(320)
    assert listed(station) == {"one": "Accepted"}


async def test_tokens_that_a_version_cannot_carry_are_left_out(
    make: Make, house: House, clock: ManualClock, version: str
) -> None:
    fits = {"1.6": 1, "2.0.1": 2, "2.1": 3}[version]
    tokens = ["SHORT", "M" * 36, "L" * 255]
    await change(house, clock, driver(*tokens))
    station = await make().start()
    await clock.advance(20)
    assert sorted(listed(station)) == sorted(token.lower() for token in tokens[:fits])


async def test_the_list_lets_drivers_charge_while_we_are_away(
    make: Make, house: House, clock: ManualClock
) -> None:
    station = await make(configuration={"AllowOfflineTxForUnknownId": "false"}).start()
    await clock.advance(20)
    await house.close()
    await clock.advance(5)
    station.plug_in(1, Car())
    for card, expected in (("THREE", "Preparing"), ("ONE", "Charging")):
        station.present_card(1, card)
        await clock.advance(30)
        assert station.status() == expected
    await house.open()
    await clock.advance(120)
    (session,) = await house.sessions()
    assert session.id_token == "ONE"
