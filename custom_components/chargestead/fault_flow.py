"""Mending a fault from the repair issue that tells of it."""

import asyncio
from html import escape
from typing import Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState

from .coordinator import ChargesteadConfigEntry
from .csms.files import StoredFile
from .csms.station import ChargingStation
from .errors import translated
from .fault_issues import fault_placeholders
from .log_files import async_fetch_log, async_log_report
from .maintenance.faults import rule_of
from .model.errors import ChargesteadError
from .model.fault import Fault, FaultFix
from .site.mending import Mender

_QUICK: Final = frozenset({FaultFix.ACKNOWLEDGE, FaultFix.ACCEPT_METER})


class FaultOverFlow(RepairsFlow):
    """Tells that a fault was over before anything was chosen."""

    async def async_step_init(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """End at once."""
        return self.async_abort(reason="already_over")


class FaultFixFlow(RepairsFlow):
    """Explains a fault, does what the person chooses, and tells whether it helped."""

    def __init__(self, entry: ChargesteadConfigEntry, fault: Fault) -> None:
        """Mend a fault."""
        self._entry = entry
        self._fault = fault
        self._mending: asyncio.Task[bool] | None = None
        self._fetching: asyncio.Task[StoredFile] | None = None
        self._log: StoredFile | None = None
        self._waited = False
        self._name = ""
        self._failure = ""
        self._ends = {
            "already_over": self.async_step_already_over,
            "failed": self.async_step_failed,
            "log_ready": self.async_step_log_ready,
            "mended": self.async_step_mended,
            "still_there": self.async_step_still_there,
        }

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Explain, and offer what can be done."""
        if not self._is_loaded:
            return await self.async_step_already_over()
        told = fault_placeholders(self.hass, self._entry, self._fault)
        self._name = told["station"]
        return self.async_show_menu(
            step_id="init",
            menu_options=[fix.value for fix in rule_of(self._fault.kind).fixes],
            description_placeholders=told,
        )

    async def async_step_restart(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Restart the station."""
        return await self._async_mend(FaultFix.RESTART)

    async def async_step_unlock(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Release the cable."""
        return await self._async_mend(FaultFix.UNLOCK)

    async def async_step_enable(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Put the connector back into service."""
        return await self._async_mend(FaultFix.ENABLE)

    async def async_step_send_limit(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Send the limit again."""
        return await self._async_mend(FaultFix.SEND_LIMIT)

    async def async_step_set_clock(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Set the clock."""
        return await self._async_mend(FaultFix.SET_CLOCK)

    async def async_step_accept_meter(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Take the meter as replaced."""
        return await self._async_mend(FaultFix.ACCEPT_METER)

    async def async_step_renew_certificate(
        self, _: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Have the certificate renewed."""
        return await self._async_mend(FaultFix.RENEW_CERTIFICATE)

    async def async_step_acknowledge(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Take note that the person has seen to it."""
        return await self._async_mend(FaultFix.ACKNOWLEDGE)

    async def async_step_fetch_log(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """Have the station bring its log, and offer it for download."""
        if self._fetching is None:
            station = self._station
            if station is None:
                return await self.async_step_already_over()
            self._fetching = self._entry.async_create_background_task(
                self.hass, async_fetch_log(station), f"log of {station.station_id}"
            )
        if not self._fetching.done():
            self._waited = True
            return self.async_show_progress(
                step_id="fetch_log", progress_action="fetch_log", progress_task=self._fetching
            )
        fetching, self._fetching = self._fetching, None
        if fetching.cancelled():
            return await self._async_go_on("already_over")
        try:
            self._log = fetching.result()
        except ChargesteadError as err:
            self._failure = str(translated(err, self._name))
            return await self._async_go_on("failed")
        return await self._async_go_on("log_ready")

    async def async_step_log_ready(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Offer the log that came, then the choice again."""
        if user_input is not None or self._log is None:
            return await self.async_step_init()
        report = async_log_report(self.hass, self._log)
        return self.async_show_form(
            step_id="log_ready",
            # A plain link is taken for a page of the frontend, which downloads nothing.
            description_placeholders={
                "station": self._name,
                "log": f'<a href="{report["url"]}" target="_blank">{escape(report["name"])}</a>',
            },
        )

    async def _async_mend(self, fix: FaultFix) -> RepairsFlowResult:
        """Start to mend, show that it is on its way, and then what came of it."""
        if self._mending is None:
            station = self._station
            if station is None:
                return await self.async_step_already_over()
            site = self._entry.runtime_data.site
            if site.faults.find(station.station_id, self._fault.key) is None:
                return await self.async_step_already_over()
            mender = Mender(site, station.clock, station, self._fault)
            self._mending = self._entry.async_create_background_task(
                self.hass, mender.mend(fix), f"mend {self._fault.kind.value}"
            )
        if not self._mending.done() and fix not in _QUICK:
            self._waited = True
            return self.async_show_progress(
                step_id=fix.value, progress_action=fix.value, progress_task=self._mending
            )
        await asyncio.wait([self._mending])
        mending, self._mending = self._mending, None
        if mending.cancelled():
            # The entry was unloaded meanwhile.
            return await self._async_go_on("already_over")
        return await self._async_go_on(self._came_of(mending))

    async def _async_go_on(self, step: str) -> RepairsFlowResult:
        """Go to a step, from a page that shows that something is on its way or without one."""
        if self._waited:
            self._waited = False
            return self.async_show_progress_done(next_step_id=step)
        return await self._ends[step]()

    def _came_of(self, mending: asyncio.Task[bool]) -> str:
        """Return the step that tells what came of it."""
        try:
            mended = mending.result()
        except ChargesteadError as err:
            self._failure = str(translated(err, self._name))
            return "failed"
        return "mended" if mended else "still_there"

    @property
    def _is_loaded(self) -> bool:
        """Tell whether the house is still there; it may have been taken down while the dialog was open."""
        return self._entry.state is ConfigEntryState.LOADED

    @property
    def _station(self) -> ChargingStation | None:
        """Return the station, None where it is gone."""
        if not self._is_loaded:
            return None
        return self._entry.runtime_data.site.stations.get(self._fault.station_id or "")

    async def async_step_already_over(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """End where there is nothing left to mend."""
        return self.async_abort(reason="already_over")

    async def async_step_mended(self, _: dict[str, str] | None = None) -> RepairsFlowResult:
        """End well."""
        return self.async_create_entry(data={})

    async def async_step_failed(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Tell what went wrong, and offer the choice again."""
        if user_input is not None:
            return await self.async_step_init()
        return self.async_show_form(
            step_id="failed",
            description_placeholders={"station": self._name, "reason": self._failure},
        )

    async def async_step_still_there(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Tell that it did not help, and offer the choice again."""
        if user_input is not None:
            return await self.async_step_init()
        return self.async_show_form(
            step_id="still_there",
            description_placeholders={"station": self._name},
        )
