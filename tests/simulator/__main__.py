"""Run simulated stations: `python -m tests.simulator --url ws://127.0.0.1:9000`."""

import argparse
import asyncio
from collections.abc import Sequence
import logging
from pathlib import Path
import signal
import sys

from .clock import RealClock
from .fleet import Fleet, FleetOptions
from .personality import PERSONALITIES
from .scenario import StationPlan, personality_named, read_scenario


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    line.add_argument("--url", required=True, help="central system, without the station id")
    line.add_argument("--station", action="append", default=[], metavar="ID[:CONNECTORS[:VERSION]]")
    line.add_argument("--personality", default="plain", choices=sorted(PERSONALITIES))
    line.add_argument("--password", help="for HTTP Basic authentication")
    line.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="keys")
    line.add_argument("--id-tag", action="append", default=[], help="cards people hold up")
    line.add_argument("--seed", type=int, default=1)
    line.add_argument("--speed", type=float, default=1.0, help="1 is real time")
    line.add_argument("--day", type=float, default=20.0, help="minutes a day is pressed into")
    line.add_argument("--plug-in-now", action="store_true", help="the first car is there")
    line.add_argument("--no-visits", action="store_true", help="no cars come by themselves")
    line.add_argument("--scenario", type=Path, help="JSON file with stations and steps")
    line.add_argument("--state", type=Path, help="file that keeps meters between runs")
    line.add_argument("--quiet", action="store_true", help="do not print status changes")
    return line


def plans(arguments: argparse.Namespace) -> list[StationPlan]:
    """Return the stations asked for."""
    if arguments.scenario is not None:
        return read_scenario(arguments.scenario)
    result = []
    for item in arguments.station or ["GARAGE"]:
        station_id, connectors, version = (*item.split(":"), "", "")[:3]
        result.append(
            StationPlan(
                station_id=station_id,
                connectors=int(connectors or 1),
                version=version or "1.6",
                personality=personality_named(arguments.personality),
                password=arguments.password,
                configuration=dict(pair.split("=", 1) for pair in arguments.keys),
                visits=not arguments.no_visits,
            )
        )
    return result


async def run(arguments: argparse.Namespace) -> None:
    """Run the fleet until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    options = FleetOptions(
        url=arguments.url,
        seed=arguments.seed,
        day=arguments.day * 60,
        plug_in_now=arguments.plug_in_now,
        state_file=arguments.state,
        **({"id_tags": arguments.id_tag} if arguments.id_tag else {}),
    )
    await Fleet(options, plans(arguments), RealClock(arguments.speed)).run(stop)


def main(line: Sequence[str] | None = None) -> int:
    """Read the command line and run."""
    arguments = parser().parse_args(line)
    level = logging.WARNING if arguments.quiet else logging.INFO
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stdout)
    logging.getLogger("websockets").setLevel(logging.WARNING)
    asyncio.run(run(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
