"""What breaks careless pages, the forms and links of a page, and what somebody would send in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_plus

from django import forms

from core.clock import DAY, today
from tests.contracts.objects import ABSENT_UID

GARBAGE = (
    "", " ", "\0", "a\0b", "\ud800", "1" * 31, "9" * 5000, "-1", "0", "-0", "NaN", "Infinity", "-Infinity",
    "1e999", "1e3", "٣", "１", "²", "①", "0x10", "1_000", "+1", "2147483648", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "12.345", "1.005", "99999999999999.99", "0001-01-01",
    "9999-12-31", "2026-02-30", "10000-01-01", "0000-00-00", "2026-13", "0000-01", "0001-01", "9999-12", "10000-12",
    "2026-W60", "24:00", "25:61", "0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30T10:00", "0001-01-01 00:00",
    "x" * 100_000, "x " * 1_500, "连" * 300, "🦀", "%s", "%(a)s", "%", "'", '"', "\\", "(", "[", "*", "{}", "{", "[]",
    "null", "true", "None", "not-a-uuid", ABSENT_UID, "../../etc/passwd", "..", "/", "//example.com", "a\r\nb: c",
    "\u202e", "\ufeff", "\uffff", "<script>", "a,b,,c", ",", "-", "--", "1,2", ":", "map:", "map:x", "_", "a-b-c",
)  # fmt: skip
FILES = (
    b"", b"\0\1\2", b"PK\x03\x04 no workbook", b"%PDF-1.4 no paper", b"\x89PNG\r\n\x1a\n no picture",
    b"\xff\xd8\xff no photo", b"a,b\n1,2\n", b'"unclosed', b"\xed\xa0\x80,1\n2", b"<svg onload='x'/>", b"x" * 300_000,
)  # fmt: skip
FILE_NAMES = (
    "a.csv",
    "a.xlsx",
    "a.pdf",
    "a.png",
    "a",
    "x" * 300 + ".pdf",
    "../../a.csv",
    "a\0.csv",
    ".",
    "%s",
)
BORDER = "b0rder"
COMING = str(today() + 24 * DAY)
Pairs = list[tuple[str, str]]


def as_bytes(text: str) -> bytes:
    """The bytes that stand for a text, also for half a surrogate pair."""
    return text.encode("utf-8", "surrogatepass")


def encoded(pairs: Pairs) -> str:
    """Names and values as an address has them."""
    return "&".join("=".join(quote_plus(as_bytes(part)) for part in pair) for pair in pairs)


def multipart(pairs: Pairs, files: list[tuple[str, str, bytes]]) -> bytes:
    """Names and values, and (field, file name, content), as a form with files has them."""
    parts = [(f'name="{name}"', as_bytes(value)) for name, value in pairs]
    parts += [(f'name="{field}"; filename="{name}"', content) for field, name, content in files]
    head = f"--{BORDER}\r\nContent-Disposition: form-data; "
    sent = (as_bytes(f"{head}{names}\r\n\r\n") + content + b"\r\n" for names, content in parts)
    return b"".join(sent) + f"--{BORDER}--\r\n".encode()


@dataclass
class Field:
    """A field of a form as its page shows it."""

    name: str
    kind: str
    value: str = ""
    offered: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form of a page, or an element that asks for an address by itself."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)


class Page(HTMLParser):
    """The forms of a page, and its links that have a query."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._field: Field | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        for method in ("get", "post"):
            if f"hx-{method}" in given:
                fields = {name: Field(name, "text", value)} if name else {}
                self.forms.append(Form(given[f"hx-{method}"], method, fields))
        if tag == "a" and "?" in given.get("href", ""):
            self.links.append(given["href"])
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self._by_id[given.get("id", "")] = self._form
            self.forms.append(self._form)
        elif tag == "option" and self._field is not None:
            self._field.offered.append(value)
            if "selected" in given:
                self._field.value = value
        form = self._by_id.get(given["form"]) if "form" in given else self._form
        if form is None or not name or tag not in ("input", "select", "textarea", "button"):
            return
        kind = given.get("type", "text") if tag == "input" else tag
        shown = form.fields.setdefault(name, Field(name, kind))
        if tag in ("select", "textarea"):
            self._field = shown
            return
        shown.offered.append(value)
        if kind not in ("checkbox", "radio") or "checked" in given:
            shown.value = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._field = None

    def handle_data(self, data: str) -> None:
        if self._field is not None and self._field.kind == "textarea":
            self._field.value += data


def shown_by(answer: Any) -> Page:
    """What a page asks; nothing of what is no page."""
    is_page = not answer.streaming and "html" in answer.get("Content-Type", "")
    return Page(answer.content.decode(errors="replace") if is_page else "")


def bound_forms(answer: Any) -> Iterator[Any]:
    """The forms with which a page was made, those of formsets by themselves."""
    for context in answer.context or ():
        for layer in getattr(context, "dicts", [context]):
            for value in layer.values():
                found = getattr(value, "form", value)  # the admin wraps its own
                if isinstance(found, forms.BaseForm):
                    yield found
                elif isinstance(found, forms.BaseFormSet):
                    yield from found.forms


KINDS = {
    "date": COMING, "time": "10:00", "datetime-local": f"{COMING}T10:00", "month": "2026-10", "number": "2",
    "email": "a@example.com", "url": "https://example.com/a", "checkbox": "on", "tel": "13800000000",
}  # fmt: skip
CLASSES: dict[type[forms.Field], str] = {
    forms.DateField: COMING,
    forms.TimeField: "10:00",
    forms.IntegerField: "2",
    forms.DecimalField: "12.50",
    forms.SlugField: "made-up",
}


def plausible(shown: Field, known: Any) -> str:
    """What somebody would send in a field: what it shows or offers, or something of its kind."""
    if shown.value:
        return shown.value
    if isinstance(known, forms.ModelChoiceField) and known.queryset is not None:
        row = known.queryset.first()
        return str(getattr(row, known.to_field_name or "pk")) if row is not None else ""
    if offered := [value for value in shown.offered if value]:
        return offered[0]
    if shown.kind in KINDS:
        return KINDS[shown.kind]
    of_class = (value for kind, value in CLASSES.items() if isinstance(known, kind))
    halves = {"_0": COMING, "_1": "10:00"}  # of an instant, in the admin
    return next(of_class, halves.get(shown.name[-2:], "Made up"))
