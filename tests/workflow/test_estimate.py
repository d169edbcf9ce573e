"""What a study will cost, told before it runs, beside what it then took."""

import json
import re
import subprocess
import sys

import pytest

from projects import Project, Ran

STUDY = """
study: costs
replicates: 1
models: [{model}]
populations: [{{name: generated, size: 5}}]
contexts: {{topics: [grammar, chess], also_after: [1], max_new_tokens: 20}}
"""
MINIATURES = ("phi-mini",)
JOB = "results/costs/responses/{model}/generated.json"


def estimate(project: Project, *arguments: str) -> Ran:
    command = [sys.executable, "-m", "holdfast.cli", "estimate", "studies/costs.yaml", *arguments]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True)
    return Ran(done.returncode, done.stdout + done.stderr)


def tokens(project: Project) -> dict[str, float]:
    """Return the tokens of each model and population that were estimated last."""
    kept: dict[str, float] = json.loads(
        (project.folder / "results/costs/estimate.json").read_text()
    )
    return kept


def row(said: str, name: str) -> list[str]:
    line = next(x for x in said.splitlines() if x.startswith(name))
    return line.removeprefix(name).split()


def manifests(project: Project) -> dict[str, dict[str, float]]:
    return {m: json.loads((project.folder / JOB.format(model=m)).read_text()) for m in MINIATURES}


def test_after_a_trial_it_is_near_what_a_miniature_then_spends(shared_project: Project) -> None:
    """Before the trial it is told to be an upper bound, and is one."""
    shared_project.write("studies/costs.yaml", STUDY.format(model=", ".join(MINIATURES)))
    jobs = [JOB.format(model=m) for m in MINIATURES]
    run = [*jobs, "--configfile", "studies/costs.yaml"]
    unknown = estimate(shared_project)
    assert "an upper bound" in unknown.said and unknown.status == 0, unknown.said
    assert "cut from one conversation: 6 messages and" in unknown.said, "2 topics, 3 messages"
    assert "in place of 8 and" in unknown.said, "a message more for a conversation of one message"
    most = tokens(shared_project)
    trial = shared_project.snakemake(*run, "--config", "limit=2")
    assert trial.status == 0, trial.said
    held = {m: about["computed"] for m, about in manifests(shared_project).items()}
    told = estimate(shared_project)
    expected = tokens(shared_project)
    whole = shared_project.snakemake(*run)
    assert whole.status == 0, whole.said
    after = estimate(shared_project)
    for model, about in manifests(shared_project).items():
        name = f"{model} generated"
        assert int(row(told.said, f"{model} × generated")[2]) >= held[model], "found in the store"
        assert about["reused"] >= held[model]
        assert about["tokens_read"] + about["tokens"] == pytest.approx(expected[name], rel=0.10)
        assert expected[name] < most[name]
        assert about["tokens_read"] + about["tokens"] < most[name]
        assert row(after.said, f"{model} × generated")[:2] == ["0", "0"]
        share = float(
            row(after.said.rpartition("of estimate")[2], f"{model} × generated")[-1].rstrip("%")
        )
        assert share == pytest.approx(100, abs=10)


def test_a_part_of_the_respondents_stands_for_all(shared_project: Project) -> None:
    anew = "seed: 7  # none of these is in the store, whatever ran before\n"
    shared_project.write(
        "studies/costs.yaml", anew + STUDY.format(model="qwen-mini").replace("5}", "120}")
    )
    told = estimate(shared_project)
    assert "counted on a part" in told.said
    messages, answers = row(told.said, "in all")[:2]
    assert (messages, answers) == ("720", "19,200")


PAID = """
paid:
  model: {{repository: some}}
  deployment:
    backend: openai
    base_url: http://none
    limits: {{price_in: 2, price_out: 4{more}}}
"""
CACHED = ", price_cached: 0.5, cached_from: 64, price_date: 2026-11-01, price_source: a list"
SUM = r"([\d.]+)(?: to ([\d.]+))?"


def test_a_service_is_told_in_money(shared_project: Project) -> None:
    shared_project.write("resources/models/paid.yaml", PAID.format(more=""))
    shared_project.write("studies/costs.yaml", STUDY.format(model="paid"))
    told = estimate(shared_project)
    assert "its tokenizer is not known" in told.said
    read, written, _, money = row(told.said, "in all")[3:7]
    spent = (2 * float(read.replace(",", "")) + 4 * float(written.replace(",", ""))) / 1e6
    assert float(money) == pytest.approx(spent, rel=0.01)
    both = re.search(rf"{SUM} of money where .*, and {SUM} where", told.said)
    assert both and both[1] == money and 0.5 < float(both[3]) / float(money) < 0.7
    assert both[2] is None and "(price_cached): an upper bound" in told.said
    assert "prices without a date (price_date)" in told.said
    shared_project.write("resources/models/paid.yaml", PAID.format(more=CACHED))
    told = estimate(shared_project)
    again = re.search(rf"{SUM} of money where .*, and {SUM} where", told.said)
    assert not list(shared_project.folder.rglob("*.receipts")), "what is counted is no answer"
    assert again and again[2] == money and again[4] == both[3], "the higher is without any discount"
    assert "with prices of 2026-11-01, from a list" in told.said
    share = re.search(r"(\d+)% of the tokens read may be", told.said)
    assert share and 40 < int(share[1]) < 100
    less = 1.5 * float(read.replace(",", "")) * int(share[1]) / 100 / 1e6
    assert float(money) - float(again[1]) == pytest.approx(less, rel=0.03)
    assert float(again[1]) < float(again[3]) < float(again[4]), (
        "answers of a batch have no discount"
    )


def test_mistakes_are_told(shared_project: Project) -> None:
    shared_project.write("studies/costs.yaml", STUDY.format(model="llama-2-7b"))
    missing = estimate(shared_project)
    assert missing.status == 1 and "run `snakemake prefetch`" in missing.said
    assert "Traceback" not in missing.said
    assert (
        "limit: must be" in (said := estimate(shared_project, "--limit", "1").said)
        or "limit" in said
    )
