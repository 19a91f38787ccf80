"""What can be asked of a charging station, in words that hold for every OCPP version.

A field that is None is not put on the wire. Nothing is checked here but what could not be sent at all: whether a
connector exists or is free is the station's to answer.
"""

from .base import Command, CommandResult
from .certificates import (
    CertificateUse,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    SendSignedCertificate,
)
from .core import (
    ClearCache,
    GetConfiguration,
    GetTransactionStatus,
    RawCall,
    Restart,
    RestartKind,
    SetAvailability,
    SetConfiguration,
    ShowCost,
    StartSession,
    StopSession,
    TransferData,
    Trigger,
    Unlock,
)
from .customers import GetCustomerInformation
from .device_model import ComponentCriterion, GetReport, ReportBase, SetNetworkProfile
from .display import (
    ClearDisplayMessage,
    GetDisplayMessages,
    MessageFormat,
    MessagePriority,
    MessageState,
    MessageText,
    SetDisplayMessage,
)
from .files import LogKind, RequestLog, UpdateFirmware
from .local_list import GetLocalListVersion, LocalListEntry, SendLocalList
from .monitoring import (
    ClearVariableMonitoring,
    GetMonitoringReport,
    MonitoringBase,
    MonitoringCriterion,
    MonitorSetting,
    MonitorType,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetVariableMonitoring,
)
from .reservation import CancelReservation, Reserve
from .smart_charging import (
    ClearChargingProfile,
    GetChargingProfiles,
    GetCompositeSchedule,
    SetChargingProfile,
)
from .tariffs import ChangeTransactionTariff, ClearTariffs, GetTariffs, SetDefaultTariff

__all__ = [
    "CancelReservation",
    "CertificateUse",
    "ChangeTransactionTariff",
    "ClearCache",
    "ClearChargingProfile",
    "ClearDisplayMessage",
    "ClearTariffs",
    "ClearVariableMonitoring",
    "Command",
    "CommandResult",
    "ComponentCriterion",
    "DeleteCertificate",
    "GetChargingProfiles",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetCustomerInformation",
    "GetDisplayMessages",
    "GetInstalledCertificates",
    "GetLocalListVersion",
    "GetMonitoringReport",
    "GetReport",
    "GetTariffs",
    "GetTransactionStatus",
    "InstallCertificate",
    "LocalListEntry",
    "LogKind",
    "MessageFormat",
    "MessagePriority",
    "MessageState",
    "MessageText",
    "MonitorSetting",
    "MonitorType",
    "MonitoringBase",
    "MonitoringCriterion",
    "RawCall",
    "ReportBase",
    "RequestLog",
    "Reserve",
    "Restart",
    "RestartKind",
    "SendLocalList",
    "SendSignedCertificate",
    "SetAvailability",
    "SetChargingProfile",
    "SetConfiguration",
    "SetDefaultTariff",
    "SetDisplayMessage",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "SetNetworkProfile",
    "SetVariableMonitoring",
    "ShowCost",
    "StartSession",
    "StopSession",
    "TransferData",
    "Trigger",
    "Unlock",
    "UpdateFirmware",
]
