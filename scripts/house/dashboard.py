"""What the demo house shows: charging first, then how its stations are."""

from typing import Any, Final

from .people import STATIONS, UPDATED, Station

DASHBOARD: Final = "charging"

_TILES: Final = {
    "status": "Status",
    "power": "Power",
    "session_energy": "Session energy",
    "session_duration": "Session duration",
    "state_of_charge": "Car battery",
    "session_cost": "Session cost",
    "session_solar_share": "Solar share",
    "driver": "Driver",
}
_CONDITION: Final = {
    "problem": "Problem",
    "condition": "Condition",
    "contactor_wear": "Contactor wear",
    "plug_cycles": "Plug cycles",
    "availability_30_days": "Availability",
    "first_time_success": "First-time success",
}


def dashboard(entities: dict[str, str]) -> dict[str, Any]:
    """Return the dashboard; the entities are by unique id."""
    sections = [
        _connector_section(station.label(connector), entities, station.id, connector)
        for station in STATIONS
        for connector in range(1, station.connectors + 1)
    ]
    sections.append(_house_section())
    upkeep = [_to_do_section(), *(_upkeep_section(station, entities) for station in STATIONS)]
    return {
        "views": [
            _view("charging", "Charging", "mdi:ev-station", 5, sections),
            _view("maintenance", "Maintenance", "mdi:wrench-clock", 4, upkeep),
        ]
    }


def _view(
    path: str, title: str, icon: str, columns: int, sections: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "title": title,
        "path": path,
        "icon": icon,
        "type": "sections",
        "max_columns": columns,
        "sections": sections,
    }


def _connector_section(
    name: str, entities: dict[str, str], station_id: str, connector: int
) -> dict[str, Any]:
    def entity(key: str) -> str | None:
        return entities.get(f"{station_id}_{connector}_{key}")

    cards: list[dict[str, Any]] = [{"type": "heading", "heading": name, "icon": "mdi:ev-station"}]
    if switch := entity("charging"):
        cards.append(
            {
                "type": "tile",
                "entity": switch,
                "name": "Charging",
                "features": [{"type": "toggle"}],
                "grid_options": {"columns": 12},
            }
        )
    if limit := entity("maximum_current"):
        cards.append(
            {
                "type": "tile",
                "entity": limit,
                "name": "Maximum current",
                "features": [{"type": "numeric-input", "style": "slider"}],
                "grid_options": {"columns": 12},
            }
        )
    cards += [
        {"type": "tile", "entity": found, "name": label}
        for key, label in _TILES.items()
        if (found := entity(key))
    ]
    if power := entity("power"):
        cards.append(
            {
                "type": "history-graph",
                "hours_to_show": 1,
                "min_y_axis": 0,
                "entities": [{"entity": power, "name": "Power"}],
                "grid_options": {"columns": 12},
            }
        )
    return {"type": "grid", "cards": cards}


def _house_section() -> dict[str, Any]:
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": "House", "icon": "mdi:home"},
            *(
                {"type": "tile", "entity": f"sensor.chargestead_{name}", "name": label}
                for name, label in (
                    ("price_now", "Price now"),
                    ("cost_this_month", "Charging this month"),
                )
            ),
            *(
                {"type": "tile", "entity": f"sensor.{name}"}
                for name in ("solar_power", "house_power", "charging_power", "grid_import_power")
            ),
            {
                "type": "history-graph",
                "hours_to_show": 1,
                "entities": ["sensor.solar_power", "sensor.house_power", "sensor.charging_power"],
                "grid_options": {"columns": 12},
            },
        ],
    }


def _to_do_section() -> dict[str, Any]:
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": "To do", "icon": "mdi:clipboard-check"},
            {"type": "repairs", "grid_options": {"columns": 12}},
            {
                "type": "todo-list",
                "entity": "todo.chargestead_maintenance",
                "title": "Due",
                "hide_create": True,
                "grid_options": {"columns": 12},
            },
            {
                "type": "calendar",
                "entities": ["calendar.chargestead_maintenance"],
                "initial_view": "listWeek",
                "grid_options": {"columns": 12},
            },
        ],
    }


def _upkeep_section(station: Station, entities: dict[str, str]) -> dict[str, Any]:
    """Show what is wrong with a station, its firmware, its logs, and how worn its connectors are."""
    cards: list[dict[str, Any]] = [
        {"type": "heading", "heading": station.title, "icon": "mdi:ev-station"},
        {
            "type": "tile",
            "entity": entities[f"{station.id}_0_last_fault"],
            "name": "Last fault",
            "tap_action": {"action": "navigate", "navigation_path": "/config/repairs"},
            "grid_options": {"columns": 12},
        },
        {
            "type": "tile",
            "entity": entities[f"{station.id}_0_firmware"],
            "name": "Firmware",
            "features": [{"type": "update-actions", "backup": "no"}] if station is UPDATED else [],
            "grid_options": {"columns": 12},
        },
        {
            "type": "tile",
            "entity": "script.bring_log",
            "name": "Bring the log",
            "hide_state": True,
            "tap_action": {
                "action": "perform-action",
                "perform_action": "script.bring_log",
                "data": {"entity": entities[f"{station.id}_0_last_fault"]},
            },
            "grid_options": {"columns": 12},
        },
    ]
    for connector in range(1, station.connectors + 1):
        if station.connectors > 1:
            cards.append(
                {
                    "type": "heading",
                    "heading": station.side(connector).capitalize(),
                    "heading_style": "subtitle",
                }
            )
        cards += [
            {"type": "tile", "entity": found, "name": label}
            for key, label in _CONDITION.items()
            if (found := entities.get(f"{station.id}_{connector}_{key}"))
        ]
    return {"type": "grid", "cards": cards}
