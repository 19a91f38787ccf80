"""Pictures of the running demo, for the documentation: `python -m scripts.house.pictures`.

Needs a Chromium on PATH, for example Debian's package `chromium`. Those of the fault and of the firmware need a house
that has run for less than five minutes, in which nobody mended or installed anything.
"""

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path
import shutil

from playwright.async_api import Page, ViewportSize, async_playwright

from .client import PASSWORD, USER
from .people import UPDATED

_PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page, and what is clicked there before the picture is taken."""

    path: str
    click: str | None = None
    small: bool = False


_PICTURES_OF = {
    "fault": Picture("/config/repairs", "Carport, Connector 2: cable does not lock", small=True),
    "maintenance": Picture("/charging/maintenance"),
    "firmware": Picture(
        f"/charging/maintenance?more-info-entity-id=update.{UPDATED.name.lower()}_firmware",
        "Update",
        small=True,
    ),
    "dashboard": Picture("/charging/charging"),
    "integration": Picture("/config/integrations/integration/chargestead"),
    "discovered": Picture("/config/integrations/dashboard"),
    "energy": Picture("/energy"),
}
_LARGE = ViewportSize(width=2040, height=1000)
_SMALL = ViewportSize(width=1200, height=760)

_LOADED = """() => {
  const main = document.querySelector("home-assistant")?.shadowRoot?.querySelector("home-assistant-main");
  return main?.hass?.states && main.shadowRoot?.querySelector("partial-panel-resolver")?.lastElementChild;
}"""


async def _sign_in(page: Page, url: str) -> None:
    await page.goto(url)
    await page.locator("input[name=username]").fill(USER)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_function(
        "document.querySelector('home-assistant')?.hass?.user", timeout=60_000
    )


async def _main() -> None:
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--url", default="http://127.0.0.1:8123")
    line.add_argument("--folder", type=Path, default=_PICTURES)
    line.add_argument("page", nargs="*", default=list(_PICTURES_OF))
    arguments = line.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=_FLAGS
        )
        page = await browser.new_page(viewport=_LARGE)
        await _sign_in(page, arguments.url)
        for name in arguments.page:
            picture = _PICTURES_OF.get(name, Picture(name))
            await page.set_viewport_size(_SMALL if picture.small else _LARGE)
            await page.goto(arguments.url + picture.path)
            await page.wait_for_function(_LOADED, timeout=120_000)
            await page.wait_for_timeout(8000)
            if picture.click is not None:
                await page.get_by_text(picture.click, exact=True).first.click()
                await page.wait_for_timeout(7000)
            file = arguments.folder / f"{name.strip('/').replace('/', '-')}.png"
            await page.screenshot(path=file)
            print(file)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(_main())
