"""What a station does with each call of the central system."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ..link import Reply
from ..schedule import Json
from . import core, files, local_list, reservation, security, smart_charging, trigger

if TYPE_CHECKING:
    from ..station import SimulatedStation

type Handler = Callable[[SimulatedStation, Json], Reply]

HANDLERS: Final[dict[str, Handler]] = {
    "CancelReservation": reservation.cancel_reservation,
    "CertificateSigned": security.certificate_signed,
    "ChangeAvailability": core.change_availability,
    "ChangeConfiguration": core.change_configuration,
    "ClearCache": core.clear_cache,
    "ClearChargingProfile": smart_charging.clear_charging_profile,
    "DataTransfer": core.data_transfer,
    "DeleteCertificate": security.delete_certificate,
    "ExtendedTriggerMessage": trigger.extended_trigger_message,
    "GetCompositeSchedule": smart_charging.get_composite_schedule,
    "GetConfiguration": core.get_configuration,
    "GetDiagnostics": files.get_diagnostics,
    "GetInstalledCertificateIds": security.get_installed_certificate_ids,
    "GetLocalListVersion": local_list.get_local_list_version,
    "GetLog": files.get_log,
    "InstallCertificate": security.install_certificate,
    "RemoteStartTransaction": core.remote_start_transaction,
    "RemoteStopTransaction": core.remote_stop_transaction,
    "ReserveNow": reservation.reserve_now,
    "Reset": core.reset,
    "SendLocalList": local_list.send_local_list,
    "SetChargingProfile": smart_charging.set_charging_profile,
    "SignedUpdateFirmware": files.signed_update_firmware,
    "TriggerMessage": trigger.trigger_message,
    "UnlockConnector": core.unlock_connector,
    "UpdateFirmware": files.update_firmware,
}
