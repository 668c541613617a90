"""Encoders that a user gives: what is wrong with one, or with what it should read, in words before it is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from induce.errors import DataError

__all__ = ["as_tokens", "check_encoder", "check_inputs", "first_answers", "tokens_of"]


def check_encoder(encoder: Any) -> None:
    """Refuse an encoder that is neither a torch module nor None.

    Raises
    ------
    DataError
    """
    from torch import nn

    if encoder is not None and not isinstance(encoder, nn.Module):
        raise DataError(
            f"encoder must be a torch.nn.Module or None, but got {type(encoder).__name__}. SmallCNN() reads pictures."
        )


def first_answers(network: Any, rows: Any, name: str = "the encoder", *, flat: bool = False) -> Any:
    """What a module gives for the first two rows, in evaluation mode and without gradients.

    Parameters
    ----------
    network : Module
    rows : Tensor
    name : str
        What messages call the module.
    flat : bool
        Whether answers must have shape (rows, features).

    Raises
    ------
    DataError
        For a module that cannot read such rows, or that gives no tensor with a row for each.
    """
    import torch

    some = rows[:2]
    found, error = _tried(network, some)
    if error is not None:
        advice = "Let its first layer take rows of that shape."
        if any(isinstance(m, torch.nn.Embedding | torch.nn.EmbeddingBag) for m in network.modules()):
            advice = "An embedding reads whole numbers: call x.long() before it where other layers read x too."
        raise DataError(
            f"{name} cannot read rows of shape {tuple(rows.shape[1:])}: {str(error).splitlines()[0]}. {advice}"
        ) from error
    if not isinstance(found, torch.Tensor) or found.ndim < 2 or len(found) != len(some):
        shape = f"shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else type(found).__name__
        raise DataError(f"{name} gives {shape} for {len(some)} rows, but a tensor with a row for each is needed.")
    if flat and found.ndim != 2:
        raise DataError(
            f"{name} gives shape {tuple(found.shape)} for {len(some)} rows, but (rows, features) is needed. Put nn.Flatten() behind it, or "
            "take a mean over the positions."
        )
    return found


def _tried(network: Any, some: Any) -> tuple[Any, Exception | None]:
    """The answers, or what went wrong."""
    import torch

    training = [(module, module.training) for module in network.modules()]
    try:
        with torch.no_grad():
            return network.eval()(some), None
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        return None, error
    finally:
        for module, was in training:  # a part may be frozen
            module.training = was


def check_inputs(X: Any) -> None:
    """Refuse what an encoder of floating-point numbers cannot read.

    Raises
    ------
    DataError
        For whole numbers such as pixels from 0 to 255, and pictures whose channels come last.
    """
    values = np.asarray(X)
    if values.dtype.kind in "iub" and values.ndim > 2:
        raise DataError(
            f"the encoder reads floating-point numbers, but X holds {values.dtype} from {values.min()} to {values.max()}. "
            "Pass X.astype('float32') / 255 for pixels."
        )
    if values.dtype.kind not in "iubf":
        raise DataError(f"the encoder reads numbers, but X holds {values.dtype}. Encode texts and categories first.")
    if values.ndim == 4 and values.shape[3] in (1, 3) and values.shape[1] not in (1, 3):
        raise DataError(
            f"pictures must have shape (rows, channels, height, width), but X has {values.shape}: the channels come last. "
            "Pass X.transpose(0, 3, 1, 2)."
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise DataError(f"X has missing or infinite values (row {row}). Fill them in before the encoder.")


def tokens_of(encoder: Any, rows: Any) -> int | None:
    """How many tokens an encoder tells apart that reads rows only as whole numbers, by an embedding; None for every other one."""
    import torch

    if not isinstance(encoder, torch.nn.Module) or not len(rows) or _tried(encoder, rows[:2])[1] is None:
        return None
    zeros = torch.zeros_like(rows[:2], dtype=torch.long)  # a token that every embedding has
    reached: list[int] = []
    hooks = [
        module.register_forward_pre_hook(
            lambda m, given: reached.append(m.num_embeddings) if given[0] is zeros else None
        )
        for module in encoder.modules()
        if isinstance(module, torch.nn.Embedding | torch.nn.EmbeddingBag)
    ]
    try:
        error = _tried(encoder, zeros)[1] if hooks else None
    finally:
        for hook in hooks:
            hook.remove()
    return min(reached) if reached and error is None else None


def as_tokens(rows: Any, count: int) -> Any:
    """Rows of whole numbers as the integers that an embedding of so many tokens reads.

    Parameters
    ----------
    rows : Tensor, shape (rows, ...)
    count : int

    Raises
    ------
    DataError
        For entries that are no token.
    """
    import torch

    wrong = torch.argwhere((rows != rows.round()) | (rows < 0) | (rows >= count))
    if len(wrong):
        place = wrong[0].tolist()
        raise DataError(
            f"the encoder reads X by an embedding of {count} tokens, but X has {float(rows[tuple(place)]):g} in row {place[0]}. Pass whole "
            f"numbers from 0 to {count - 1}."
        )
    return rows.long()
