"""Sentences that are kept and read later, each time in the language of whoever reads them.

`gettext` and `ngettext` here give what those of Django give: a text, which also knows its sentence and what was put
into it. `pack` makes of it what can be stored, `unpack` the text again; what is no such text stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.functional import Promise

_MARK = "\x1e"
Sentence = str | tuple[str, str, int]
"""A sentence, or one for a single thing, one for several, and how many there are."""
Made = tuple[Sentence, Mapping[str, Any] | Sequence[Any] | None]
"""A sentence and what is put into it by name; a separator and what it stands between; or a sentence alone."""


class Words(str):
    """A text in the language that was active when it was made, and what it is made of."""

    __slots__ = ("made",)
    made: Made

    def __mod__(self, values: Any) -> Words:
        if not isinstance(values, Mapping):
            raise TypeError("what is put into a sentence that is read later goes by its name")
        return _told((self.made[0], values), super().__mod__(values))


def gettext(sentence: str) -> Words:
    """A sentence in the active language, to be read in others later."""
    return _told((sentence, None), translation.gettext(sentence))


def ngettext(one: str, several: str, number: int) -> Words:
    """The sentence that goes with a number in the active language, to be read in others later."""
    return _told(((one, several, number), None), translation.ngettext(one, several, number))


def join(separator: str, parts: Sequence[str]) -> Words:
    """Texts one after the other, each of which may be told in other languages later."""
    return _told((separator, list(parts)), separator.join(parts))


def said(text: Any) -> str:
    """A text that can be kept without losing what it is made of: of a lazy sentence, into which nothing is put, too."""
    if isinstance(text, Promise):
        with translation.override(None):
            sentence = str(text)
        return gettext(sentence)
    return text if isinstance(text, str) else str(text)


def worded(text: str) -> str:
    """A text that may have been made in another language, in the active one."""
    return _unpacked(_packed(text))


def pack(text: str) -> str:
    """A text as it is stored. One of strangers that looks like what is stored stays the text that it is."""
    if isinstance(text, Words) or text.startswith(_MARK):
        return _MARK + json.dumps(_packed(text), ensure_ascii=False)
    return text


def unpack(stored: str) -> str:
    """What was stored, in the active language. A text of somebody else's that begins as ours do stays as it is."""
    if not stored.startswith(_MARK):
        return str(stored)
    try:
        made = json.loads(stored[1:])
        return _unpacked(made) if isinstance(made, list | str) else stored
    except (ValueError, TypeError, KeyError):
        return stored


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
    return value if isinstance(value, int | float) else str(value)


def _unpacked(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    sentence, values = value
    if isinstance(values, list):
        return join(sentence, [_unpacked(each) for each in values])
    text = gettext(sentence) if isinstance(sentence, str) else ngettext(*sentence)
    return text if values is None else text % {name: _unpacked(each) for name, each in values.items()}


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with each of its texts changed; names stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each_text(each, change) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(each, change) for each in value]
    return value


class SentenceField(models.TextField):
    """A text that is kept as what it is made of and read in the language of its reader. To the database a text."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return value if value is None else unpack(value)

    def get_prep_value(self, value: Any) -> Any:
        return pack(value) if isinstance(value, str) else super().get_prep_value(value)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class SentencesField(models.JSONField):
    """A JSON value whose texts are kept and read as those of a SentenceField. To the database a JSON value."""

    def from_db_value(self, value: Any, *where: Any) -> Any:
        return _each_text(super().from_db_value(value, *where), unpack)

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(_each_text(value, pack))

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
