"""A study's page on disk, opened in a headless Chromium without a network."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report"))

from answer_data import Design, answer_files
from made_page import BROWSERS, PEOPLE, REFUSAL, Opened, make_page
from report_data import HOSTILE, default_models, default_truth, write_study


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the machine's Chromium."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, f"no browser found; install one of {', '.join(BROWSERS)}"
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=found, args=["--no-sandbox"])


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a study with two models' answers, on two pages each."""
    folder = tmp_path_factory.mktemp("plain")
    files = write_study(folder / "study", default_models(), default_truth(), ["fictional"])
    design = Design(PEOPLE, ["grammar", "joke", "chess"], replicates=3)
    made = [
        answer_files(folder, "llama-mini", "fictional", design),
        answer_files(folder, "random", "fictional", design, change=unread),
    ]
    return make_page(folder, files, [index for index, _ in made])


def unread(table: pd.DataFrame) -> pd.DataFrame:
    """Let the last respondent refuse an item and think for too long of another."""
    table = table.assign(said="")
    own = (
        table["respondent"].eq(PEOPLE[-1]) & table["context"].eq("joke") & table["replicate"].eq(3)
    )
    for item, status, said in ((5, "refused", REFUSAL), (6, "thought_not_ended", "")):
        at = table.index[own & table["item"].eq(item)]
        table.loc[at, ["answer", "status", "said"]] = ["", status, said]
    return table


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a study whose texts look like code, in a folder whose name does so too."""
    folder = tmp_path_factory.mktemp("hostile") / "a #b?c%20&<d> 😀 شل"
    files = write_study(
        folder / "study", default_models(), default_truth(), ["fictional"], said=HOSTILE
    )
    design = Design([f"{HOSTILE} <img src=x onerror=alert(1)>"], [HOSTILE], said=f"{HOSTILE} 😀")
    index, _ = answer_files(folder, "llama-mini", "fictional", design, name=HOSTILE, about=HOSTILE)
    return make_page(folder, files, [index])


@pytest.fixture
def opened(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Return an empty tab without a network; parameters: width and colour scheme."""
    width, scheme = getattr(request, "param", (1440, "light"))
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    tab = Opened(context.new_page())
    tab.page.on("console", lambda m: tab.faults.append(m.text) if m.type != "log" else None)
    tab.page.on("pageerror", lambda e: tab.faults.append(str(e)))
    tab.page.on("dialog", lambda d: (tab.faults.append(f"dialog: {d.message}"), d.dismiss()))
    tab.page.on("request", lambda r: tab.requests.append(r.url))
    yield tab
    context.close()
