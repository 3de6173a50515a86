"""Draw the picture of the page that the README shows: `make images`, after `make report`.

Needs a Chromium on the PATH. The picture shows the first screen of the built page.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "reports/bigbench-public/index.html"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Write ``docs/images/report.png``."""
    browser_path = next(filter(None, map(shutil.which, NAMES)), None)
    if browser_path is None:
        print("error: no Chromium on the PATH; 'sudo apt install chromium'", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.goto(PAGE.as_uri())
        page.screenshot(path=Path(__file__).parent / "report.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
