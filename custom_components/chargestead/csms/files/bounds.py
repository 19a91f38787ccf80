"""How much anybody may ask of us in files."""

from dataclasses import dataclass
from typing import Final

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBounds:
    """Limits of transfers, in bytes and seconds.

    `disk_reserve_bytes` is what is left free for everybody else on the disk. `idle_s` is how long the other end may be
    silent in the middle of a transfer. `log_s` and `firmware_s` are how long a link works at most; `grace_s` how long
    after all of a firmware was sent, since what was sent may yet be lost on its way.
    """

    log_bytes: int = 128 * _MIB
    firmware_bytes: int = 512 * _MIB
    logs_kept_bytes: int = 512 * _MIB
    disk_reserve_bytes: int = 256 * _MIB
    transfers: int = 32
    readers: int = 4
    attempts: int = 50
    connections: int = 4
    idle_s: float = 60
    log_s: float = 3600
    firmware_s: float = 24 * 3600
    grace_s: float = 300
    linger_s: float = 5
    linger_bytes: int = 16 * _MIB


DEFAULT_FILE_BOUNDS: Final = FileBounds()
