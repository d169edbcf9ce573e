"""Which library computes a matrix product."""

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

ONEDNN_ROWS = 256  # fewer rows are as fast either way
ONEDNN_WIDTH = (
    8192  # but not where a vocabulary comes out: there 8 rows and more are 1.4 to 1.6 × as fast
)
FEW_ROWS = 8


class Products(TorchFunctionMode):
    """Large float32 matrix products by oneDNN on a CPU, where torch would take MKL's."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function, or what stands in for it."""
        if function is torch.nn.functional.linear and not kwargs:
            x, weight, bias = (*args, None)[:3]
            cpu = x.device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
            rows = FEW_ROWS if len(weight) >= ONEDNN_WIDTH else ONEDNN_ROWS
            if cpu and x.dtype == torch.float32 and x.shape[-2] >= rows:
                return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        return function(*args, **(kwargs or {}))
