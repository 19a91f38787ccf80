"""The history of sessions: found, told and assigned."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
import voluptuous as vol

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.model.session import Session, SessionFlag

from .entity_fixtures import NOW, SESSION, House, dialled_in, house_with
from .rating_fixtures import begin, costing_of, end, fixed, ledger_of, price, read, settle

pytestmark = pytest.mark.usefixtures("socket_enabled")

STARTED = replace(SESSION, register_last_mwh=None, register_last_at=None)


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """Return a house with a station that is not connected, a price, and a local time of its own."""
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    async with house_with(hass, Platform.SENSOR) as house:
        await price(house, fixed())
        yield house


async def ask(
    house: House, action: str, context: Context | None = None, **fields: object
) -> dict[str, Any]:
    """Perform an action and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN, action, fields, blocking=True, return_response=True, context=context
    )
    assert isinstance(response, dict)
    json.dumps(response)
    return response


async def found(house: House, **fields: object) -> list[str]:
    """Return the ids of the sessions an action finds."""
    response = await ask(house, "get_sessions", **fields)
    assert response["total"] == len(response["sessions"])
    return [session["session_id"] for session in response["sessions"]]


def session(number: int, **changes: Any) -> Session:  # noqa: ANN401
    """Return a session that began as many hours before now as its number says."""
    return replace(
        STARTED,
        id=f"s{number}",
        transaction_id=str(number),
        started_at=NOW - timedelta(hours=number),
        **changes,
    )


async def several(house: House) -> None:
    """Keep three sessions: an offline one of another card, one that was reconstructed, and one that runs."""
    for one, hours in (
        (session(30, id_token="CARD-8", flags=frozenset({SessionFlag.OFFLINE})), 28),
        (session(10, connector_id=2, flags=frozenset({SessionFlag.RECONSTRUCTED})), 9),
    ):
        await begin(house, one)
        await end(house, one, NOW - timedelta(hours=hours), 1_004_000_000)
    await begin(house, session(1))
    await settle(house)


async def test_a_session_is_told_with_all_there_is_to_say(house: House) -> None:
    await begin(house, STARTED)
    await end(house, STARTED, NOW, 1_006_250_001)
    response = await ask(house, "get_sessions")
    assert (response["total"], response["limit"], response["offset"]) == (1, 100, 0)
    [told] = response["sessions"]
    rated_at = told["cost"].pop("rated_at")
    assert datetime.fromisoformat(rated_at) == NOW
    assert told == {
        "session_id": "4f1c",
        "station_id": "GARAGE-1",
        "station": "Garage",
        "connector_id": 1,
        "transaction_id": "41",
        "open": False,
        "started_at": "2026-10-05T16:59:40Z",
        "ended_at": "2026-10-05T18:30:00Z",
        "energy": 6.250001,
        "register_start": 1000.0,
        "register_last": 1006.250001,
        "register_last_at": "2026-10-05T18:30:00Z",
        "register_stop": 1006.250001,
        "id_token": "CARD-7",
        "stop_id_token": None,
        "driver": None,
        "driver_id": None,
        "vehicle_id": None,
        "stop_reason": "EVDisconnected",
        "remote_start_id": None,
        "flags": [],
        "cost": {
            "net": 1.55,
            "tax": 0.33,
            "gross": 1.88,
            "currency": "EUR",
            "provisional": False,
            "reasons": [],
            "revision": 1,
        },
        "average_price": 0.3008,
        "solar_energy": 0.0,
        "solar_share": 0.0,
    }


async def test_a_running_session_is_told_as_it_is_now(house: House) -> None:
    await house.connect()
    await begin(house, STARTED)
    await read(house, SESSION, NOW, 1_006_250_000)
    await costing_of(house)._rate(costing_of(house)._running[SESSION.id])
    newer = SESSION.at_register(1_006_300_000, NOW)
    await house.change_connector(session=newer)

    [told] = (await ask(house, "get_sessions", open=True))["sessions"]

    assert told["open"]
    assert told["energy"] == 6.3
    assert told["cost"]["gross"] == 1.88
    assert told["cost"]["reasons"] == ["open"]


async def test_a_session_is_there_as_soon_as_its_station_was_answered(house: House) -> None:
    async with dialled_in(house) as station:
        station.present_card(1, "CARD-7")
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        [told] = (await ask(house, "get_sessions", open=True))["sessions"]
        assert told["id_token"] == "CARD-7"


async def test_without_a_price_a_session_has_no_cost(house: House) -> None:
    costing_of(house).config = replace(fixed(), default=None)
    await begin(house, STARTED)
    [told] = (await ask(house, "get_sessions"))["sessions"]
    assert told["cost"] is None
    assert told["average_price"] is None
    assert told["solar_energy"] is None


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({}, ["s1", "s10", "s30"]),
        ({"open": True}, ["s1"]),
        ({"open": False}, ["s10", "s30"]),
        ({"station_id": "GARAGE-1"}, ["s1", "s10", "s30"]),
        ({"station_id": "GONE"}, []),
        ({"connector_id": 2}, ["s10"]),
        ({"id_token": "CARD-8"}, ["s30"]),
        ({"flag": "reconstructed"}, ["s10"]),
        ({"flag": "orphan"}, []),
        ({"provisional": True}, ["s1", "s10"]),
        ({"provisional": False}, ["s30"]),
        ({"from": "2026-10-05T08:30:00Z"}, ["s1", "s10"]),
        ({"to": "2026-10-05T08:30:00Z"}, ["s30"]),
        ({"from": "2026-10-05 10:31:00"}, ["s1"]),
        ({"from": "2026-10-05 10:30:00"}, ["s1", "s10"]),
        ({"by": "end", "from": "2026-10-04T14:00:00Z"}, ["s10", "s30"]),
        ({"by": "end", "from": "2026-10-04T14:31:00Z", "to": "2026-10-06T00:00:00Z"}, ["s10"]),
        ({"driver_id": "anna"}, []),
        ({"limit": None, "offset": None}, None),
    ],
)
async def test_sessions_are_found_by_what_is_asked(
    house: House, fields: dict[str, Any], ids: list[str] | None
) -> None:
    await several(house)
    if ids is None:
        with pytest.raises(vol.Invalid):
            await found(house, **fields)
        return
    assert await found(house, **fields) == ids


async def test_sessions_come_in_pages(house: House) -> None:
    await several(house)
    pages = [await ask(house, "get_sessions", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [page["total"] for page in pages] == [3, 3, 3]
    assert [one["session_id"] for page in pages for one in page["sessions"]] == ["s1", "s10", "s30"]


async def test_a_device_asks_for_the_sessions_of_its_station_or_connector(house: House) -> None:
    await house.connect(connectors=(1, 2))
    await several(house)
    assert await found(house, device_id=house.device_id("GARAGE-1")) == ["s1", "s10", "s30"]
    assert await found(house, device_id=house.device_id("GARAGE-1", 2)) == ["s10"]


async def test_sessions_of_a_removed_station_are_still_found(house: House) -> None:
    await several(house)
    subentry_id = house.entry.runtime_data.coordinators["GARAGE-1"].subentry_id
    house.hass.config_entries.async_remove_subentry(house.entry, subentry_id)
    await settle(house)
    response = await ask(house, "get_sessions", station_id="GARAGE-1")
    assert response["total"] == 3
    assert {one["station"] for one in response["sessions"]} == {None}
    assert response["sessions"][0]["cost"]["reasons"] == ["open"]


async def test_nonsense_is_refused(house: House) -> None:
    with pytest.raises(ServiceValidationError) as wrong:
        await ask(house, "get_sessions", **{"from": "2026-10-05", "to": "2026-10-05"})
    assert wrong.value.translation_key == "times_in_wrong_order"
    with pytest.raises(ServiceValidationError):
        await ask(house, "get_sessions", config_entry_id="other")
    with pytest.raises(vol.Invalid):
        await ask(house, "get_sessions", limit=1001)
    with pytest.raises(vol.Invalid):
        await ask(house, "get_sessions", flag="strange")


async def test_a_ledger_that_cannot_answer_says_why(house: House) -> None:
    await ledger_of(house).close()
    with pytest.raises(HomeAssistantError) as wrong:
        await ask(house, "get_sessions")
    assert wrong.value.translation_key == "ledger_unusable"


async def test_a_session_is_assigned_and_who_did_it_is_kept(
    house: House, hass_admin_user: User, freezer: FrozenDateTimeFactory
) -> None:
    await several(house)
    context = Context(user_id=hass_admin_user.id)
    first = await ask(
        house, "assign_session", context, session_id="s10", driver_id="anna", vehicle_id="zoe"
    )
    assert first["session"]["driver_id"] == "anna"
    freezer.tick(60)
    second = await ask(house, "assign_session", session_id="s10", driver_id=None)
    assert (second["session"]["driver_id"], second["session"]["vehicle_id"]) == (None, "zoe")
    assert second["assignments"] == [
        {
            "at": "2026-10-05T18:30:00Z",
            "driver_id": "anna",
            "vehicle_id": "zoe",
            "actor": hass_admin_user.id,
        },
        {"at": "2026-10-05T18:31:00Z", "driver_id": None, "vehicle_id": "zoe", "actor": None},
    ]
    assert await found(house, vehicle_id="zoe") == ["s10"]
    assert await found(house, driver_id="anna") == []


async def test_a_running_session_can_be_assigned_and_goes_on(house: House) -> None:
    await begin(house, STARTED)
    await ask(house, "assign_session", session_id="4f1c", driver_id="anna")
    await end(house, STARTED, NOW, 1_006_250_000)
    assert await found(house, driver_id="anna", open=False) == ["4f1c"]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"session_id": "nothing", "driver_id": "anna"}, "no_such_session"),
        ({"session_id": "s10"}, "nobody_to_assign"),
    ],
)
async def test_an_assignment_needs_a_session_and_a_name(
    house: House, fields: dict[str, Any], key: str
) -> None:
    await several(house)
    with pytest.raises(ServiceValidationError) as wrong:
        await ask(house, "assign_session", **fields)
    assert wrong.value.translation_key == key


async def test_only_an_administrator_assigns(house: House, hass_read_only_user: User) -> None:
    await several(house)
    with pytest.raises(Unauthorized):
        await ask(
            house,
            "assign_session",
            Context(user_id=hass_read_only_user.id),
            session_id="s10",
            driver_id="anna",
        )
    assert await ledger_of(house).assignments("s10") == []
