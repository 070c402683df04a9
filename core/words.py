"""Sentences that are kept and read later, each time in the language of whoever reads them.

`gettext` here gives what that of Django gives: a text, which also knows its sentence and what was put into it. `pack`
makes of it what can be stored, `unpack` the text again; what is no such text stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.utils import translation

_MARK = "\x1e"
Made = tuple[str, Mapping[str, Any] | Sequence[Any] | None]
"""A sentence and what is put into it by name; a separator and what it stands between; or a sentence alone."""


class Words(str):
    """A text in the language that was active when it was made, and what it is made of."""

    __slots__ = ("made",)
    made: Made

    def __mod__(self, values: Any) -> Words:
        return _told((self.made[0], values), super().__mod__(values))


def gettext(sentence: str) -> Words:
    """A sentence in the active language, to be read in others later."""
    return _told((sentence, None), translation.gettext(sentence))


def join(separator: str, parts: Sequence[str]) -> Words:
    """Texts one after the other, each of which may be told in other languages later."""
    return _told((separator, list(parts)), separator.join(parts))


def pack(text: str) -> str:
    """A text as it is stored."""
    return _MARK + json.dumps(_packed(text), ensure_ascii=False) if isinstance(text, Words) else text


def unpack(stored: str) -> str:
    """What was stored, in the active language."""
    return str(stored) if not stored.startswith(_MARK) else _unpacked(json.loads(stored[1:]))


def _told(made: Made, text: str) -> Words:
    words = Words(text)
    words.made = made
    return words


def _packed(value: Any) -> Any:
    if isinstance(value, Words):
        sentence, values = value.made
        if isinstance(values, Mapping):
            return [sentence, {name: _packed(each) for name, each in values.items()}]
        return [sentence, None if values is None else [_packed(each) for each in values]]
    return value if isinstance(value, int) else str(value)


def _unpacked(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    sentence, values = value
    if values is None:
        return gettext(sentence)
    if isinstance(values, dict):
        return gettext(sentence) % {name: _unpacked(each) for name, each in values.items()}
    return join(sentence, [_unpacked(each) for each in values])


class WordsField(models.TextField):
    """A text that is kept as what it is made of and read in the language of its reader. To the database a text."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return value if value is None else unpack(value)

    def get_prep_value(self, value: Any) -> Any:
        return pack(value) if isinstance(value, str) else super().get_prep_value(value)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
