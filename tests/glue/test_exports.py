"""Exports of sessions: in an answer, and in a file behind a link."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.chargestead.const import DOMAIN

from .entity_fixtures import NOW, SESSION, House, house_with
from .rating_fixtures import begin, costing_of, end, fixed, ledger_of, price

pytestmark = pytest.mark.usefixtures("socket_enabled")

STARTED = replace(SESSION, register_last_mwh=None, register_last_at=None)


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """Return a house with a session that ended, one that nobody priced, and one that runs."""
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await hass.config.async_update(country="NL", latitude=52.0, longitude=5.0)
    assert await async_setup_component(hass, "http", {})
    async with house_with(hass, Platform.SENSOR) as house:
        unpriced = replace(
            STARTED, id="old", transaction_id="1", started_at=NOW - timedelta(days=9)
        )
        await begin(house, unpriced)
        await end(house, unpriced, NOW - timedelta(days=8), 1_001_000_000)
        await price(house, fixed())
        await begin(house, STARTED)
        await end(house, STARTED, NOW, 1_006_250_000)
        await begin(house, replace(STARTED, id="new", transaction_id="42", started_at=NOW))
        yield house


async def export(house: House, context: Context | None = None, **fields: object) -> dict[str, Any]:
    """Export sessions."""
    response = await house.hass.services.async_call(
        DOMAIN, "export_sessions", fields, blocking=True, return_response=True, context=context
    )
    assert isinstance(response, dict)
    return response


async def test_a_table_has_the_sessions_that_ended_oldest_first(house: House) -> None:
    told = await export(house)
    assert (told["format"], told["sessions"], told["skipped"]) == ("csv", 2, 0)
    header, first, second, _ = told["content"].removeprefix("\ufeff").split("\r\n")
    assert header.startswith("Start,End,Time zone,Duration (h),Charging station,Connector,Energy")
    assert first.startswith("2026-09-26 20:30:00,2026-09-27 20:30:00,UTC+02:00,24.0000,Garage,1,1,")
    assert second.startswith(
        "2026-10-05 18:59:40,2026-10-05 20:30:00,UTC+02:00,1.5056,Garage,1,6.25,"
    )
    assert ",1.55,0.33,1.88,EUR,0.3008," in second


async def test_a_table_is_written_for_the_language_of_its_reader(house: House) -> None:
    [_, _, row, _] = (await export(house, language="de-AT"))["content"].split("\r\n")
    assert ";6,25;" in row
    house.hass.config.language = "nl"
    [_, _, row, _] = (await export(house))["content"].split("\r\n")
    assert ";1,88;EUR;" in row


async def test_records_are_those_of_rated_sessions(house: House) -> None:
    told = await export(house, format="ocpi_cdr")
    assert (told["sessions"], told["skipped"]) == (1, 1)
    [cdr] = json.loads(told["content"])
    assert cdr["country_code"] == "NL"
    assert cdr["total_cost"] == {"excl_vat": 1.55, "incl_vat": 1.88}
    assert cdr["cdr_location"]["evse_uid"] == "GARAGE-1-1"


async def test_a_rating_nobody_can_read_is_left_out(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with patch(
        "custom_components.chargestead.exports.cdrs_of", side_effect=ValueError("no rating")
    ):
        told = await export(house, format="ocpi_cdr")
    assert (told["sessions"], told["skipped"], told["content"]) == (0, 2, "[\n\n]\n")
    assert "no rating" in caplog.text


async def test_a_tariff_nobody_can_read_is_told_by_its_prices(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def nonsense(_uid: str) -> str:
        return "{}"

    with patch.object(ledger_of(house), "tariff", nonsense):
        [cdr] = json.loads((await export(house, format="ocpi_cdr"))["content"])
    assert cdr["tariffs"][0]["id"] == "4f1c-1"
    assert "cannot be read" in caplog.text


async def test_filters_choose_what_is_exported(house: House) -> None:
    told = await export(house, **{"from": "2026-10-01", "by": "end"})
    assert told["sessions"] == 1
    assert (await export(house, id_token="nobody"))["sessions"] == 0


async def test_more_than_an_export_can_hold_is_refused(house: House) -> None:
    with (
        patch("custom_components.chargestead.history_actions.MOST_EXPORTED", 1),
        pytest.raises(ServiceValidationError) as wrong,
    ):
        await export(house)
    assert wrong.value.translation_key == "too_many_sessions"


async def test_only_an_administrator_exports(house: House, hass_read_only_user: User) -> None:
    with pytest.raises(Unauthorized):
        await export(house, Context(user_id=hass_read_only_user.id))


@pytest.mark.parametrize(
    ("form", "suffix", "kind"),
    [("csv", "csv", "text/csv"), ("ocpi_cdr", "json", "application/json")],
)
async def test_a_file_is_written_and_its_link_works_for_an_hour(
    house: House,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
    form: str,
    suffix: str,
    kind: str,
) -> None:
    plain = (await export(house, format=form))["content"]
    told = await export(house, format=form, write_file=True)
    path = Path(told["file"])
    assert path.suffix == f".{suffix}"
    assert path.parent == Path(house.hass.config.path("chargestead", "exports"))
    assert "content" not in told
    assert told["url_expires_at"] == "2026-10-05T19:30:00Z"
    client = await hass_client_no_auth()

    response = await client.get(told["url"])
    assert response.status == HTTPStatus.OK
    assert response.content_type == kind
    assert path.name in response.headers["Content-Disposition"]
    assert (await response.read()).decode() == plain

    freezer.tick(3601)
    assert (await client.get(told["url"])).status == HTTPStatus.UNAUTHORIZED


async def test_no_link_no_file(
    house: House,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    told = await export(house, write_file=True)
    plain = told["url"].partition("?")[0]
    stranger, admin = await hass_client_no_auth(), await hass_client()
    reader = await hass_client(hass_read_only_access_token)
    assert (await stranger.get(plain)).status == HTTPStatus.UNAUTHORIZED
    assert (await reader.get(plain)).status == HTTPStatus.UNAUTHORIZED
    assert (await admin.get(plain)).status == HTTPStatus.OK
    for name in ("sessions-1.csv", "..%2Fchargestead.db", "secrets.yaml", "sessions-..csv"):
        response = await admin.get(f"/api/chargestead/exports/{name}")
        assert response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}, name


async def test_a_full_disk_is_told(house: House) -> None:
    with (
        patch("custom_components.chargestead.exports._write", side_effect=OSError("disk full")),
        pytest.raises(HomeAssistantError) as wrong,
    ):
        await export(house, write_file=True)
    assert wrong.value.translation_key == "export_failed"
    assert costing_of(house).diagnostics()["failures"] == 0
