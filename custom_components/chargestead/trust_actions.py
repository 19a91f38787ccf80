"""Actions on what a station knows by itself: tokens and certificates."""

from typing import Any, Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .model.commands import (
    CertificateUse,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    LocalListEntry,
)
from .service_fields import moment, nullable, number, payload
from .service_target import ActionTarget
from .station_action import Fields, Response, StationAction, always, sends, told

_FULL: Final = "full"
_DIFFERENTIAL: Final = "differential"

ENTRY: Final = vol.Schema(
    {
        vol.Required("id_token"): cv.string,
        vol.Optional("id_token_type"): nullable(cv.string),
        vol.Optional("status"): nullable(cv.string),
        vol.Optional("expires_at"): nullable(moment),
        vol.Optional("parent_id_token"): nullable(cv.string),
        vol.Optional("parent_id_token_type"): nullable(cv.string),
        vol.Optional("info"): nullable(payload),
    }
)


async def _send_list(target: ActionTarget, fields: Fields) -> Response:
    entries: list[dict[str, Any]] | None = fields.get("entries")
    version, result = await target.station.local_list.send(
        None if entries is None else [LocalListEntry(**entry) for entry in entries],
        full=(fields.get("update_type") or _FULL) == _FULL,
        version=fields.get("version"),
    )
    return told(result, version=version)


async def _get_version(target: ActionTarget, _: Fields) -> Response:
    local_list = target.station.local_list
    return told(await local_list.ask(), version=local_list.version)


TRUST_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="send_local_list",
        fields={
            vol.Optional("update_type"): nullable(vol.In([_FULL, _DIFFERENTIAL])),
            vol.Optional("entries"): nullable(vol.All(cv.ensure_list, [ENTRY])),
            vol.Optional("version"): nullable(number),
        },
        admin_fn=always,
        send=_send_list,
    ),
    StationAction(
        name="get_local_list_version",
        fields={},
        response=SupportsResponse.ONLY,
        send=_get_version,
    ),
    StationAction(
        name="install_certificate",
        fields={
            vol.Required("use"): vol.Coerce(CertificateUse),
            vol.Required("certificate"): cv.string,
        },
        admin_fn=always,
        send=sends(
            lambda _, fields: InstallCertificate(
                use=fields["use"], certificate=fields["certificate"]
            )
        ),
    ),
    StationAction(
        name="get_installed_certificates",
        fields={
            vol.Optional("use"): nullable(vol.All(cv.ensure_list, [vol.Coerce(CertificateUse)]))
        },
        admin_fn=always,
        response=SupportsResponse.ONLY,
        send=sends(lambda _, fields: GetInstalledCertificates(uses=tuple(fields.get("use") or ()))),
    ),
    StationAction(
        name="delete_certificate",
        fields={
            vol.Required("hash_algorithm"): cv.string,
            vol.Required("issuer_name_hash"): cv.string,
            vol.Required("issuer_key_hash"): cv.string,
            vol.Required("serial_number"): cv.string,
        },
        admin_fn=always,
        send=sends(
            lambda _, fields: DeleteCertificate(
                hash_algorithm=fields["hash_algorithm"],
                issuer_name_hash=fields["issuer_name_hash"],
                issuer_key_hash=fields["issuer_key_hash"],
                serial_number=fields["serial_number"],
            )
        ),
    ),
)
