"""What stations complained of, taken up again after a restart."""

from collections.abc import Iterable

from ..csms.station import ChargingStation
from ..model.fault import Fault, FaultSource
from ..model.station import ConnectorFault


def restore_complaints(station: ChargingStation, faults: Iterable[Fault]) -> None:
    """Show what connectors complained of, so that a station that says that all is well ends it."""
    for fault in faults:
        if fault.source is not FaultSource.STATUS:
            continue
        complaint = ConnectorFault(
            code=fault.code,
            info=fault.info,
            vendor_id=fault.vendor_id,
            vendor_error_code=fault.vendor_code,
            since=fault.last_at,
        )
        if fault.connector_id:
            station.book.update_connector(fault.connector_id, fault=complaint)
        else:
            station.book.update(fault=complaint)
