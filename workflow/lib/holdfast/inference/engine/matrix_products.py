"""Which library computes a matrix product, and how a layer's weights lie in memory.

For torch's own float32 products, MKL leaves the wide instructions of some processors unused; oneDNN does not.
Where weights lie in its own layout, it is faster still (docs/performance.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from holdfast.inference.engine.out_of_memory import give_freed_memory_back

# numbers from which oneDNN is faster: at this bound from some 10 rows on, from five times as many on always
LARGE_WEIGHT = 2**16
MANY_ROWS = 256  # rows from which it is faster for smaller weights too
FREED = 2**28  # bytes of plain weights, after which the system gets them back
_EXPECTED_ROWS = 1024  # the layout is the same for any number but one
_linear = functional.linear


class PackedLinear(nn.Module):
    """A layer whose weight lies as oneDNN reads it fastest, and nowhere else."""

    def __init__(self, layer: nn.Linear) -> None:
        """Take over a layer's weight and bias."""
        super().__init__()
        packed = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), _EXPECTED_ROWS)
        self.packed = nn.Parameter(packed, requires_grad=False)
        self.bias = layer.bias
        self.in_features, self.out_features = layer.in_features, layer.out_features

    @property
    def weight(self) -> Tensor:
        """Return a plain copy of the weight (out, in), for code of a model that reads it."""
        return self.packed.to_dense()

    def forward(self, x: Tensor) -> Tensor:
        """Return the products (..., out) of rows (..., in)."""
        return _by_onednn(x, self.packed, self.bias)


def pack(model: nn.Module) -> None:
    """Put `PackedLinear` in place of a model's large layers, where oneDNN has its numeric format on this CPU.

    A weight that is an embedding too stays: it would be held twice. Else no more than `FREED` is held twice.
    """
    freed = 0
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    for parent in model.modules():
        for name, layer in parent.named_children():
            if (
                type(layer) is nn.Linear
                and id(layer.weight) not in embeddings
                and _packs(layer.weight)
            ):
                setattr(parent, name, PackedLinear(layer))
                freed += layer.weight.nbytes
            if freed > FREED:
                give_freed_memory_back()
                freed = 0
    give_freed_memory_back()


def _packs(weight: Tensor) -> bool:
    known = weight.dtype == torch.float32 or (
        weight.dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
    return known and weight.numel() >= LARGE_WEIGHT and _onednn(weight)


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
    large = weight.numel() >= LARGE_WEIGHT or x.shape[-2] >= MANY_ROWS
    if large and x.dtype == weight.dtype == torch.float32 and _onednn(x):
        return _by_onednn(x, weight, bias)
    return _linear(x, weight, bias)


def _onednn(x: Tensor) -> bool:
    return x.device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]


def _by_onednn(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return product
