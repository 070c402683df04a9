"""What a browser would send: the fields of the forms on a page, as they are filled in."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Fields(HTMLParser):
    """Collects the fields of all forms that post; `names` also has those that hold nothing yet."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._posting = False
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._posting = given.get("method", "get").lower() == "post"
        if not self._posting:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in ("submit", "button", "file", "image"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.values.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea" and name:
            self._textarea = name
            self.values.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._posting = False
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            filled = [value for value, _selected in self._options if value]
            self.values.setdefault(self._select, []).extend(chosen or filled[:1])
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea][-1] += data


def form_data(html: str) -> dict[str, Any]:
    """Names and values of every posting form of a page; of an unanswered choice the first answer."""
    fields = _Fields()
    fields.feed(html)
    return {name: values if len(values) != 1 else values[0] for name, values in fields.values.items()}
