"""Forms with sections: what they are filled in with is kept without them."""

from collections.abc import Mapping
from typing import Any

from homeassistant.data_entry_flow import section
import probatio


def flattened(schema: probatio.Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form with sections was filled in with, without the sections."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(schema.schema.get(name), section):
            flat |= value
        else:
            flat[name] = value
    return flat


def in_sections(schema: probatio.Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `flattened` gave as the form shows it."""
    nested = dict(data)
    for marker, part in schema.schema.items():
        if isinstance(part, section):
            names = [str(inner) for inner in part.schema.schema]
            nested[str(marker)] = {name: data[name] for name in names if name in data}
    return nested


def place_of(schema: probatio.Schema, name: str) -> str:
    """Return where a form shows what is wrong with a field: at the field, or at the section it is in."""
    for marker, part in schema.schema.items():
        if str(marker) == name:
            return name
        if isinstance(part, section) and name in {str(inner) for inner in part.schema.schema}:
            return str(marker)
    return "base"
