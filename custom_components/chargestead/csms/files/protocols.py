"""By which protocol a station is to transfer a file."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ...model.station import ConfigurationValue, StationState

_KEY: Final = "SupportedFileTransferProtocols"
_FTP_VENDORS: Final = ("ev-box", "evbox", "innogy")
"""Those who take FTP and tell nobody."""


class Protocol(StrEnum):
    """What we speak."""

    HTTP = "http"
    FTP = "ftp"


def chosen(state: StationState, *, secure: bool) -> Protocol:
    """Return how a station is to reach us, who speak HTTPS where `secure`, else HTTP, and FTP.

    It says itself what it can (1.6 section 9.3 `SupportedFileTransferProtocols`, 2.x OCPPCommCtrlr
    `FileTransferProtocols`). Where it says nothing, or nothing that we speak, HTTP is tried, except with those who are
    known for FTP.
    """
    told = _told(state.configuration)
    if ("HTTPS" if secure else "HTTP") in told:
        return Protocol.HTTP
    if "FTP" in told:
        return Protocol.FTP
    vendor = (state.identity.vendor or "").strip().casefold()
    if not told and vendor.startswith(_FTP_VENDORS):
        return Protocol.FTP
    return Protocol.HTTP


def _told(configuration: Mapping[str, ConfigurationValue]) -> frozenset[str]:
    entry = configuration.get(_KEY) or next(
        (
            value
            for key, value in configuration.items()
            if key.strip().casefold() == _KEY.casefold()
        ),
        None,
    )
    if entry is None:
        return frozenset()
    words = (entry.value or "").replace(";", ",").replace(" ", ",").split(",")
    return frozenset(word.strip("[]\"'").upper() for word in (*words, *entry.choices) if word)
