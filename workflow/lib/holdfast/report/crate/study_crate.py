"""Writing a study's crate: an RO-Crate of the profile Workflow Run Crate, packed in one file."""

import hashlib
import json
import logging
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from holdfast.atomic_writes import write_whole
from holdfast.report.crate.crate_files import (
    CODE,
    CrateFile,
    report_files,
    table_files,
    without_own_addresses,
    written_files,
)
from holdfast.report.tables.manifests import read_document
from holdfast.report.tables.provenance import impersonal, tree_digest

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
SHA256 = "https://w3id.org/ro/terms/workflow-run#sha256"
FORMATS = {
    ".bib": "application/x-bibtex", ".cff": "application/yaml", ".csv": "text/csv",
    ".html": "text/html", ".json": "application/json", ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png", ".svg": "image/svg+xml", ".yaml": "application/yaml",
}  # fmt: skip
logger = logging.getLogger(__name__)
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
"""An identifier of the list of licences at spdx.org."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_crate(
    *, results: Path, workflow: Path, environment: Sequence[Path], inputs: Sequence[Path],
    about: Sequence[Path], citation: str, output: Path,
) -> None:  # fmt: skip
    """Write the crate of a finished study.

    It has no names of hosts or users, no absolute paths and no secrets, as the provenance from which it is
    made; nor messages, answers, or anything about single people of a survey.

    Args:
        results: the study's folder, with provenance.json.
        workflow: the folder of the code.
        environment: files that name the packages.
        inputs: further files that the study read, such as the wordings of its prompts.
        about: the licence and how to cite.
        citation: BibTeX of what the study should cite.
        output: the packed crate.

    Raises:
        StudyError: the provenance can't be read, or the file can't be written.
    """
    document = read_document(results / "provenance.json")
    told = json.dumps(without_own_addresses(impersonal(document)), indent=1, ensure_ascii=False)
    files = [
        *written_files(document, citation),
        CrateFile(
            "results/provenance.json", "about", "where the results come from", text=told + "\n"
        ),
        *(CrateFile(f"inputs/{p.name}", "input", "wording of the prompts", p) for p in inputs),
        *(CrateFile(f"environment/{p.name}", "environment", "packages", p) for p in environment),
        *(CrateFile(p.name, "about", "licence of the code, or how to cite it", p) for p in about),
        *table_files(results, document),
        *report_files(results),
    ]
    with TemporaryDirectory() as folder:
        staged = Path(folder)
        for file in files:
            _place(file, staged / file.place)
        shutil.copytree(workflow, staged / CODE, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        _describe(staged, files, document)
        write_whole(output, lambda temporary: _pack(staged, temporary))


def _place(file: CrateFile, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.source is None:
        target.write_text(file.text, encoding="utf-8")
    else:
        shutil.copyfile(file.source, target)


def _describe(staged: Path, files: Sequence[CrateFile], document: Mapping[str, Any]) -> None:
    """Write ro-crate-metadata.json beside the files that it describes."""
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms["sha256"] = SHA256
    study = str(document["study"]["study"])
    crate.name = f"Holdfast study: {study}"
    crate.description = (
        f"Configuration, code, environment, inputs, tables, figures and report of the study '{study}', made by "
        f"Holdfast {document['versions']['holdfast']}: how stable are the values that language models express? "
        "Messages and answers as they were given, and whatever is about single people of a survey, are left "
        "out; the provenance has their hashes. `holdfast verify` checks the whole."
    )
    crate.datePublished = document["written"]
    crate.license = licence(crate, document["study"].get("results_licence") or "")
    crate.root_dataset["conformsTo"] = [
        crate.add(ContextEntity(crate, address, properties={
            "@type": "CreativeWork", "name": name, "version": version,
        }))
        for address, (name, version) in PROFILES.items()
    ]  # fmt: skip
    _run(crate, staged, files, document)
    crate.metadata.write(staged)


def licence(crate: ROCrate, stated: str) -> Entity:
    """Return the licence of the results, as the study states it: by identifier, address or words."""
    about = {
        "name": stated or "No licence stated",
        "description": (
            "The licence of the results, as their authors state it." if stated
            else "The results' authors have stated no licence."
        ) + " The code is under the MIT licence.",
    }  # fmt: skip
    address = "#licence"
    if stated.startswith("https://"):
        address = stated
    elif _SPDX.fullmatch(stated):
        address = f"https://spdx.org/licenses/{stated}"
    properties = {"@type": "CreativeWork", **about}
    return crate.add(ContextEntity(crate, address, properties=properties))


def _run(
    crate: ROCrate, staged: Path, files: Sequence[CrateFile], document: Mapping[str, Any]
) -> None:
    """Describe the workflow, its files and its run."""
    now = tree_digest(staged / CODE)
    changed = "" if now == document["code"] else "; changed since the results were made"
    if changed:
        logger.warning("the code has changed since %s was written", document["study"]["study"])
    code = crate.add_dataset(dest_path=f"{CODE}/", properties={
        "name": "code of the workflow", "identifier": now,
        "description": f"rules, scripts and library; identifier: their digest{changed}",
    })  # fmt: skip
    main = crate.add_workflow(
        dest_path=f"{CODE}/Snakefile", main=True, lang="snakemake",
        lang_version=document["versions"].get("snakemake"), properties={
            "name": "Holdfast", "version": _version(document), "isPartOf": code,
            "license": "https://spdx.org/licenses/MIT", **_measured(staged / CODE / "Snakefile"),
        },
    )  # fmt: skip
    made: dict[str, list[Entity]] = {"input": [], "result": [], "about": [], "environment": []}
    for file in files:
        told = {
            "name": Path(file.place).name,
            "description": file.about,
            **_measured(staged / file.place),
        }
        made[file.role].append(crate.add_file(dest_path=file.place, properties=told))
    main["softwareRequirements"] = made["environment"]
    times = [job["began"] for job in document["jobs"] if job.get("began")]
    action = crate.add_action(
        main, identifier="#run", object=[*made["input"], *_models(crate, document)],
        result=made["result"], properties={
            "name": f"Run of the study {document['study']['study']}",
            "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
            "startTime": min(times, default=document["written"]), "endTime": document["written"],
        },
    )  # fmt: skip
    crate.root_dataset["mentions"] = [action]


def _models(crate: ROCrate, document: Mapping[str, Any]) -> list[Entity]:
    """Return the models and people of the study as inputs of its run: what they are, and of which revision."""
    held = {job["model"]: job.get("revision") for job in document["jobs"]}
    found = []
    for name, entry in document["models"].items():
        about = {
            "@type": "CreativeWork", "name": name,
            "description": f"{entry['kind'] or 'language model'} of the family {entry['model']['family']}",
        }  # fmt: skip
        if held.get(name):
            about["identifier"] = str(held[name])
        found.append(crate.add(ContextEntity(crate, f"#model-{name}", properties=about)))
    return found


def _version(document: Mapping[str, Any]) -> str:
    """Return the version of the code: its commit, where it is known, or the digest of its files."""
    git = document.get("git") or {}
    commit = git.get("commit") or f"digest {document['code']}"
    return f"{commit}{' with changes' if git.get('changed') else ''}"


def _measured(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    known = FORMATS.get(path.suffix)
    about = {"contentSize": str(len(data)), "sha256": hashlib.sha256(data).hexdigest()}
    return about | ({"encodingFormat": known} if known else {})


def _pack(staged: Path, output: Path) -> None:
    """Pack a folder; the same content gives the same bytes."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo(f"{CODE}/", _EPOCH), b"")  # a described folder has an entry
        for path in sorted(p for p in staged.rglob("*") if p.is_file()):
            member = zipfile.ZipInfo(path.relative_to(staged).as_posix(), _EPOCH)
            member.external_attr = 0o644 << 16
            packed.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
