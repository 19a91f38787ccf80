"""The options."""

from pathlib import Path

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from custom_components.chargestead.const import (
    CONF_ADMIT_UNKNOWN,
    CONF_DATABASE_URL,
    CONF_DEFAULT_ID_TOKEN,
    CONF_FTP_PORTS,
    CONF_LOCAL_LISTS,
    CONF_METER_INTERVAL,
    CONF_SEVERAL_SESSIONS,
    CONF_UNKNOWN_TOKENS,
)
from custom_components.chargestead.model.config import SiteConfig, UnknownTokens

from .flow_fixtures import new_entry

pytestmark = pytest.mark.usefixtures("socket_enabled")

PLAIN = {
    CONF_UNKNOWN_TOKENS: "accept",
    CONF_SEVERAL_SESSIONS: True,
    CONF_LOCAL_LISTS: True,
    CONF_METER_INTERVAL: 10,
    CONF_ADMIT_UNKNOWN: True,
}


async def submit(hass: HomeAssistant, flow_id: str, fields: dict[str, object]) -> ConfigFlowResult:
    """Submit the form."""
    result = await hass.config_entries.options.async_configure(flow_id, fields)
    await hass.async_block_till_done()
    return result


async def test_options_hold_for_all_stations_at_once(hass: HomeAssistant) -> None:
    entry = new_entry(hass, stations={"GARAGE": {}})
    assert await hass.config_entries.async_setup(entry.entry_id)
    site = entry.runtime_data.site
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["step_id"] == "init"
    assert form["data_schema"] is not None
    assert form["data_schema"]({}) == PLAIN
    result = await submit(
        hass,
        form["flow_id"],
        {
            CONF_UNKNOWN_TOKENS: "reject",
            CONF_DEFAULT_ID_TOKEN: " HOUSE ",
            CONF_METER_INTERVAL: 30,
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert site is entry.runtime_data.site, "the entry was reloaded"
    folder = Path(hass.config.path("chargestead"))
    assert site.config == SiteConfig(
        unknown_tokens=UnknownTokens.REJECT,
        default_id_token="HOUSE",
        meter_interval_s=30,
        folder=folder,
    )
    form = await hass.config_entries.options.async_init(entry.entry_id)
    await submit(hass, form["flow_id"], dict(PLAIN))
    assert site.config == SiteConfig(folder=folder)
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("no url", "bad_url"),
        ("nosuchdatabase://host/chargestead", "bad_url"),
        ("sqlite://", "bad_url"),
        ("sqlite:////nowhere/at/all/ledger.db", "no_database"),
    ],
)
async def test_a_database_that_cannot_be_used_is_told_and_a_good_one_taken(
    hass: HomeAssistant, tmp_path: Path, url: str, problem: str
) -> None:
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    result = await submit(hass, form["flow_id"], {**PLAIN, CONF_DATABASE_URL: url})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_DATABASE_URL: problem}
    file = tmp_path / "ledger.db"
    result = await submit(hass, form["flow_id"], {**PLAIN, CONF_DATABASE_URL: f"sqlite:///{file}"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.ledger.healthy
    assert file.stat().st_size > 0
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("answers", [True, False])
async def test_a_database_server_is_asked_before_it_is_taken(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, answers: bool
) -> None:
    """No driver of a server is at hand in the tests: an SQLite file plays its part."""
    server = create_engine(f"sqlite:///{tmp_path}/server.db")
    if not answers:
        refusal = OperationalError("connect", {}, ConnectionRefusedError())
        monkeypatch.setattr(server, "connect", lambda: (_ for _ in ()).throw(refusal))
    monkeypatch.setattr(
        "custom_components.chargestead.options_flow.make_engine", lambda _url: server
    )
    entry = new_entry(hass)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    with monkeypatch.context() as nothing_starts:
        nothing_starts.setattr(hass.config_entries, "async_schedule_reload", lambda _entry_id: None)
        result = await submit(
            hass,
            form["flow_id"],
            {**PLAIN, CONF_DATABASE_URL: "postgresql://house:secret@database/chargestead"},
        )
    if answers:
        assert result["type"] is FlowResultType.CREATE_ENTRY
        return
    assert result["errors"] == {CONF_DATABASE_URL: "no_database"}
    assert (await submit(hass, form["flow_id"], dict(PLAIN)))["type"] is FlowResultType.CREATE_ENTRY
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_better_database_sets_an_entry_up_at_once_that_could_not_be(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    entry = new_entry(hass, options={CONF_DATABASE_URL: f"sqlite:///{tmp_path}/none/ledger.db"})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    await submit(hass, form["flow_id"], dict(PLAIN))
    assert entry.state is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("ports", ["2121", "2130-2121", "0-5", "1-65536", "1-5000", "ftp", "21-"])
async def test_ports_that_are_no_range_are_told_and_good_ones_taken(
    hass: HomeAssistant, ports: str
) -> None:
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    site = entry.runtime_data.site
    form = await hass.config_entries.options.async_init(entry.entry_id)
    result = await submit(hass, form["flow_id"], {**PLAIN, CONF_FTP_PORTS: ports})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_FTP_PORTS: "bad_ports"}
    result = await submit(hass, form["flow_id"], {**PLAIN, CONF_FTP_PORTS: " 2121 - 2123 "})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert site.config.ftp_ports == (2121, 2122, 2123)
    await hass.config_entries.async_unload(entry.entry_id)
