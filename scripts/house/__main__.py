"""Run the demo house: `scripts/demo`."""

import argparse
import asyncio
from contextlib import suppress
import json
import os
from pathlib import Path
import shutil
import signal
import sys

from .client import PASSWORD, USER, HomeAssistantClient
from .furnish import decorate, furnish
from .people import DRIVERS, scenario

_ROOT = Path(__file__).resolve().parents[2]
_VOICELESS = Path(__file__).parent / "voiceless"

# Only the user is left to be made: the other steps would add integrations that this house does not need.
_ONBOARDING = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}


def _arguments() -> argparse.Namespace:
    line = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    line.add_argument("--port", type=int, default=8123, help="of Home Assistant's pages")
    line.add_argument("--station-port", type=int, default=9000, help="that stations dial in to")
    line.add_argument("--folder", type=Path, default=Path(".demo"), help="that keeps the house")
    line.add_argument("--no-stations", action="store_true", help="simulate no stations")
    return line.parse_args()


def _prepare(folder: Path) -> None:
    """Lay out the configuration; history stays."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).parent / "configuration.yaml", config / "configuration.yaml")
    onboarding = config / ".storage" / "onboarding"
    if not onboarding.exists():
        onboarding.parent.mkdir(exist_ok=True)
        onboarding.write_text(json.dumps(_ONBOARDING), encoding="utf-8")
    (config / "custom_components").unlink(missing_ok=True)
    (config / "custom_components").symlink_to(_ROOT / "custom_components")


async def _start(
    *command: str | Path, env: dict[str, str] | None = None, log: Path | None = None
) -> asyncio.subprocess.Process:
    """Start a process of the house that Ctrl-C does not reach by itself, so that the order of stopping is ours."""
    output = None if log is None else log.open("ab")
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable, *map(str, command), cwd=_ROOT, env=env,
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    finally:
        if output is not None:
            output.close()


async def _end(process: asyncio.subprocess.Process, seconds: float) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _environment(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the environment of Home Assistant, with temporary files that no other one clears away."""
    temporary = arguments.folder.resolve() / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **os.environ,
        "SETUP_PORT": str(arguments.port),
        "PYTHONPATH": str(_VOICELESS),
        "TMPDIR": str(temporary),
    }


async def _live(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.folder
    url = f"http://127.0.0.1:{arguments.port}"
    log = folder / "log.txt"
    log.unlink(missing_ok=True)
    print("Starting Home Assistant; the first time this takes a minute …", flush=True)
    processes = [
        await _start(
            "-m", "homeassistant", "--config", folder / "config", "--skip-pip", "--log-no-color",
            env=_environment(arguments),
            log=log,
        )
    ]  # fmt: skip
    try:
        async with HomeAssistantClient(url) as house:
            await house.wait_until_up(180)
            await house.sign_in()
            await furnish(house, arguments.station_port)
            if not arguments.no_stations:
                processes.append(await _stations(arguments))
                await decorate(house)
        print(
            f"\n  The house is at {url}  (user {USER}, password {PASSWORD}). Ctrl-C stops it.\n"
            f"  What Home Assistant says goes to {log}.\n",
            flush=True,
        )
        gone = [asyncio.create_task(process.wait()) for process in processes]
        await asyncio.wait(gone, return_when=asyncio.FIRST_COMPLETED)
        print(f"Something ended by itself; {log} may tell why.", flush=True)
    finally:
        print("Stopping …", flush=True)
        for process in reversed(processes):
            await _end(process, 40)


async def _stations(arguments: argparse.Namespace) -> asyncio.subprocess.Process:
    """Start the stations of the house, and one that nobody knows yet."""
    plan = arguments.folder / "scenario.json"
    plan.write_text(json.dumps(scenario(), indent=2), encoding="utf-8")
    return await _start(
        "-m", "tests.simulator", "--url", f"ws://127.0.0.1:{arguments.station_port}",
        "--scenario", plan, *(part for card in DRIVERS.values() for part in ("--id-tag", card)),
        "--state", arguments.folder / "stations.json", "--plug-in-now", "--quiet",
    )  # fmt: skip


async def _main() -> None:
    arguments = _arguments()
    _prepare(arguments.folder)
    live = asyncio.create_task(_live(arguments))
    stopped = False

    def ask_to_stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            live.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask_to_stop)
    with suppress(asyncio.CancelledError):
        await live


asyncio.run(_main())
