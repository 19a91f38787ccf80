"""When the station reads its meters, and what it sends (OCPP 1.6 sections 3.16 and 4.7)."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from typing import Final

from .clock import Clock, TimerHandle
from .configuration import Configuration
from .connector import Connector, Transaction
from .outbox import Outbox
from .personality import Personality
from .sampling import REGISTER, Sampler
from .schedule import Json
from .skin import Skin
from .supply import Supply

PERIODIC: Final = "Sample.Periodic"
ALIGNED: Final = "Sample.Clock"
BEGIN: Final = "Transaction.Begin"
END: Final = "Transaction.End"
TRIGGER: Final = "Trigger"


class Metering:
    """The periodic, clock-aligned and requested meter values of all connectors."""

    def __init__(
        self,
        *,
        clock: Clock,
        configuration: Configuration,
        personality: Personality,
        connectors: Iterable[Connector],
        supply: Supply,
        outbox: Outbox,
        stamp: Callable[[datetime], str | None],
        skin: Skin,
    ) -> None:
        """Begin with no timer set."""
        self._skin = skin
        self._clock = clock
        self._configuration = configuration
        self._personality = personality
        self._connectors = tuple(connectors)
        self._supply = supply
        self._outbox = outbox
        self._stamp = stamp
        self._sampler = Sampler(personality)
        self._aligned: TimerHandle | None = None

    def start(self) -> None:
        """Begin clock-aligned readings."""
        self._align()

    def stop(self) -> None:
        """Call off every timer."""
        if self._aligned is not None:
            self._aligned.cancel()
        for connector in self._connectors:
            if connector.transaction is not None:
                self.end_sampling(connector.transaction)

    def reconfigure(self, key: str) -> None:
        """Take note of a changed configuration key."""
        if key == "ClockAlignedDataInterval":
            self._align()
        if key == "MeterValueSampleInterval":
            for connector in self._connectors:
                if connector.transaction is not None:
                    self.begin_sampling(connector)

    def begin_sampling(self, connector: Connector) -> None:
        """Sample a transaction at its interval from now on."""
        transaction = connector.transaction
        if transaction is None:
            return
        self.end_sampling(transaction)
        interval = self._configuration.number("MeterValueSampleInterval")
        if interval > 0:
            transaction.sample_timer = self._clock.call_later(
                interval, lambda: self._periodic(connector, transaction)
            )

    def end_sampling(self, transaction: Transaction) -> None:
        """Stop sampling a transaction."""
        if transaction.sample_timer is not None:
            transaction.sample_timer.cancel()
            transaction.sample_timer = None

    def meter_value(
        self, connector: Connector, key: str, context: str, at: datetime | None = None
    ) -> Json:
        """Return one MeterValue with the measurands of a configuration key."""
        self._supply.refresh()
        snapshot = connector.snapshot(mark_interval=context in {PERIODIC, ALIGNED})
        measurands = self._configuration.items(key)
        values = self._sampler.values(
            snapshot, measurands, context, register_wh=self._register(connector)
        )
        if self._personality.begin_sample_in_every_message and context == PERIODIC:
            values += self._begin_again(connector)
        value: Json = {"sampledValue": [self._skin.sample(item) for item in values]}
        stamp = self._stamp(at or snapshot.at)
        if stamp is not None and not self._personality.omits_meter_timestamp:
            value["timestamp"] = stamp
        return value

    def message(self, connector: Connector, meter_value: Json) -> Json:
        """Return a MeterValues payload, its transaction still to be filled in."""
        as_object = self._personality.meter_value_as_object
        payload: Json = {
            "connectorId": connector.id,
            "meterValue": meter_value if as_object else [meter_value],
        }
        idle_id = self._personality.idle_transaction_id
        if connector.transaction is None and idle_id is not None:
            payload["transactionId"] = idle_id
        return payload

    def requested(self, connector: Connector) -> Json | None:
        """Return a MeterValues payload as a trigger asks for it, None if it is empty."""
        value = self.meter_value(connector, "MeterValuesSampledData", TRIGGER)
        if not value["sampledValue"] and not self._personality.empty_sampled_value:
            return None
        payload = self.message(connector, value)
        transaction = connector.transaction
        if transaction is not None and transaction.id is not None:
            payload["transactionId"] = transaction.id
        return payload

    def send(self, connector: Connector, key: str, context: str) -> None:
        """Queue a MeterValues message with what the meter shows now."""
        value = self.meter_value(connector, key, context)
        if value["sampledValue"] or self._personality.empty_sampled_value:
            self._outbox.put(self._skin.metered(connector, value, context))

    def transaction_data(self, transaction: Transaction) -> list[Json]:
        """Return what StopTransaction carries, [] when nothing is configured."""
        return [sample for sample in transaction.samples if sample["sampledValue"]]

    def remember(self, connector: Connector, context: str) -> None:
        """Keep a reading for the transaction's end, if one is wanted there."""
        transaction = connector.transaction
        if transaction is not None and self._configuration.items("StopTxnSampledData"):
            value = self.meter_value(connector, "StopTxnSampledData", context)
            transaction.samples.append(value)

    def _periodic(self, connector: Connector, transaction: Transaction) -> None:
        if transaction.stopped:
            return
        self.begin_sampling(connector)
        self.remember(connector, PERIODIC)
        if not self._personality.no_periodic_values:
            self.send(connector, "MeterValuesSampledData", PERIODIC)

    def _register(self, connector: Connector) -> int:
        personality = self._personality
        register = connector.meter.register_wh
        transaction = connector.transaction
        connector.samples_sent += 1
        every = personality.register_zero_every
        if personality.register_stuck or (every and connector.samples_sent % every == 0):
            return 0
        if personality.session_relative_register and transaction is not None:
            return register - transaction.meter_start
        return register

    def _begin_again(self, connector: Connector) -> list[Json]:
        transaction = connector.transaction
        if transaction is None:
            return []
        return self._sampler.values(
            connector.snapshot(), [REGISTER], BEGIN, register_wh=transaction.meter_start
        )

    def _align(self) -> None:
        if self._aligned is not None:
            self._aligned.cancel()
            self._aligned = None
        interval = self._configuration.number("ClockAlignedDataInterval")
        if interval <= 0:
            return
        now = self._clock.now()
        midnight = datetime.combine(now.date(), time(), UTC)
        passed = (now - midnight).total_seconds()
        wait = interval - passed % interval
        self._aligned = self._clock.call_later(wait, self._clock_aligned)

    def _clock_aligned(self) -> None:
        self._align()
        if not self._configuration.items("MeterValuesAlignedData"):
            return
        for connector in self._connectors:
            self.send(connector, "MeterValuesAlignedData", ALIGNED)
