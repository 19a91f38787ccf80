"""Faults of simulated stations as Home Assistant shows them, and the flows that mend them."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from custom_components.chargestead.const import DOMAIN
from tests.simulator import SimulatedStation

from .house import House

BOX: Final = {"1.6": "GARAGE-1"}


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the open issues of the integration, by what they say is wrong."""
    return {
        str(issue.translation_key): issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


async def component_event(
    station: SimulatedStation,
    component: str,
    variable: str,
    value: str,
    *,
    trigger: str = "Delta",
    evse: int | None = 1,
    **more: object,
) -> None:
    """Let a component of a later station tell a value."""
    about: dict[str, Any] = {"name": component}
    if evse is not None:
        about["evse"] = {"id": evse}
    stamp = station.time().astimezone(UTC).isoformat().replace("+00:00", "Z")
    event = {
        "eventId": int(station.time().timestamp()) % 10**6,
        "timestamp": stamp,
        "trigger": trigger,
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": about,
        "variable": {"name": variable},
        **more,
    }
    await station.send(
        "NotifyEvent", {"generatedAt": stamp, "seqNo": 0, "tbc": False, "eventData": [event]}
    )


class Dialog:
    """The dialog of a repair issue, as a person goes through it."""

    def __init__(self, house: House, issue_id: str) -> None:
        """Stand before an issue."""
        self.house = house
        self.issue_id = issue_id
        self.page: dict[str, Any] = {}

    @property
    def _flows(self) -> Any:  # noqa: ANN401
        return self.house.hass.data["repairs"]["flow_manager"]

    async def open(self) -> Dialog:
        """Open it."""
        assert await async_setup_component(self.house.hass, "repairs", {})
        self.page = await self._flows.async_init(DOMAIN, context={"issue_id": self.issue_id})
        return self

    async def choose(self, fix: str) -> None:
        """Choose from the menu."""
        self.page = await self._flows.async_configure(self.page["flow_id"], {"next_step_id": fix})

    async def submit(self) -> None:
        """Go on."""
        self.page = await self._flows.async_configure(self.page["flow_id"], {})

    async def wait(self, within: float = 300) -> None:
        """Wait until it has stopped to say that something is on its way; the clock goes on meanwhile."""
        assert self.page["type"] == "progress", self.page
        passed = 0
        while passed < within:
            await self.house.clock.advance(1)
            passed += 1
            await self.house.hass.async_block_till_done()
            self.page = await self._flows.async_configure(self.page["flow_id"])
            if self.page["type"] != "progress":
                return
        msg = f"still {self.page} after {within} s"
        raise AssertionError(msg)


def at(text: str) -> datetime:
    """Return a moment as written in attributes."""
    return datetime.fromisoformat(text)


async def settle(house: House) -> None:
    """Let everything that is on its way arrive."""
    await asyncio.sleep(0)
    await house.pass_time(1)
