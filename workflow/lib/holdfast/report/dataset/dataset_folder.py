"""Writing a study's dataset: Parquet files, CSV files and a card, part by part."""

import gzip
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import CSVWriter

from holdfast.design.instruments import read_design_instrument
from holdfast.errors import StudyError
from holdfast.report.dataset.dataset_card import AboutDataset, dataset_card
from holdfast.report.dataset.tidy_columns import arrow_schema
from holdfast.report.dataset.tidy_rows import (
    Known,
    answer_rows,
    context_columns,
    message_rows,
    respondent_rows,
)
from holdfast.report.wording.model_labels import Models
from holdfast.scoring.ratings import OnInvalid
from holdfast.scoring.value_scores import Rating
from holdfast.tables.large_tables import read_parts
from holdfast.tables.table_files import read_table

LARGE = 100_000
"""Rows from which the CSV file of a table is compressed; about 50 MB."""

Parts = Iterator[pa.Table]
Files = dict[str, Parts]
"""The parts of each Parquet file of a table, by the file's name."""


def write_dataset(
    *, study: str, models: Models, observers: Mapping[str, str], facets: Mapping[str, Sequence[str]],
    languages: Sequence[str], licence: str, citation: str, on_invalid: OnInvalid, seed: int,
    readout: str, rating: Rating,
    contexts: Path, personas: Sequence[Path], instruments: Sequence[Path], responses: Sequence[Path],
    conversations: Sequence[Path], observations: Sequence[Path], output: Path,
) -> None:  # fmt: skip
    """Write a study's answers and messages as tidy tables, in a folder that is a dataset.

    Nothing in it tells who ran the study or where. Answers of people are not among what is given, and texts
    of official questionnaires are left empty.

    Args:
        study: the study's name.
        models: registry entries as plain data, by name, those of observing models included.
        observers: each observer's model.
        facets: the levels of each facet, the study's own first.
        languages: primary tags of the languages of the study's texts.
        licence: of the results; empty: unknown.
        citation: BibTeX of what the study should cite.
        on_invalid: what an answer that can't be read counts as.
        seed: the study's seed.
        readout: the study's first readout.
        rating: which rating the value scores are means of.
        contexts: design table.
        personas: design tables.
        instruments: documents of the questionnaires and of the forms of observers.
        responses: tables MODEL/POPULATION.parquet.
        conversations: such tables.
        observations: tables OBSERVER/MODEL/POPULATION/responses.parquet.
        output: the folder; what is in it is replaced.

    Raises:
        StudyError: an input can't be read, or a file can't be written.
    """
    if not responses:
        raise StudyError(
            f"{output}: the study has no models, and answers of people are left out of a dataset, so that "
            "nothing would be in it."
        )
    known = Known(
        study=study, models=models, on_invalid=on_invalid, seed=seed,
        contexts=context_columns(read_table(contexts, "contexts"), facets),
        personas=pd.concat([read_table(p, "personas") for p in personas], ignore_index=True),
        instruments=[read_design_instrument(p) for p in instruments],
    )  # fmt: skip
    with _staged(output) as folder:
        found = tidy_tables(known, observers, responses, conversations, observations)
        rows = {name: _write(name, files, folder) for name, files in found.items()}
        about = AboutDataset(
            study=study, models={p.parent.name: models[p.parent.name] for p in responses},
            revisions=_revisions(responses), languages=languages, licence=licence, citation=citation,
            instruments=known.instruments, rows=rows, readout=readout,
            rating="rating" if rating == "choice" else "expected",
        )  # fmt: skip
        (folder / "README.md").write_text(dataset_card(about), encoding="utf-8")


def tidy_tables(
    known: Known, observers: Mapping[str, str], responses: Sequence[Path],
    conversations: Sequence[Path], observations: Sequence[Path],
) -> dict[str, Files]:  # fmt: skip
    """Return the parts of every tidy table by its name and its files; arguments as of `write_dataset`."""

    def answered(path: Path) -> Parts:
        return (answer_rows(part, known) for part in read_parts(path, "responses"))

    def said(path: Path) -> Parts:
        return (message_rows(part, known) for part in read_parts(path, "conversations"))

    def observed(path: Path) -> Parts:
        observer = path.parts[-4]
        model = observers[observer]
        parts = read_parts(path, "responses")
        return (answer_rows(part, known, observer, model) for part in parts)

    found = {
        "answers": {f"{p.parent.name}--{p.stem}": answered(p) for p in responses},
        "messages": {f"{p.parent.name}--{p.stem}": said(p) for p in conversations},
        "respondents": {"respondents": iter([respondent_rows(known)])},
    }
    if observations:
        found["observations"] = {"--".join(p.parts[-4:-1]): observed(p) for p in observations}
    return found


@contextmanager
def _staged(output: Path) -> Iterator[Path]:
    """Give a folder beside the output that takes its place when all went well."""
    staged = output.with_name(f".{output.name}.part")
    try:
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        yield staged
        shutil.rmtree(output, ignore_errors=True)
        staged.rename(output)
    except OSError as e:
        raise StudyError(f"{output}: can't be written: {e.strerror or e}.") from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write(name: str, files: Files, folder: Path) -> int:
    """Write one table, a Parquet file for each of its files and one CSV file; return its number of rows."""
    place, csv = folder / "data" / name, folder / "csv" / f"{name}.csv"
    place.mkdir(parents=True)
    csv.parent.mkdir(exist_ok=True)
    schema, rows = arrow_schema(name), 0
    with CSVWriter(csv, _flat(schema.empty_table()).schema) as lines:
        for file, parts in files.items():
            with pq.ParquetWriter(place / f"{file}.parquet", schema) as writer:
                for part in parts:
                    writer.write_table(part)
                    lines.write_table(_flat(part))
                    rows += len(part)
    if rows > LARGE:
        _compress(csv)
    return rows


def _flat(table: pa.Table) -> pa.Table:
    """Return a table whose lists are texts in JSON, for CSV has none."""
    for at, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            texts = [None if v is None else json.dumps(v) for v in table[field.name].to_pylist()]
            table = table.set_column(at, field.name, pa.array(texts, pa.string()))
    return table


def _compress(file: Path) -> None:
    """Put a compressed file in the place of a file; the same content gives the same bytes."""
    with (
        file.open("rb") as plain,
        file.with_name(f"{file.name}.gz").open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed)
    file.unlink()


def _revisions(responses: Sequence[Path]) -> dict[str, str]:
    """Return the revision of each model, which all answers of a job have in common."""
    found = {}
    for path in responses:
        with pq.ParquetFile(path) as file:
            first = next(file.iter_batches(1, columns=["revision"]), None)
        found[path.parent.name] = first["revision"][0].as_py() if first else ""
    return found
