"""The upload form and the screen that maps unknown columns: what people say of a file, as the importer takes it."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

import msgspec
from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import strict
from core.doors.portal import ScopedForm
from core.scoping import visible_to
from supplychain.choices import FILE_ZONES, Channel, CustomsMode, SalesKind
from supplychain.importing import (
    PAYOUT_PROFILES,
    PROFILES,
    FileError,
    Mapping,
    Profile,
    load_mapping,
    profile,
)
from supplychain.importing.files import fitting, values_below
from supplychain.importing.mapping import FIELD_NAMES
from supplychain.importing.profiles.base import is_personal, plain_header
from supplychain.importing.profiles.generic import COLUMNS, KIND_WORDS, plain_word
from supplychain.importing.profiles.generic import PROFILE as GENERIC
from supplychain.models import ImportProfileMap, SalesEvent
from supplychain.querysets import SalesEventQuerySet
from tenants.choices import Platform

CURRENCIES = (
    ("", _("as the file says, else CNY")),
    *(
        (code, code)
        for code in ("CNY", "USD", "EUR", "GBP", "JPY", "HKD", "SGD", "MYR", "THB", "VND", "PHP", "IDR")
    ),
)
CUSTOMS = (("", _("as the file says, else as in the last file of its kind")), *CustomsMode.choices)
SHOWN_VALUES = 2
NO_SALE = ("nothing", _("no sale: leave the row out"))


class UploadForm(ScopedForm):
    """An order file and how to read it. Everything but the file may stay as it is."""

    file = forms.FileField(label=_("Order file"), allow_empty_file=True, max_length=255)
    profile = forms.ChoiceField(label=_("What it is"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, required=False)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=FILE_ZONES, required=False)
    customs_mode = forms.ChoiceField(label=_("Customs mode"), choices=CUSTOMS, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = visible_to(ImportProfileMap.objects.filter(tenant=self.tenant), self.actor).order_by("name")
        self.maps = {f"map:{saved.uid}": saved for saved in own}
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            ("", _("find out by its columns")),
            *((found.code, found.name) for found in PROFILES.values()),
            *((found.code, found.name) for found in PAYOUT_PROFILES.values()),
            *((key, saved.name) for key, saved in self.maps.items()),
        ]
        self.fields["file"].widget.attrs |= {"accept": ".csv,.xlsx,.txt", "class": "form-control"}

    @property
    def reading(self) -> dict[str, Profile[Any] | Mapping | None]:
        """The chosen profile or saved mapping, as the importer's arguments."""
        chosen = self.cleaned_data["profile"]
        if chosen in self.maps:
            return self.read_by(self.maps[chosen])
        return {"profile": PAYOUT_PROFILES.get(chosen) or (profile(chosen) if chosen else None)}

    def read_by(self, saved: ImportProfileMap) -> dict[str, Profile[Any] | Mapping | None]:
        """A saved mapping, as the importer's arguments. Raises FileError when the file has words new to it."""
        mapping = mapping_of(saved)
        # The header is found by all that is mapped, as the importer does: by one column it may be another row.
        below = values_below(self.cleaned_data["file"], list(mapping.columns))
        states = {header: below[header] for header, field in mapping.columns.items() if field == "kind"}
        words = new_words(states, mapping)
        if words:
            raise _ask_for(words, seen=list(mapping.columns))
        return {"mapping": mapping}

    @cached_property
    def sources(self) -> dict[str, str]:
        """Where orders of the firm came from, by code: files that nobody foresaw, then what the ledger has."""
        names = dict(Platform.choices)
        facts = visible_to(SalesEvent.objects.filter(seller=self.tenant), self.actor)
        told = cast("SalesEventQuerySet", facts).sources()
        return {
            GENERIC.source: gettext("a table of its own"),
            **{source: str(names.get(source, source)) for source in told if source != GENERIC.source},
        }

    @cached_property
    def saved(self) -> ImportProfileMap | None:
        """The saved mapping that was chosen; where nothing was, the one that fits the file's columns."""
        chosen = self.cleaned_data["profile"]
        if chosen:
            return self.maps.get(chosen)
        own = [(mapping_of(saved), saved) for saved in self.maps.values()]
        found = fitting(self.cleaned_data["file"], [mapping for mapping, _saved in own])
        return next((saved for mapping, saved in own if mapping is found), None)


def mapping_of(saved: ImportProfileMap) -> Mapping:
    return msgspec.convert(saved.mapping, Mapping)


def new_words(below: dict[str, list[str]], mapping: Mapping | None = None) -> list[str]:
    """Words of columns that hold a state to which neither any table nor the mapping gives a meaning."""
    if mapping is not None and isinstance(mapping.kind, str):
        return []
    said = {plain_word(word) for word in (mapping.kind if mapping is not None else None) or ()}
    words = dict.fromkeys(word for values in below.values() for word in values)
    return [word for word in words if (plain := plain_word(word)) not in KIND_WORDS and plain not in said]


def _ask_for(words: list[str], seen: list[str]) -> FileError:
    shown = ", ".join(strict.shown(word) for word in words)
    return FileError(
        "unknown_words", _("Say below what these words mean: %(words)s.") % {"words": shown}, seen=seen
    )


def guesses(headers: list[str]) -> dict[str, str]:
    """For each header the field it most likely holds, "" for none: the same name first, then a similar one."""
    names = {plain_header(name): field for field, known in COLUMNS.items() for name in known}
    found = {header: names.get(plain_header(header), "") for header in headers}
    for header in headers:
        plain = plain_header(header)
        similar = (names[name] for name in names if len(plain) > 1 and (name in plain or plain in name))
        free = (field for field in similar if field not in found.values())
        if not found[header] and not is_personal(header):
            found[header] = next(free, "")
    return found


class ColumnForm:
    """Which column holds which field, one row per header of the file, and what unknown words of a state mean.

    Sent back as parallel lists. Beside each header stand the first values of its column; those of buyers are not read.
    A saved mapping fills the form in; what it says of words that are not in this file is kept.
    """

    def __init__(
        self,
        headers: list[str],
        data: QueryDict,
        file: BinaryIO,
        *,
        sources: dict[str, str],
        saved: ImportProfileMap | None = None,
    ) -> None:
        self.known = mapping_of(saved) if saved is not None else Mapping(columns={})
        is_sent = "header" in data
        sent = dict(zip(data.getlist("header"), data.getlist("field"), strict=False))
        given = {**guesses(headers), **(sent if is_sent else self.known.columns)}
        below = values_below(file, headers)
        self.rows: list[dict[str, Any]] = [
            {
                "header": header,
                "field": given[header],
                "personal": is_personal(header),
                "values": below[header][:SHOWN_VALUES],
            }
            for header in dict.fromkeys(headers)
            if header
        ]
        self.fields = FIELD_NAMES
        said = {plain_word(word): kind or NO_SALE[0] for word, kind in self.said.items()}
        words = [word.replace("\r\n", "\n") for word in data.getlist("word")]  # as browsers send a line break
        answered = dict(zip(words, data.getlist("word_kind"), strict=False))
        states = {row["header"]: below[row["header"]] for row in self.rows if row["field"] == "kind"}
        self.words = {word: answered.get(word, said.get(plain_word(word), "")) for word in new_words(states)}
        self.kinds = [*(choice for choice in SalesKind.choices if choice[0] != "adjusted"), NO_SALE]
        self.channels = Channel.choices
        self.channel = data.get("constant_channel", self.known.constants.get("channel", ""))
        self.net_of_refunds = bool(data.get("net_of_refunds")) if is_sent else self.known.net_of_refunds
        self.source = data.get("source", self.known.source)
        self.sources = {**sources, self.known.source: sources.get(self.known.source, self.known.source)}
        self.name = data.get("map_name", "" if saved is None else saved.name)

    @property
    def said(self) -> dict[str, str | None]:
        """What the saved mapping says of words of a state."""
        return self.known.kind if isinstance(self.known.kind, dict) else {}

    @property
    def mapping(self) -> Mapping:
        """The mapping that was chosen. Raises FileError when it cannot be one, or a word has no meaning yet."""
        open_words = [word for word, kind in self.words.items() if not kind]
        if open_words:
            raise _ask_for(open_words, seen=[row["header"] for row in self.rows])
        columns = {row["header"]: row["field"] for row in self.rows if row["field"] and not row["personal"]}
        values: dict[str, Any] = {"columns": columns, "net_of_refunds": self.net_of_refunds}
        if self.source not in self.sources:
            raise FileError(
                "mapping", _("No orders came from “%(source)s”.") % {"source": strict.shown(self.source)}
            )
        if self.source != GENERIC.source:
            values["source"] = self.source
        if self.channel:
            values["constants"] = {"channel": self.channel}
        answers = {word: None if kind == NO_SALE[0] else kind for word, kind in self.words.items()}
        anew = {plain_word(word) for word in answers}
        kept = {word: kind for word, kind in self.said.items() if plain_word(word) not in anew}
        if "kind" in columns.values() and (kinds := {**kept, **answers}):
            values["kind"] = kinds
        return load_mapping(msgspec.json.encode(values))
