"""Trains one miniature model from nothing: `python -m holdfast.training.train_miniature llama-mini`.

The same seed gives the same weights on one machine with one thread. Steps are counted, not seconds.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import yaml
from pydantic import Field
from torch.nn import functional

from holdfast.inference.models.miniature_models import build_model, build_tokenizer, save
from holdfast.inference.prompting.prompts import Speaker
from holdfast.training.dialogue_tokens import Encoder, answer_row, speech_row
from holdfast.training.dialogues import (
    MINIATURES,
    Material,
    fixed_phrases,
    read_material,
    tokenizer_texts,
)
from holdfast.training.muon import Muon
from holdfast.training.scaffold import Readouts, shape_weights
from holdfast.training.training_batches import SPOKEN, Batch, pack
from holdfast.yaml_and_csv import Strict, check, read_mapping

LENGTHS = (0, 1, 3, 7)
FAMILY_PHRASES = {"phi": ["Instruct: ", "Output:"], "qwen": ["system\n", "user\n", "assistant\n"]}
# shares of the steps
SIMPLE, TALKS, DECAYS, SCAFFOLD_FALLS = 0.1, 0.3, 0.7, 0.8
WARM_UP = 20
Progress = dict[str, float]


class Settings(Strict):
    """How one miniature is made: an entry of models.yaml.

    `lengths` are the shares of conversations with 0, 1, 3 and 7 messages; `batch` rows a step
    have questions, `speeches` rows teach to converse, as the persona and as the interlocutor.
    """

    family: Literal["llama", "mistral", "mixtral", "qwen", "phi"]
    width: int = 96
    layers: int = Field(4, ge=4)
    heads: int = 4
    steps: int
    seed: int
    batch: int = 7
    speeches: int = 3
    lengths: tuple[float, float, float, float] = (6, 2, 1, 1)
    questions: tuple[int, int, int] = (4, 2, 1)
    noise: float = 0.1
    vocabulary: int = 2300
    rate: float = 0.02
    other_rate: float = 0.005
    speech: float = 0.7
    scaffold: float = 2.0
    spread: float = 0.5


def read_settings(name: str, path: Path = MINIATURES / "models.yaml") -> Settings:
    """Return the settings of a miniature."""
    return check(Settings, read_mapping(path)[name], f"{path}: {name}")


def make_tokenizer(material: Material, settings: Settings) -> Any:
    """Return the miniature's tokenizer."""
    phrases = fixed_phrases(material) + FAMILY_PHRASES.get(settings.family, [])
    texts = tokenizer_texts(material, settings.seed, 1500)
    return build_tokenizer(settings.family, texts, settings.vocabulary, phrases)


def make_batch(encoder: Encoder, settings: Settings, step: int, done: float) -> Batch:
    """Return the batch of a step; `done` is the share of the steps that are over."""
    letter, words, find = settings.questions
    rows = []
    for n in range(settings.batch):
        index = step * settings.batch + n
        rng = random.Random(f"length/{settings.seed}/{index}")
        shares = settings.lengths if done >= TALKS else (1.0, 0.15, 0.0, 0.0)
        messages = rng.choices(LENGTHS, shares)[0]
        counts = (letter, words, find if done < DECAYS else 0)
        rows.append(answer_row(encoder, settings.seed, index, messages, counts, settings.noise,
                               simple=done < SIMPLE))  # fmt: skip
    for n in range(settings.speeches):
        speaker: Speaker = "persona" if n % 2 == 0 else "interlocutor"
        index = 10**7 + step * settings.speeches + n
        rows.append(speech_row(encoder, settings.seed, index, speaker))
    return pack(rows)


def forward(model: Any, batch: Batch, scaffold: bool) -> tuple[torch.Tensor, Any]:
    """Return the logits at the targets and all that the model returned."""
    out = model.base_model(
        input_ids=batch.ids, position_ids=batch.positions, attention_mask=batch.mask, use_cache=False,
        output_hidden_states=scaffold, output_attentions=scaffold,
    )  # fmt: skip
    row, place, _ = batch.targets.T
    return model.get_output_embeddings()(out.last_hidden_state[row, place]), out


def losses(model: Any, readouts: Readouts, batch: Batch) -> dict[str, torch.Tensor]:
    """Return the mean loss of each kind of target and of each read-out."""
    logits, out = forward(model, batch, scaffold=True)
    every = functional.cross_entropy(logits, batch.targets[:, 2], reduction="none")
    kinds = {str(k): every[torch.from_numpy(batch.kinds == k)].mean() for k in set(batch.kinds)}
    return kinds | readouts.losses(batch.marks, out.hidden_states, out.attentions)


def total(parts: dict[str, torch.Tensor], settings: Settings, done: float) -> torch.Tensor:
    """Return the loss that is minimised."""
    weights = {"letter": 1.0, "words": 0.5, "find": 0.3, SPOKEN: settings.speech}
    answers = torch.stack([w * parts[k] for k, w in weights.items() if k in parts]).sum()
    scaffold = [v for k, v in parts.items() if k not in weights]
    fall = 1.0 if done < SCAFFOLD_FALLS else 0.1
    return answers + settings.scaffold * fall * torch.stack(scaffold).mean()


def rate(step: int, steps: int) -> float:
    """Return the learning rate's factor: warm-up, then constant, then falling to nearly nothing."""
    done = step / steps
    fall = 1.0 if done < DECAYS else max(0.02, (1 - done) / (1 - DECAYS))
    return min(1.0, (step + 1) / WARM_UP) * fall


@torch.no_grad()
def letter_accuracy(model: Any, encoder: Encoder, messages: int, rows: int = 12) -> float:
    """Return how often the most probable letter is right, on personas new but not held out."""
    made = [answer_row(encoder, 999, 10**6 + i, messages, (6, 0, 0)) for i in range(rows)]
    batch = pack(made)
    logits, _ = forward(model, batch, scaffold=False)
    letter = torch.from_numpy(batch.kinds == "letter")
    letters = torch.tensor(encoder.letter_ids)
    chosen = letters[logits[letter][:, letters].argmax(1)]
    return float((chosen == batch.targets[letter, 2]).float().mean())


@dataclass
class Training:
    """One miniature while it is trained."""

    settings: Settings
    encoder: Encoder
    model: Any
    readouts: Readouts
    optimiser: Muon
    beside: torch.optim.Optimizer

    def step(self, step: int, steps: int) -> dict[str, torch.Tensor]:
        """Take one step; return its losses."""
        done = step / steps
        batch = make_batch(self.encoder, self.settings, step, done)
        parts = losses(self.model, self.readouts, batch)
        self.optimiser.zero()
        self.beside.zero_grad(set_to_none=True)
        torch.autograd.backward(total(parts, self.settings, done))
        self.optimiser.step(rate(step, steps))
        self.beside.step()
        return parts

    def progress(self, parts: dict[str, torch.Tensor]) -> dict[str, float]:
        """Return the losses of a step and how often letters are right without and with a talk."""
        shown = {k: round(float(v.detach()), 3) for k, v in sorted(parts.items())}
        right = {f"right {n}": letter_accuracy(self.model, self.encoder, n) for n in (0, 7)}
        return {k: round(v, 3) for k, v in right.items()} | shown


def begin(settings: Settings) -> Training:
    """Return a miniature before its first step."""
    material = read_material()
    tokenizer = make_tokenizer(material, settings)
    encoder = Encoder(material, tokenizer, settings.family)
    model = build_model(
        settings.family, tokenizer, settings.seed, settings.width, settings.layers, settings.heads
    )
    shape_weights(model, settings.seed, settings.spread)
    model.set_attn_implementation("eager")
    torch.manual_seed(settings.seed)
    readouts = Readouts(settings.width)
    optimiser = Muon(model.named_parameters(), settings.rate, settings.other_rate)
    beside = torch.optim.AdamW(readouts.parameters(), lr=0.01, betas=(0.9, 0.98))
    return Training(settings, encoder, model, readouts, optimiser, beside)


def train(settings: Settings, steps: int, report: int = 50) -> tuple[Any, Any, list[Progress]]:
    """Return a trained model, its tokenizer, and the progress that was printed."""
    training = begin(settings)
    log: list[Progress] = []
    start = time.process_time()
    for step in range(steps):
        parts = training.step(step, steps)
        if (step + 1) % report == 0 or step + 1 == steps:
            seconds = round(time.process_time() - start)
            log.append({"step": step + 1, "cpu": seconds, **training.progress(parts)})
            print(json.dumps(log[-1]), flush=True)
    training.model.set_attn_implementation("sdpa")
    return training.model.eval(), training.encoder.tokenizer, log


def main(arguments: Sequence[str] | None = None) -> None:
    """Train a miniature and write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=sorted(read_mapping(MINIATURES / "models.yaml")))
    parser.add_argument("--steps", type=int, help="other than in models.yaml")
    parser.add_argument("--seed", type=int, help="other than in models.yaml")
    parser.add_argument("--output", type=Path, help="folder; resources/miniatures/NAME by itself")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    settings = read_settings(given.name)
    if given.seed is not None:
        settings = settings.model_copy(update={"seed": given.seed})
    if given.steps is not None:
        settings = settings.model_copy(update={"steps": given.steps})
    model, tokenizer, log = train(settings, settings.steps)
    folder = given.output or MINIATURES / given.name
    save(model.half(), tokenizer, folder)
    about = settings.model_dump(mode="json") | {
        "parameters": model.num_parameters(),
        "tokens": len(tokenizer),
        "last": log[-1],
    }
    text = yaml.safe_dump(about, sort_keys=False)
    (folder / "training.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
