"""From what the floors below hold to what JSON can carry."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum


def plain(value: object) -> object:
    """Return dataclasses and mappings as dictionaries, instants as text, enums as their values."""
    result = value
    match value:
        case Enum():
            result = value.value
        case datetime():
            result = value.isoformat()
        case Mapping():
            result = {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            result = [plain(item) for item in value]
        case set() | frozenset():
            result = sorted((plain(item) for item in value), key=str)
        case _ if is_dataclass(value):
            result = plain({item.name: getattr(value, item.name) for item in fields(value)})
    return result
