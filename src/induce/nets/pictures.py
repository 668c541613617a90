"""What is wrong with a batch of pictures, in words, before a network sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from induce.errors import DataError

__all__ = ["channels_of", "check_pictures"]

_BRIGHTEST = 1.5  # beyond it values are no shares of white; normalized pictures are checked by their mean elsewhere


def channels_of(network: Any) -> int | None:
    """Channels that the first convolution of a module takes; None where there is none.

    >>> channels_of(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()))
    3
    """
    modules = network.modules() if isinstance(network, nn.Module) else ()
    return next((m.in_channels for m in modules if isinstance(m, nn.Conv2d)), None)


def check_pictures(pictures: Any, channels: int | None = None) -> torch.Tensor:
    """Pictures as a float32 tensor of shape (n, channels, height, width) with values from 0 to 1.

    Parameters
    ----------
    pictures : array or tensor of floats
    channels : int, optional
        What the network takes.

    Raises
    ------
    DataError
        For bytes from 0 to 255, channels at the end, another number of channels, and entries that are not finite.

    >>> check_pictures(np.zeros((2, 3, 8, 8))).shape
    torch.Size([2, 3, 8, 8])
    """
    given = pictures if isinstance(pictures, torch.Tensor) else torch.as_tensor(np.asarray(pictures))
    shape = tuple(given.shape)
    if len(shape) != 4:
        hint = " Add the axis of channels: pictures[:, None]." if len(shape) == 3 else ""
        raise DataError(f"the pictures have shape {shape}, but (n, channels, height, width) is needed.{hint}")
    if shape[1] not in (1, 3, 4, channels) and shape[3] in (1, 3, 4):
        raise DataError(
            f"the pictures have shape {shape}, with the channels at the end, but (n, channels, height, width) is needed. "
            "Pass pictures.transpose(0, 3, 1, 2)."
        )
    if channels is not None and shape[1] != channels:
        gray = shape[1] == 1 and channels == 3
        advice = "Repeat it: pictures.repeat(3, axis=1)." if gray else f"Pass pictures of {channels} channels."
        raise DataError(
            f"the pictures have {shape[1]} channel{'s' if shape[1] != 1 else ''}{' (grayscale)' if shape[1] == 1 else ''}, but the "
            f"network takes {channels}. {advice}"
        )
    if not given.is_floating_point():
        raise DataError(
            f"the pictures hold {str(given.dtype).removeprefix('torch.')} (0 to 255), but the network takes floats from 0 to 1. "
            "Pass pictures / 255."
        )
    if not torch.isfinite(given).all():
        raise DataError("the pictures hold NaN or infinite values. Drop those pictures.")
    if given.numel() and float(given.max()) > _BRIGHTEST:
        raise DataError(
            f"the pictures hold values up to {float(given.max()):g}, but the network takes floats from 0 to 1. "
            "Pass pictures / 255 where they are 0 to 255."
        )
    return given.to(torch.float32)
