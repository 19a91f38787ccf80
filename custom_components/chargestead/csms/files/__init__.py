"""Files that stations take to us or fetch from us: logs and firmware, over HTTP and FTP."""

from .bounds import DEFAULT_FILE_BOUNDS, FileBounds
from .hosting import Door, FileHosting
from .protocols import Protocol
from .shelf import StoredFile

__all__ = [
    "DEFAULT_FILE_BOUNDS",
    "Door",
    "FileBounds",
    "FileHosting",
    "Protocol",
    "StoredFile",
]
