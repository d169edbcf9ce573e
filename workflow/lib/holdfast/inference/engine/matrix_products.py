"""Which library computes a matrix product."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

ONEDNN_ROWS = 256  # fewer rows are as fast either way
ONEDNN_WIDTH = (
    8192  # but not where a vocabulary comes out: there 8 rows and more are 1.4 to 1.6 × as fast
)
FEW_ROWS = 8
_linear = functional.linear


@contextmanager
def large_products() -> Iterator[None]:
    """Let oneDNN compute large float32 matrix products on a CPU, where torch would take MKL's.

    It stands in for torch's own function, which modules look up at each call; a mode that is asked before every
    function of torch costs small models a twentieth of their time.
    """
    before = functional.linear
    functional.linear = _product  # type: ignore[assignment]
    try:
        yield
    finally:
        functional.linear = before


def _product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    rows = FEW_ROWS if len(weight) >= ONEDNN_WIDTH else ONEDNN_ROWS
    large = x.dtype == torch.float32 and x.shape[-2] >= rows and x.device.type == "cpu"
    if large and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        product: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        return product
    return _linear(x, weight, bias)
