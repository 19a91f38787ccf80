"""Whom and what a command means where it does not say."""

from typing import TYPE_CHECKING

from ..model.commands import ChangeTransactionTariff, StartSession, StopSession
from ..model.errors import NoSessionError

if TYPE_CHECKING:
    from .station import ChargingStation


def start_token(station: ChargingStation, command: StartSession) -> str:
    """Return the token to start with: the one named, else the station's, else the site's."""
    return (
        command.id_token
        or station.config.default_id_token
        or station.around.site().default_id_token
    )


def session_to_stop(
    station: ChargingStation, command: StopSession | ChangeTransactionTariff
) -> str:
    """Return the id of the transaction that is meant; raises NoSessionError unless exactly one is meant."""
    if command.transaction_id is not None:
        return command.transaction_id
    running = [
        connector.session
        for connector in station.book.connectors.values()
        if connector.session is not None and command.connector_id in (None, connector.connector_id)
    ]
    if len(running) != 1:
        raise NoSessionError(station.station_id, command.connector_id)
    return running[0].transaction_id
