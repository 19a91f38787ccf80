"""What price sources tell, one sample per shape: two prices or more from midnight of 25 November 2026 in the zone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MADRID = ZoneInfo("Europe/Madrid")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LONDON = ZoneInfo("Europe/London")
SYDNEY = ZoneInfo("Australia/Sydney")


def local(zone: ZoneInfo, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, 25, hour, minute, tzinfo=zone)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Content as a source tells it, and what it means: the step in minutes, the first prices per kWh, the currency."""

    name: str
    content: object
    zone: ZoneInfo = BERLIN
    step: int
    prices: tuple[str, ...]
    currency: str | None = None
    hints: dict[str, object] = field(default_factory=dict)


def _iso(zone: ZoneInfo, *minutes: int) -> list[str]:
    return [(local(zone) + timedelta(minutes=m)).isoformat() for m in minutes]


def _utc_text(zone: ZoneInfo, *minutes: int) -> list[str]:
    return [str((local(zone) + timedelta(minutes=m)).astimezone(UTC)) for m in minutes]


_AMBER_STARTS = [
    (local(SYDNEY, 0, 30 * n) if n < 2 else local(SYDNEY, 1)) + timedelta(seconds=1)
    for n in range(2)
]

SAMPLES = (
    Sample(
        name="nordpool action, per MWh",
        content={
            "SE3": [
                {"start": a, "end": b, "price": p}
                for a, b, p in zip(
                    _iso(STOCKHOLM, 0, 15), _iso(STOCKHOLM, 15, 30), (507.38, -3.1), strict=True
                )
            ]
        },
        zone=STOCKHOLM,
        step=15,
        prices=("0.50738", "-0.0031"),
        currency="SEK",
        hints={"unit_text": "SEK/MWh", "box": "SE3"},
    ),
    Sample(
        name="tibber action, no end",
        content={
            "prices": {
                "Summer house": [
                    {"start_time": t, "price": p}
                    for t, p in zip(_iso(BERLIN, 0, 15, 30), (0.2914, 0.2847, 0.3), strict=True)
                ]
            }
        },
        step=15,
        prices=("0.2914", "0.2847", "0.3"),
    ),
    Sample(
        name="energyzero action, UTC texts",
        content={
            "prices": [
                {"price": p, "timestamp": a, "start": a, "end": b}
                for a, b, p in zip(
                    _utc_text(AMSTERDAM, 0, 60),
                    _utc_text(AMSTERDAM, 60, 120),
                    (0.08765, 0.0812),
                    strict=True,
                )
            ]
        },
        zone=AMSTERDAM,
        step=60,
        prices=("0.08765", "0.0812"),
    ),
    Sample(
        name="easyenergy action, timestamps only",
        content={
            "prices": [
                {"timestamp": t, "price": p}
                for t, p in zip(_utc_text(AMSTERDAM, 0, 60, 120), (0.1, 0.11, 0.12), strict=True)
            ]
        },
        zone=AMSTERDAM,
        step=60,
        prices=("0.1", "0.11", "0.12"),
    ),
    Sample(
        name="omie action, one country of two",
        content={
            country: [
                {"start": a, "end": b, "price": p + extra}
                for a, b, p in zip(
                    _iso(MADRID, 0, 15), _iso(MADRID, 15, 30), (0.0625, 0.03125), strict=True
                )
            ]
            for country, extra in (("es", 1.0), ("pt", 0.0))
        },
        zone=MADRID,
        step=15,
        prices=("0.0625", "0.03125"),
        hints={"box": "pt"},
    ),
    Sample(
        name="green_planet_energy action",
        content={
            "prices": [
                {"start": a, "end": b, "price": p}
                for a, b, p in zip(
                    _iso(BERLIN, 0, 15), _iso(BERLIN, 15, 30), (0.3312, 0.3298), strict=True
                )
            ],
            "hours_requested": 24.0,
        },
        step=15,
        prices=("0.3312", "0.3298"),
    ),
    Sample(
        name="amberelectric forecasts, a second late",
        content={
            "forecasts": [
                {
                    "duration": 30,
                    "date": "2026-11-25",
                    "nem_date": (start + timedelta(minutes=29, seconds=59)).isoformat(),
                    "per_kwh": price,
                    "spot_per_kwh": 0.05,
                    "start_time": start.isoformat(),
                    "end_time": (start + timedelta(minutes=29, seconds=59)).isoformat(),
                    "renewables": 40,
                    "spike_status": "none",
                    "descriptor": "neutral",
                }
                for start, price in zip(_AMBER_STARTS, (0.2361, -0.05), strict=True)
            ],
            "channel_type": "general",
        },
        zone=SYDNEY,
        step=30,
        prices=("0.2361", "-0.05"),
    ),
    Sample(
        name="entsoe action",
        content={
            "prices": [
                {"timestamp": t, "price": p}
                for t, p in zip(_iso(BERLIN, 0, 60, 120), (0.0907, 0.0854, 0.08), strict=True)
            ]
        },
        step=60,
        prices=("0.0907", "0.0854", "0.08"),
    ),
    Sample(
        name="nordpool from HACS, datetimes and bare lists, öre",
        content={
            "currency": "SEK",
            "unit": "kWh",
            "today": [50.7, 49.1] + [48.0] * 22,
            "raw_today": [
                {
                    "start": local(STOCKHOLM, hour),
                    "end": local(STOCKHOLM, hour) + timedelta(hours=1),
                    "value": value,
                }
                for hour, value in enumerate((50.7, 49.1))
            ],
            "raw_tomorrow": [],
            "tomorrow_valid": False,
            "unit_of_measurement": "Öre/kWh",
        },
        zone=STOCKHOLM,
        step=60,
        prices=("0.507", "0.491"),
        currency="SEK",
    ),
    Sample(
        name="energidataservice, the hour is a datetime",
        content={
            "raw_today": [
                {"hour": local(BERLIN, hour), "price": price}
                for hour, price in enumerate((1.234, 1.1, 1.05))
            ],
            "raw_tomorrow": None,
            "forecast": None,
            "currency": "DKK",
            "unit_of_measurement": "DKK/kWh",
        },
        step=60,
        prices=("1.234", "1.1", "1.05"),
        currency="DKK",
    ),
    Sample(
        name="entsoe attributes, three lists that agree",
        content={
            key: [
                {"time": t, "price": p}
                for t, p in zip(_utc_text(BERLIN, 0, 60, 120), (0.0907, 0.0854, 0.08), strict=True)
            ]
            for key in ("prices_today", "prices")
        }
        | {"prices_tomorrow": [], "unit_of_measurement": "EUR/kWh"},
        step=60,
        prices=("0.0907", "0.0854", "0.08"),
        currency="EUR",
    ),
    Sample(
        name="epex_spot",
        content={
            "data": [
                {"start_time": a, "end_time": b, "price_per_kwh": p}
                for a, b, p in zip(
                    _iso(BERLIN, 0, 15), _iso(BERLIN, 15, 30), (0.09546, 0.0912), strict=True
                )
            ],
            "unit_of_measurement": "€/kWh",
        },
        step=15,
        prices=("0.09546", "0.0912"),
        currency="EUR",
    ),
    Sample(
        name="epex_spot of old, per MWh",
        content={
            "data": [
                {"start_time": a, "end_time": b, "price_eur_per_mwh": p}
                for a, b, p in zip(
                    _iso(BERLIN, 0, 60), _iso(BERLIN, 60, 120), (95.46, 91.2), strict=True
                )
            ]
        },
        step=60,
        prices=("0.09546", "0.0912"),
        currency="EUR",
    ),
    Sample(
        name="octopus_energy day rates",
        content={
            "event_type": "octopus_energy_electricity_current_day_rates",
            "mpan": "1200000000000",
            "start": local(LONDON),
            "end": local(LONDON, 1),
            "rates": [
                {
                    "start": a,
                    "end": b,
                    "value_inc_vat": p,
                    "is_capped": False,
                    "is_intelligent_adjusted": False,
                }
                for a, b, p in zip(
                    (local(LONDON), local(LONDON, 0, 30)),
                    (local(LONDON, 0, 30), local(LONDON, 1)),
                    (0.0699, 0.3028),
                    strict=True,
                )
            ],
        },
        zone=LONDON,
        step=30,
        prices=("0.0699", "0.3028"),
        currency="GBP",
    ),
    Sample(
        name="frank_energie",
        content={
            "prices": [
                {"from": local(AMSTERDAM, h), "till": local(AMSTERDAM, h + 1), "price": p}
                for h, p in enumerate((0.26781, 0.26135))
            ],
            "unit_of_measurement": "€/kWh",
        },
        zone=AMSTERDAM,
        step=60,
        prices=("0.26781", "0.26135"),
        currency="EUR",
    ),
    Sample(
        name="zonneplan_one, ten-millionths of a euro",
        content={
            "forecast": [
                {
                    "electricity_price": p,
                    "electricity_price_excl_tax": p - 1_000_000,
                    "tariff_group": "normal",
                    "datetime": t,
                }
                for t, p in zip(
                    ("2026-11-24T23:00:00.000000Z", "2026-11-25T00:00:00.000000Z"),
                    (2711233, 2867444),
                    strict=True,
                )
            ],
            "unit_of_measurement": "€/kWh",
        },
        zone=AMSTERDAM,
        step=60,
        prices=("0.2711233", "0.2867444"),
        currency="EUR",
    ),
    Sample(
        name="zonneplan_one by quarters, nested",
        content={
            "forecast": [
                {
                    "start_date": a,
                    "end_date": b,
                    "price_tax_included": {"amount": p},
                    "price_tax_excluded": {"amount": 1},
                }
                for a, b, p in zip(
                    _iso(AMSTERDAM, 0, 15), _iso(AMSTERDAM, 15, 30), (2711233, 2867444), strict=True
                )
            ],
            "unit_of_measurement": "€/kWh",
        },
        zone=AMSTERDAM,
        step=15,
        prices=("0.2711233", "0.2867444"),
        currency="EUR",
    ),
    Sample(
        name="openadr3_ven, the hour is a number",
        content={
            "forecast": [
                {"datetime": t, "date": "2026-11-25", "hour": hour, "value": p}
                for hour, (t, p) in enumerate(zip(_iso(BERLIN, 0, 60), (0.31, 0.29), strict=True))
            ],
            "unit_of_measurement": "USD/kWh",
        },
        step=60,
        prices=("0.31", "0.29"),
        currency="USD",
    ),
    Sample(
        name="dates and whole hours only",
        content={
            "forecast": [
                {"date": "2026-11-25", "hour": hour, "value": p}
                for hour, p in enumerate(("0,31", "0,29"))
            ]
        },
        step=60,
        prices=("0.31", "0.29"),
    ),
    Sample(
        name="ge_spot, quarters and their hourly means",
        content={
            "today_interval_prices": [
                {"time": local(BERLIN, 0, 15 * n), "value": p}
                for n, p in enumerate((0.4, 0.5, 0.6, 0.7))
            ],
            "today_hourly_prices": [
                {"time": local(BERLIN, h), "value": p} for h, p in enumerate((0.55, 0.6))
            ],
            "unit_of_measurement": "SEK/kWh",
        },
        step=15,
        prices=("0.4", "0.5", "0.6", "0.7"),
        currency="SEK",
    ),
    Sample(
        name="clock times of today",
        content={"today_interval_prices": {"00:00": 0.4, "00:15": 0.5, "00:30": 0.45}},
        step=15,
        prices=("0.4", "0.5", "0.45"),
    ),
    Sample(
        name="omie from HACS, keyed by datetimes",
        content={
            "today_hours": {local(MADRID, h): p for h, p in enumerate((62.5, 31.25, 30.0))},
            "tomorrow_hours": {},
            "unit_of_measurement": "€/MWh",
        },
        zone=MADRID,
        step=60,
        prices=("0.0625", "0.03125", "0.03"),
        currency="EUR",
    ),
    Sample(
        name="pvpc_hourly_pricing, one attribute per hour",
        content={
            "tariff": "2.0TD",
            "next_better_price": 0.1,
            "price_position": 4,
            "price_00h": 0.13215,
            "price_01h": 0.11824,
            "price_02h": 0.11,
            "unit_of_measurement": "€/kWh",
        },
        zone=MADRID,
        step=60,
        prices=("0.13215", "0.11824", "0.11"),
        currency="EUR",
    ),
    Sample(
        name="tibber from HACS, bare lists by the hour",
        content={"today": [0.21, 0.2] + [0.25] * 22, "tomorrow": []},
        step=60,
        prices=("0.21", "0.2", "0.25"),
    ),
    Sample(
        name="tibber's own interface",
        content={
            "priceInfo": {
                "today": [
                    {"total": p, "energy": p - 0.1, "tax": 0.1, "startsAt": t, "currency": "NOK"}
                    for t, p in zip(_iso(BERLIN, 0, 60), (1.31, 1.25), strict=True)
                ],
                "tomorrow": [],
            }
        },
        step=60,
        prices=("1.31", "1.25"),
        currency="NOK",
    ),
    Sample(
        name="awattar, milliseconds since 1970",
        content={
            "data": [
                {
                    "start_timestamp": int((local(BERLIN, h)).timestamp() * 1000),
                    "end_timestamp": int((local(BERLIN, h + 1)).timestamp() * 1000),
                    "marketprice": p,
                    "unit": "Eur/MWh",
                }
                for h, p in enumerate((95.46, 91.2))
            ]
        },
        step=60,
        prices=("0.09546", "0.0912"),
        currency="EUR",
    ),
    Sample(
        name="pairs of time and price",
        content={"prices": [[t, p] for t, p in zip(_iso(BERLIN, 0, 60), (0.3, 0.2), strict=True)]},
        step=60,
        prices=("0.3", "0.2"),
    ),
    Sample(
        name="a template sensor's list as text",
        content={
            "forecast": '[{"start": "2026-11-25T00:00:00+01:00", "price": 0.1234567890123},'
            ' {"start": "2026-11-25T01:00:00+01:00", "price": 0.2}]'
        },
        step=60,
        prices=("0.1234567890123", "0.2"),
    ),
    Sample(
        name="a bare response list",
        content=[
            {"start": t, "price": p}
            for t, p in zip(_iso(BERLIN, 0, 15), ("12.5", "13"), strict=True)
        ],
        step=15,
        prices=("0.125", "0.13"),
        hints={"unit_text": "ct/kWh"},
    ),
)
