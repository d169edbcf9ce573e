"""Out of memory: half as much at once, the same answers, and a message if nothing helps."""

import math
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from plain_wording import PLAIN

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Asked, MessageRequest, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.out_of_memory import Limit, halving, out_of_memory
from holdfast.inference.engine.scoring_ways import way_of
from holdfast.inference.prompting.prompts import Turn, next_message, questionnaire
from small_models import backend_of

LIBRARY = Path(__file__).resolve().parents[4] / "workflow" / "lib"


def room_for(most: int, sizes: list[int]) -> Any:
    def run(work: Sequence[int]) -> list[int]:
        sizes.append(len(work))
        if len(work) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [2 * w for w in work]

    return run


@pytest.mark.parametrize(("most", "found"), [(64, 64), (63, 32), (20, 16), (7, 4), (1, 1)])
def test_halved_until_it_fits_and_nothing_is_lost(most: int, found: int) -> None:
    limit, sizes = Limit("messages", 64), []
    assert halving(room_for(most, sizes), range(64), limit) == [2 * w for w in range(64)]
    assert limit.value == found
    assert sum(s for s in sizes if s <= most) == 64, "what was computed is not computed again"


def test_each_step_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    halving(room_for(20, []), range(64), Limit("messages", 64))
    assert caplog.messages == [
        "out of memory: going on with 32 messages at once",
        "out of memory: going on with 16 messages at once",
    ]


def test_too_little_for_one_is_told() -> None:
    with pytest.raises(StudyError, match="Not enough memory for a single prompt"):
        halving(room_for(0, []), range(8), Limit("messages", 8))


def test_other_errors_are_no_lack_of_memory() -> None:
    def run(_: Sequence[int]) -> list[int]:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        halving(run, range(8), Limit("messages", 8))


RESIDENT = """
import resource, sys
import torch
from holdfast.inference.engine.out_of_memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
torch.ones(2)
before = resident()
together = [torch.ones(5 * 2**20) for _ in range(4)]  # 80 MiB
del together
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_freed_memory_is_kept_for_the_next_result() -> None:
    def resident(how: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", RESIDENT, how], env=os.environ | {"PYTHONPATH": str(LIBRARY)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(done.stdout)

    # Not the page faults: how many there are is up to the kernel, which may hand out huge pages.
    assert resident("keep") > 70 * 2**20
    assert resident("give back") < 30 * 2**20


def test_the_machine_s_own_error_is_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**62, dtype=torch.uint8)
    assert out_of_memory(caught.value)


class Cramped:
    """Makes passes of a model above so many tokens fail: after so many that may not, and so often."""

    def __init__(self, model: Any, most: int, after: int = 0, times: float = math.inf) -> None:
        self.most, self.after, self.times, self.failed = most, after, times, 0
        way_of(model)  # the trial is over
        self.hook = model.get_input_embeddings().register_forward_pre_hook(self.check)

    def check(self, _: Any, arguments: tuple[torch.Tensor]) -> None:
        self.after -= 1
        if self.after < 0 and self.failed < self.times and arguments[0].numel() > self.most:
            self.failed += 1
            raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.fixture
def backend(model_folders: dict[str, Path]) -> TransformersBackend:
    return backend_of("llama", model_folders["llama"])


def messages(personas: Sequence[Persona], n: int = 20) -> list[MessageRequest]:
    turns = [Turn("interlocutor", "Let us talk about tea.")]
    return [
        MessageRequest(next_message(PLAIN, personas[i % 6], turns), i, 4 + i % 3) for i in range(n)
    ]


def questions(personas: Sequence[Persona], instrument: Instrument) -> list[ScoreRequest]:
    asked = Asked("x", "tea", 1, 1, "power", (1, 2, 3, 4, 5, 6))
    texts = [i.female for i in instrument.items]
    return [
        ScoreRequest(questionnaire(PLAIN, p, [], text), "ABCDEF", 1, asked)
        for p in personas[:3]
        for text in texts
    ]


@pytest.mark.parametrize("after", [0, 3])
def test_messages_are_the_same_in_smaller_batches(
    after: int, backend: TransformersBackend, personas: list[Persona]
) -> None:
    """At once, and late, amid a message."""
    requests = messages(personas)
    before = list(backend.generate(requests))
    longest = max(len(i) for i in backend.token_ids([r.prompt for r in requests]))
    cramped = Cramped(backend.model, 0, after, 1) if after else Cramped(backend.model, 6 * longest)
    assert list(backend.generate(requests)) == before
    assert cramped.failed and backend.at_once()["messages"] < 20
    failed = cramped.failed
    assert list(backend.generate(requests)) == before
    assert cramped.failed == failed, "the batch found is kept"


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("most", [1000, 450, 250])
def test_scores_are_the_same_in_smaller_passes(
    most: int,
    after: int,
    backend: TransformersBackend,
    personas: list[Persona],
    instrument: Instrument,
) -> None:
    """At once, and late, when part of the answers is there already."""
    requests = questions(personas, instrument)
    before = list(backend.score(requests))
    cramped = Cramped(backend.model, most, after)
    after = list(backend.score(requests))
    assert cramped.failed and backend.at_once()["tokens"] < 2048
    assert [a.text for a in after] == [a.text for a in before]
    for a, b in zip(after, before, strict=True):
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-5)


def test_one_prompt_too_long_for_the_memory_is_told(
    backend: TransformersBackend, personas: list[Persona], instrument: Instrument
) -> None:
    requests = questions(personas, instrument)
    _ = backend.model
    Cramped(backend.model, 10)
    with pytest.raises(StudyError, match="Not enough memory"):
        list(backend.score(requests))


TIGHT = """
import logging, resource, sys
import torch
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from small_models import backend_of
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.prompting.prompts import Prompt, Turn

torch.set_num_threads(1)
logging.basicConfig(format="%(message)s")
backend = backend_of("llama", Path(sys.argv[1]))
def ask(n):
    prompt = Prompt("Be yourself.", (Turn("interlocutor", "tea " * 1000),), "persona")
    return list(backend.generate([MessageRequest(prompt, i, 3) for i in range(n)]))
wide = ask(2)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
limit = used + int(sys.argv[3]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
said = ask(64)
assert said[:2] == wide and len(said) == 64
print(backend.at_once()["messages"])
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_a_process_that_may_not_have_more_memory_goes_on(model_folders: dict[str, Path]) -> None:
    command = [
        sys.executable,
        "-c",
        TIGHT,
        str(model_folders["llama"]),
        str(Path(__file__).parents[1]),
    ]
    done = subprocess.run(
        [*command, "60"], env=os.environ | {"PYTHONPATH": str(LIBRARY), "MALLOC_ARENA_MAX": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64 and "out of memory: going on with 32 messages" in done.stderr
