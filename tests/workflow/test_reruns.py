"""An edit reruns the jobs that it invalidates, and no others."""

import os
from collections.abc import Iterator

import pytest

from projects import Finished, Project

pytestmark = pytest.mark.xdist_group("behaviour")  # one finished study serves them all
STUDY = "studies/references.yaml"
EVERY_JOB_AFTER_INFERENCE = {
    f"{rule} {model} {population}"
    for rule in ("infer", "scores", "model_stability")
    for model in ("random", "constant")
    for population in ("fictional", "real_world")
}


@pytest.fixture
def planned(behaviour: Finished) -> Iterator[Project]:
    """Give the finished project to a test that edits it, and put every file back afterwards."""
    finished = behaviour.project
    assert behaviour.file == STUDY
    files = [p for p in finished.folder.rglob("*") if p.is_file() and "results" not in p.parts]
    before = {
        p: (p.read_bytes(), p.stat().st_mtime_ns) for p in files if ".snakemake" not in p.parts
    }
    yield finished
    for path, (content, time) in before.items():
        path.write_bytes(content)
        os.utime(path, ns=(time, time))


def would_run(project: Project) -> set[str]:
    """Return the jobs of a dry run."""
    ran = project.snakemake("-n", "--configfile", STUDY)
    assert ran.status == 0, ran.said
    return ran.jobs()


def test_second_run_does_nothing(planned: Project) -> None:
    ran = planned.snakemake("--configfile", STUDY)
    assert ran.status == 0 and "Nothing to be done" in ran.said, ran.said


def test_touched_files_rerun_nothing(planned: Project) -> None:
    for part in ("workflow", "resources", "studies", "results"):
        for path in (planned.folder / part).rglob("*"):
            if path.is_file() and "results" not in path.parts:
                path.touch()
    assert would_run(planned) == set()


def test_a_topic_of_the_study(planned: Project) -> None:
    planned.replace("resources/topics/topics.csv", "penguin", "puffin")
    jobs = would_run(planned)
    assert jobs >= {"contexts"} | EVERY_JOB_AFTER_INFERENCE
    assert not {j for j in jobs if j.startswith(("personas", "instrument"))}


def test_a_topic_that_the_study_does_not_use(planned: Project) -> None:
    planned.replace("resources/topics/topics.csv", "lentil soup", "bean soup")
    assert would_run(planned) == set()


def test_a_wording_that_the_study_does_not_use(planned: Project) -> None:
    own = (planned.folder / "resources/prompts/plain.yaml").read_text(encoding="utf-8")
    planned.write("resources/prompts/own.yaml", own.replace("Answer with one", "Name one"))
    planned.replace("resources/prompts/survey.yaml", "Mark one option", "Tick one option")
    assert would_run(planned) == set()


def test_one_more_wording_is_one_file(planned: Project) -> None:
    own = (planned.folder / "resources/prompts/plain.yaml").read_text(encoding="utf-8")
    planned.write("resources/prompts/own.yaml", own.replace("Answer with one", "Name one"))
    planned.replace(STUDY, "study: ", "facets: {wording: [plain, own]}\nstudy: ")
    jobs = would_run(planned)
    assert jobs >= {"contexts"} | EVERY_JOB_AFTER_INFERENCE
    assert not {j for j in jobs if j.startswith(("personas", "instrument", "encounters"))}


def test_a_sentence_of_the_prompts(planned: Project) -> None:
    planned.replace("resources/prompts/plain.yaml", "Answer with one letter", "Name one letter")
    jobs = would_run(planned)
    assert jobs >= EVERY_JOB_AFTER_INFERENCE
    assert not {j for j in jobs if j.startswith(("personas", "contexts", "instrument"))}


def test_a_persona(planned: Project) -> None:
    planned.replace("resources/personas/fictional.csv", "quiet, bookish hobbit", "quiet hobbit")
    jobs = would_run(planned)
    assert jobs >= {"personas fictional", "infer random fictional", "infer constant fictional"}
    assert not {j for j in jobs if "real_world" in j or j.startswith(("contexts", "instrument"))}


def test_a_persona_beyond_the_chosen_size(planned: Project) -> None:
    planned.replace("resources/personas/fictional.csv", "Peregrin Took", "Pippin Took")
    text = (planned.folder / "resources/personas/fictional.csv").read_text()
    assert text.splitlines()[4].startswith("pippin-took"), "one of the chosen respondents"
    assert "personas fictional" in would_run(planned)
    planned.replace("resources/personas/fictional.csv", "Pippin Took", "Peregrin Took")
    planned.write(
        "resources/personas/fictional.csv", text.replace("Pippin Took", "Peregrin Took") + "\n"
    )
    last = text.splitlines()[-1]
    planned.replace("resources/personas/fictional.csv", last, last.replace("Tolkien", "J. Tolkien"))
    assert would_run(planned) == set()


def test_one_models_sampling(planned: Project) -> None:
    planned.replace(
        "resources/models/references.yaml",
        "random:\n  model: {family: Reference,",
        "random:\n  model: {family: Reference, sampling: {temperature: 0.5},",
    )
    jobs = would_run(planned)
    assert jobs >= {"infer random fictional", "infer random real_world"}
    figures = ("estimates_figure", "models_figure")
    assert not {j for j in jobs if "constant" in j and not j.startswith(figures)}


def test_one_models_walltime(planned: Project) -> None:
    planned.replace(
        "resources/models/references.yaml",
        "{backend: random}",
        "{backend: random, walltime_minutes: 5}",
    )
    assert not {j for j in would_run(planned) if j.startswith(("infer", "scores", "model_"))}


def test_a_library_module(planned: Project) -> None:
    with (planned.folder / "workflow/lib/holdfast/scoring/value_scores.py").open("a") as module:
        module.write("\n# edited\n")
    jobs = would_run(planned)
    assert {j.split()[0] for j in jobs} >= {"scores", "model_stability", "estimates"}
    assert not {j for j in jobs if j.startswith(("infer", "personas", "contexts", "instrument"))}


def test_the_code_that_compares_questionnaires(planned: Project) -> None:
    module = "workflow/lib/holdfast/stability/convergence/multitrait_multimethod.py"
    with (planned.folder / module).open("a") as file:
        file.write("\n# edited\n")
    jobs = would_run(planned)
    assert jobs >= {"convergence random real_world", "convergence constant real_world", "estimates"}
    assert not {
        j for j in jobs if j.startswith(("model_stability", "infer", "convergence random fic"))
    }


def test_a_figures_code(planned: Project) -> None:
    with (planned.folder / "workflow/lib/holdfast/report/figures/context_figure.py").open(
        "a"
    ) as module:
        module.write("\n# edited\n")
    assert {j.split()[0] for j in would_run(planned)} == {
        "estimates_figure",
        "provenance",
        "page",
        "study",
    }


def test_a_setting_of_the_statistics(planned: Project) -> None:
    planned.replace(STUDY, "draws: 200", "draws: 201")
    jobs = would_run(planned)
    assert {j.split()[0] for j in jobs} >= {"model_stability", "estimates", "page"}
    assert not {j for j in jobs if j.startswith(("infer", "scores"))}


def test_one_more_population(planned: Project) -> None:
    planned.replace(STUDY, "populations: [", "populations: [{name: none, size: 4}, ")
    jobs = would_run(planned)
    assert jobs >= {"personas none", "infer random none"}
    assert "infer random fictional" not in jobs


def test_an_observer(planned: Project) -> None:
    """It reads what is there: nobody is asked again, and only what tells of observers is made anew."""
    planned.replace(STUDY, "study: ", "observers: {models: [observer-good]}\nstudy: ")
    jobs = would_run(planned)
    pairs = {f"{m} {p}" for m in ("random", "constant") for p in ("fictional", "real_world")}
    assert jobs >= {f"observe observer-good {pair}" for pair in pairs}
    assert jobs >= {f"observed_scores observer-good {pair}" for pair in pairs}
    assert {j.split()[0] for j in jobs} == {
        "instrument", "observe", "observed_scores", "observer_estimates", "convergence", "estimates",
        "estimates_figure", "checks", "leaderboard", "provenance", "page", "study",
    }  # fmt: skip
    forms = {j for j in jobs if j.startswith("instrument")}
    assert forms == {"instrument pvq40_observer", "instrument pvq21_observer"}
