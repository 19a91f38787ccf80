"""Firmware updates of one station, from the offer to the version its next boot names."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final
import uuid

from ...model.clock import Timer
from ...model.commands import UpdateFirmware
from ...model.errors import (
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    FileRefusedError,
    NoFirmwareError,
    SessionRunningError,
    StationOfflineError,
    StationTimeoutError,
    UpdateRunningError,
)
from ...model.events import FirmwareChanged, FirmwareOffered
from ...model.firmware import FirmwareFailure, FirmwareOffer, FirmwareStage, FirmwareUpdate
from ...model.station import StationIdentity, StationState
from .firmware_memory import offer_from_dict, offer_to_dict, update_from_dict, update_to_dict
from .firmware_offers import NewFirmware, discard, take_in
from .firmware_steps import DOWNLOAD_SHARE, FAILURES, ORDER, PERCENT, STAGES, same_version
from .hosting import Hosted
from .protocols import Protocol, chosen

if TYPE_CHECKING:
    from ..station import ChargingStation

PAUSE_S: Final = 30
_SILENT_S: Final = 2 * 3600
_SCHEDULED_S: Final = 24 * 3600
_BOOT_S: Final = 1800
_SETTLED: Final = (FirmwareStage.RESTARTING, FirmwareStage.INSTALLED)


class FirmwareUpdates:
    """Offers firmware to a station and follows its installation; nothing is ever sent unasked.

    One update at a time. It is over when the station names another version than before, says that it failed, or says
    nothing for too long.
    """

    def __init__(self, station: ChargingStation) -> None:
        """Take up what is remembered."""
        self._station = station
        self._hosted: Hosted | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._timer: Timer | None = None
        self._pause: Timer | None = None
        self._protocol: Protocol | None = None
        memory = station.memory.firmware or {}
        offer = offer_from_dict(memory.get("offer"))
        update = update_from_dict(memory.get("update"))
        station.book.update(firmware_offer=offer, firmware_update=update)
        if update is not None and not update.is_over:
            self._watch(update)

    @property
    def offer(self) -> FirmwareOffer | None:
        """Return what is offered."""
        return self._station.state.firmware_offer

    @property
    def update(self) -> FirmwareUpdate | None:
        """Return the update that runs, or the last one."""
        return self._station.state.firmware_update

    @property
    def running(self) -> FirmwareUpdate | None:
        """Return the update that runs."""
        return None if self.update is None or self.update.is_over else self.update

    async def take(self, new: NewFirmware, content: AsyncIterator[bytes]) -> FirmwareOffer:
        """Offer a file from now on, in place of what was offered before; raises FileRefusedError."""
        offer = await take_in(self._station, new, content)
        self._show(offer=offer)
        self._tidy()
        self._station.publish(
            FirmwareOffered(station_id=self._station.station_id, at=offer.offered_at, offer=offer)
        )
        return offer

    def withdraw(self) -> None:
        """Offer nothing any more; raises NoFirmwareError where nothing was."""
        if self.offer is None:
            raise NoFirmwareError(self._station.station_id)
        self._show(offer=None)
        self._tidy()

    async def install(
        self,
        *,
        by: str | None = None,
        force: bool = False,
        when_idle: bool = False,
        protocol: Protocol | None = None,
    ) -> FirmwareUpdate:
        """Have the station install what is offered; `when_idle` waits for sessions to end, `force` does not care.

        Raises NoFirmwareError, UpdateRunningError, SessionRunningError, FileRefusedError, and what
        `ChargingStation.command` does.
        """
        station, offer = self._station, self.offer
        if offer is None:
            raise NoFirmwareError(station.station_id)
        if self.running is not None and self.running.stage is not FirmwareStage.WAITING:
            raise UpdateRunningError(station.station_id)
        busy = self._busy()
        if busy and not force and not when_idle:
            raise SessionRunningError(station.station_id)
        if not station.connected and not when_idle:
            raise StationOfflineError(station.station_id)
        now = station.clock.now()
        update = FirmwareUpdate(
            uid=uuid.uuid4().hex,
            offer=offer,
            stage=FirmwareStage.WAITING,
            started_at=now,
            changed_at=now,
            started_by=by,
            request_id=station.request_ids.next(),
        )
        if self.running is not None:
            # It waited for what is to be done now, or waits anew.
            self._fail(FirmwareFailure.GIVEN_UP)
        self._protocol = protocol
        if when_idle and (busy or not station.connected):
            self._tell(update)
            return update
        return await self._send(update)

    async def _send(self, update: FirmwareUpdate) -> FirmwareUpdate:
        station = self._station
        version = station.state.identity.firmware_version
        update = self._moved(replace(update, previous=version), FirmwareStage.REQUESTED)
        self._tell(update)
        try:
            self._hosted = await self._host(update)
            self._show()
            await station.command(
                UpdateFirmware(
                    request_id=update.request_id,
                    location=self._hosted.location,
                    retrieve_at=station.clock.now(),
                    signing_certificate=update.offer.signing_certificate,
                    signature=update.offer.signature,
                )
            )
        except StationTimeoutError:
            # It may well do it all the same, and will be heard of.
            station.counters.add("firmware_unanswered")
        except asyncio.CancelledError:
            self._fail(FirmwareFailure.NOT_STARTED)
            raise
        except ChargesteadError as error:
            self._fail(_failure_of(error), str(error))
            raise
        return self.update or update

    async def _host(self, update: FirmwareUpdate, token: str | None = None) -> Hosted:
        station, offer = self._station, update.offer
        files, connection = station.around.files, station.connection
        if connection is None:
            raise StationOfflineError(station.station_id)
        protocol = self._protocol or chosen(station.state, secure=connection.door.secure)
        return await files.give(
            station.station_id,
            connection.door,
            protocol,
            files.firmware.root / offer.folder / offer.name,
            offer.file_name,
            self._fetched,
            token,
        )

    def _busy(self) -> bool:
        return any(item.session is not None for item in self._station.book.connectors.values())

    def _can_begin(self) -> bool:
        update = self.running
        return (
            update is not None
            and update.stage is FirmwareStage.WAITING
            and self._station.connected
            and not self._busy()
        )

    def _changed(self, _state: StationState) -> None:
        """Begin what has waited soon after no session runs; another one may follow at once."""
        if self._pause is None and self._can_begin():
            self._pause = self._station.clock.call_later(PAUSE_S, self._begin_now)

    def _begin_now(self) -> None:
        self._pause = None
        update = self.running
        if update is not None and self._can_begin():
            waited = self._moved(update, FirmwareStage.REQUESTED)
            self._show(update=waited)
            self._station.spawn(self._begin(waited), "begin a firmware update")

    async def _begin(self, update: FirmwareUpdate) -> None:
        try:
            await self._send(update)
        except ChargesteadError:
            self._station.counters.add("firmware_not_started")

    def connected(self) -> None:
        """Have a file at hand again that the station may still be fetching, after a restart of ours."""
        update = self.running
        token = (self._station.memory.firmware or {}).get("token")
        if (
            update is not None
            and self._hosted is None
            and update.stage in ORDER[: ORDER.index(FirmwareStage.DOWNLOADED)]
            and update.stage is not FirmwareStage.WAITING
            and isinstance(token, str)
        ):
            self._station.spawn(self._host_again(update, token), "host firmware again")

    async def _host_again(self, update: FirmwareUpdate, token: str) -> None:
        self._protocol = Protocol.HTTP
        try:
            self._hosted = await self._host(update, token)
        except FileRefusedError:
            self._station.counters.add("firmware_not_hosted")

    def _fetched(self, percent: int) -> None:
        update = self.running
        if update is not None and update.stage in (
            FirmwareStage.REQUESTED,
            FirmwareStage.SCHEDULED,
            FirmwareStage.DOWNLOADING,
        ):
            moved = replace(update, percent=round(percent * DOWNLOAD_SHARE))
            moved = self._moved(moved, FirmwareStage.DOWNLOADING)
            self._show(update=moved)
            self._watch(moved)

    def stepped(self, status: str, request_id: int | None) -> None:
        """Take what the station says of an update; of one that is not ours, nothing is thought."""
        update = self.running
        if update is None or update.stage is FirmwareStage.WAITING:
            return
        if request_id not in (None, update.request_id):
            self._station.counters.add("firmware_status_of_another")
            return
        word = status.strip().casefold()
        update = replace(update, status=status)
        if (failure := FAILURES.get(word)) is not None:
            self._fail(failure, update=update)
        elif (stage := STAGES.get(word)) is not None:
            self._tell(self._moved(update, stage))

    def booted(self, identity: StationIdentity) -> None:
        """Look at the version a station boots with."""
        update, version = self.running, identity.firmware_version
        if update is None or version is None or update.stage is FirmwareStage.WAITING:
            return
        if same_version(version, update.offer.version) or (
            update.previous is not None and not same_version(version, update.previous)
        ):
            self._confirm(replace(update, found=version))
        elif update.stage in _SETTLED:
            self._fail(FirmwareFailure.UNCHANGED, version, update=replace(update, found=version))

    def give_up(self) -> None:
        """Wait for an update no longer; raises NoFirmwareError where none runs. The station may go on with it."""
        if self.running is None:
            raise NoFirmwareError(self._station.station_id)
        self._fail(FirmwareFailure.GIVEN_UP)

    def _confirm(self, update: FirmwareUpdate) -> None:
        self._end_hosting()
        self._tell(self._moved(update, FirmwareStage.CONFIRMED))
        if self.offer is not None and self.offer.uid == update.offer.uid:
            self._show(offer=None)
        self._tidy()

    def _fail(
        self,
        failure: FirmwareFailure,
        detail: str | None = None,
        update: FirmwareUpdate | None = None,
    ) -> None:
        update = update or self.running
        self._end_hosting()
        if update is not None:
            failed = replace(update, failure=failure, detail=detail)
            self._tell(self._moved(failed, FirmwareStage.FAILED))

    def _moved(self, update: FirmwareUpdate, stage: FirmwareStage) -> FirmwareUpdate:
        percent = PERCENT.get(stage)
        if stage is FirmwareStage.DOWNLOADING:
            percent = update.percent or 0
        return replace(update, stage=stage, percent=percent, changed_at=self._station.clock.now())

    def _tell(self, update: FirmwareUpdate) -> None:
        """Show an update, remember it, watch over it and publish it."""
        self._show(update=update)
        self._watch(update)
        self._station.publish(
            FirmwareChanged(
                station_id=self._station.station_id, at=update.changed_at, update=update
            )
        )

    def _show(self, **changes: FirmwareOffer | FirmwareUpdate | None) -> None:
        if "offer" in changes:
            self._station.book.update(firmware_offer=changes["offer"])
        if "update" in changes:
            self._station.book.update(firmware_update=changes["update"])
        memory = self._station.memory.firmware or {}
        self._station.memory.firmware = {
            "offer": None if self.offer is None else offer_to_dict(self.offer),
            "update": None if self.update is None else update_to_dict(self.update),
            "token": _token_of(self._hosted) or memory.get("token") if self.running else None,
        }
        self._station.keep_memory()

    def _watch(self, update: FirmwareUpdate) -> None:
        """Fail an update of which nothing is heard for too long."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._look_no_more()
        if update.stage is FirmwareStage.WAITING:
            self._unsubscribe = self._station.subscribe(self._changed)
            return
        if update.is_over:
            return
        seconds = _SILENT_S
        if update.stage in (FirmwareStage.SCHEDULED, FirmwareStage.PAUSED):
            seconds = _SCHEDULED_S
        elif update.stage in _SETTLED:
            seconds = _BOOT_S
        passed = (self._station.clock.now() - update.changed_at).total_seconds()
        self._timer = self._station.clock.call_later(
            max(1, seconds - passed), partial(self._silent, update)
        )

    def _look_no_more(self) -> None:
        unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            unsubscribe()

    def _silent(self, update: FirmwareUpdate) -> None:
        version = self._station.state.identity.firmware_version
        unchanged = update.stage is FirmwareStage.INSTALLED and same_version(
            version, update.previous
        )
        self._fail(FirmwareFailure.UNCHANGED if unchanged else FirmwareFailure.SILENT, version)

    def _end_hosting(self) -> None:
        hosted, self._hosted = self._hosted, None
        if hosted is not None:
            self._station.around.files.end(hosted)

    def _tidy(self) -> None:
        """Delete what nobody offers or installs any more."""
        needed = {
            offer.name for offer in (self.offer, self.running and self.running.offer) if offer
        }
        self._station.around.files.disk.later(discard(self._station, needed))

    def close(self) -> None:
        """Watch over nothing any more; what runs is taken up again after a restart."""
        for timer in (self._timer, self._pause):
            if timer is not None:
                timer.cancel()
        self._timer = self._pause = None
        self._look_no_more()

    def forget(self) -> None:
        """Delete the files of a station that goes."""
        self._station.around.files.disk.later(discard(self._station, set()))


def _token_of(hosted: Hosted | None) -> str | None:
    """Return what a link would need to work again after a restart; over FTP it cannot."""
    return hosted.ticket.token if hosted is not None and hosted.protocol is Protocol.HTTP else None


def _failure_of(error: ChargesteadError) -> FirmwareFailure:
    match error:
        case CommandRefusedError(status=status):
            return FAILURES.get(status.casefold(), FirmwareFailure.REFUSED)
        case CallFailedError():
            return FirmwareFailure.REFUSED
        case StationOfflineError():
            return FirmwareFailure.UNREACHABLE
    return FirmwareFailure.NOT_STARTED
