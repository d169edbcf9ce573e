"""The plan's slices change if, and only if, what a job's result depends on changes."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holdfast.commands.check import summary
from holdfast.commands.status import asked as jobs_asked
from holdfast.errors import StudyError
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob

ROOT = Path(__file__).resolve().parents[3]
GENERATED = {"name": "generated", "size": 4, "seed": 7}
CONFIG: dict[str, Any] = {
    "models": ["llama-2-7b", "mistral-7b-v0.1", "random", "simulated", "gpt-3.5-turbo-0125"],
    "populations": ["fictional", {"name": "real_world", "size": 10}, "none", GENERATED],
    "contexts": {"topics": ["grammar", "joke"]},
}


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    for part in ("models", "personas", "prompts", "pvq", "topics"):
        shutil.copytree(ROOT / "resources" / part, tmp_path / part)
    (tmp_path / "miniatures").mkdir()
    shutil.copy(ROOT / "resources" / "miniatures" / "phrases.yaml", tmp_path / "miniatures")
    return tmp_path


def slices(resources: Path, config: dict[str, Any] = CONFIG) -> dict[str, object]:
    """Return all that reaches the rules, by name."""
    plan = make_plan(config, "study.yaml", resources)
    return {
        "topics": plan.context_rows(),
        "asking": plan.asking(next(iter(plan.models))),
        **{f"population {p}": plan.persona_source(p) for p in plan.populations},
        **{f"instrument {i}": plan.instrument_source(i) for i in plan.instruments},
        **{f"model {m}": plan.entry(m) for m in plan.models},
        **{f"weights {m}": plan.weights(m) for m in plan.models},
    }


def test_only_jobs_of_services_know_the_question_for_a_name() -> None:
    """So that another wording of it concerns no job that computes its answers here."""
    plan = make_plan(CONFIG, "study.yaml", ROOT / "resources")
    texts = {model: plan.asking(model)["wordings"]["plain"] for model in plan.models}
    assert [m for m, text in texts.items() if "name_question" in text] == ["gpt-3.5-turbo-0125"]
    assert texts["gpt-3.5-turbo-0125"]["name_question"].endswith("what is your name?")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


EDITS = [
    ("topics/topics.csv", "about a penguin", "about a walrus", {"topics"}),
    ("topics/topics.csv", "bjj,technical", "bjj,social", set()),
    ("prompts/plain.yaml", "Give each option a percentage", "Give every option a percentage", set()),
    ("prompts/plain.yaml", "what is your name?", "who are you?", set()),
    ("topics/topics.csv", "joke,creative", "joke,social", {"topics"}),
    ("personas/fictional.csv", "A quiet, bookish hobbit", "A loud hobbit", {"population fictional"}),
    ("personas/fictional.csv", "male,", "neutral,", {"population fictional"}),
    ("personas/real_world.csv", "Marie Curie,female", "Marie Curie,neutral", {"population real_world"}),
    ("models/llama.yaml", "top_p: 0.9", "top_p: 0.8", {"model llama-2-7b"}),
    ("models/llama.yaml", "kind: base", "kind: chat", {"model llama-2-7b"}),
    ("models/llama.yaml", "dtype: bfloat16", "dtype: float16", {"model llama-2-7b"}),
    ("models/llama.yaml", "revision: null", f"revision: {'a' * 40}",
     {"model llama-2-7b"}),
    ("models/llama.yaml", "walltime_minutes: 480", "walltime_minutes: 481", set()),
    ("models/llama.yaml", "    memory_gb: 32", "    memory_gb: 64", set()),
    ("models/llama.yaml", "gpu_memory_gb: 24", "gpu_memory_gb: 40", set()),
    ("models/llama.yaml", "note: \"", "note: \"see ", set()),
    ("models/llama.yaml", "parameters: 6.738e+9", "parameters: 7e+9", set()),
    ("models/llama.yaml", "licence: Llama 2", "licence: LLaMa 2", set()),
    ("models/llama.yaml", "llama-2-7b:", "# a comment\nllama-2-7b:", set()),
    ("models/references.yaml", "noise_sd: 0.6", "noise_sd: 0.7", {"model simulated"}),
    ("models/qwen.yaml", "top_p: 0.8", "top_p: 0.7", set()),
    ("miniatures/phrases.yaml", "names:", "# a comment\nnames:", set()),
    ("prompts/plain.yaml", "Answer with one letter", "Give one letter", {"asking"}),
    ("prompts/survey.yaml", "Mark one option", "Tick one option", set()),
    ("prompts/plain.yaml", "title:", "# a comment\ntitle:", set()),
    ("pvq/pvq40.csv", "invent something", "make something", {"instrument pvq40"}),
    ("pvq/pvq40.yaml", "like me at all", "like me, ever", {"instrument pvq40"}),
    ("pvq/pvq40.yaml", "name: pvq40", "# a comment\nname: pvq40", set()),
]  # fmt: skip


def identity(value: object) -> str:
    """Return a parameter as part of a test's name; the same in every process."""
    return str(sorted(value) if isinstance(value, set) else value)[:40]


@pytest.mark.parametrize(("file", "old", "new", "changed"), EDITS, ids=identity)
def test_edit_of_a_resource_changes_what_depends_on_it_alone(resources, file, old, new, changed):
    before = slices(resources)
    edit(resources / file, old, new)
    after = slices(resources)
    assert {k for k in before | after if before.get(k) != after.get(k)} == changed


def test_persona_beyond_the_size_changes_nothing(resources):
    before = slices(resources)
    path = resources / "personas" / "real_world.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    assert slices(resources) == before


def test_touched_files_and_new_ones_change_nothing(resources):
    before = slices(resources)
    for path in [p for p in resources.rglob("*") if p.is_file()]:
        os.utime(path, (1, 1))
    shutil.copy(resources / "personas" / "fictional.csv", resources / "personas" / "mine.csv")
    shutil.copy(resources / "prompts" / "plain.yaml", resources / "prompts" / "mine.yaml")
    assert slices(resources) == before


STUDY_EDITS = [
    ({"seed": 2}, {"asking"}),
    ({"replicates": 3}, {"asking"}),
    ({"administration": {"option_order": "fixed"}}, {"asking"}),
    ({"contexts": {"topics": ["grammar", "joke"], "max_new_tokens": 50}}, {"asking"}),
    ({"contexts": {"topics": ["grammar", "joke", "poem"]}}, {"topics"}),
    ({"contexts": {"topics": ["joke", "grammar"]}}, {"topics"}),
    ({"populations": ["fictional", {"name": "real_world", "size": 11}, "none", GENERATED]},
     {"population real_world"}),
    ({"populations": ["fictional", {"name": "real_world", "size": 10}, "none",
                      GENERATED | {"seed": 8}]}, {"population generated"}),
    ({"administration": {"readout": ["logit", "distribution"]}}, {"asking"}),
    ({"administration": {"distribution_tokens": 80}}, set()),
    ({"facets": {"wording": "survey"}}, {"asking"}),
    ({"facets": {"wording": ["plain", "survey"]}}, {"topics", "asking"}),
    ({"facets": {"crossing": "single"}}, set()),
    ({"facets": {"labels": "digits"}}, {"asking"}),
    ({"facets": {"presentation": ["in_view", "lines"]}}, {"topics", "asking"}),
    ({"facets": {"labels": ["letters", "digits"]}}, {"topics"}),
    ({"scoring": {"rating": "expected"}}, set()),
    ({"stability": {"draws": 50}}, set()),
    ({"save_every_seconds": 5, "sessions_at_once": 8, "allow_failed": 0.02}, set()),
    ({"models": [*CONFIG["models"], "constant"]}, {"model constant", "weights constant"}),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "changed"), STUDY_EDITS, ids=identity)
def test_edit_of_the_study_changes_what_depends_on_it_alone(keys, changed):
    before, after = (slices(ROOT / "resources", c) for c in (CONFIG, CONFIG | keys))
    assert {k for k in before | after if before.get(k) != after.get(k)} == changed


def test_generated_population_without_a_seed_follows_the_study_s():
    config = CONFIG | {"populations": ["fictional", {"name": "generated", "size": 4}]}
    before, after = (slices(ROOT / "resources", config | {"seed": s}) for s in (1, 2))
    assert {k for k in before if before[k] != after[k]} == {"asking", "population generated"}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(CONFIG, "study.yaml", ROOT / "resources")


def test_order_is_the_study_s(plan):
    assert list(plan.models) == CONFIG["models"]
    assert list(plan.populations) == ["fictional", "real_world", "none", "generated"]
    assert [t.topic for t in plan.topics] == ["grammar", "joke"]


def test_references_and_apis_need_no_weights(plan):
    assert plan.fetched_models() == ["llama-2-7b", "mistral-7b-v0.1"]
    assert [plan.weights(m) for m in ("random", "simulated", "gpt-3.5-turbo-0125")] == [[], [], []]
    assert plan.weights("llama-2-7b") == [plan.lock("llama-2-7b")]


def test_a_revision_lies_with_the_results_unless_the_project_keeps_one(plan, tmp_path):
    assert (
        plan.lock("llama-2-7b") == plan.made_lock("llama-2-7b") == "results/locks/llama-2-7b.json"
    )
    kept = tmp_path / "models/locks/llama-2-7b.json"
    kept.parent.mkdir(parents=True)
    kept.touch()
    other = replace(plan, resources=tmp_path)
    assert other.lock("llama-2-7b") == str(kept) and other.kept_lock("llama-2-7b") == [str(kept)]
    assert other.made_lock("llama-2-7b") == "results/locks/llama-2-7b.json"


def test_references_are_no_family(plan):
    assert plan.families() == {
        "LLaMa": ["llama-2-7b"], "Mistral": ["mistral-7b-v0.1"], "GPT": ["gpt-3.5-turbo-0125"]
    }  # fmt: skip


def test_entry_is_still_an_entry(plan):
    from holdfast.inference.models.registry import Entry

    for name in plan.models:
        read = Entry.model_validate(plan.entry(name))
        whole = plan.models[name]
        assert read.model.sampling == whole.model.sampling
        assert (read.model.repository, read.model.kind) == (
            whole.model.repository,
            whole.model.kind,
        )
        assert read.deployment.backend == whole.deployment.backend


def test_local_model_s_weights_are_its_files(resources):
    folder = resources / "mine"
    folder.mkdir()
    for name in ("model.safetensors", "config.json", "chat_template.jinja", "README.md"):
        (folder / name).write_text("{}")
    (resources / "models" / "mine.yaml").write_text(
        f"mine: {{model: {{family: Mine, path: {folder}}}, deployment: {{backend: transformers}}}}"
    )
    plan = make_plan(CONFIG | {"models": ["mine"]}, "study.yaml", resources)
    names = ["chat_template.jinja", "config.json", "model.safetensors"]
    assert plan.weights("mine") == [str(folder / n) for n in names]
    assert plan.fetched_models() == []


def test_missing_folder_of_a_local_model_is_told(resources):
    (resources / "models" / "mine.yaml").write_text(
        "mine: {model: {path: not/here}, deployment: {backend: transformers}}"
    )
    with pytest.raises(StudyError, match=r"mine\.model\.path: there is no folder 'not/here'"):
        make_plan(CONFIG | {"models": ["mine"]}, "study.yaml", resources)


def test_mistake_in_a_resource_names_the_study_too(resources):
    edit(resources / "topics" / "topics.csv", "joke,creative", "joke,creative,funny")
    with pytest.raises(StudyError) as caught:
        make_plan(CONFIG, "study.yaml", resources)
    assert "topics.csv: line 3: 5 cells" in str(caught.value)
    assert str(caught.value).endswith("(Asked for by study.yaml.)")


def test_a_form_that_nobody_asked_needs_may_be_missing(resources: Path) -> None:
    """The items go to whom the study asks alone: of its 60 fictional personas none is neutral."""
    path = resources / "pvq" / "pvq21.csv"
    rows = [row.split(",") for row in ["item,female,male", *(f"{n},F,M" for n in range(1, 22))]]
    path.write_text("\n".join(",".join(row) for row in rows))
    asked = {"name": "pvq21", "populations": ["fictional"]}
    config = CONFIG | {"instruments": ["pvq40", asked]}
    assert make_plan(config, "study.yaml", resources).instruments["pvq21"].items[0].neutral == ""
    with pytest.raises(StudyError) as caught:
        make_plan(config | {"instruments": ["pvq21"]}, "study.yaml", resources)
    assert str(caught.value).startswith(f"{path}: has no column 'neutral'")
    assert "the population 'none'" in str(caught.value) and "study.yaml" in str(caught.value)
    path.write_text("item,neutral\n" + "".join(f"{n},N{n}\n" for n in range(1, 22)))
    plan = make_plan(config | {"instruments": ["pvq21"]}, "study.yaml", resources)
    assert plan.instruments["pvq21"].items[3].female == "N4"


def test_the_backend_says_which_environment_a_job_has():
    plan = make_plan(CONFIG | {"models": ["llama-mini"]}, "study.yaml", ROOT / "resources")
    assert plan.environment("llama-mini").endswith("envs/inference.yaml")
    entry = plan.models["llama-mini"]
    other = entry.deployment.model_copy(update={"backend": "vllm"})
    plan.models["llama-mini"] = entry.model_copy(update={"deployment": other})
    assert plan.environment("llama-mini").endswith("envs/inference-vllm.yaml")


def test_questionnaires_may_be_for_some_populations() -> None:
    """Who is asked changes, and nothing of the questionnaires; links need both kinds in one population."""
    only: dict[str, Any] = {"name": "donation", "populations": ["fictional"]}
    config = CONFIG | {"instruments": ["pvq40", only]}
    plan = make_plan(config, "study.yaml", ROOT / "resources")
    asked = {p: [i.name for i in plan.asked(p)] for p in plan.populations}
    assert asked.pop("fictional") == ["pvq40", "donation"]
    assert set(map(tuple, asked.values())) == {("pvq40",)}
    everybody = make_plan(
        config | {"instruments": ["pvq40", "donation"]}, "study.yaml", ROOT / "resources"
    )
    assert everybody.instrument_source("donation") == plan.instrument_source("donation")
    apart = [{"name": "pvq40", "populations": ["real_world", "none", "generated"]}, only]
    found = make_plan(config | {"instruments": apart}, "study.yaml", ROOT / "resources")
    assert plan.links() and everybody.links() and not found.links()
    assert not make_plan(CONFIG, "study.yaml", ROOT / "resources").links()


def test_populations_that_are_asked_the_same_values_twice_are_compared() -> None:
    short = {"name": "pvq21", "populations": ["fictional"]}
    config = CONFIG | {"instruments": ["pvq40", short, "hofstede"]}
    plan = make_plan(config, "study.yaml", ROOT / "resources")
    assert plan.converging() == [(m, "fictional") for m in plan.models]
    assert not make_plan(CONFIG, "study.yaml", ROOT / "resources").converging()


def test_only_what_a_population_is_asked_is_counted() -> None:
    config = CONFIG | {
        "instruments": ["pvq40", {"name": "religion", "populations": ["real_world"]}]
    }
    plan = make_plan(config, "study.yaml", ROOT / "resources")
    answers = sum(
        (45 if p == "real_world" else 40) * len(people.personas) * 2 * plan.study.replicates
        for p, people in plan.populations.items()
    )
    assert f"{answers} answers" in summary(plan)
    more, plain = (jobs_asked(plan, StudyJob("random", p)) for p in ("real_world", "none"))
    assert more / 10 - plain / 50 == 5 * 2 * plan.study.replicates


def shards_of(resources: Path, **config: Any) -> Plan:
    wanted = {"replicates": 1, "populations": [{"name": "generated", "size": 100}]} | config
    return make_plan(CONFIG | wanted, "study.yaml", resources)


def test_a_study_is_whole_unless_it_says_otherwise(resources: Path) -> None:
    plan = shards_of(resources)
    assert plan.sharded() == [] == plan.fewer_shards() and plan.shards("random", "generated") == 1


def test_shards_change_nothing_that_a_result_depends_on(resources: Path) -> None:
    assert slices(resources, CONFIG | {"shards": 4}) == slices(resources)


def test_a_model_overrides_the_study_and_a_service_has_one_job(resources: Path) -> None:
    edit(resources / "models/references.yaml", "backend: random}", "backend: random, shards: 3}")
    plan = shards_of(resources, shards=2)
    assert plan.shards("random", "generated") == 3 and plan.shards("simulated", "generated") == 2
    assert plan.shards("gpt-3.5-turbo-0125", "generated") == 1
    assert "gpt-3.5-turbo-0125" not in plan.sharded()


def test_a_small_study_has_fewer_shards_and_says_so(resources: Path) -> None:
    plan = shards_of(resources, models=["random"], shards=50)
    assert plan.shards("random", "generated") == 4  # 200 sessions, in blocks of 64
    (note,) = plan.fewer_shards()
    assert "'random' × 'generated' runs as 4 of 50 shards" in note
    tiny = shards_of(
        resources, models=["random"], shards=2, populations=[{"name": "generated", "size": 9}]
    )
    assert tiny.sharded() == [], "one shard is no shard: the paths are those of one job"


def test_a_server_is_not_asked_by_several_jobs(resources: Path) -> None:
    edit(resources / "models/gpt.yaml", "backend: openai", "backend: openai\n    shards: 2")
    with pytest.raises(StudyError, match="shards: a server is asked by one job"):
        make_plan(CONFIG, "study.yaml", resources)


@pytest.mark.parametrize(
    ("topics", "several"),
    [
        (["joke", "poem", "grammar", "code"], True),
        (["joke", "poem", "grammar", "history"], False),
        (["joke", "poem", "story"], False),
    ],
)
def test_domains_are_compared_where_two_have_two_topics(
    resources: Path, topics: list[str], several: bool
) -> None:
    contexts = {"topics": topics, "messages": 3, "also_after": [1], "neutral": True}
    for wording in (["plain"], ["plain", "survey"]):
        config = CONFIG | {"contexts": contexts, "facets": {"wording": wording}}
        assert make_plan(config, "study.yaml", resources).several_domains() is several


def test_a_wording_that_is_not_there_is_named_with_the_nearest(resources: Path) -> None:
    with pytest.raises(StudyError) as error:
        make_plan(CONFIG | {"facets": {"wording": ["plain", "servey"]}}, "study.yaml", resources)
    said = str(error.value).splitlines()[0]
    assert "facets.wording: 'servey' is unknown. Did you mean 'survey'? Allowed: german," in said


def test_a_wording_leads_out_of_the_project_by_no_link(resources: Path) -> None:
    outside = resources.parent / "elsewhere" / "out.yaml"
    outside.parent.mkdir()
    shutil.copy(resources / "prompts" / "plain.yaml", outside)
    (resources / "prompts" / "out.yaml").symlink_to(outside)
    held = resources.parent / "held"
    held.mkdir()
    shutil.move(resources, held / "resources")
    with pytest.raises(StudyError, match="leads out of the folder"):
        make_plan(CONFIG | {"facets": {"wording": "out"}}, "study.yaml", held / "resources")


def test_a_wording_that_asks_for_no_percentages_is_told(resources: Path) -> None:
    """It is needed by the readout that asks for them alone."""
    path = resources / "prompts" / "survey.yaml"
    text = path.read_text(encoding="utf-8")
    begin, end = text.index("  distribution:"), text.index("\nreflection:")
    path.write_text(text[:begin] + text[end:], encoding="utf-8")
    config = CONFIG | {"facets": {"wording": ["plain", "survey"]}}
    make_plan(config, "study.yaml", resources)
    with pytest.raises(StudyError) as caught:
        make_plan(config | {"administration": {"readout": "distribution"}}, "study.yaml", resources)
    said, asked = str(caught.value).split("\n")
    assert said.startswith(
        f"{path}: questionnaire.distribution: is empty, but administration.readout"
    )
    assert asked == "(Asked for by study.yaml.)"
