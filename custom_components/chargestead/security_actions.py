"""Actions on passwords and certificates: of one station, and of the house's own authority."""

from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .coordinator import ChargesteadConfigEntry
from .csms.security import pem
from .csms.security.passwords import is_password, new_password
from .entry_action import EntryAction
from .errors import invalid, translated_errors
from .service_fields import nullable
from .service_target import ActionTarget
from .station_action import Fields, Response, StationAction, always, told


async def _change_password(target: ActionTarget, fields: Fields) -> Response:
    """Give a station another password; one that was made here is in the answer, and told nowhere else."""
    typed: str | None = fields.get("password")
    if typed is not None and not is_password(typed):
        raise invalid("password_unsuitable")
    password = typed or new_password()
    outcome = await target.station.passwords.change(password)
    generated = {} if typed else {"password": password}
    return {"status": outcome.value, "answer": {}, **generated}


async def _install_root(target: ActionTarget, _: Fields) -> Response:
    return told(await target.station.certificates.install_root())


async def _request(target: ActionTarget, _: Fields) -> Response:
    return told(await target.station.certificates.ask())


async def _root(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    """Return the root certificate, made if there is none yet; it is no secret."""
    site = entry.runtime_data.site
    with translated_errors(entry.title):
        root = await call.hass.async_add_executor_job(site.central.root)
    return {
        "certificate": pem.of_certificate(root),
        "fingerprint": root.fingerprint(hashes.SHA256()).hex(":").upper(),
        "not_after": root.not_valid_after_utc.isoformat(),
    }


SECURITY_ACTIONS: Final[tuple[StationAction, ...]] = (
    StationAction(
        name="change_password",
        fields={vol.Optional("password"): nullable(cv.string)},
        admin_fn=always,
        send=_change_password,
    ),
    StationAction(name="install_root_certificate", fields={}, admin_fn=always, send=_install_root),
    StationAction(name="request_certificate", fields={}, admin_fn=always, send=_request),
)
GET_ROOT_CERTIFICATE: Final = EntryAction(
    name="get_root_certificate", perform=_root, fields={}, admin=True
)
