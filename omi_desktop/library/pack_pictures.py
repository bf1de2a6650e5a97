"""The pictures of a content pack: small, still, and nothing in them that runs, refers elsewhere or swells."""

from __future__ import annotations

import re
import struct
import zlib
from xml.parsers import expat

_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNK = struct.Struct(">I4s")
_HEADER = struct.Struct(">IIBBBBB")
_CHUNKS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"pHYs", b"IDAT", b"IEND"))
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel, by the kind of colour."""
_SIDE = 4000
"""Pixels."""
_PIXELS = 4_000_000

_ELEMENTS = frozenset((
    "svg", "g", "title", "desc", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
    "text", "tspan", "marker", "linearGradient", "radialGradient", "stop", "clipPath",
))  # fmt: skip
_NODES = 4000
_DEPTH = 16
_AWAY = re.compile(r"href|^on|^style$|src", re.IGNORECASE)
_VALUE = re.compile(
    r"[^(]*|url\(#[A-Za-z][\w-]*\)|(?:(?:translate|rotate|scale|matrix|skewX|skewY)\([-\d., e]*\)\s*)+"
)


def is_sound(name: str, data: bytes) -> bool:
    """Whether a picture may be taken in."""
    return _is_sound_png(data) if name.endswith(".png") else _is_sound_svg(data)


def _is_sound_png(data: bytes) -> bool:
    """A PNG of moderate size whose chunks are whole and whose pixels are as many as it says."""
    if not data.startswith(_PNG):
        return False
    at, names, packed = len(_PNG), [], []
    while at + _CHUNK.size + 4 <= len(data):
        length, name = _CHUNK.unpack_from(data, at)
        end = at + _CHUNK.size + length
        body = data[at + _CHUNK.size : end]
        if name not in _CHUNKS or data[end : end + 4] != zlib.crc32(name + body).to_bytes(4, "big"):
            return False
        names.append(name)
        if name == b"IDAT":
            packed.append(body)
        at = end + 4
    if (
        at != len(data)
        or not names
        or names[0] != b"IHDR"
        or names[-1] != b"IEND"
        or names.count(b"IHDR") != 1
    ):
        return False
    return _has_its_pixels(data[len(_PNG) + _CHUNK.size :], b"".join(packed))


def _has_its_pixels(header: bytes, packed: bytes) -> bool:
    if len(header) < _HEADER.size:
        return False
    width, height, bits, colour, packing, filtering, interlacing = _HEADER.unpack_from(header)
    if not (0 < width <= _SIDE and 0 < height <= _SIDE and width * height <= _PIXELS):
        return False
    if bits not in (1, 2, 4, 8) or colour not in _SAMPLES or packing or filtering or interlacing:
        return False
    expected = height * (1 + (width * bits * _SAMPLES[colour] + 7) // 8)
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(packed, expected + 1)
    except zlib.error:
        return False
    return len(found) == expected and inflater.eof


def _is_sound_svg(data: bytes) -> bool:
    """An SVG of shapes and words: no document type, no instructions, no scripts, nothing fetched."""
    depth = count = 0
    parser = expat.ParserCreate("utf-8")

    def refuse(*_: object) -> None:
        raise ValueError("not a plain drawing")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if name not in _ELEMENTS or depth > _DEPTH or count > _NODES or (depth == 1 and name != "svg"):
            refuse()
        for attribute, value in attributes.items():
            if _AWAY.search(attribute) or not _VALUE.fullmatch(value):
                refuse()

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return False
    return count > 0
