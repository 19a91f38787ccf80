"""Which configuration values of a station may leave the house."""

from collections.abc import Mapping
import re
from typing import Final

from homeassistant.components.diagnostics import REDACTED

from .model.station import ConfigurationValue

# OCPP 1.6 section 9 and the security whitepaper section 2.4.1, but for AuthorizationKey and CpoName.
_HARMLESS: Final = frozenset(
    key.casefold()
    for key in (
        "AdditionalRootCertificateCheck",
        "AllowOfflineTxForUnknownId",
        "AuthorizationCacheEnabled",
        "AuthorizeRemoteTxRequests",
        "BlinkRepeat",
        "CertificateSignedMaxChainSize",
        "CertificateStoreMaxLength",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "ChargingScheduleMaxPeriods",
        "ClockAlignedDataInterval",
        "ConnectionTimeOut",
        "ConnectorPhaseRotation",
        "ConnectorPhaseRotationMaxLength",
        "ConnectorSwitch3to1PhaseSupported",
        "GetConfigurationMaxKeys",
        "HeartbeatInterval",
        "LightIntensity",
        "LocalAuthListEnabled",
        "LocalAuthListMaxLength",
        "LocalAuthorizeOffline",
        "LocalPreAuthorize",
        "MaxChargingProfilesInstalled",
        "MaxEnergyOnInvalidId",
        "MeterValueSampleInterval",
        "MeterValuesAlignedData",
        "MeterValuesAlignedDataMaxLength",
        "MeterValuesSampledData",
        "MeterValuesSampledDataMaxLength",
        "MinimumStatusDuration",
        "NumberOfConnectors",
        "ReserveConnectorZeroSupported",
        "ResetRetries",
        "SecurityProfile",
        "SendLocalListMaxLength",
        "StopTransactionOnEVSideDisconnect",
        "StopTransactionOnInvalidId",
        "StopTxnAlignedData",
        "StopTxnAlignedDataMaxLength",
        "StopTxnSampledData",
        "StopTxnSampledDataMaxLength",
        "SupportedFeatureProfiles",
        "SupportedFeatureProfilesMaxLength",
        "SupportedFileTransferProtocols",
        "TransactionMessageAttempts",
        "TransactionMessageRetryInterval",
        "UnlockConnectorOnEVSideDisconnect",
        "WebSocketPingInterval",
    )
)
_SECRET_NAME: Final = re.compile(r"key|pass|pin|pwd|psk|secret|token|code|tag", re.IGNORECASE)
_PLAIN_VALUE: Final = re.compile(r"true|false|-?\d{1,6}(\.\d{1,3})?", re.IGNORECASE)


def shown_configuration(
    configuration: Mapping[str, ConfigurationValue],
) -> dict[str, dict[str, object]]:
    """Return every key, with the value where it is known to be harmless.

    Vendors keep passwords, card numbers, addresses and names under keys of their own; of those only numbers and yes or
    no are shown, and only where the name does not hint at a secret.
    """
    return {
        key: {"value": _shown(key, entry.value), "readonly": entry.readonly}
        for key, entry in sorted(configuration.items())
    }


def _shown(key: str, value: str | None) -> str | None:
    if not value or key.casefold() in _HARMLESS:
        return value
    if _PLAIN_VALUE.fullmatch(value) and not _SECRET_NAME.search(key):
        return value
    return REDACTED
