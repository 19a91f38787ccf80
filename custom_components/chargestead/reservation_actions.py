"""Actions on reservations: make, cancel and list them."""

from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .coordinator import ChargesteadConfigEntry
from .entry_action import EntryAction
from .history import async_station_names
from .model.commands import Reserve
from .model.reservation import Reservation
from .service_fields import ATTR_CONNECTOR_ID, moment, nullable, number
from .service_target import ActionTarget, async_get_target
from .station_action import CONNECTOR, Fields, Response, StationAction, told


async def _reserve(target: ActionTarget, fields: Fields) -> Response:
    reservations = target.station.reservations
    number = fields.get("reservation_id")
    command = Reserve(
        reservation_id=reservations.next_id() if number is None else number,
        id_token=fields["id_token"],
        expires_at=fields["expires_at"],
        connector_id=target.only_connector(fields),
        connector_type=fields.get("connector_type"),
        id_token_type=fields.get("id_token_type"),
        parent_id_token=fields.get("parent_id_token"),
        parent_id_token_type=fields.get("parent_id_token_type"),
    )
    result = await reservations.reserve(command)
    return told(result, reservation_id=command.reservation_id)


async def _cancel(target: ActionTarget, fields: Fields) -> Response:
    return told(await target.station.reservations.cancel(fields["reservation_id"]))


RESERVATION_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="reserve",
        fields={
            **CONNECTOR,
            vol.Required("id_token"): cv.string,
            vol.Required("expires_at"): moment,
            vol.Optional("parent_id_token"): nullable(cv.string),
            vol.Optional("connector_type"): nullable(cv.string),
            vol.Optional("id_token_type"): nullable(cv.string),
            vol.Optional("parent_id_token_type"): nullable(cv.string),
            vol.Optional("reservation_id"): nullable(number),
        },
        send=_reserve,
    ),
    StationAction(
        name="cancel_reservation",
        fields={vol.Required("reservation_id"): number},
        send=_cancel,
    ),
)


async def _get_reservations(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    stations, names = entry.runtime_data.site.stations, async_station_names(entry)
    connector_id: int | None = call.data.get(ATTR_CONNECTOR_ID)
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        target = async_get_target(call.hass, device_id)
        stations = {target.station.station_id: target.station}
        connector_id = target.connector_id if connector_id is None else connector_id
    is_open: bool | None = call.data.get("open")
    return {
        "reservations": [
            {
                "station_id": station_id,
                "station": names.get(station_id, station_id),
                **_report(reservation),
            }
            for station_id, station in stations.items()
            for reservation in station.reservations.all
            if connector_id in (None, reservation.connector_id)
            and is_open in (None, reservation.is_open)
        ]
    }


def _report(reservation: Reservation) -> dict[str, object]:
    return {
        "reservation_id": reservation.id,
        "connector_id": reservation.connector_id,
        "connector_type": reservation.connector_type,
        "id_token": reservation.id_token,
        "parent_id_token": reservation.parent_id_token,
        "status": reservation.state.value,
        "open": reservation.is_open,
        "made_at": reservation.made_at.isoformat(),
        "expires_at": reservation.expires_at.isoformat(),
        "changed_at": reservation.changed_at.isoformat(),
        "transaction_id": reservation.transaction_id,
    }


GET_RESERVATIONS: Final = EntryAction(
    name="get_reservations",
    perform=_get_reservations,
    fields={
        vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
        **CONNECTOR,
        vol.Optional("open"): nullable(cv.boolean),
    },
)
