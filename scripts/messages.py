"""Message catalogues without the gettext programs: `messages.py update`, `check` or `compile`.

Messages are written in English in the code, so English is complete as it stands; the other catalogues are in
locale/<language>/LC_MESSAGES/django.po. Babel reads Python; templates are first turned into Python by Django.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh_Hans",)
APPS = ("analytics", "config", "core", "livestreams", "parks", "supplychain", "tenants", "templates")
THIRD_PARTY = ("axes", "django_filters", "unfold")
"""Installed packages without a zh_Hans catalogue of their own: ours translates them too."""
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
CJK = re.compile("[\u3400-\u9fff]")


def _package(name: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is not installed: make setup")
    return Path(spec.origin).parent


def _python(path: Path) -> bytes:
    """Return a source file as Python that holds its messages; a template loses the indentation it has anyway."""
    if path.suffix == ".py":
        return path.read_bytes()
    lines = templatize(path.read_text(encoding="utf-8"), origin=str(path)).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def _messages(folder: Path) -> Iterator[tuple[Path, str | tuple[str, ...], str | None]]:
    """Yield (file, message or its singular and plural, context) of every marked text below a folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix in (".py", ".html", ".txt"))
    for path in paths:
        if "migrations" not in path.parts:
            for _line, message, _comments, context in extract("python", BytesIO(_python(path)), KEYWORDS):
                yield path, message, context


def _translated_by_django(language: str) -> set[str]:
    """Return the messages that Django's own catalogues translate into a language."""
    known: set[str] = set()
    for path in _package("django").rglob(f"locale/{language}/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            known.update(key for key in GNUTranslations(file)._catalog if isinstance(key, str))  # type: ignore[attr-defined]
    return known


def extracted() -> Catalog:
    """Return every message that a page, an answer or an error can show."""
    catalog = Catalog(project="Livepark", charset="utf-8", fuzzy=False)
    for app in APPS:
        for path, message, context in _messages(ROOT / app):
            catalog.add(message, locations=[(str(path.relative_to(ROOT)), 0)], context=context)
    known = {message for language in LANGUAGES for message in _translated_by_django(language)}
    for package in THIRD_PARTY:
        for _path, message, context in _messages(_package(package)):
            if message not in known and message not in catalog:
                catalog.add(message, locations=[(package, 0)], context=context)
    return catalog


def _path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def _read(language: str) -> Catalog:
    path = _path(language)
    if not path.exists():
        return Catalog(
            locale=language,
            header_comment=f"# Livepark in {language}. `make messages` adds what is new in the code.",
            project="Livepark",
            version="1",
            msgid_bugs_address="-",
            last_translator="-",
            language_team="-",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> int:
    """Bring the catalogues up to date with the code: new messages appear empty, gone ones go."""
    for language in LANGUAGES:
        catalog = _read(language)
        catalog.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
        path = _path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=100, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
        left = sum(not _complete(message.string) for message in catalog if message.id)
        print(f"{path.relative_to(ROOT)}: {len(catalog)} messages, {left} to translate")
    return 0


def _complete(translation: str | tuple[str, ...]) -> bool:
    return bool(translation) if isinstance(translation, str) else bool(translation) and all(translation)


def faults(language: str, wanted: Catalog) -> Iterator[str]:
    """Yield what keeps a catalogue from being complete and sound."""
    catalog = _read(language)
    for message in wanted:
        if not message.id:
            continue
        where = message.locations[0][0] if message.locations else ""
        found = catalog.get(message.id, message.context)
        if found is None:
            yield f"{where}: not in the {language} catalogue: {message.id!r}"
        elif found.fuzzy or not _complete(found.string):
            yield f"{where}: not translated into {language}: {message.id!r}"
        if where not in THIRD_PARTY and CJK.search(str(message.id)):
            yield f"{where}: write the message in English, Chinese goes into the catalogue: {message.id!r}"
    for message, errors in catalog.check():
        yield from (f"{language}: {error}: {message.id!r}" for error in errors)


def check() -> int:
    """Print the faults of all catalogues; return 1 when there are any."""
    wanted = extracted()
    found = [fault for language in LANGUAGES for fault in faults(language, wanted)]
    print("\n".join(found) or f"{len(wanted)} messages, all translated")
    return 1 if found else 0


def compile_() -> int:
    """Write the .mo file beside every .po file."""
    for path in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"):
        with path.open("rb") as source:
            catalog = read_po(source, locale=path.parent.parent.name)
        # Moved into place whole: a running site may be reading the old one.
        new = path.with_suffix(".mo.new")
        with new.open("wb") as target:
            write_mo(target, catalog)
        new.replace(path.with_suffix(".mo"))
        print(f"{path.relative_to(ROOT)}: {len(catalog)} messages")
    return 0


if __name__ == "__main__":
    settings.configure()
    actions = {"update": update, "check": check, "compile": compile_}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(f"usage: messages.py {'|'.join(actions)}")
    sys.exit(actions[sys.argv[1]]())
