"""Draws simple pictures: SVG written by hand, PNG by Pillow, both from the same shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape, quoteattr

from assistant.errors import PermanentFailure

if TYPE_CHECKING:
    from PIL import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

#: Endings of files that can be written.
KINDS: Final = (".svg", ".png")

Anchor = Literal["start", "middle", "end"]

_FONTS: Final = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
_SCALE: Final = 2  # pixels of a PNG for each unit, so that it is sharp on today's screens
_PILLOW: Final = {"start": "ls", "middle": "ms", "end": "rs"}
#: Letters that the font inside Pillow lacks, and those that stand in; the dots are drawn above them.
_DOTTED: Final = dict(zip("äöüÄÖÜ", "aouAOU", strict=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A filled rectangle; units are pixels of the SVG, y grows downwards."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A line of text; ``y`` is its base line."""

    x: float
    y: float
    text: str
    size: float = 12
    fill: str = "#333333"
    anchor: Anchor = "start"
    bold: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """What is to be drawn, the first shape at the bottom; ``title`` is read to those who cannot see it."""

    width: int
    height: int
    title: str
    shapes: Sequence[Box | Words]


def write_picture(picture: Picture, path: Path) -> None:
    """Write a picture in the format that the file's ending names.

    Raises ``PermanentFailure`` when Pillow is missing, ``OSError`` when the file cannot be written.
    """
    if path.suffix.lower() == ".png":
        _write_png(picture, path)
    else:
        path.write_text(svg(picture), encoding="utf-8")


def need_pillow() -> None:
    """Raises ``PermanentFailure`` when PNG cannot be written."""
    try:
        import PIL.ImageDraw  # noqa: F401
    except ImportError as error:
        raise PermanentFailure(
            f"PNG pictures need Pillow ({error}); install gelassen again, or name the file .svg"
        ) from error


def svg(picture: Picture) -> str:
    """The picture as an SVG document."""
    size = f'width="{picture.width}" height="{picture.height}" viewBox="0 0 {picture.width} {picture.height}"'
    shapes = [_box(shape) if isinstance(shape, Box) else _words(shape) for shape in picture.shapes]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{_FONTS}">',
            f"<title>{escape(picture.title)}</title>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *shapes,
            "</svg>\n",
        ]
    )


def _box(box: Box) -> str:
    size = f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
    return f"<rect {size} fill={quoteattr(box.fill)}/>"


def _words(words: Words) -> str:
    place = f'x="{words.x:g}" y="{words.y:g}" font-size="{words.size:g}" text-anchor="{words.anchor}"'
    weight = ' font-weight="600"' if words.bold else ""
    return f"<text {place} fill={quoteattr(words.fill)}{weight}>{escape(words.text)}</text>"


def _write_png(picture: Picture, path: Path) -> None:
    need_pillow()
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (picture.width * _SCALE, picture.height * _SCALE), "#ffffff")
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        if isinstance(shape, Box):
            _draw_box(draw, shape)
        else:
            _draw_words(draw, shape)
    image.save(path, format="PNG", optimize=True)


def _draw_box(draw: ImageDraw.ImageDraw, box: Box) -> None:
    left, top = round(box.x * _SCALE), round(box.y * _SCALE)
    right, bottom = round((box.x + box.width) * _SCALE) - 1, round((box.y + box.height) * _SCALE) - 1
    if right >= left and bottom >= top:
        draw.rectangle((left, top, right, bottom), fill=box.fill)


def _draw_words(draw: ImageDraw.ImageDraw, words: Words) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(words.size * _SCALE)
    plain = "".join(_DOTTED.get(char, char) for char in words.text)
    x, y = words.x * _SCALE, words.y * _SCALE
    stroke = 0.4 * _SCALE if words.bold else 0
    draw.text((x, y), plain, font=font, fill=words.fill, anchor=_PILLOW[words.anchor], stroke_width=stroke)
    start = x - font.getlength(plain) * {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor]
    for place, char in enumerate(words.text):
        if char in _DOTTED:
            _dots(draw, words, font, (start + font.getlength(plain[:place]), y), plain[place])


def _dots(
    draw: ImageDraw.ImageDraw, words: Words, font: FreeTypeFont | ImageFont, at: tuple[float, float], letter: str
) -> None:
    """Two dots above a letter."""
    left, top, right, _ = draw.textbbox(at, letter, font=font, anchor="ls")
    radius = words.size * _SCALE * (0.075 if words.bold else 0.062)
    middle, apart, height = (left + right) / 2, words.size * _SCALE * 0.14, top - 2.2 * radius
    for x in (middle - apart, middle + apart):
        draw.ellipse((x - radius, height - radius, x + radius, height + radius), fill=words.fill)
