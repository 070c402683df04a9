"""The one writer of papers: PDF on A4 with Chinese text, numbered pages, and nothing that a reader has to load."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from django.http import HttpResponse
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

FONT = "STSong-Light"
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
LINE, QUIET, HEAD = colors.HexColor("#c5d0d3"), colors.HexColor("#5b6b70"), colors.HexColor("#eef4f4")


@dataclass(frozen=True)
class Column:
    """A column of the table: its head, its share of the width, and whether it holds numbers."""

    head: str
    share: int
    numbers: bool = False


@dataclass(frozen=True)
class Paper:
    """What stands on a paper, in its order. `facts` are pairs of label and text, `signers` get a line each."""

    title: str
    mark: str
    facts: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    sums: Sequence[tuple[str, str]]
    notes: Sequence[str]
    signers: Sequence[str]


def paper_response(paper: Paper, name: str) -> HttpResponse:
    """A paper as a download; `name` is the file's name without its ending."""
    response = HttpResponse(pdf_of(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def pdf_of(paper: Paper) -> bytes:
    """The bytes of a paper. The same paper gives the same bytes."""
    _font()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=paper.title, invariant=1,
    )  # fmt: skip
    document.build(list(_story(paper)), canvasmaker=_Numbered)
    return file.getvalue()


@cache
def _font() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def _style(size: float = 9.5, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}", fontName=FONT, fontSize=size, leading=size * 1.45, wordWrap="CJK", **more
    )


def _text(text: str, **style: Any) -> Paragraph:
    printable = "".join(char for char in str(text) if char.isprintable())
    return Paragraph(escape(printable), _style(**style))


def _story(paper: Paper) -> Iterable[Flowable]:
    yield _text(paper.title, size=17)
    if paper.mark:
        yield _text(paper.mark, size=10, textColor=colors.HexColor("#a33a1c"))
    yield Spacer(0, 4 * mm)
    yield Table(
        [[_text(label, textColor=QUIET), _text(text)] for label, text in paper.facts],
        colWidths=[WIDTH * 0.22, WIDTH * 0.78],
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("PADDING", (0, 0), (-1, -1), 1.5)]),
    )
    yield Spacer(0, 4 * mm)
    yield _table(paper)
    yield Spacer(0, 4 * mm)
    for label, text in paper.sums:
        yield _text(f"{label}  {text}", size=11, alignment=TA_RIGHT)
    yield Spacer(0, 4 * mm)
    for note in paper.notes:
        yield _text(note, size=8.5, textColor=QUIET)
    if paper.signers:
        yield Spacer(0, 16 * mm)
        yield Table(
            [[_text(signer) for signer in paper.signers]],
            colWidths=[WIDTH / len(paper.signers)] * len(paper.signers),
            style=TableStyle(
                [("LINEABOVE", (place, 0), (place, 0), 0.6, LINE) for place in range(len(paper.signers))]
            ),
        )


def _table(paper: Paper) -> Table:
    whole = sum(column.share for column in paper.columns)
    aligned = [{"alignment": TA_RIGHT} if column.numbers else {} for column in paper.columns]
    head = [
        _text(column.head, textColor=QUIET, **more)
        for column, more in zip(paper.columns, aligned, strict=True)
    ]
    body = [[_text(cell, **more) for cell, more in zip(row, aligned, strict=True)] for row in paper.rows]
    return Table(
        [head, *body],
        colWidths=[WIDTH * column.share / whole for column in paper.columns],
        repeatRows=1,
        style=TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), HEAD),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        ),
    )


class _Numbered(Canvas):
    """Writes "page 1 of 3" below, which is known only when all pages are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  (the library's name)
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont(FONT, 8)
            self.setFillColor(QUIET)
            text = _("Page %(number)d of %(pages)d") % {"number": number, "pages": len(self._pages)}
            self.drawRightString(A4[0] - MARGIN, MARGIN / 2, text)
            super().showPage()
        super().save()
