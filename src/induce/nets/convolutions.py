"""Small convolutional networks that train on a CPU: strides instead of pooling, few channels."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from induce.errors import DataError

__all__ = ["SegmentationNet", "SmallCNN"]


class SmallCNN(nn.Module):
    """Pictures to features or class logits: two convolutions of stride 2, then two linear layers.

    With one channel of 28 by 28 pixels and ten outputs it has 106 thousand parameters; strides make it several times as
    fast on a CPU as pooling does.

    Parameters
    ----------
    outputs : int, optional
        Number of classes; None gives the features themselves.
    channels : int
        Channels of a picture: 1 gray, 3 color.
    size : int
        Height and width of a picture in pixels.
    widths : pair of int
        Channels of the two convolutions.
    features : int
        Length of the feature vector, kept in :attr:`dim`.

    Raises
    ------
    DataError
        For pictures of another shape, saying which is expected.

    References
    ----------
    J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller (2015), Striving for Simplicity: The All Convolutional Net.

    >>> net = SmallCNN(10)
    >>> net(torch.zeros(5, 1, 28, 28)).shape, net.encode(torch.zeros(5, 1, 28, 28)).shape
    (torch.Size([5, 10]), torch.Size([5, 64]))
    """

    def __init__(
        self,
        outputs: int | None = None,
        *,
        channels: int = 1,
        size: int = 28,
        widths: tuple[int, int] = (16, 32),
        features: int = 64,
    ) -> None:
        super().__init__()
        self.channels, self.size, self.dim = channels, size, features
        small = -(-size // 4)  # two strides of 2, rounded up
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, widths[0], 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(widths[0], widths[1], 3, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(widths[1] * small * small, features), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Identity() if outputs is None else nn.Linear(features, outputs)

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Features, shape (batch, channels, size, size) -> (batch, dim)."""
        _check_pictures(images, self.channels, self.size)
        found: torch.Tensor = self.encoder(images)
        return found

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of the classes, shape (batch, outputs); the features where there are no outputs."""
        found: torch.Tensor = self.head(self.encode(images))
        return found


class SegmentationNet(nn.Module):
    """Pictures to logits for every pixel: three convolutions of stride 2, one without, and a light decoder.

    The decoder adds, at a half and a quarter of the size, what the encoder saw there; logits are made at half the size and
    widened bilinearly.

    Parameters
    ----------
    outputs : int
        Logits of a pixel, such as the nodes of a label tree.
    channels : int
        Channels of a picture.
    width : int
        Channels of the first convolution; the deeper ones have two and four times as many.

    Raises
    ------
    DataError
        For pictures of another shape.

    References
    ----------
    T.-Y. Lin et al. (2017), Feature Pyramid Networks for Object Detection. Y. Wu, K. He (2018), Group Normalization.

    >>> SegmentationNet(18)(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 18, 64, 64])
    """

    def __init__(self, outputs: int, *, channels: int = 3, width: int = 16) -> None:
        super().__init__()
        self.channels = channels
        widths = (width, 2 * width, 4 * width)
        self.stage_2 = _convolution(channels, widths[0], stride=2)
        self.stage_4 = _convolution(widths[0], widths[1], stride=2)
        self.stage_8 = nn.Sequential(
            _convolution(widths[1], widths[2], stride=2), _convolution(widths[2], widths[2], dilation=2)
        )
        self.lateral = nn.ModuleList([nn.Conv2d(w, widths[1], 1) for w in widths])
        self.smooth = _convolution(widths[1], widths[1])
        self.head = nn.Conv2d(widths[1], outputs, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits, shape (batch, channels, height, width) -> (batch, outputs, height, width)."""
        _check_pictures(images, self.channels)
        half = self.stage_2(images)
        quarter = self.stage_4(half)
        found = self.lateral[2](self.stage_8(quarter))
        for lateral, seen in ((self.lateral[1], quarter), (self.lateral[0], half)):
            found = lateral(seen) + _widened(found, seen)
        logits: torch.Tensor = self.head(self.smooth(found))
        return _widened(logits, images)


def _convolution(inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A convolution that keeps the size up to its stride; groups are normalized, so that small batches do no harm."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=dilation, dilation=dilation, bias=False),
        nn.GroupNorm(4 if outputs % 4 == 0 else 1, outputs),
        nn.ReLU(),
    )


def _widened(small: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(small, size=like.shape[-2:], mode="bilinear", align_corners=False)


def _check_pictures(images: torch.Tensor, channels: int, size: int | None = None) -> None:
    """Refuse what is no batch of pictures, saying what it looks like."""
    wanted = f"(batch, {channels}, {size or 'height'}, {size or 'width'})"
    shape = tuple(images.shape)
    if not torch.is_floating_point(images):
        raise DataError(
            f"pictures must be of floating-point numbers, but they are {images.dtype}. "
            "Pass images.float() / 255 for pixels from 0 to 255."
        )
    if len(shape) == 4 and shape[1] != channels and shape[3] == channels:
        raise DataError(
            f"pictures must have shape {wanted}, but they have {shape}: the channels come last. "
            "Pass images.permute(0, 3, 1, 2)."
        )
    if len(shape) != 4 or shape[1] != channels:
        raise DataError(f"pictures must have shape {wanted}, but they have {shape}. Say channels= when making the net.")
    if size is not None and shape[2:] != (size, size):
        raise DataError(f"pictures must have shape {wanted}, but they have {shape}. Say size= when making the net.")
