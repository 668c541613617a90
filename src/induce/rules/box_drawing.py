"""A picture with boxes over it, as SVG: what a detector found, or what is there."""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from induce.errors import DataError

__all__ = ["draw_boxes", "png"]

Box = tuple[float, float, float, float]
_COLORS = ("#b3261e", "#0b57d0", "#1b6e3c", "#8e24aa", "#b06000", "#00696d", "#5f6368", "#c2185b")


def png(picture: Any) -> bytes:
    """A picture of shape (3, height, width) or (1, height, width), from 0 to 1, as the bytes of a PNG.

    >>> png(np.zeros((3, 2, 2)))[1:4]
    b'PNG'
    """
    array = np.asarray(picture, dtype=np.float64)
    if array.ndim != 3 or array.shape[0] not in (1, 3):
        raise DataError(f"the picture has shape {array.shape}, but (1 or 3, height, width) is needed.")
    pixels = np.round(255 * np.clip(array, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
    height, width, channels = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def draw_boxes(picture: Any, found: Sequence[tuple[str, float, Box]], *, title: str = "parts", zoom: int = 4) -> str:
    """An SVG of a picture with a named box for each part, as wide a line as the part is certain.

    Parameters
    ----------
    picture : array, shape (3, height, width)
    found : sequence of (name, confidence, (left, top, right, bottom))
    title : str
    zoom : int
        Size of a pixel.

    >>> draw_boxes(np.zeros((3, 8, 8)), [("arch", 0.9, (1, 1, 5, 7))]).count("<rect")
    1
    """
    height, width = np.asarray(picture).shape[1:]
    data = base64.b64encode(png(picture)).decode()
    told = (
        "; ".join(f"{name} {sure:.2f} at {', '.join(f'{v:.0f}' for v in box)}" for name, sure, box in found)
        or "no parts"
    )
    color = {name: _COLORS[k % len(_COLORS)] for k, name in enumerate(dict.fromkeys(name for name, _, _ in found))}
    marks = [
        f'<rect x="{box[0] * zoom:.1f}" y="{box[1] * zoom:.1f}" width="{(box[2] - box[0]) * zoom:.1f}" '
        f'height="{(box[3] - box[1]) * zoom:.1f}" fill="none" stroke="{color[name]}" stroke-width="{1 + 2 * sure:.1f}"/>'
        f'<text x="{box[0] * zoom + 2:.1f}" y="{box[1] * zoom + 11:.1f}" fill="{color[name]}" stroke="white" stroke-width="3" '
        f'paint-order="stroke">{html.escape(name)} {sure:.2f}</text>'
        for name, sure, box in found
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * zoom}" height="{height * zoom}" role="img" font-family="sans-serif" '
        f'font-size="11"><title>{html.escape(title)}</title><desc>{html.escape(told)}</desc>'
        f'<image width="{width * zoom}" height="{height * zoom}" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{data}"/>{"".join(marks)}</svg>'
    )
