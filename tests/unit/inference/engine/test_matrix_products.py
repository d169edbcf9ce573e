"""Large products are oneDNN's, small ones and those of other formats torch's own, and all say the same."""

import pytest
import torch
from torch import Tensor
from torch.nn import Linear, functional

from holdfast.inference.engine.matrix_products import (
    FEW_ROWS,
    ONEDNN_ROWS,
    ONEDNN_WIDTH,
    large_products,
)

ONEDNN = pytest.param(ONEDNN_ROWS, 48, torch.float32, id="many rows")
VOCABULARY = pytest.param(FEW_ROWS, ONEDNN_WIDTH, torch.float32, id="a vocabulary")
FEW = pytest.param(ONEDNN_ROWS - 1, 48, torch.float32, id="few rows")
OTHER = pytest.param(ONEDNN_ROWS, 48, torch.bfloat16, id="another format")


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
@pytest.mark.parametrize(("rows", "width", "dtype"), [ONEDNN, VOCABULARY, FEW, OTHER])
def test_a_layer_says_what_it_says_elsewhere(
    rows: int, width: int, dtype: torch.dtype, bias: bool, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    torch.manual_seed(1)
    layer, x = Linear(32, width, bias=bias, dtype=dtype), torch.randn(1, rows, 32, dtype=dtype)
    by_onednn = asked(monkeypatch)
    with torch.inference_mode():
        own = layer(x)
        with large_products():
            found = layer(x)
    expected = "many rows" in request.node.callspec.id or "vocabulary" in request.node.callspec.id
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
