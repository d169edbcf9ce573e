"""Time the page with many answers behind it, in a real browser: opening, and browsing to the last answer.

Needs the packages of tests/browser/requirements.txt (`make test-browser` installs them) and Chromium.

Usage: python benchmarks/page.py [--quick] --json FILE
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "report"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))

from answer_data import Design, answer_files
from made_page import BROWSERS, make_page
from report_data import Files, default_models, default_truth, write_study

from holdfast.report.figure_jobs.all_figures import draw_estimates
from holdfast.report.figures.profile_figure import draw_profiles

CONTEXTS, REPLICATES, ITEMS = ["grammar", "joke", "poem", "history", "chess"], 5, 40
TARGET_SECONDS, TARGET_MB = 2.0, 10.0
TIMES = 5


def make(folder: Path, answers: int) -> tuple[Path, int, float]:
    """Write a study's page and answers; return the page, their number and the seconds of writing."""
    models = default_models()
    each = -(-answers // (len(models) * len(CONTEXTS) * REPLICATES * ITEMS))
    design = Design([f"person-{i:04}" for i in range(each)], CONTEXTS, REPLICATES)
    files = write_study(folder / "study", models, default_truth(), ["fictional"])
    start = time.perf_counter()
    written = [answer_files(folder, name, "fictional", design) for name in models]
    seconds = time.perf_counter() - start
    page = make_page(
        folder, files, [index for index, _ in written], drawn(files, folder / "figures")
    )
    return page, sum(len(table) for _, table in written), seconds


def drawn(files: Files, folder: Path) -> dict[str, Path]:
    """Draw the study's figures, so that the page is as large as a real one."""
    paths = {name: folder / f"{name}.svg" for name in ("stability", "contexts", "profiles")}
    for name in ("stability", "contexts"):
        draw_estimates(
            figure=name, estimates=files.estimates, models=files.models, output=paths[name]
        )
    draw_profiles(values=files.values, models=files.models, output=paths["profiles"])
    return paths


def opened(page: Page, path: Path) -> float:
    """Return the seconds from the call to the leaderboard being there and the page loaded."""
    start = time.perf_counter()
    page.goto(path.as_uri(), wait_until="load")
    page.locator("table[aria-labelledby=leaderboard] thead button").first.wait_for()
    return time.perf_counter() - start


def browsed(page: Page) -> float:
    """Return the seconds from the choice of the last model to the last persona's last answer."""
    start = time.perf_counter()
    page.locator("#browser [name=source]").select_option(index=7)
    page.locator("#browser-state", has_text="simulated").wait_for()
    persons = page.locator("#browser [name=person] option").count()
    page.locator("#browser [name=person]").select_option(index=persons - 1)
    page.locator("#browser [name=context]").select_option(label="chess")
    page.locator("#browser [name=item]").select_option(label="item 40")
    page.locator("#browser-state", has_text="chess").wait_for()
    page.locator("table.given tbody tr").wait_for()
    return time.perf_counter() - start


def measure(quick: bool) -> dict[str, float | int | bool]:
    """Make the study, and open and browse it a few times, each in a fresh context."""
    browser = next(p for name in BROWSERS if (p := shutil.which(name)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path, answers, seconds = make(Path(folder), 50_000 if quick else 1_000_000)
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        opening, browsing = [], []
        for _ in range(TIMES):
            context = chromium.new_context(offline=True)
            page = context.new_page()
            opening.append(opened(page, path))
            browsing.append(browsed(page))
            context.close()
        data = sum(f.stat().st_size for f in path.parent.rglob("answers/**/*.js")) / 1e6
        size = path.stat().st_size / 1e6
    return {
        "answers": answers, "page_mb": size, "data_mb": data, "write_seconds": seconds,
        "open_seconds_worst": max(opening), "browse_seconds_worst": max(browsing),
        "target_met": max(opening) < TARGET_SECONDS and size < TARGET_MB,
    }  # fmt: skip


def main() -> None:
    """Measure, print a table and write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, required=True)
    given = parser.parse_args()
    found = measure(given.quick)
    for name, value in found.items():
        print(
            f"{name:<24}{value:>14.3f}" if isinstance(value, float) else f"{name:<24}{value!s:>14}"
        )
    given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
