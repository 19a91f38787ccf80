"""Furnishing the demo house: the integration, its stations, the energy settings and a dashboard."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from .client import HomeAssistantClient
from .dashboard import DASHBOARD, dashboard
from .people import DRIVERS, STATIONS, UPDATED

_DOMAIN: Final = "chargestead"
_FLOWS: Final = "/api/config/config_entries/flow"
_SUBENTRY_FLOWS: Final = "/api/config/config_entries/subentries/flow"
_OPTIONS_FLOWS: Final = "/api/config/config_entries/options/flow"

_WAITED_FOR: Final = {
    f"{station.id}_{connector}_{key}"
    for station in STATIONS
    for connector in range(1, station.connectors + 1)
    for key in ("power", "session_cost")
} | {
    f"{STATIONS[0].id}_1_state_of_charge",
    *(f"{station.id}_0_{key}" for station in STATIONS for key in ("last_fault", "firmware")),
}

_FIRMWARE: Final = b"Firmware of a simulated station. " * 60_000

_ZONE: Final = ZoneInfo("Europe/Amsterdam")
_TARIFF: Final = "Dynamic price"
_PRICE_SOURCE: Final = "Electricity price"
_HOME_ENERGY: Final = {
    "grid_power": "sensor.grid_import_power",
    "grid_inverted": False,
    "solar_power": ["sensor.solar_power"],
    "battery_inverted": False,
}


async def furnish(house: HomeAssistantClient, station_port: int) -> None:
    """Do what a person would do at the first start; what is there already is left alone."""
    entry_id = await _add_integration(house, station_port)
    present = await house.command("config_entries/subentries/list", entry_id=entry_id)
    titles = {item["title"] for item in present}
    for station in STATIONS:
        if station.name not in titles:
            await _add_station(house, entry_id, station.id, station.name)
    for name, card in DRIVERS.items():
        if name not in titles:
            await _add_driver(house, entry_id, name, card)
    if _TARIFF not in titles:
        await _add_tariff(house, entry_id)
        await _choose_options(house, entry_id)


async def _add_integration(house: HomeAssistantClient, station_port: int) -> str:
    for entry in await house.request("GET", f"/api/config/config_entries/entry?domain={_DOMAIN}"):
        return str(entry["entry_id"])
    step = await house.request("POST", _FLOWS, {"handler": _DOMAIN})
    while step["type"] == "form":
        wanted = {field["name"] for field in step["data_schema"]}
        answers = {"port": station_port, "bind_address": "127.0.0.1"}
        step = await house.request(
            "POST",
            f"{_FLOWS}/{step['flow_id']}",
            {key: value for key, value in answers.items() if key in wanted},
        )
        if step.get("errors"):
            msg = f"the integration could not be added: {step['errors']}"
            raise RuntimeError(msg)
    return str(step["result"]["entry_id"])


async def _add_station(
    house: HomeAssistantClient, entry_id: str, station_id: str, name: str
) -> None:
    step = await house.request("POST", _SUBENTRY_FLOWS, {"handler": [entry_id, "charging_station"]})
    while step["type"] == "form":
        wanted = {field["name"] for field in step["data_schema"]}
        answers = {"station_id": station_id, "name": name, "max_current": 16}
        step = await house.request(
            "POST",
            f"{_SUBENTRY_FLOWS}/{step['flow_id']}",
            {key: value for key, value in answers.items() if key in wanted},
        )
        if step.get("errors"):
            msg = f"{name} could not be added: {step['errors']}"
            raise RuntimeError(msg)


async def _add_driver(house: HomeAssistantClient, entry_id: str, name: str, card: str) -> None:
    step = await house.request("POST", _SUBENTRY_FLOWS, {"handler": [entry_id, "driver"]})
    path = f"{_SUBENTRY_FLOWS}/{step['flow_id']}"
    await house.request("POST", path, {"next_step_id": "details"})
    await _filled_in(house, path, {"name": name, "tokens": [{"id_token": card}]})


async def _add_tariff(house: HomeAssistantClient, entry_id: str) -> None:
    """Add a tariff that follows the market, once that has told prices."""
    await _told(
        house,
        lambda state: (
            state["entity_id"] == "sensor.electricity_price"
            and bool(state["attributes"].get("prices"))
        ),
    )
    step = await house.request("POST", _SUBENTRY_FLOWS, {"handler": [entry_id, "tariff"]})
    path = f"{_SUBENTRY_FLOWS}/{step['flow_id']}"
    step = await house.request("POST", path, {"next_step_id": "dynamic"})
    (source,) = (field for field in step["data_schema"] if field["name"] == "source")
    chosen = next(
        option["value"]
        for option in source["selector"]["select"]["options"]
        if option["label"].startswith(_PRICE_SOURCE)
    )
    await _filled_in(house, path, {"source": chosen})
    await _filled_in(
        house,
        path,
        {
            "name": _TARIFF,
            "source_with_vat": False,
            "surcharge": 0.12,
            "taxes": {"vat": 21, "amounts_with_vat": False},
            "solar_energy": {"solar": "amount", "solar_price": 0.06},
        },
    )


async def _choose_options(house: HomeAssistantClient, entry_id: str) -> None:
    """Choose the meters of the house, and let an inspection be due."""
    step = await house.request("POST", _OPTIONS_FLOWS, {"handler": entry_id})
    present = {
        field["name"]: field["default"] for field in step["data_schema"] if "default" in field
    }
    path = f"{_OPTIONS_FLOWS}/{step['flow_id']}"
    await _filled_in(
        house,
        path,
        {
            **present,
            "home_energy": _HOME_ENERGY,
            "maintenance": {"maintenance_ahead": 14, "maintenance_task": "electrical_inspection"},
        },
    )
    # The house is a year old today.
    today = datetime.now(_ZONE).date()
    await _filled_in(
        house,
        path,
        {
            "enabled": True,
            "place": "some_stations",
            "at_stations": [STATIONS[0].id],
            "months": 12,
            "first_due": today.isoformat(),
        },
    )


async def _filled_in(house: HomeAssistantClient, path: str, answers: dict[str, Any]) -> None:
    """Send a form in; it must be taken."""
    step = await house.request("POST", path, answers)
    if step.get("errors"):
        msg = f"{step['step_id']} was not taken: {step['errors']}"
        raise RuntimeError(msg)


async def _told(
    house: HomeAssistantClient, wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Return the first state that is as wanted, once there is one."""
    for _ in range(60):
        for state in await house.request("GET", "/api/states"):
            if wanted(state):
                return dict(state)
        await asyncio.sleep(0.5)
    msg = "the house does not tell what it should"
    raise RuntimeError(msg)


async def decorate(house: HomeAssistantClient) -> None:
    """Set the energy settings and the dashboard, and upload a firmware, once the stations have shown what they have."""
    entities = await _entities(house)
    await _offer_firmware(house, entities[f"{UPDATED.id}_0_firmware"])
    await house.command("energy/save_prefs", **_energy(entities))
    await _lay_out(house, entities)


async def _offer_firmware(house: HomeAssistantClient, entity_id: str) -> None:
    """Upload the firmware that follows the one a station has, unless one is offered already."""
    state = await _told(
        house, lambda state: state["entity_id"] == entity_id and state["state"] in {"on", "off"}
    )
    if state["state"] == "on":
        return
    head, _, last = state["attributes"]["installed_version"].rpartition(".")
    version = f"{head}.{int(last) + 1}"
    file_id = await house.upload(f"model-one-{version}.bin", _FIRMWARE)
    (entry,) = await house.request("GET", f"/api/config/config_entries/entry?domain={_DOMAIN}")
    step = await house.request(
        "POST", _SUBENTRY_FLOWS, {"handler": [entry["entry_id"], "firmware"]}
    )
    await _filled_in(
        house,
        f"{_SUBENTRY_FLOWS}/{step['flow_id']}",
        {"station_id": UPDATED.id, "file": file_id, "version": version},
    )


async def _lay_out(house: HomeAssistantClient, entities: dict[str, str]) -> None:
    """Make the dashboard and let the house open with it."""
    present = await house.command("lovelace/dashboards/list")
    if DASHBOARD not in {item["url_path"] for item in present}:
        await house.command(
            "lovelace/dashboards/create",
            url_path=DASHBOARD,
            allow_single_word=True,
            title="Charging",
            icon="mdi:ev-station",
        )
    await house.command("lovelace/config/save", url_path=DASHBOARD, config=dashboard(entities))
    await house.command("frontend/set_system_data", key="core", value={"default_panel": DASHBOARD})


async def _entities(house: HomeAssistantClient) -> dict[str, str]:
    """Return the entity ids by unique id, once all connectors are there."""
    for _ in range(60):
        entities = {
            item["unique_id"]: item["entity_id"]
            for item in await house.command("config/entity_registry/list")
            if item["platform"] == _DOMAIN
        }
        if entities.keys() >= _WAITED_FOR:
            break
        await asyncio.sleep(1)
    return entities


def _energy(entities: dict[str, str]) -> dict[str, Any]:
    return {
        "energy_sources": [
            {
                "type": "grid",
                "stat_energy_from": "sensor.grid_import_energy",
                "stat_energy_to": "sensor.grid_export_energy",
                "stat_cost": None,
                "entity_energy_price": None,
                "number_energy_price": 0.28,
                "stat_compensation": None,
                "entity_energy_price_export": None,
                "number_energy_price_export": 0.06,
                "cost_adjustment_day": 0.0,
            },
            {
                "type": "solar",
                "stat_energy_from": "sensor.solar_energy",
                "stat_rate": "sensor.solar_power",
                "config_entry_solar_forecast": None,
            },
        ],
        "device_consumption": [
            {
                "stat_consumption": entity_id,
                "stat_rate": entities[unique_id.replace("_energy", "_power")],
            }
            for unique_id, entity_id in sorted(entities.items())
            if unique_id.endswith("_energy")
            and "session" not in unique_id
            and unique_id.replace("_energy", "_power") in entities
        ],
    }
