"""The reference of the configuration, docs/configuration.md, made from the typed model.

`python -m holdfast.documentation.configuration_page > docs/configuration.md` writes it anew.
"""

from typing import Any

from holdfast.study.config import Study

_HEAD = """\
# Configuration

<!-- Made by holdfast.documentation.configuration_page from study/config.py; edit that instead. -->

For those who write a study's file. A study is one YAML file, and keys that it leaves out have their
defaults. The tables list every key. Unknown or repeated keys, invalid values and names that are not in
`resources/` are refused before anything runs. `holdfast check FILE` reports them with the file, the key, the
value and what is allowed.

The tables cannot express these additional rules:

- No model, population, questionnaire or text is named twice, and no topic twice with the same interlocutor.
- `contexts.messages` is odd.
- Lengths are given either in messages (`also_after`) or in `reasoning_turns`, and need at least two topics.
- There are at least two contexts, including texts and `neutral: true`.
"""
_NAME = "^[A-Za-z0-9]["
_KINDS = {"integer": "whole number", "string": "text", "boolean": "true or false"}


def configuration_reference() -> str:
    """Return Markdown with every key of a study: type, allowed values, default and meaning."""
    schema = Study.model_json_schema()
    return _HEAD + _section("The study", schema["properties"], schema["$defs"], "")


def _section(title: str, keys: dict[str, Any], parts: dict[str, Any], prefix: str) -> str:
    """Return a table of keys, followed by a table for each key that has keys of its own."""
    rows = ["| key | type | allowed | default | meaning |", "| --- | --- | --- | --- | --- |"]
    below = ""
    for name, about in keys.items():
        inner = _reference(about) or _reference(about.get("items", {}))
        if inner:
            whole = "one of " if "items" in about else ""
            below += _section(
                f"{whole}`{prefix}{name}`", parts[inner]["properties"], parts, f"{prefix}{name}."
            )
        if not _reference(about):
            rows.append(_row(name, about))
    title = title[0].upper() + title[1:]
    return f"\n## {title}\n\n" + "\n".join(rows) + "\n" + below


def _row(name: str, about: dict[str, Any]) -> str:
    default = f"`{_plain(about['default'])}`" if "default" in about else "required"
    cells = [f"`{name}`", _kind(about), _allowed(about), default, about["description"]]
    return "| " + " | ".join(c.replace("|", "\\|").replace("<", "&lt;") for c in cells) + " |"


def _reference(about: dict[str, Any]) -> str:
    return str(about.get("$ref", "")).rpartition("/")[2]


def _bare(about: dict[str, Any]) -> dict[str, Any]:
    """Return what a key may be besides null."""
    return next((b for b in about.get("anyOf", []) if b.get("type") != "null"), about)


def _kind(about: dict[str, Any]) -> str:
    bare = _bare(about)
    if bare.get("type") == "array":
        if bare["items"].get("type") == "integer":
            return "list of whole numbers"
        return "list of names or mappings" if _reference(bare["items"]) else "list of names"
    if str(bare.get("pattern", "")).startswith(_NAME):
        return "name"
    return "path" if bare.get("format") == "path" else _KINDS.get(bare["type"], bare["type"])


def _allowed(about: dict[str, Any]) -> str:
    bare = _bare(about)
    of_each = bare.get("items", {}).get("enum", [])
    if choices := bare.get("enum", [bare["const"]] if "const" in bare else of_each):
        return ", ".join(f"`{c}`" for c in choices)
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    said = [f"{sign} {bare[key]}" for key, sign in limits.items() if key in bare]
    said += [f"at least {bare['minItems']}"] if "minItems" in bare else []
    if pattern := bare.get("pattern"):
        named = str(pattern).startswith(_NAME)
        said.append("letters, digits, `.`, `_`, `-`; 80 at most" if named else f"`{pattern}`")
    return ", ".join(said) or "any"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_plain(v) for v in value) + "]"
    if isinstance(value, dict):
        given = {k: v for k, v in value.items() if v is not None}
        pairs = ", ".join(f"{k}: {_plain(v)}" for k, v in given.items())
        return str(value["name"]) if set(given) == {"name"} else "{" + pairs + "}"
    return (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


if __name__ == "__main__":
    print(configuration_reference(), end="")
