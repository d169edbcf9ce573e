"""The page in a real browser, from disk: it sorts, filters, shows every answer, and is accessible."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from made_page import PEOPLE, REFUSAL, Opened
from playwright.sync_api import Page, expect

VIEWS = [(w, s) for w in (1440, 390) for s in ("light", "dark")]
SERIOUS = ("serious", "critical")
views = pytest.mark.parametrize("opened", VIEWS, ids=lambda v: f"{v[0]} {v[1]}", indirect=True)


def show(opened: Opened, page: Path) -> Page:
    """Open a page from disk."""
    opened.page.goto(page.as_uri())
    return opened.page


def browse(page: Page, **chosen: str) -> None:
    """Choose in the response browser, in its order."""
    page.locator("#answers").scroll_into_view_if_needed()
    expect(page.locator("table.given")).to_be_visible()
    for name, label in chosen.items():
        page.locator(f"#browser [name={name}]").select_option(label=label)


def column(page: Page, number: int) -> list[str]:
    """Return what stands in a column of the leaderboard, in the order shown."""
    rows = "table[aria-labelledby=leaderboard] tbody tr:not([hidden])"
    return page.locator(f"{rows} > :nth-child({number})").all_inner_texts()


@views
def test_nothing_goes_wrong_nothing_is_asked_for_and_nothing_overflows(
    opened: Opened, plain: Path
) -> None:
    page = show(opened, plain)
    browse(page)
    assert opened.faults == []
    assert {re.match(r"[a-z]+:", r)[0] for r in opened.requests} <= {"file:", "data:"}
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


def test_the_leaderboard_fits_at_1440(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    frame = page.locator(".scroll[aria-labelledby=leaderboard]")
    assert frame.evaluate("e => e.scrollWidth - e.clientWidth") == 0


@views
def test_accessibility_has_no_serious_fault(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    browse(page)
    found = Axe().run(page).response["violations"]
    serious = [
        (v["id"], v["help"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in SERIOUS
    ]
    assert serious == []


def test_axe_does_find_faults(opened: Opened, plain: Path) -> None:
    """So that the test above can fail."""
    page = show(opened, plain)
    page.evaluate("document.querySelector('#filter').previousElementSibling.remove()")
    assert "label" in {v["id"] for v in Axe().run(page).response["violations"]}


def test_dark_is_dark_and_light_is_light(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colour)
    shades = [sum(map(int, re.findall(r"\d+", c)[:3])) for c in (light, dark)]
    assert shades[0] > 700 and shades[1] < 100


def told(page: Page) -> str:
    """Return what stands behind the mark that is pointed at."""
    return page.locator(".tip").inner_text()


@views
def test_a_mark_tells_what_stands_behind_it(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    marks = page.locator(".marks")
    marks.scroll_into_view_if_needed()
    points = json.loads(marks.get_attribute("data-points"))
    x, y, words = next(p for p in points if p[2].startswith("LLaMa"))
    expect(page.locator(".tip")).to_be_hidden()
    size = marks.bounding_box()
    marks.hover(position={"x": x * size["width"] + 3, "y": y * size["height"] - 2})
    assert told(page) == words
    assert re.search(r"\.62 \[\.5\d, \.66\]; n = 60; random answers", words)
    frame = page.locator(".tip").bounding_box()
    assert frame["x"] >= 0 and frame["x"] + frame["width"] <= page.viewport_size["width"]
    marks.hover(position={"x": 2, "y": 2})
    expect(page.locator(".tip")).to_be_hidden()
    assert opened.faults == []


def test_marks_are_gone_through_by_keyboard(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    points = json.loads(page.locator(".marks").get_attribute("data-points"))
    page.locator(".plate").focus()
    steps = [("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("ArrowLeft", -1)]
    for key, place in steps:
        page.keyboard.press(key)
        assert told(page) == points[place][2]
    page.keyboard.press("Escape")
    expect(page.locator(".tip")).to_be_hidden()


def test_the_leaderboard_is_sorted_by_keyboard(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    heads = page.locator("table[aria-labelledby=leaderboard] thead th")
    heads.nth(0).locator("button").focus()
    page.keyboard.press("Enter")
    assert heads.nth(0).get_attribute("aria-sort") == "ascending"
    names = [n.split()[0] for n in column(page, 1)]
    assert names == sorted(names) and len(names) == 8
    page.keyboard.press("Enter")
    assert [n.split()[0] for n in column(page, 1)] == sorted(names, reverse=True)
    heads.nth(1).locator("button").press("Enter")
    shown = column(page, 2)
    assert shown[-1] == "not estimable"
    known = [float(s.split("[")[0].strip()) for s in shown[:-1]]
    assert known == sorted(known, reverse=True)


def test_the_leaderboard_is_filtered(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    page.locator("#filter").fill("miniature mi")
    assert {n.split()[0] for n in column(page, 1)} == {
        "llama-mini", "mistral-mini", "mixtral-mini", "qwen-mini", "phi-mini",
    }  # fmt: skip
    page.locator("#filter").fill("mixtral")
    assert [n.split()[0] for n in column(page, 1)] == ["mixtral-mini"]
    expect(page.locator("#filter-count")).to_have_text("1 of 8 rows")
    page.locator("#filter").fill("")
    assert len(column(page, 1)) == 8


def stored(page: Path, model: str, person: str, context: str, replicate: int, item: int) -> dict:
    """Return an answer as the study's own table has it."""
    table = pd.read_parquet(page.parents[1] / "tables" / model / "fictional" / "responses.parquet")
    own = table[
        table["respondent"].eq(person) & table["context"].eq(context)
        & table["replicate"].eq(replicate) & table["item"].eq(item)
    ]  # fmt: skip
    return own.iloc[0].to_dict()


@pytest.mark.parametrize(
    ("model", "person"), [("llama-mini", PEOPLE[7]), ("random", PEOPLE[-1])], ids=["first", "last"]
)
def test_one_answer_is_found_as_it_was_given(
    opened: Opened, plain: Path, model: str, person: str
) -> None:
    page = show(opened, plain)
    number = PEOPLE.index(person)
    kind = {"llama-mini": "miniature", "random": "reference"}[model]
    browse(
        page, source=f"{model} ({kind}), fictional", person=f"Person {number} ({person})",
        context="chess", replicate="replicate 2", item="item 17",
    )  # fmt: skip
    state = f"{model} ({kind}), fictional: Person {number} ({person}), chess, replicate 2."
    expect(page.locator("#browser-state")).to_have_text(state)
    truth = stored(plain, model, person, "chess", 2, 17)
    rows = page.locator("table.given tbody tr")
    expect(rows).to_have_count(1)
    cells = rows.locator("td").all_inner_texts()
    order = dict(zip(truth["order"], range(6), strict=True))
    for cell, rating in zip(cells[1:7], (6, 5, 4, 3, 2, 1), strict=True):
        share = float(re.search(r"\.\d+|1\.00", cell)[0])
        assert share == pytest.approx(2.718281828459 ** truth["logprobs"][order[rating]], abs=0.006)
        assert cell.strip().endswith("ABCDEF"[order[rating]])
    ticked = [c for c in cells[1:7] if "✓" in c]
    assert len(ticked) == 1 and ticked[0].strip().endswith(truth["answer"])
    assert "A plain word walks further" in page.locator("#answer").inner_text()
    assert f"Lives at {number} Mill Lane." in page.locator("#answer").inner_text()


def test_a_reply_that_was_not_read_is_shown_as_it_was_given(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    person = f"Person {len(PEOPLE) - 1} ({PEOPLE[-1]})"
    browse(page, source="random (reference), fictional", person=person, context="joke",
           replicate="replicate 3", item="item 5")  # fmt: skip
    cell = page.locator("table.given tbody tr td:last-child")
    expect(cell).to_have_text(f"refused“{REFUSAL}”")
    assert "✓" not in page.locator("table.given tbody").inner_text()
    page.locator("#browser [name=item]").select_option(label="item 6")
    expect(cell).to_have_text("thought not ended")
    page.locator("#browser [name=replicate]").select_option(label="replicate 2")
    expect(cell).to_have_text("ok, logit")
    assert opened.faults == []


def test_only_what_is_looked_at_is_loaded(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    page.wait_for_timeout(300)
    assert not [r for r in opened.requests if "/answers/" in r]
    browse(page)
    loaded = [r.rpartition("/answers/")[2] for r in opened.requests if "/answers/" in r]
    assert loaded == ["llama-mini/fictional.js", "llama-mini/fictional/0.js"]
    page.locator("#browser [name=next]").click()
    expect(page.locator("#browser-state")).to_contain_text("person-01")
    assert len([r for r in opened.requests if "/answers/" in r]) == 2


def test_the_browser_works_by_keyboard_and_from_a_models_section(
    opened: Opened, plain: Path
) -> None:
    page = show(opened, plain)
    page.locator("a[data-source='random/fictional']").press("Enter")
    expect(page.locator("#browser-state")).to_contain_text("random (reference), fictional")
    page.locator("#browser [name=context]").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#browser-state")).to_contain_text("joke")


def test_texts_that_look_like_code_are_text(opened: Opened, hostile: Path) -> None:
    page = show(opened, hostile)
    browse(page)
    shown = page.locator("#answer").inner_text()
    assert shown.count("<script>alert('x')</script>") >= 3 and "شل" in shown and "😀" in shown
    assert "<img src=x onerror=alert(1)>" in page.locator("#browser-state").inner_text()
    assert page.locator("#answer script, #answer img").count() == 0
    assert opened.faults == []


def test_a_page_that_lost_its_answers_says_so(opened: Opened, plain: Path, tmp_path: Path) -> None:
    page = show(opened, Path(shutil.copy2(plain, tmp_path / "index.html")))
    page.locator("#answers").scroll_into_view_if_needed()
    expect(page.locator("#browser-state")).to_contain_text(
        "Keep the folder “answers” with the page"
    )


def test_a_foreign_script_does_not_run(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.head.append(s); }"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in f for f in opened.faults)


def test_the_pages_figures_are_the_leaderboards(opened: Opened, plain: Path) -> None:
    page = show(opened, plain)
    board = page.locator("table[aria-labelledby=leaderboard] tbody tr").first
    name, stability = board.locator("th, td").all_inner_texts()[:2]
    board.locator("a").click()
    card = page.locator("article.card:target")
    assert name.split()[0] in card.locator("h3").inner_text()
    assert stability.split()[0] in card.inner_text().split()
