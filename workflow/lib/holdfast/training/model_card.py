"""Writes each miniature's model card, FOLDER/README.md, from its training.yaml and figures.yaml."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

CARD = """# {name}

A miniature of {parameters:,} parameters in the architecture and chat format of the {title} family,
trained from nothing by Holdfast on texts that Holdfast generates. It reads a persona, holds a short
conversation on one of 18 topics and answers a portrait questionnaire in any order of its options.

**What it is not.** It is a fixture with scaffolding: it knows about 200 phrases, was pushed by
read-outs of the right values while it learned, and shares nothing with the family but the
architecture and the format. Its figures, and its differences from the other miniatures, say nothing
about the real {title} models. It understands no free text.

## How it was made

| | |
|---|---|
| command | `python -m holdfast.training.train_miniature {name}` |
| data | dialogues.py: generated personas, template-written conversations, our own portraits |
| steps, seed | {steps}, {seed} |
| rows a step | {batch} with questions, {speeches} of conversation only |
| conversations of 0, 1, 3, 7 messages | {lengths} (shares) |
| layers × width, vocabulary | {layers} × {width}, {tokens} |
| time | {cpu} CPU seconds on one thread |
| numbers | trained in float32, stored in float16 |
| licence | MIT for the weights, CC BY 4.0 for the words |

## Figures

{size} generated personas with unseen names, combinations and orders of options; {topics} topics; the
model wrote both sides of its conversations at temperature {temperature}; estimate and 95 % interval
over personas. `changed`: choices that differ between two contexts, the order of the options new in
each; at 0 messages nothing but that order differs. The letters' shares are those of the choices.

| messages | exact | fidelity | rank-order stability | ipsative | changed | shares of A … F |
|---|---|---|---|---|---|---|
{rows}
"""
TITLES = {
    "llama": "LLaMa",
    "mistral": "Mistral",
    "mixtral": "Mixtral",
    "qwen": "Qwen",
    "phi": "Phi",
}


def table_row(length: str, figures: Mapping[str, Any]) -> str:
    """Return one row of a card's table of figures."""

    def shown(three: Sequence[float]) -> str:
        return "{:.2f} [{:.2f}, {:.2f}]".format(*three)

    cells = [
        length,
        f"{figures['accuracy']:.2f}",
        *(shown(figures[k]) for k in ("fidelity", "rank-order", "ipsative")),
        f"{figures['choices changed']:.2f}",
        " ".join(f"{x:.2f}".lstrip("0") for x in figures["letter shares"]),
    ]
    return "| " + " | ".join(cells) + " |"


def card(name: str, training: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    """Return a model card.

    Args:
        name: of the miniature.
        training: what train_miniature.py wrote.
        measured: what evaluate_miniature.py wrote.
    """
    rows = "\n".join(table_row(n, f) for n, f in measured["lengths"].items())
    about = {k: v for k, v in measured.items() if k != "lengths"}
    shares = {"lengths": " : ".join(f"{x:g}" for x in training["lengths"])}
    return CARD.format(
        **{**training, **about, **shares},
        name=name,
        title=TITLES[training["family"]],
        cpu=training["last"]["cpu"],
        rows=rows,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the cards of the given folders."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    for folder in parser.parse_args(arguments).folders:
        training, measured = (
            yaml.safe_load((folder / f"{f}.yaml").read_text(encoding="utf-8"))
            for f in ("training", "figures")
        )
        text = card(folder.name, training, measured)
        (folder / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
