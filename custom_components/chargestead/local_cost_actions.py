"""Actions on the tariffs that a station of OCPP 2.1 reckons with itself."""

from collections.abc import Mapping

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .errors import invalid
from .model.commands import ChangeTransactionTariff, ClearTariffs, GetTariffs, SetDefaultTariff
from .service_fields import nullable, payload, strings
from .service_target import ActionTarget
from .site.costs import station_tariff
from .station_action import CONNECTOR, Fields, StationAction, always, sends


def _tariff(target: ActionTarget, fields: Fields) -> Mapping[str, object]:
    """Return the tariff that is given, else the one that holds at the station.

    Raises a translated error when there is none, or when no station could reckon with it.
    """
    given: Mapping[str, object] | None = fields.get("tariff")
    if given is not None:
        return given
    ours = target.costs.tariff_of(target.station.station_id)
    if ours is None:
        raise invalid("no_tariff_at_station", station=target.name)
    tariff = station_tariff(ours)
    if tariff is None:
        raise invalid("tariff_not_for_stations", station=target.name)
    return tariff


LOCAL_COST_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="set_default_tariff",
        fields={**CONNECTOR, vol.Optional("tariff"): nullable(payload)},
        admin_fn=always,
        send=sends(
            lambda target, fields: SetDefaultTariff(
                tariff=_tariff(target, fields), connector_id=target.connector_or_station(fields)
            )
        ),
    ),
    StationAction(
        name="get_tariffs",
        fields=CONNECTOR,
        response=SupportsResponse.ONLY,
        send=sends(
            lambda target, fields: GetTariffs(connector_id=target.connector_or_station(fields))
        ),
    ),
    StationAction(
        name="clear_tariffs",
        fields={**CONNECTOR, vol.Optional("tariff_ids"): nullable(strings)},
        admin_fn=always,
        send=sends(
            lambda target, fields: ClearTariffs(
                tariff_ids=tuple(fields.get("tariff_ids") or ()),
                connector_id=target.named_connector(fields),
            )
        ),
    ),
    StationAction(
        name="change_transaction_tariff",
        fields={
            **CONNECTOR,
            vol.Optional("transaction_id"): nullable(cv.string),
            vol.Optional("tariff"): nullable(payload),
        },
        admin_fn=always,
        send=sends(
            lambda target, fields: ChangeTransactionTariff(
                tariff=_tariff(target, fields),
                transaction_id=fields.get("transaction_id"),
                connector_id=target.only_connector(fields),
            )
        ),
    ),
)
