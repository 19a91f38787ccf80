"""From card and cable to a transaction, and to its end (OCPP 1.6 sections 4.8 and 4.10)."""

from typing import TYPE_CHECKING, Final

from .access import ACCEPTED, IdTagInfo
from .connector import Connector, Fault, Grant, Transaction
from .metering import BEGIN, END
from .schedule import Json, parse_profile

if TYPE_CHECKING:
    from .car import Car
    from .station import SimulatedStation

OPEN_STATUSES: Final = frozenset({"Available", "Preparing", "Finishing", "Reserved"})


class Sessions:
    """What people and the central system do to start and stop charging."""

    def __init__(self, station: SimulatedStation) -> None:
        """Begin with no transaction."""
        self._station = station
        self.started = 0

    def plug_in(self, connector: Connector, car: Car) -> None:
        """Put the cable into a car."""
        if connector.car is not None:
            message = f"connector {connector.id} is already plugged in"
            raise ValueError(message)
        self._station.supply.refresh()
        connector.plug(car)
        self._station.supply.refresh()
        free_tag = self._station.personality.free_vending_id_tag
        if connector.grant is not None:
            self._start(connector, connector.grant)
        elif free_tag is not None and connector.status == "Preparing":
            self.grant(connector, free_tag, None)

    def unplug(self, connector: Connector) -> None:
        """Pull the cable out of the car."""
        self._station.supply.refresh()
        connector.car = None
        connector.finishing = False
        connector.replug_needed = False
        ends = self._station.configuration.flag("StopTransactionOnEVSideDisconnect")
        if connector.transaction is not None and ends:
            self.stop(connector, "EVDisconnected")
        elif connector.transaction is not None:
            connector.suspension_info = "EV side disconnected"
        self._station.supply.refresh()

    def mend(self, connector: Connector, remedy: str) -> None:
        """Mend a connector that is broken in a way which this remedy (unlock, restart) helps against."""
        if connector.fault is not None and remedy in connector.fault.mended_by:
            self._station.clear_fault(connector.id)

    async def present(self, connector: Connector, id_tag: str) -> None:
        """Hold a card to the reader: start, stop or cancel."""
        transaction = connector.transaction
        if transaction is not None:
            if await self._may_stop(transaction, id_tag):
                self.stop(connector, "Local", id_tag=id_tag)
            return
        if connector.grant is not None and connector.grant.id_tag == id_tag:
            self.revoke(connector)
            return
        if connector.status not in OPEN_STATUSES or connector.replug_needed:
            return
        info = await self._authorize(id_tag)
        if info.status == ACCEPTED and self.admits(connector, id_tag, info.parent):
            self.grant(connector, id_tag, info.parent)

    async def remote_start(self, connector: Connector, id_tag: str, profile: Json | None) -> None:
        """Start as the central system asked."""
        number, self._station.remote_start_id = self._station.remote_start_id, None
        parent = None
        if self._station.configuration.flag("AuthorizeRemoteTxRequests"):
            info = await self._authorize(id_tag)
            if info.status != ACCEPTED:
                return
            parent = info.parent
        if connector.transaction is None:
            self.grant(connector, id_tag, parent, profile, remote_start_id=number)

    def admits(self, connector: Connector, id_tag: str, parent: str | None) -> bool:
        """Return whether a reservation leaves the connector to this card."""
        held = connector.reservation or self._station.reservations.spare(connector)
        if held is None or held.id_tag.lower() == id_tag.lower():
            return True
        return parent is not None and parent == held.parent_id_tag

    def grant(
        self,
        connector: Connector,
        id_tag: str,
        parent: str | None,
        profile: Json | None = None,
        *,
        remote_start_id: int | None = None,
    ) -> None:
        """Let a card start a transaction, now or when the car comes."""
        if connector.grant is not None:
            connector.grant.timer.cancel()
        timeout = self._station.configuration.number("ConnectionTimeOut")
        grant = Grant(
            id_tag=id_tag,
            parent_id_tag=parent,
            timer=self._station.clock.call_later(timeout, lambda: self.revoke(connector)),
            profile=profile,
            remote_start_id=remote_start_id,
        )
        connector.grant = grant
        connector.finishing = False
        self._station.supply.refresh()
        if connector.car is not None and connector.status == "Preparing":
            self._start(connector, grant)

    def revoke(self, connector: Connector) -> None:
        """Withdraw the permission to start."""
        if connector.grant is not None:
            connector.grant.timer.cancel()
            connector.grant = None
            self._station.supply.refresh()

    def stop(self, connector: Connector, reason: str, *, id_tag: str | None = None) -> None:
        """End the transaction of a connector."""
        station = self._station
        station.supply.refresh()
        transaction = connector.transaction
        if transaction is None:
            return
        station.metering.remember(connector, END)
        station.metering.end_sampling(transaction)
        transaction.stopped = True
        entry = station.skin.ended(connector, transaction, reason, id_tag)
        if not station.personality.never_stops_transaction:
            station.outbox.put(entry)
        if station.personality.closing_values_after_stop:
            station.metering.send(connector, "MeterValuesSampledData", END)
        connector.transaction = None
        connector.finishing = connector.car is not None
        connector.replug_needed = (
            connector.finishing and station.personality.no_restart_without_replug
        )
        connector.suspension_info = None
        connector.locked = False
        connector.operative = connector.wanted_operative
        station.profiles.clear(connector_id=connector.id, purpose="TxProfile")
        station.supply.refresh()

    def fail(self, connector: Connector, trouble: Fault, *, ends: bool) -> None:
        """Break a connector, or let it give a warning."""
        if trouble.blocks and ends:
            self.stop(connector, "Other")
        connector.fault = trouble
        if trouble.blocks:
            self._station.reservations.drop(connector)
            self.revoke(connector)

    def _start(self, connector: Connector, grant: Grant) -> None:
        station = self._station
        grant.timer.cancel()
        connector.grant = None
        reservation = station.reservations.use(connector, grant)
        self.started += 1
        transaction = Transaction(
            id_tag=grant.id_tag,
            parent_id_tag=grant.parent_id_tag,
            started_at=station.clock.now(),
            meter_start=connector.meter.register_wh,
            number=self.started,
            reservation_id=None if reservation is None else reservation.id,
            remote_start_id=grant.remote_start_id,
        )
        connector.transaction = transaction
        connector.locked = True
        if grant.profile is not None:
            station.profiles.install(parse_profile(grant.profile, connector.id))
        entry = station.skin.begun(connector, transaction)
        entry.on_answer = lambda answer: self._started(connector, transaction, answer)
        station.outbox.put(entry)
        station.metering.remember(connector, BEGIN)
        station.metering.begin_sampling(connector)
        station.supply.refresh()

    def _started(self, connector: Connector, transaction: Transaction, answer: Json) -> None:
        station = self._station
        listed = station.access.local_list.get(transaction.id_tag.lower())
        info = station.access.learn(transaction.id_tag, answer.get("idTagInfo"))
        if info is None:
            return
        if listed is not None and listed.status != info.status:
            station.statuses.report_list_conflict()
        if transaction.parent_id_tag is None:
            transaction.parent_id_tag = info.parent
        if info.status == ACCEPTED or transaction.stopped:
            return
        if station.configuration.flag("StopTransactionOnInvalidId"):
            self.stop(connector, "DeAuthorized")
        else:
            transaction.deauthorized = True
            station.supply.refresh()

    async def _authorize(self, id_tag: str) -> IdTagInfo:
        if self._station.personality.starts_without_authorize:
            return IdTagInfo(status=ACCEPTED)
        return await self._station.access.authorize(id_tag, self._station.time())

    async def _may_stop(self, transaction: Transaction, id_tag: str) -> bool:
        if id_tag.lower() == transaction.id_tag.lower():
            return True
        info = await self._authorize(id_tag)
        if info.status != ACCEPTED or info.parent is None:
            return False
        return info.parent == transaction.parent_id_tag
