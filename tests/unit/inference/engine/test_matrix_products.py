"""Large products are oneDNN's, small ones and those of other formats torch's own, and all say the same."""

import gc
import platform
import weakref
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import Linear, functional

from holdfast.inference.engine import matrix_products
from holdfast.inference.engine.matrix_products import (
    LARGE_WEIGHT,
    MANY_ROWS,
    PackedLinear,
    large_products,
    pack,
)
from holdfast.inference.engine.out_of_memory import keep_freed_memory

WIDTH = 32
LARGE = LARGE_WEIGHT // WIDTH
MANY = pytest.param(MANY_ROWS, 48, torch.float32, id="many rows")
WIDE = pytest.param(1, LARGE, torch.float32, id="a large weight")
FEW = pytest.param(MANY_ROWS - 1, LARGE - 1, torch.float32, id="few rows")
OTHER = pytest.param(MANY_ROWS, LARGE, torch.bfloat16, id="another format")


def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the rows of every product that oneDNN is asked for."""
    rows: list[int] = []
    onednn = torch.ops.mkldnn._linear_pointwise

    def noted(x: Tensor, *rest: object) -> Tensor:
        rows.append(x.shape[-2])
        result: Tensor = onednn(x, *rest)
        return result

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", noted)
    return rows


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("rows", "width", "dtype"), [MANY, WIDE, FEW, OTHER])
def test_a_layer_says_what_it_says_elsewhere(
    rows: int, width: int, dtype: torch.dtype, bias: bool, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    torch.manual_seed(1)
    layer, x = (
        Linear(WIDTH, width, bias=bias, dtype=dtype),
        torch.randn(1, rows, WIDTH, dtype=dtype),
    )
    by_onednn = asked(monkeypatch)
    with torch.inference_mode():
        own = layer(x)
        with large_products():
            found = layer(x)
    name = request.node.callspec.id
    expected = "many rows" in name or "a large weight" in name
    assert by_onednn == [rows] * expected
    if expected:
        torch.testing.assert_close(found, own, rtol=1e-5, atol=1e-5)
    else:
        assert torch.equal(found, own)


def test_afterwards_torch_s_own_function_is_back() -> None:
    own = functional.linear
    with pytest.raises(RuntimeError, match="full"), large_products():
        with large_products():
            pass
        assert functional.linear is not own, "an inner block does not end the outer one"
        raise RuntimeError("full")
    assert functional.linear is own


@given(
    st.lists(st.integers(0, 5), max_size=3),
    st.integers(1, 70),
    st.integers(1, 70),
    st.booleans(),
)
def test_a_packed_layer_is_the_layer(ahead: list[int], width: int, out: int, bias: bool) -> None:
    torch.manual_seed(out)
    layer, x = Linear(width, out, bias=bias), torch.randn(*ahead, width)
    with torch.inference_mode():
        own, packed = layer(x), PackedLinear(layer)
        torch.testing.assert_close(packed(x), own, rtol=1e-5, atol=1e-5)
    assert torch.equal(packed.weight, layer.weight)
    assert sum(p.numel() for p in packed.parameters()) == sum(p.numel() for p in layer.parameters())


class Scaled(Linear):
    """A layer of a class of its own, as other packages have them."""

    def forward(self, x: Tensor) -> Tensor:
        """Return twice what a layer returns."""
        return 2 * super().forward(x)


def model() -> nn.Module:
    """Return a model whose head is its embedding too."""
    found = nn.Module()
    found.words, found.head = nn.Embedding(LARGE, WIDTH), Linear(WIDTH, LARGE, bias=False)
    found.head.weight = found.words.weight
    found.layer = nn.Sequential(
        Linear(WIDTH, LARGE), Linear(LARGE - 1, WIDTH), Scaled(WIDTH, LARGE)
    )
    return found


def test_only_large_layers_of_their_own_are_packed() -> None:
    packed = model()
    pack(packed)
    assert [type(x) for x in packed.layer] == [PackedLinear, Linear, Scaled]
    assert type(packed.head) is Linear
    assert packed.head.weight is packed.words.weight
    pack(packed)  # a second time there is nothing left to do
    assert type(packed.layer[0]) is PackedLinear


def test_the_plain_weight_is_not_held() -> None:
    packed = model()
    plain = weakref.ref(packed.layer[0].weight)
    pack(packed)
    gc.collect()
    assert plain() is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_a_model_takes_no_more_memory_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_products, "FREED", 2**25)
    keep_freed_memory()  # as the backend does
    layers = nn.Sequential(*(Linear(1024, 1024) for _ in range(40)))
    before = anonymous_mb()
    pack(layers)
    assert anonymous_mb() - before < 50, "the layers have 168 MB"


def anonymous_mb() -> float:
    """Return the memory of this process that is no file's, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(x.split()[1]) for x in lines if x.startswith("RssAnon")) / 1e3


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_formats_are_packed_where_the_processor_has_them(dtype: torch.dtype) -> None:
    packed = model().to(dtype)
    pack(packed)
    known = dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert isinstance(packed.layer[0], PackedLinear) == known
    x = torch.randn(3, WIDTH).to(dtype)
    assert packed.layer[0](x).dtype == dtype
