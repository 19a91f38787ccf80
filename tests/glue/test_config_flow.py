"""Setting up: where stations dial in, and every way that can go wrong."""

from collections.abc import AsyncIterator, Callable
import errno
from pathlib import Path
import socket
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import QrCodeSelector
import pytest

from custom_components.chargestead.const import (
    CONF_BIND_ADDRESS,
    CONF_OWN_CERTIFICATE,
    CONF_TLS_CERTIFICATE,
    CONF_TLS_KEY,
    CONF_UNKNOWN_TOKENS,
    DOMAIN,
)
from custom_components.chargestead.model.config import UnknownTokens
from tests.ports import free_port

from .flow_fixtures import LOOPBACK, make_identity, make_locked_identity, new_entry, taken_port

pytestmark = pytest.mark.usefixtures("socket_enabled")

type Fields = dict[str, Any]


@pytest.fixture(autouse=True)
async def _unloaded(hass: HomeAssistant) -> AsyncIterator[None]:
    yield
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


async def open_form(hass: HomeAssistant) -> str:
    """Open the first form and return the id of the flow."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert not result["errors"]
    return result["flow_id"]


async def submit(hass: HomeAssistant, flow_id: str, fields: Fields) -> ConfigFlowResult:
    """Submit a form."""
    result = await hass.config_entries.flow.async_configure(flow_id, fields)
    await hass.async_block_till_done()
    return result


async def listen_at(hass: HomeAssistant, flow_id: str, fields: Fields) -> ConfigFlowResult:
    """Submit good fields and say that unknown cards are turned away; returned is the last page."""
    result = await submit(hass, flow_id, fields)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tokens"
    result = await submit(hass, flow_id, {CONF_UNKNOWN_TOKENS: "reject"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "address"
    return result


async def finish(hass: HomeAssistant, flow_id: str, fields: Fields) -> dict[str, Any]:
    """Submit good fields, go through the last page and return what was stored."""
    await listen_at(hass, flow_id, fields)
    result = await submit(hass, flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Chargestead"
    assert result["result"].state is ConfigEntryState.LOADED
    data: dict[str, Any] = dict(result["data"])
    return data


async def test_setting_up_shows_the_address_to_type_into_the_charger(hass: HomeAssistant) -> None:
    port = free_port()
    flow_id = await open_form(hass)
    result = await listen_at(hass, flow_id, {CONF_PORT: port, CONF_BIND_ADDRESS: f" {LOOPBACK} "})
    url = f"ws://{LOOPBACK}:{port}/"
    assert result["description_placeholders"] == {"url": url}
    (code,) = result["data_schema"].schema.values()
    assert isinstance(code, QrCodeSelector)
    assert code.config["data"] == url
    result = await submit(hass, flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK}
    assert result["options"] == {CONF_UNKNOWN_TOKENS: "reject"}
    assert result["result"].runtime_data.site.port == port


async def test_letting_unknown_cards_charge_and_remembering_them_is_proposed(
    hass: HomeAssistant,
) -> None:
    flow_id = await open_form(hass)
    listen = {CONF_PORT: free_port(), CONF_BIND_ADDRESS: LOOPBACK}
    assert (await submit(hass, flow_id, listen))["step_id"] == "tokens"
    await submit(hass, flow_id, {})
    result = await submit(hass, flow_id, {})
    assert result["options"] == {CONF_UNKNOWN_TOKENS: "record"}
    assert result["result"].runtime_data.site.config.unknown_tokens is UnknownTokens.RECORD


async def test_the_port_and_the_address_are_proposed(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["data_schema"] is not None
    assert result["data_schema"]({}) == {
        CONF_PORT: 9000,
        CONF_BIND_ADDRESS: "0.0.0.0",  # noqa: S104
        CONF_OWN_CERTIFICATE: False,
    }
    hass.config_entries.flow.async_abort(result["flow_id"])


@pytest.mark.parametrize("typed", [{}, {CONF_BIND_ADDRESS: ""}, {CONF_BIND_ADDRESS: "0.0.0.0"}])  # noqa: S104
async def test_listening_everywhere_shows_the_address_that_leads_out(
    hass: HomeAssistant, typed: Fields
) -> None:
    port = free_port()
    flow_id = await open_form(hass)
    result = await listen_at(hass, flow_id, {CONF_PORT: port, **typed})
    assert result["description_placeholders"] == {"url": f"ws://10.10.10.10:{port}/"}


async def test_without_a_network_the_name_of_the_machine_is_shown(hass: HomeAssistant) -> None:
    port = free_port()
    flow_id = await open_form(hass)
    with patch(
        "custom_components.chargestead.listening.async_get_source_ip",
        side_effect=HomeAssistantError,
    ):
        result = await listen_at(hass, flow_id, {CONF_PORT: port})
    assert result["description_placeholders"] == {"url": f"ws://{socket.gethostname()}:{port}/"}


async def test_an_ipv6_address_is_put_in_brackets(hass: HomeAssistant) -> None:
    port = free_port()
    flow_id = await open_form(hass)
    result = await submit(hass, flow_id, {CONF_PORT: port, CONF_BIND_ADDRESS: "::1"})
    if result["step_id"] == "user":
        assert result["errors"] == {CONF_BIND_ADDRESS: "foreign_address"}
        pytest.skip("this machine has no IPv6")
    result = await submit(hass, flow_id, {})
    assert result["description_placeholders"] == {"url": f"ws://[::1]:{port}/"}


async def test_a_port_in_use_is_told_and_another_one_taken(hass: HomeAssistant) -> None:
    flow_id = await open_form(hass)
    with taken_port() as port:
        result = await submit(hass, flow_id, {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_PORT: "port_in_use"}
    other = free_port()
    data = await finish(hass, flow_id, {CONF_PORT: other, CONF_BIND_ADDRESS: LOOPBACK})
    assert data[CONF_PORT] == other


@pytest.mark.parametrize(
    ("address", "problem"), [("not an address", "bad_address"), ("192.0.2.7", "foreign_address")]
)
async def test_an_address_that_cannot_be_listened_on_is_told(
    hass: HomeAssistant, address: str, problem: str
) -> None:
    port = free_port()
    flow_id = await open_form(hass)
    result = await submit(hass, flow_id, {CONF_PORT: port, CONF_BIND_ADDRESS: address})
    assert result["errors"] == {CONF_BIND_ADDRESS: problem}
    await finish(hass, flow_id, {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK})


async def test_a_forbidden_port_is_told(hass: HomeAssistant) -> None:
    port = free_port()
    flow_id = await open_form(hass)
    # Whoever runs the tests may well be allowed to use any port.
    refusal = PermissionError(errno.EACCES, "Permission denied")
    with patch("socket.socket.bind", side_effect=refusal):
        result = await submit(hass, flow_id, {CONF_PORT: 443, CONF_BIND_ADDRESS: LOOPBACK})
    assert result["errors"] == {CONF_PORT: "port_forbidden"}
    await finish(hass, flow_id, {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK})


def _without_key(folder: Path) -> Fields:
    return {CONF_TLS_CERTIFICATE: str(make_identity(folder, "alone").certificate)}


def _without_certificate(folder: Path) -> Fields:
    return {CONF_TLS_KEY: str(make_identity(folder, "alone").key)}


def _missing_certificate(folder: Path) -> Fields:
    return make_identity(folder, "good").fields | {CONF_TLS_CERTIFICATE: str(folder / "none.crt")}


def _missing_key(folder: Path) -> Fields:
    return make_identity(folder, "good").fields | {CONF_TLS_KEY: str(folder / "none.key")}


def _garbage_certificate(folder: Path) -> Fields:
    garbage = folder / "garbage.crt"
    garbage.write_bytes(b"\x00\xffno certificate at all")
    return make_identity(folder, "good").fields | {CONF_TLS_CERTIFICATE: str(garbage)}


def _garbage_key(folder: Path) -> Fields:
    garbage = folder / "garbage.key"
    garbage.write_bytes(b"\x00\xffno key at all")
    return make_identity(folder, "good").fields | {CONF_TLS_KEY: str(garbage)}


def _mismatch(folder: Path) -> Fields:
    other = make_identity(folder, "other")
    return make_identity(folder, "good").fields | {CONF_TLS_KEY: str(other.key)}


def _expired(folder: Path) -> Fields:
    return make_identity(folder, "old", days=-1).fields


def _locked(folder: Path) -> Fields:
    return make_locked_identity(folder, "locked").fields


@pytest.mark.parametrize(
    ("make", "errors"),
    [
        (_without_key, {CONF_TLS_KEY: "certificate_and_key"}),
        (_without_certificate, {CONF_TLS_CERTIFICATE: "certificate_and_key"}),
        (_missing_certificate, {CONF_TLS_CERTIFICATE: "file_unreadable"}),
        (_missing_key, {CONF_TLS_KEY: "file_unreadable"}),
        (_garbage_certificate, {CONF_TLS_CERTIFICATE: "no_certificate"}),
        (_garbage_key, {CONF_TLS_KEY: "key_does_not_fit"}),
        (_mismatch, {CONF_TLS_KEY: "key_does_not_fit"}),
        (_expired, {CONF_TLS_CERTIFICATE: "certificate_expired"}),
        (_locked, {CONF_TLS_KEY: "key_encrypted"}),
    ],
)
async def test_a_certificate_that_cannot_be_used_is_told_and_a_good_one_taken(
    hass: HomeAssistant, tmp_path: Path, make: Callable[[Path], Fields], errors: Fields
) -> None:
    listen = {CONF_PORT: free_port(), CONF_BIND_ADDRESS: LOOPBACK}
    bad = await hass.async_add_executor_job(make, tmp_path)
    flow_id = await open_form(hass)
    result = await submit(hass, flow_id, {**listen, **bad})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors

    good = await hass.async_add_executor_job(make_identity, tmp_path, "house")
    result = await listen_at(hass, flow_id, {**listen, **good.fields})
    assert result["description_placeholders"]["url"].startswith("wss://")
    result = await submit(hass, flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {**listen, **good.fields}
    assert result["result"].state is ConfigEntryState.LOADED


async def test_a_second_entry_is_refused(hass: HomeAssistant) -> None:
    new_entry(hass)
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "single_instance_allowed"


async def test_of_two_forms_that_are_open_only_one_makes_an_entry(hass: HomeAssistant) -> None:
    first, second = await open_form(hass), await open_form(hass)
    listen = {CONF_PORT: free_port(), CONF_BIND_ADDRESS: LOOPBACK}
    await listen_at(hass, second, listen)
    await finish(hass, first, listen)
    result = await submit(hass, second, {})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "single_instance_allowed"
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_reconfiguring_moves_to_another_port(hass: HomeAssistant) -> None:
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    before = entry.data[CONF_PORT]
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert result["description_placeholders"] == {"url": f"ws://{LOOPBACK}:{before}/"}

    with taken_port() as taken:
        result = await submit(
            hass, result["flow_id"], {CONF_PORT: taken, CONF_BIND_ADDRESS: LOOPBACK}
        )
    assert result["errors"] == {CONF_PORT: "port_in_use"}
    port = free_port()
    result = await submit(hass, result["flow_id"], {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.site.port == port != before


async def test_reconfiguring_with_our_own_port_still_checks_the_address(
    hass: HomeAssistant,
) -> None:
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    port = entry.data[CONF_PORT]
    result = await entry.start_reconfigure_flow(hass)
    result = await submit(
        hass, result["flow_id"], {CONF_PORT: port, CONF_BIND_ADDRESS: "192.0.2.7"}
    )
    assert result["errors"] == {CONF_BIND_ADDRESS: "foreign_address"}
    result = await submit(hass, result["flow_id"], {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK})
    assert result["reason"] == "reconfigure_successful"
    assert entry.runtime_data.site.port == port


async def test_reconfiguring_gives_up_encryption_when_the_files_are_left_out(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    identity = await hass.async_add_executor_job(make_identity, tmp_path, "house")
    entry = new_entry(hass, data=identity.fields)
    assert await hass.config_entries.async_setup(entry.entry_id)
    result = await entry.start_reconfigure_flow(hass)
    assert result["description_placeholders"]["url"].startswith("wss://")
    await submit(
        hass,
        result["flow_id"],
        {CONF_PORT: entry.data[CONF_PORT], CONF_BIND_ADDRESS: LOOPBACK},
    )
    assert CONF_TLS_CERTIFICATE not in entry.data
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.server.tls_certificate is None


async def test_reconfiguring_an_entry_whose_port_is_taken_sets_it_up_at_once(
    hass: HomeAssistant,
) -> None:
    with taken_port() as taken:
        entry = new_entry(hass, taken)
        assert not await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        result = await entry.start_reconfigure_flow(hass)
        result = await submit(
            hass, result["flow_id"], {CONF_PORT: taken, CONF_BIND_ADDRESS: LOOPBACK}
        )
        assert result["errors"] == {CONF_PORT: "port_in_use"}
        port = free_port()
        result = await submit(
            hass, result["flow_id"], {CONF_PORT: port, CONF_BIND_ADDRESS: LOOPBACK}
        )
        assert result["reason"] == "reconfigure_successful"
        assert entry.state is ConfigEntryState.LOADED
        assert entry.runtime_data.site.port == port
