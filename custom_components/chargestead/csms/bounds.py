"""How much anybody may ask of the central system."""

from dataclasses import dataclass
from typing import Final

from .files.bounds import DEFAULT_FILE_BOUNDS, FileBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits that keep one bad station, or a stranger, from hurting the rest."""

    message_bytes: int = 1024 * 1024
    messages_per_second: float = 1000
    messages_burst: int = 5000
    unanswered: int = 256
    connections: int = 1000
    pending_stations: int = 20
    connectors: int = 32
    station_id_length: int = 64
    ping_interval_s: float = 30
    takeover_probe_s: float = 5
    handshake_s: float = 10
    close_s: float = 5
    files: FileBounds = DEFAULT_FILE_BOUNDS


DEFAULT_BOUNDS: Final = Bounds()
