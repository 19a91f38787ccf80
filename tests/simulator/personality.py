"""How real stations differ from the book, as data.

A default `Personality()` follows OCPP 1.6 edition 2. Each field is one deviation, and
`PERSONALITIES` holds combinations under the names of the stations they were seen on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ALL_MEASURANDS: Final = (
    "Energy.Active.Import.Register",
    "Energy.Active.Import.Interval",
    "Power.Active.Import",
    "Power.Offered",
    "Current.Import",
    "Current.Offered",
    "Voltage",
    "Frequency",
    "Temperature",
    "SoC",
)


def _no_map() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Personality:
    """The quirks of a station; every default is what the specification wants."""

    # Connection and boot
    boots_on_reconnect: bool = False
    never_boots: bool = False
    boots_only_when_triggered: bool = False
    boot_delay: float = 0.0
    ignores_calls_until_booted: bool = False
    accepts_boot_trigger_always: bool = False
    repeats_boot: int = 1
    offers_subprotocol: bool = True
    hex_password: bool = False
    follows_central_time: bool = True
    clock_offset: float = 0.0
    timestamps: str = "utc"  # utc, offset, local, missing, empty
    vendor: str = "Simulated Stations"
    model: str = "Model One"
    firmware: str = "1.0.0"
    serial_number: str | None = "SIM-0001"

    # Answering
    answer_delay: float = 0.0
    never_answers: frozenset[str] = frozenset()
    answers_twice: bool = False
    not_implemented: frozenset[str] = frozenset()
    refuses: Mapping[str, str] = field(default_factory=_no_map)
    remote_trigger: bool = True
    trigger_connectors: str = "all"  # all, not_zero, only_zero
    reboots_on: frozenset[str] = frozenset()
    survives_measurands: int | None = None

    # Configuration
    lower_case_keys: bool = False
    padded_values: bool = False
    truncated_configuration: int | None = None
    omits_keys: frozenset[str] = frozenset()
    read_only_keys: frozenset[str] = frozenset()
    measurands: tuple[str, ...] = ALL_MEASURANDS
    measurand_list_max: int | None = None
    rejects_measurand_lists: bool = False
    drops_unknown_measurands: bool = False

    # Metering
    per_phase_only: bool = False
    totals_only: bool = False
    kilo_units: bool = False
    value_style: str = "plain"  # plain, blanks, comma, grouped
    unit_names: Mapping[str, str] = field(default_factory=_no_map)
    omits_measurand: bool = False
    omits_meter_timestamp: bool = False
    phase_names: str = "L1"  # L1 (voltages L1-N), L1-N, bare, N, none
    begin_sample_in_every_message: bool = False
    register_zero_every: int = 0
    register_stuck: bool = False
    session_relative_register: bool = False
    phase_on_register: bool = False
    no_periodic_values: bool = False
    meter_value_as_object: bool = False
    empty_sampled_value: bool = False
    divides_current_by_phases: bool = False
    idle_transaction_id: int | None = None
    meter_values_without_transaction: bool = False

    # Transactions
    starts_without_authorize: bool = False
    free_vending_id_tag: str | None = None
    never_stops_transaction: bool = False
    duplicates_transaction_messages: bool = False
    forgets_start_answer: bool = False
    local_transaction_ids: bool = False
    no_restart_without_replug: bool = False
    closing_values_after_stop: bool = False
    loses_queue_on_power_loss: bool = False
    resumes_after_power_loss: bool = False
    id_tag_suffix: str = ""

    # Status
    status_scope: str = "all"  # all, station_only, connectors_only
    status_names: Mapping[str, str] = field(default_factory=_no_map)
    error_code: str | None = None

    # Charging profiles
    smart_charging: bool = True
    advertises_smart_charging: bool = True
    rejects_purposes: frozenset[str] = frozenset()
    rejects_kinds: frozenset[str] = frozenset()
    rejects_station_relative: bool = False
    profile_refusal: str = "Rejected"
    stack_level_max: int | None = None
    units: tuple[str, ...] = ("A", "W")
    units_key: str | None = None
    integer_limits_only: bool = False
    rejects_number_phases: bool = False
    limit_steps: tuple[float, ...] = ()
    applied_limit_max: float | None = None
    lowest_applied_limit: float = 0.0
    ignores_profiles: bool = False
    ignores_first_limit_after_pause: bool = False
    forgets_profiles_on_reboot: bool = False
    forgets_profiles_on_reconnect: bool = False
    switches_phases: bool = False
    composite_schedule: str = "full"  # full, empty, rejected

    # Wire
    extra_fields: bool = False
    nulls: bool = False


PERSONALITIES: Final[Mapping[str, Personality]] = {
    "plain": Personality(),
    "abb-terra-ac": Personality(
        vendor="ABB",
        model="TAC-W22-T-R-0",
        stack_level_max=0,
        survives_measurands=5,
    ),
    "alfen": Personality(
        vendor="Alfen BV",
        model="NG910-60023",
        measurand_list_max=9,
        phase_names="L1-N",
        idle_transaction_id=9223372036854775807,
        switches_phases=True,
    ),
    "autel": Personality(vendor="Autel", rejects_station_relative=True),
    "beny": Personality(vendor="ZJ Beny", no_restart_without_replug=True),
    "charge-amps": Personality(
        vendor="Charge Amps",
        model="HALO",
        unit_names={"": "Hz"},
        rejects_purposes=frozenset({"ChargePointMaxProfile", "TxDefaultProfile"}),
    ),
    "easee": Personality(
        vendor="Easee",
        starts_without_authorize=True,
        boots_on_reconnect=True,
        measurands=(
            "Energy.Active.Import.Register",
            "Power.Active.Import",
            "Current.Import",
            "Voltage",
        ),
    ),
    "en-plus": Personality(vendor="EN+", reboots_on=frozenset({"ChangeAvailability"})),
    "etrel": Personality(vendor="Etrel", model="INCH", local_transaction_ids=True),
    "evbox-elvi": Personality(
        vendor="EV-BOX",
        model="Elvi",
        rejects_purposes=frozenset({"ChargePointMaxProfile"}),
        measurands=(
            "Energy.Active.Import.Register",
            "Power.Active.Import",
            "Current.Import",
            "Voltage",
        ),
    ),
    "go-e": Personality(
        vendor="go-e",
        model="Gemini",
        ignores_first_limit_after_pause=True,
        switches_phases=True,
        boots_on_reconnect=True,
    ),
    "grizzl-e": Personality(
        vendor="United Chargers",
        model="Grizzl-E",
        session_relative_register=True,
        remote_trigger=False,
    ),
    "growatt": Personality(
        vendor="Growatt",
        model="THOR",
        begin_sample_in_every_message=True,
        timestamps="local",
        phase_names="bare",
        trigger_connectors="not_zero",
    ),
    "huawei": Personality(
        vendor="Huawei",
        model="SCharger",
        units=("W",),
        units_key="Powers",
        meter_value_as_object=True,
    ),
    "injet": Personality(vendor="Injet", applied_limit_max=16.0, phase_names="N"),
    "legrand": Personality(vendor="Legrand", error_code="Error"),
    "mennekes": Personality(
        vendor="Mennekes",
        answer_delay=45.0,
        boot_delay=30.0,
        per_phase_only=True,
        phase_names="L1-N",
    ),
    "necharge": Personality(vendor="NEcharge", limit_steps=(6, 8, 10, 13, 16)),
    "ocular": Personality(
        vendor="Ocular",
        model="LTE Plus",
        ignores_calls_until_booted=True,
        boot_delay=20.0,
        id_tag_suffix="\x00\x00",
        closing_values_after_stop=True,
    ),
    "sync-ev": Personality(
        vendor="BG SyncEV", no_periodic_values=True, advertises_smart_charging=False
    ),
    "timxon": Personality(
        vendor="Timxon",
        rejects_purposes=frozenset({"ChargePointMaxProfile", "TxProfile"}),
        profile_refusal="NotSupported",
        reboots_on=frozenset({"ChangeConfiguration:ClockAlignedDataInterval"}),
    ),
    "vestel": Personality(
        vendor="Vestel",
        model="EVC04",
        empty_sampled_value=True,
        session_relative_register=True,
    ),
    "wallbox-5": Personality(
        vendor="Wall Box Chargers",
        model="PLP1-0-2-4",
        firmware="5.17.15",
        stack_level_max=0,
        measurands=(
            "Energy.Active.Import.Register",
            "Power.Active.Import",
            "Current.Import",
            "Voltage",
        ),
        register_zero_every=7,
        lowest_applied_limit=6.0,
    ),
    "wallbox-6": Personality(
        vendor="Wall Box Chargers",
        model="PLP1-0-2-4",
        firmware="6.7.17",
        rejects_kinds=frozenset({"Absolute", "Recurring"}),
        boots_only_when_triggered=True,
    ),
    "zaptec": Personality(
        vendor="Zaptec",
        model="Go 2",
        never_stops_transaction=True,
        status_names={"Finishing": "Available"},
    ),
}
