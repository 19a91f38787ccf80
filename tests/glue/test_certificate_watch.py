"""A certificate that runs out is told in good time."""

import asyncio
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.chargestead.const import DOMAIN

from .flow_fixtures import make_identity, new_entry

pytestmark = pytest.mark.usefixtures("socket_enabled")


def issues(hass: HomeAssistant) -> set[str]:
    """Return the issues of the integration."""
    return {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN}


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, "certificate_expired"), (13, "certificate_expiring"), (20, None)],
)
async def test_a_certificate_is_told_of_by_what_is_left_of_it(
    hass: HomeAssistant, tmp_path: Path, days: int, expected: str | None
) -> None:
    identity = await hass.async_add_executor_job(
        lambda: make_identity(tmp_path, "house", days=days)
    )
    entry = new_entry(hass, data=identity.fields)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert issues(hass) == ({expected} if expected else set())
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == set()


async def test_a_certificate_is_looked_at_every_day_and_a_new_one_ends_the_matter(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    identity = await hass.async_add_executor_job(lambda: make_identity(tmp_path, "house", days=15))
    entry = new_entry(hass, data=identity.fields)
    assert await hass.config_entries.async_setup(entry.entry_id)

    async def days_pass(days: int) -> None:
        for _ in range(days):
            freezer.tick(86_400)
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)
            renewing = central._renewing
            assert renewing is not None
            await asyncio.wait([renewing])

    central = entry.runtime_data.site.central
    assert issues(hass) == set()
    await days_pass(2)
    assert issues(hass) == {"certificate_expiring"}
    identity.certificate.rename(tmp_path / "elsewhere")
    await days_pass(1)
    assert issues(hass) == {"certificate_expiring"}, "nothing tells otherwise"
    (tmp_path / "elsewhere").rename(identity.certificate)
    await days_pass(13)
    assert issues(hass) == {"certificate_expired"}
    await hass.async_add_executor_job(lambda: make_identity(tmp_path, "house", days=60))
    before = central.certificate_ends_at
    await days_pass(1)
    assert central.certificate_ends_at != before
    await days_pass(1)
    assert issues(hass) == set()
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
