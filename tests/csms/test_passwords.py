"""Giving a station another password, interrupted wherever it can be."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from custom_components.chargestead.csms.security.passwords import (
    PasswordOutcome,
    Passwords,
    is_password,
    new_password,
)
from custom_components.chargestead.model.errors import (
    CallFailedError,
    PasswordRefusedError,
    StationOfflineError,
)
from custom_components.chargestead.model.events import PasswordChanged, SecurityEvent
from tests.simulator import CallError, Json, Personality, SimulatedStation

from .trust_fixtures import NEW, OLD, TrustHouse

pytestmark = pytest.mark.usefixtures("socket_enabled")

WRITES = {"1.6": "ChangeConfiguration", "2.0.1": "SetVariables", "2.1": "SetVariables"}
WORDS = {
    "1.6": lambda status: {"status": status},
    "2.0.1": lambda status: {
        "setVariableResult": [
            {
                "attributeStatus": status,
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
            }
        ]
    },
}


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    """Return the version spoken."""
    name: str = request.param
    return name


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TrustHouse]:
    """Return a house that knows one station and its password, without TLS."""
    async with TrustHouse(tmp_path, encrypted=False) as house:
        house.know(password=OLD)
        yield house


@pytest.fixture
async def station(house: TrustHouse, version: str) -> AsyncIterator[SimulatedStation]:
    """Return that station, connected."""
    async with house.simulated(version=version, password=OLD) as station:
        await house.clock.advance(30)
        yield station


async def can_come_in(house: TrustHouse, password: str | None) -> bool:
    """Tell whether somebody with a password is let in."""
    other = house.simulated(password=password)
    await other.start(wait=False)
    await house.until(lambda: other.link.online or other.link.refused)
    refused = other.link.refused
    await other.stop()
    return refused is None


def answered(version: str, status: str) -> Json:
    """Return an answer to the write."""
    return WORDS["1.6" if version == "1.6" else "2.0.1"](status)


async def test_the_station_comes_back_with_the_new_password_and_the_old_one_ends(
    house: TrustHouse, station: SimulatedStation
) -> None:
    outcome = await house.station().passwords.change(NEW)
    assert outcome is PasswordOutcome.TAKEN
    await house.until(lambda: house.told(PasswordChanged))
    await house.until(lambda: station.at_rest)
    known = house.station()
    assert known.passwords.proved == NEW
    assert known.connection is not None
    assert known.connection.profile == 1
    await station.stop()
    assert not await can_come_in(house, OLD)
    assert await can_come_in(house, NEW)
    house.know(password=NEW)
    assert known.passwords.proved is None
    assert known.memory.passwords is None
    assert await can_come_in(house, NEW)
    assert not await can_come_in(house, OLD)


async def test_the_new_password_is_on_disk_before_the_station_hears_of_it(
    house: TrustHouse, station: SimulatedStation, version: str
) -> None:
    seen: list[bool] = []

    def look(_: Json) -> Json:
        seen.append(NEW in house.disk["SIM-1"])
        return answered(version, "Rejected")

    station.overrides[WRITES[version]] = look
    with pytest.raises(PasswordRefusedError):
        await house.station().passwords.change(NEW)
    assert seen == [True]


async def test_a_station_without_a_password_is_given_its_first(
    house: TrustHouse, version: str
) -> None:
    house.know(password=None)
    async with house.simulated(version=version) as station:
        await house.clock.advance(30)
        await house.station().passwords.change(NEW)
        await house.until(lambda: house.told(PasswordChanged))
        await house.until(lambda: station.at_rest)
    assert not await can_come_in(house, None)
    assert await can_come_in(house, NEW)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("Rejected", "rejected"),
        ("NotSupported", "unsupported"),
        ("UnknownVariable", "unsupported"),
    ],
)
async def test_a_station_that_refuses_keeps_the_old_password_alone(
    house: TrustHouse, station: SimulatedStation, version: str, status: str, reason: str
) -> None:
    station.overrides[WRITES[version]] = answered(version, status)
    with pytest.raises(PasswordRefusedError) as refusal:
        await house.station().passwords.change(NEW)
    assert refusal.value.reason == reason
    assert house.station().memory.passwords is None
    assert house.station().counters["password_refused"] == 1
    await station.stop()
    assert await can_come_in(house, OLD)
    assert not await can_come_in(house, NEW)


@pytest.mark.parametrize(
    ("code", "error", "forgotten"),
    [
        ("NotImplemented", PasswordRefusedError, True),
        ("NotSupported", PasswordRefusedError, True),
        ("InternalError", CallFailedError, False),
    ],
)
async def test_an_error_that_says_nothing_leaves_both_in_force(
    house: TrustHouse,
    station: SimulatedStation,
    version: str,
    code: str,
    error: type[Exception],
    forgotten: bool,  # noqa: FBT001
) -> None:
    station.overrides[WRITES[version]] = CallError(code)
    with pytest.raises(error):
        await house.station().passwords.change(NEW)
    await station.stop()
    assert await can_come_in(house, OLD)
    assert await can_come_in(house, NEW) != forgotten


async def test_a_station_that_wants_a_reboot_first_may_keep_the_old_one_until_then(
    house: TrustHouse, station: SimulatedStation, version: str
) -> None:
    def later(_: Json) -> Json:
        station.configuration.assign("AuthorizationKey", NEW)
        return answered(version, "RebootRequired")

    station.overrides[WRITES[version]] = later
    outcome = await house.station().passwords.change(NEW)
    assert outcome is PasswordOutcome.REBOOT_REQUIRED
    await house.clock.advance(120)
    assert station.online, "it was hung up on, and came in with the old one again"
    assert house.station().counters["password_reconnect"] == 1
    assert not house.told(PasswordChanged)
    station._set_password()
    station.reboot()
    await house.until(lambda: house.told(PasswordChanged))
    assert house.station().passwords.proved == NEW


async def test_a_station_that_stays_connected_is_hung_up_on(
    house: TrustHouse, station: SimulatedStation, version: str
) -> None:
    def take(_: Json) -> Json:
        station.configuration.assign("AuthorizationKey", NEW)
        station._set_password()
        return answered(version, "Accepted")

    station.overrides[WRITES[version]] = take
    await house.station().passwords.change(NEW)
    await house.clock.advance(20)
    assert not house.told(PasswordChanged)
    await house.until(lambda: house.told(PasswordChanged), within=60)
    assert house.station().counters["password_reconnect"] == 1


def lost_answer(station: SimulatedStation, *, taken: bool) -> Callable[[Json], Json | None]:
    """Return an answer that never leaves the station, which took the password or did not."""

    def swallow(_: Json) -> None:
        if taken:
            station.configuration.assign("AuthorizationKey", NEW)
            station._set_password()

    return swallow


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("how", ["timeout", "reboot", "our restart", "our power cut"])
async def test_a_lost_answer_locks_nobody_out(
    house: TrustHouse,
    station: SimulatedStation,
    version: str,
    taken: bool,  # noqa: FBT001
    how: str,
) -> None:
    station.overrides[WRITES[version]] = lost_answer(station, taken=taken)
    known = house.station()
    asking = station.tasks.spawn(keep_outcome(known.passwords, NEW))
    await station.expect(WRITES[version], sent=False)
    if how == "timeout":
        await house.clock.advance(31)
    elif how == "reboot":
        station.reboot(cold=True)
        await house.clock.advance(60)
    else:
        await house.restart(losing=how == "our power cut")
    await asking
    await house.until(lambda: station.at_rest, within=600)
    assert OUTCOMES.pop() in {PasswordOutcome.UNANSWERED, PasswordOutcome.IN_FORCE}
    if how == "timeout":
        # Nobody hung up, so nobody dialled in anew yet.
        station.reboot()
        await house.clock.advance(60)
    await house.until(lambda: station.at_rest)
    assert bool(house.told(PasswordChanged)) == taken
    await station.stop()
    assert await can_come_in(house, OLD) != taken
    assert await can_come_in(house, NEW)


OUTCOMES: list[PasswordOutcome] = []


async def keep_outcome(passwords: Passwords, password: str) -> None:
    """Change a password, and keep what came of it."""
    OUTCOMES.append(await passwords.change(password))


@pytest.mark.parametrize("losing", [True, False])
async def test_a_restart_of_ours_right_after_the_station_took_it_locks_nobody_out(
    house: TrustHouse,
    station: SimulatedStation,
    losing: bool,  # noqa: FBT001
) -> None:
    await house.station().passwords.change(NEW)
    await house.restart(losing=losing)
    await house.until(lambda: station.at_rest)
    assert house.station().passwords.proved == NEW
    await house.restart(losing=losing)
    await house.until(lambda: station.at_rest)
    await station.stop()
    assert await can_come_in(house, NEW)


async def test_what_was_proved_and_then_set_up_by_hand_otherwise_is_forgotten(
    house: TrustHouse, station: SimulatedStation
) -> None:
    await house.station().passwords.change(NEW)
    await house.until(lambda: house.told(PasswordChanged))
    await station.stop()
    # As if the crash came before the memory was written that another password had been typed.
    kept = dict(house.memory)
    house.know(password="typed-by-hand")
    house.memory = kept
    await house.restart()
    assert house.station().passwords.proved is None
    assert not await can_come_in(house, NEW)
    assert await can_come_in(house, "typed-by-hand")


async def test_a_change_is_repeated_until_it_is_taken_and_others_are_bounded(
    house: TrustHouse, station: SimulatedStation, version: str
) -> None:
    passwords = house.station().passwords
    station.overrides[WRITES[version]] = CallError("InternalError")
    tried = [new_password() for _ in range(3)]
    for password in (*tried, *tried):
        with pytest.raises(CallFailedError):
            await passwords.change(password)
    with pytest.raises(PasswordRefusedError) as refusal:
        await passwords.change(new_password())
    assert refusal.value.reason == "pending"
    # A refusal now does not tell what became of the first try.
    station.overrides[WRITES[version]] = answered(version, "Rejected")
    with pytest.raises(PasswordRefusedError):
        await passwords.change(tried[1])
    await station.stop()
    assert await can_come_in(house, tried[1])
    assert not await can_come_in(house, tried[0])
    assert not await can_come_in(house, OLD)


async def test_a_second_change_before_the_first_is_set_up_is_possible(
    house: TrustHouse, station: SimulatedStation
) -> None:
    newest = new_password()
    for number, password in enumerate((NEW, newest), 1):
        await house.station().passwords.change(password)
        await house.until(lambda count=number: len(house.told(PasswordChanged)) == count)
        await house.until(lambda: station.at_rest)
    assert house.station().passwords.proved == newest
    await station.stop()
    assert not await can_come_in(house, NEW)
    assert await can_come_in(house, newest)


async def test_nothing_is_offered_to_a_station_that_is_away(house: TrustHouse) -> None:
    with pytest.raises(StationOfflineError):
        await house.station().passwords.change(NEW)
    assert house.station().memory.passwords is None


async def test_a_key_in_hexadecimal_is_what_the_station_makes_of_it(house: TrustHouse) -> None:
    raw = Personality(hex_password=True)
    first, second = new_password(), new_password()
    house.know(password=first)
    async with house.simulated(password=first, personality=raw) as station:
        await house.clock.advance(30)
        await house.station().passwords.change(second)
        await house.until(lambda: house.told(PasswordChanged))
        await house.until(lambda: station.at_rest)
    assert house.station().passwords.proved == second


async def test_a_wrong_password_is_told_once_a_minute(house: TrustHouse) -> None:
    other = house.simulated(password="wrong-password-000", backoff=(1.0, 1.0))
    await other.start(wait=False)
    await house.until(lambda: other.link.dials > 20)
    await other.stop()
    known = house.station()
    assert known.counters["password_wrong"] > 15
    assert [event.kind for event in house.told(SecurityEvent)] == ["WrongPassword"]
    assert house.told(SecurityEvent)[0].detail == "127.0.0.1"
    await house.clock.advance(61)
    assert not await can_come_in(house, None)
    assert len(house.told(SecurityEvent)) == 2


async def test_a_station_nobody_knows_is_answered_like_a_wrong_password_where_none_may_come(
    house: TrustHouse,
) -> None:
    house.site = type(house.site)(admit_unknown=False)
    answers = []
    for station_id in ("SIM-1", "UNKNOWN"):
        other = house.simulated(station_id=station_id, password="wrong-password-000")
        await other.start(wait=False)
        await house.until(lambda station=other: station.link.refused)
        answers.append(other.link.refused)
        await other.stop()
    assert answers[0] == answers[1]
    assert "401" in (answers[0] or "")
    assert not house.central.pending
    server = house.central.diagnostics()["server"]
    assert server == {"password_wrong": 1, "unknown_station": 1}


async def test_a_least_profile_of_one_wants_a_password_even_where_none_is_set_up_yet(
    house: TrustHouse,
) -> None:
    known = house.know(password=None, least_profile=1)
    assert not await can_come_in(house, None)
    assert known.counters["password_missing"] == 1
    house.know(password=OLD, least_profile=1)
    assert await can_come_in(house, OLD)
    house.know(password=OLD, least_profile=2)
    assert not await can_come_in(house, OLD)
    assert known.counters["not_encrypted"] == 1


@pytest.mark.parametrize(
    ("text", "good"),
    [
        pytest.param(new_password(), True, id="one of ours"),
        ("x" * 16, True),
        ("x" * 15, False),
        ("x" * 41, False),
        ("with a blank inside", False),
        ("ümlaut-" + "x" * 12, False),
        ("tab\tinside-0123456", False),
    ],
)
def test_a_password_is_16_to_40_visible_characters(text: str, good: bool) -> None:  # noqa: FBT001
    assert is_password(text) is good
