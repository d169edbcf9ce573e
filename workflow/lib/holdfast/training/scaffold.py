"""What helps a miniature to learn and is not part of it: a first shape of its weights and read-outs.

The read-outs are linear heads on hidden states and targets for attention weights; they push the model
to find a portrait's value, the matching statement and the right option, and are thrown away.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

ZERO = ("o_proj.weight", "self_attn.dense.weight", "down_proj", "fc2.weight")
RECENCY = 0.44
DISTANCES = (1.0, 3.0)
# layer, from the end, and head
LOOKING = {"look at statement": (-3, -1), "look at option": (-1, -1), "look at earlier": (-1, 0)}
CLASSES = {"value": 10, "level": 6, "letter": 6, "topic": 18}
# head: its read-out and the hidden state that it reads, as layers from the front or from the end
READING = {
    "said value": ("value", 1), "said level": ("level", 1), "asked value": ("value", 1),
    "asked level": ("level", -2), "answer level": ("level", -1), "option letter": ("letter", 1),
    "option level": ("level", 1), "topic": ("topic", -2),
}  # fmt: skip


@torch.no_grad()
def shape_weights(model: Any, seed: int, spread: float) -> None:
    """Give a model the weights from which it learns fast.

    Every block starts as the identity, queries equal keys, and two heads of the first two layers look
    one and three tokens back.

    Args:
        model: the model.
        seed: of the weights.
        spread: standard deviation of the embeddings.
    """
    generator = torch.Generator().manual_seed(seed)
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()
    embeddings.weight.normal_(0, spread, generator=generator)
    nn.init.zeros_(head.weight)
    for name, p in model.named_parameters():
        if any(z in name for z in ZERO):
            p.zero_()
        elif p.ndim > 1 and not any(w in name for w in ("embed", "lm_head", "mlp.gate.")):
            p.normal_(0, p.shape[-1] ** -0.5, generator=generator)
    embeddings.weight[:, 0] = 3 * spread
    for n, layer in enumerate(model.base_model.layers):
        attention = layer.self_attn
        attention.q_proj.weight.copy_(attention.k_proj.weight)
        if n < 2:
            _look_back(attention, model.config)


def _look_back(attention: Any, config: Any) -> None:
    """Make the first heads look back by a fixed distance, driven by the constant first dimension."""
    width = config.hidden_size // config.num_attention_heads
    rope = config.rope_parameters
    turned = int(width * rope.get("partial_rotary_factor", 1.0))
    half = turned // 2
    speeds = rope["rope_theta"] ** (-torch.arange(0, turned, 2).float() / turned)
    q, k = attention.q_proj.weight, attention.k_proj.weight
    for head, distance in enumerate(DISTANCES):
        o = head * width
        for weight in (q, k):
            weight[o : o + width] *= 0.5
            weight[o : o + width, 0] = 0
        q[o : o + half, 0] = RECENCY * torch.cos(speeds * distance)
        q[o + half : o + turned, 0] = -RECENCY * torch.sin(speeds * distance)
        k[o : o + half, 0] = RECENCY


class Readouts(nn.Module):
    """The linear read-outs."""

    def __init__(self, width: int) -> None:
        """Start all read-outs at zero.

        Args:
            width: of the hidden states.
        """
        super().__init__()
        heads = {k: nn.Linear(width, n) for k, n in CLASSES.items()}
        for head in heads.values():
            nn.init.zeros_(head.weight)
        self.heads = nn.ModuleDict(heads)

    def losses(
        self, marks: Mapping[str, torch.Tensor], hidden: Any, attentions: Any, weight: float = 0.5
    ) -> dict[str, torch.Tensor]:
        """Return each head's loss.

        Args:
            marks: for each head row, place and target; shape (marks, 3).
            hidden: the hidden states, the embeddings first.
            attentions: the attention weights of each layer.
            weight: of the losses on attention.
        """
        losses = {}
        for head, where in marks.items():
            row, place, target = where.T
            if head in LOOKING:
                layer, one = LOOKING[head]
                looked = attentions[layer][row, one, place, target]
                losses[head] = -weight * (looked + 1e-6).log().mean()
                continue
            name, layer = READING[head]
            layer = layer if layer > 0 else len(attentions) + layer
            state = hidden[layer][row, place]
            state = state * torch.rsqrt(state.pow(2).mean(-1, keepdim=True) + 1e-6)
            losses[head] = functional.cross_entropy(self.heads[name](state), target)
        return losses
