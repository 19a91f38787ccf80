"""Checking, before anything is set up, that stations will be able to dial in."""

from collections.abc import Mapping
from datetime import UTC, datetime
import errno
from ipaddress import ip_address
from pathlib import Path
import re
import socket
from typing import Any, Final

from cryptography import x509
from homeassistant.components.network import async_get_source_ip
from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import (
    CONF_BIND_ADDRESS,
    CONF_CERTIFICATE_NAMES,
    CONF_CLIENT_AUTHORITY,
    CONF_OWN_CERTIFICATE,
    CONF_TLS_CERTIFICATE,
    CONF_TLS_KEY,
)
from .csms.security.tls import server_tls_context

_BACKLOG: Final = 1
_ANY_PORT: Final = 0
_LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_LOCAL_NAME: Final = "homeassistant.local"


def _port_problem(address: str, port: int) -> dict[str, str]:
    """Bind the port for a moment; blocks."""
    try:
        # Names are not looked up: what they stand for may change while stations dial in.
        ip_address(address)
    except ValueError:
        return {CONF_BIND_ADDRESS: "bad_address"}
    family, kind, protocol, _, target = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(target)
            probe.listen(_BACKLOG)
        except OSError as err:
            if err.errno == errno.EADDRNOTAVAIL:
                return {CONF_BIND_ADDRESS: "foreign_address"}
            if err.errno == errno.EACCES:
                return {CONF_PORT: "port_forbidden"}
            return {CONF_PORT: "port_in_use"}
    return {}


def _tls_problem(data: Mapping[str, Any]) -> dict[str, str]:
    """Look at all that concerns encryption; blocks."""
    return (
        _own_problem(data)
        or _authority_problem(data)
        or _files_problem(data.get(CONF_TLS_CERTIFICATE), data.get(CONF_TLS_KEY))
    )


def _own_problem(data: Mapping[str, Any]) -> dict[str, str]:
    """Look at what a certificate is to be made for."""
    if not data.get(CONF_OWN_CERTIFICATE):
        return {}
    if data.get(CONF_TLS_CERTIFICATE) or data.get(CONF_TLS_KEY):
        return {CONF_OWN_CERTIFICATE: "own_or_files"}
    good = all(map(_is_name, data.get(CONF_CERTIFICATE_NAMES, ())))
    return {} if good else {CONF_CERTIFICATE_NAMES: "bad_name"}


def _authority_problem(data: Mapping[str, Any]) -> dict[str, str]:
    """Load a further authority of stations; blocks."""
    path = data.get(CONF_CLIENT_AUTHORITY)
    if not path:
        return {}
    if not data.get(CONF_OWN_CERTIFICATE) and not data.get(CONF_TLS_CERTIFICATE):
        return {CONF_CLIENT_AUTHORITY: "encryption_needed"}
    problem = _certificate_problem(path)
    return {CONF_CLIENT_AUTHORITY: problem} if problem else {}


def _files_problem(certificate: str | None, key: str | None) -> dict[str, str]:
    """Load a certificate and its key; blocks."""
    if not certificate and not key:
        return {}
    if not certificate or not key:
        missing = CONF_TLS_KEY if certificate else CONF_TLS_CERTIFICATE
        return {missing: "certificate_and_key"}
    if problem := _certificate_problem(certificate):
        return {CONF_TLS_CERTIFICATE: problem}
    if problem := _key_problem(key):
        return {CONF_TLS_KEY: problem}
    try:
        server_tls_context(certificate, key)
    except OSError:
        return {CONF_TLS_KEY: "key_does_not_fit"}
    return {}


def _is_name(name: str) -> bool:
    """Tell whether a certificate can stand for a host name or address."""
    return bool(_HOST_NAME.fullmatch(name)) or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _key_problem(path: str) -> str | None:
    try:
        content = Path(path).read_bytes()
    except OSError:
        return "file_unreadable"
    return "key_encrypted" if b"ENCRYPTED" in content else None


def _certificate_problem(path: str) -> str | None:
    try:
        content = Path(path).read_bytes()
    except OSError:
        return "file_unreadable"
    try:
        certificate = x509.load_pem_x509_certificate(content)
    except ValueError:
        return "no_certificate"
    return "certificate_expired" if certificate.not_valid_after_utc < datetime.now(UTC) else None


async def async_find_problems(
    hass: HomeAssistant, data: dict[str, Any], own_port: int | None = None
) -> dict[str, str]:
    """Return what is wrong with an address, a port, a certificate or a key, by field.

    `own_port` is in use by ourselves, which is no problem.
    """
    port = int(data[CONF_PORT])
    problems = await hass.async_add_executor_job(
        _port_problem, data[CONF_BIND_ADDRESS], _ANY_PORT if port == own_port else port
    )
    return problems or await hass.async_add_executor_job(_tls_problem, data)


async def async_name_certificate(hass: HomeAssistant, data: dict[str, Any]) -> dict[str, Any]:
    """Return where to listen, with names for a certificate to be made where none were typed."""
    if not data.get(CONF_OWN_CERTIFICATE) or data.get(CONF_CERTIFICATE_NAMES):
        return data
    return {**data, CONF_CERTIFICATE_NAMES: [await _async_address(hass, data), _LOCAL_NAME]}


async def async_station_url(hass: HomeAssistant, data: dict[str, Any]) -> str:
    """Return the URL to type into a charger: how this machine is reached from the house's network."""
    address = await _async_address(hass, data)
    if data.get(CONF_OWN_CERTIFICATE) and (names := data.get(CONF_CERTIFICATE_NAMES)):
        address = names[0]
    if ":" in address:
        address = f"[{address}]"
    encrypted = data.get(CONF_TLS_CERTIFICATE) or data.get(CONF_OWN_CERTIFICATE)
    scheme = "wss" if encrypted else "ws"
    return f"{scheme}://{address}:{data[CONF_PORT]}/"


async def _async_address(hass: HomeAssistant, data: dict[str, Any]) -> str:
    """Return how this machine is reached from the house's network."""
    address: str = data[CONF_BIND_ADDRESS]
    if address not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return address
    try:
        return await async_get_source_ip(hass)
    except HomeAssistantError:
        return socket.gethostname()
