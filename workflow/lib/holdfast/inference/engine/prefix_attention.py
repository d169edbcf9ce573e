"""Attention of many prompts' own ends to the prefix that they share (methods 3.3).

One packed row of tokens holds everything that a pass computes: first the prefixes of its groups, then
all ends. A token of an end attends to its own end, causally, and to the whole prefix of its group;
both parts are computed apart and merged by their log-sum-exp, so no key is ever copied and no score
is computed between tokens that do not see each other. Shapes: T tokens, H query heads, K key heads
(H = K · R), D numbers a head, N ends of at most S tokens.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

from holdfast.inference.engine.matrix_products import large_products
from holdfast.inference.engine.prefix_packing import Layout, Rows

NAME = "holdfast_cascade"
BLOCK = 1024  # queries at a time where a sliding window needs a mask
Windows = dict[int, int | None]  # of layers; None: a layer sees everything
_HIDDEN = -1e30  # added to a score that is not to be seen; finite, so that no row is empty


def supports(model: Any) -> bool:
    """Return whether the model may attend by what is here: through the library's interface, on one device.

    Whether it then gives what it gives by itself is tried (`scoring_ways`).
    """
    spread = len(set(getattr(model, "hf_device_map", {}).values())) > 1
    return not spread and bool(getattr(model, "_supports_attention_backend", False))


@contextmanager
def attending(model: Any) -> Iterator[None]:
    """Let the model attend by what a call's argument `cascade` says."""
    before = model.config._attn_implementation
    try:
        model.set_attn_implementation(NAME)
        with large_products():
            yield
    finally:
        model.set_attn_implementation(before)


def last_hidden(
    model: Any, packed: Layout, cut: bool = True, windows: Windows | None = None
) -> Tensor:
    """Return the last hidden state of every end's last token; shape (N, width).

    Args:
        model: the causal language model.
        packed: the tokens.
        cut: are only those tokens computed in the last layer? Of all others it needs keys and values alone.
        windows: filled with each layer's sliding window.
    """
    attend = partial(_attend, packed)
    if windows is not None:
        attend = partial(_noting, windows, attend)
    hook = None
    if cut:
        final = model.get_decoder().layers[-1]
        hook = final.register_forward_pre_hook(partial(_only_last, packed), with_kwargs=True)
    try:
        with attending(model):
            hidden: Tensor = model.get_decoder()(
                input_ids=packed.tokens[None], position_ids=packed.positions[None],
                use_cache=False, cascade=attend,
            ).last_hidden_state[0]  # fmt: skip
    finally:
        if hook is not None:
            hook.remove()
    return hidden if cut else hidden[packed.last]


def logits_of(model: Any, hidden: Tensor) -> Tensor:
    """Return the logits after hidden states (N, width), scaled or bounded as the model's configuration says."""
    with large_products():
        logits: Tensor = model.get_output_embeddings()(hidden)
    config = model.config.get_text_config()
    if factor := getattr(config, "logit_scale", None):
        logits = logits * factor
    if divisor := getattr(config, "logits_scaling", None):
        logits = logits / divisor
    if bound := getattr(config, "final_logit_softcapping", None):
        logits = bound * torch.tanh(logits / bound)
    return logits


def _noting(windows: Windows, attend: Callable[..., Tensor], layer: int, *about: Any) -> Tensor:
    windows[layer] = about[-1]
    return attend(layer, *about)


def _only_last(packed: Layout, layer: Any, args: Any, about: Any) -> tuple[Any, Any]:
    """Cut what enters the last layer to the ends' last tokens, after its keys were made of all."""
    hidden = args[0]
    caught: list[Tensor] = []

    def catch(_: int, query: Tensor, key: Tensor, value: Tensor, *__: Any) -> Tensor:
        caught.extend((key, value))
        return query.transpose(1, 2)

    layer.self_attn(hidden_states=layer.input_layernorm(hidden), **about | {"cascade": catch})
    turned = tuple(x[:, packed.last] for x in about["position_embeddings"])
    about |= {
        "position_embeddings": turned,
        "cascade": partial(_attend_last, packed, caught[0], caught[1]),
    }
    return (hidden[:, packed.last], *args[1:]), about


def _interface(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Any,
    scaling: float, cascade: Callable[..., Tensor], sliding_window: int | None = None,
    softcap: float | None = None, s_aux: Tensor | None = None, **_: Any,
) -> tuple[Tensor, None]:  # fmt: skip
    if softcap is not None or s_aux is not None:
        raise NotImplementedError("scores that are bounded, or share a sink, are not computed here")
    return cascade(module.layer_idx, query, key, value, scaling, sliding_window), None


AttentionInterface.register(NAME, _interface)


def _attend(
    packed: Layout, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
) -> Tensor:  # fmt: skip
    """Return the attention of all tokens; query (1, H, T, D), key and value (1, K, T, D)."""
    q, k, v = (x.transpose(1, 2)[0] for x in (query, key, value))  # (T, heads, D)
    out = torch.empty(q.shape, dtype=q.dtype, device=q.device)
    prefixes = [_prefix_keys(rows, layer, k, v) for rows in packed.parts]
    for rows, keys in zip(packed.parts, prefixes, strict=True):
        if rows.prefix.stop > rows.prefix.start:
            out[rows.prefix] = _causal(packed, q[rows.prefix], *keys, scale, window)
    ends = slice(packed.start, None)
    out[ends], weight = _own(packed, q[ends], k[ends], v[ends], scale, window)
    for rows, keys in zip(packed.parts, prefixes, strict=True):
        here = slice(rows.ends.start - packed.start, rows.ends.stop - packed.start)
        if rows.size:
            far = packed.positions[rows.ends]
            _merge(packed, out[rows.ends], weight[here], q[rows.ends], keys, far, scale, window)
    return out[None]


def _attend_last(
    packed: Layout, key: Tensor, value: Tensor, layer: int, query: Tensor, _: Tensor, __: Tensor,
    scale: float, window: int | None,
) -> Tensor:  # fmt: skip
    """Return the attention of the ends' last tokens; query (1, H, N, D)."""
    q, k, v = (x.transpose(1, 2)[0] for x in (query, key, value))
    n, heads, size = q.shape
    near = [_spread(x[packed.start :], packed.pad, n, heads) for x in (k, v)]
    mask = remembered(packed.masks, ("last", window), lambda: _last_mask(packed, window)).to(
        q.dtype
    )
    own, weight = attention(q.view(n, heads, 1, size), near[0], near[1], scale, mask=mask)
    out, weight = own.reshape(n, heads, size).clone(), weight.view(n, heads)
    for rows in packed.parts:
        if rows.size:
            keys = _prefix_keys(rows, layer, k, v)
            far = packed.positions[packed.last[rows.last]]
            _merge(
                packed, out[rows.last], weight[rows.last], q[rows.last], keys, far, scale, window
            )
    return out[None]


def _prefix_keys(rows: Rows, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return keys and values of a part's whole prefix (P, K, D): what was known, and what is new."""
    part, key, value = rows.part, k[rows.prefix], v[rows.prefix]
    if part.known:
        old_key, old_value = (x[: part.known] for x in part.kept[layer])
        if not part.fresh:
            return old_key, old_value
        key, value = torch.cat([old_key, key]), torch.cat([old_value, value])
    elif part.keep:
        key, value = key.clone(), value.clone()  # a view would hold the whole pass
    if part.keep:
        part.kept[layer] = (key, value)
    return key, value


def _own(
    packed: Layout, q: Tensor, k: Tensor, v: Tensor, scale: float, window: int | None
) -> tuple[Tensor, Tensor]:
    """Return the causal attention within each end (tokens, H, D) and its log-sum-exp (tokens, H)."""
    n, (_, heads, size) = len(packed.lengths), q.shape
    q, k, v = (_spread(x, packed.pad, n, heads) for x in (q, k, v))
    longest = q.shape[2]
    mask = None
    if window is not None and longest > window:
        place = packed.unpad.new_tensor(range(longest))
        mask = remembered(packed.masks, ("own", window), lambda: distance(place, place, window))
        mask = mask.to(q.dtype)
    out, weight = attention(q, k, v, scale, mask=mask, causal=mask is None)
    rows = out.transpose(1, 2).reshape(n * longest, heads, size).index_select(0, packed.unpad)
    return rows, weight.transpose(1, 2).reshape(n * longest, heads).index_select(0, packed.unpad)


def _spread(x: Tensor, pad: Tensor, n: int, heads: int) -> Tensor:
    """Return rows (tokens, K, D) as padded ends with a key head for every query head (N, H, S, D)."""
    padded = x.index_select(0, pad).view(n, -1, *x.shape[1:]).transpose(1, 2)
    return padded if x.shape[1] == heads else padded.repeat_interleave(heads // x.shape[1], 1)


def _causal(
    packed: Layout, q: Tensor, k: Tensor, v: Tensor, scale: float, window: int | None
) -> Tensor:
    """Return the causal attention of a prefix's last T tokens to all P of it; (T, H, D), (P, K, D)."""
    known = len(k) - len(q)
    if not known and (window is None or len(q) <= window):
        return shared_attention(q, k, v, scale, causal=True)[0]
    place, blocks = torch.arange(len(k), device=q.device), []
    for start in range(0, len(q), BLOCK):
        rows = slice(start, min(start + BLOCK, len(q)))
        asking = slice(known + rows.start, known + rows.stop)
        seen = slice(max(0, asking.start - window + 1) if window else 0, asking.stop)
        mask = remembered(
            packed.masks, (asking.start, asking.stop, window),
            partial(distance, place[asking], place[seen], window),
        ).to(q.dtype)  # fmt: skip
        blocks.append(shared_attention(q[rows], k[seen], v[seen], scale, mask=mask)[0])
    return torch.cat(blocks)


def _merge(
    packed: Layout, out: Tensor, weight: Tensor, q: Tensor, keys: tuple[Tensor, Tensor], positions: Tensor,
    scale: float, window: int | None,
) -> None:  # fmt: skip
    """Merge into `out` (tokens, H, D) what its queries see in their prefix, by the log-sum-exps."""
    k, v = keys
    mask, size = None, len(k)
    if window is not None and size + int(packed.lengths.max()) > window:
        seen = max(0, size - window + 1)  # the first end token sees the farthest
        if seen == size:
            return
        k, v = k[seen:], v[seen:]
        place = torch.arange(seen, size, device=q.device)
        mask = distance(positions, place, window).to(q.dtype)
    other, more = shared_attention(q, k, v, scale, mask=mask)
    out.lerp_(other, torch.sigmoid(more - weight).unsqueeze(-1).to(out.dtype))


def shared_attention(
    q: Tensor, k: Tensor, v: Tensor, scale: float, mask: Tensor | None = None, causal: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the attention of queries (T, H, D) to one set of keys (P, K, D), and its log-sum-exp (T, H).

    Query heads that share a key head become heads of a batch of K, whose keys are a view.
    """
    (tokens, heads, size), shared = q.shape, k.shape[1]
    if heads == shared:
        q, k, v = (x.transpose(0, 1)[None] for x in (q, k, v))
        out, weight = attention(q, k, v, scale, mask=mask, causal=causal)
        return out[0].transpose(0, 1), weight[0].transpose(0, 1)
    each = heads // shared
    grouped = q.view(tokens, shared, each, size).permute(1, 2, 0, 3)
    k, v = (x.transpose(0, 1)[:, None].expand(-1, each, -1, -1) for x in (k, v))
    out, weight = attention(grouped, k, v, scale, mask=mask, causal=causal)
    return (
        out.permute(2, 0, 1, 3).reshape(tokens, heads, size),
        weight.permute(2, 0, 1).reshape(tokens, heads),
    )


def attention(
    q: Tensor, k: Tensor, v: Tensor, scale: float, mask: Tensor | None = None, causal: bool = False
) -> tuple[Tensor, Tensor]:
    """Return scaled dot-product attention (B, H, T, D) and its log-sum-exp (B, H, T).

    Args:
        q: queries (B, H, T, D).
        k: keys (B, H, P, D).
        v: values (B, H, P, D).
        scale: of the scores.
        mask: added to the scores; broadcast to (B, H, T, P).
        causal: may a query see no later key? Only where T = P.

    Raises:
        ValueError: queries, keys and values do not fit each other; torch's kernels may crash then.
    """
    alike = q.shape[:2] == k.shape[:2] == v.shape[:2] and q.shape[-1] == k.shape[-1] > 0
    if not alike or k.shape[2] != v.shape[2] or not k.shape[2]:
        raise ValueError(f"attention of {tuple(q.shape)} to {tuple(k.shape)} and {tuple(v.shape)}")
    if q.device.type == "cpu":
        kernel = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
        out, weight = kernel(q, k, v, 0.0, causal, attn_mask=mask, scale=scale)
        return out, weight
    if mask is None:
        kernel = torch.ops.aten._scaled_dot_product_efficient_attention
        out, weight, *_ = kernel(q, k, v, None, True, 0.0, causal, scale=scale)
        return out, weight[..., : q.shape[2]]
    scores = (q @ k.transpose(-1, -2)).float() * scale + mask
    return scores.softmax(-1).to(v.dtype) @ v, scores.logsumexp(-1)


def distance(queries: Tensor, keys: Tensor, window: int | None) -> Tensor:
    """Return what is added to the scores so that a query sees nothing later and its window alone.

    Args:
        queries: their positions (T).
        keys: their positions (P).
        window: how many keys a query sees, its own the last; None: all.

    Returns:
        A mask of shape (1, 1, T, P).
    """
    far = queries[:, None] - keys
    seen = far >= 0 if window is None else (far >= 0) & (far < window)
    return torch.where(seen, 0.0, _HIDDEN)[None, None]


def _last_mask(packed: Layout, window: int | None) -> Tensor:
    """Return what keeps each end's last token from the padding and from what is too far (N, 1, 1, S)."""
    place = torch.arange(len(packed.pad) // len(packed.lengths), device=packed.pad.device)
    far = packed.lengths[:, None] - 1 - place
    seen = (far >= 0) & (far < (window or len(place)))
    return torch.where(seen, 0.0, _HIDDEN)[:, None, None]


def remembered(masks: dict[Any, Tensor], name: Any, make: Callable[[], Tensor]) -> Tensor:
    """Return the mask of a name; it is made once a pass, not once a layer."""
    if name not in masks:
        masks[name] = make()
    return masks[name]
