"""Texts of personas and topics are data in a whole study: in prompts, in the shell and on the page."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hostile import SCRIPT, TEXTS, run_study

from projects import Finished, Project

pytestmark = pytest.mark.xdist_group("injection")  # one run serves most of them


def as_read(text: str) -> str:
    """Return a cell's text as it is read from a CSV file: on one line."""
    return " ".join(line.strip() for line in text.splitlines())


def table(results: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(results / f"{name}.parquet")


class Page(HTMLParser):
    """The text of a page, and what could run in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.scripts, self.risky = "", 0, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.scripts += tag == "script"
        self.risky += [(tag, k) for k, _ in attrs if k.startswith("on") or k == "autofocus"]

    def handle_data(self, data: str) -> None:
        self.text += data


def in_browser(page: Path) -> str:
    """Return a page's elements after a browser has run its scripts."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "the test looks at the page in chromium: install it"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_texts_come_through_to_the_tables_on_one_line_and_else_unchanged(hostile: Finished) -> None:
    people = table(hostile.results, "design/personas/hostile").set_index("respondent")
    assert dict(people["description"]) == {k: as_read(t) for k, t in TEXTS.items()}
    talks = table(hostile.results, "conversations/llama-mini/hostile")
    openings = talks[talks["turn"] == 0].groupby("context")["text"].agg(set)
    assert dict(openings) == {k: {TEXTS[k]} for k in ("html", "control")}


def test_every_question_is_answered_whatever_the_persona_is(hostile: Finished) -> None:
    answers = table(hostile.results, "responses/llama-mini/hostile")
    assert set(answers.groupby(["respondent", "context"]).size()) == {21}
    assert answers["respondent"].nunique() == len(TEXTS) and set(answers["status"]) == {"ok"}


def test_the_page_shows_the_texts_as_text(hostile: Finished) -> None:
    page = Page(hostile.results / "report/index.html")
    assert page.scripts == 1 and page.risky == []
    assert TEXTS["html"] in page.text, "the conversation that is shown opens with it"


def test_no_text_runs_in_a_browser(hostile: Finished) -> None:
    page = hostile.results / "report/index.html"
    shown = in_browser(page)
    assert "<title>hostile – Holdfast</title>" in shown
    assert "<button" in shown, "the page's own script has run"
    raw = page.with_name("raw.html")
    unescaped = page.read_text().replace("</main>", f"{SCRIPT}</main>")
    raw.write_text(unescaped)
    assert "<title>run</title>" not in in_browser(raw), "the page's policy holds it back, too"
    raw.write_text(re.sub("<meta http-equiv=[^>]*>", "", unescaped))
    assert "<title>run</title>" in in_browser(raw), (
        "unescaped and without it, the text would have run"
    )


def test_a_megabyte_is_a_text_like_others(shared_project: Project) -> None:
    """Every persona and topic is long; a reference answers, since no miniature reads so much.

    It answers without a persona as well, so that a page shows how far the personas' answers are from these.
    """
    texts = {k: (t + " ") * (1_000_000 // (len(t) + 1)) for k, t in TEXTS.items()}
    few = {k: texts[k].strip() for k in ("llama", "html", "combining")}
    plain = ", {name: none, size: 3}"
    results = run_study(
        shared_project, "long", few, ["html", "combining"], "simulated", plain
    ).results
    people = table(results, "design/personas/hostile").set_index("respondent")
    assert dict(people["description"]) == {k: as_read(t) for k, t in few.items()}
    assert min(map(len, people["description"])) > 900_000
    page = results / "report/index.html"
    assert Page(page).risky == [] and page.stat().st_size < 5_000_000
    assert set(pd.read_csv(results / "leaderboard.csv")["model"]) == {"simulated"}
    found = pd.read_csv(results / "estimates.csv").query("quantity == 'default_profile'")
    assert found["estimate"].notna().any()
