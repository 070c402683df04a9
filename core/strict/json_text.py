"""JSON text of unknown origin: size, encoding, depth and keys are looked at before anything is built."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections import Counter
from typing import Any

from core.strict.base import StrictError, shown
from core.words import gettext as _

MAX_DEPTH = 32

_NUL_ESCAPE = re.compile(rb"\\u0000")
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_OUTLINE = bytes(set(range(256)) - set(b'":[]{}'))
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")


def load_json(body: bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text that means the same to every reader.

    Refused: more than `max_bytes`, not UTF-8, nested deeper than `max_depth`; with the field and the row in which
    they stand duplicate keys, NUL, lone surrogates, NaN, Infinity and numbers too large for a float.
    """
    if len(body) > max_bytes:
        message = _("The body has %(size)d bytes; at most %(limit)d are accepted.")
        raise StrictError("too_large", message % {"size": len(body), "limit": max_bytes})
    text = decode_utf8(body)
    check_depth(outline(body), max_depth)
    escapes = body.replace(rb"\\", b"") if b"\\" in body else b""
    nul = b"\x00" in body
    misfits = bool(nul or _NUL_ESCAPE.search(escapes) or _LONE_SURROGATE.search(escapes))

    def number(text: str) -> float:
        nonlocal misfits
        found = float(text)
        misfits = misfits or not math.isfinite(found)
        return found

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | StrictError:
        nonlocal misfits
        found = unique_keys(pairs)
        misfits = misfits or isinstance(found, StrictError)
        return found

    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_constant=number, parse_float=number, strict=not nul
        )
    except json.JSONDecodeError as error:
        raise malformed(error) from None
    except ValueError:  # an integer of more digits than the interpreter converts
        raise StrictError("number", _("A number has too many digits.")) from None
    if misfits:
        _refuse_misfits(value)
    return value


def malformed(error: json.JSONDecodeError) -> StrictError:
    """The refusal that belongs to a JSON syntax error, with its place."""
    message = _("This is not valid JSON: line %(line)d, column %(column)d.")
    return StrictError(
        "malformed",
        message % {"line": error.lineno, "column": error.colno},
        line=error.lineno,
        offset=error.pos,
    )


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any] | StrictError:
    """An object of a JSON text; one that names a key twice is replaced by its refusal."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else duplicate_key(pairs)


def duplicate_key(pairs: list[tuple[str, Any]]) -> StrictError:
    """The refusal of an object that names one key twice."""
    counted = Counter(name for name, _value in pairs)
    twice = next(name for name, times in counted.items() if times > 1)
    message = _("The key “%(key)s” stands twice in one object.")
    return StrictError("duplicate_key", message % {"key": shown(twice)}, field=shown(twice))


def decode_utf8(body: bytes) -> str:
    """The text of `body`, without a byte order mark. Raises not_utf8 with line and byte offset."""
    bare = body.removeprefix(codecs.BOM_UTF8)
    try:
        return bare.decode()
    except UnicodeDecodeError as error:
        start = len(body) - len(bare) + error.start
        line = body.count(b"\n", 0, start) + 1
        message = _("The text is not UTF-8 (line %(line)d, byte %(offset)d).")
        raise StrictError(
            "not_utf8", message % {"line": line, "offset": start}, line=line, offset=start
        ) from None


def outline(body: bytes) -> bytes:
    """The brackets and colons of a JSON text that stand outside its strings.

    Exact for valid JSON: as many colons as there are keys, as many bracket levels as there is nesting.
    Made of bytes methods alone, because it runs over whole batches.
    """
    if b"\\" in body:
        body = body.replace(rb"\\", b"").replace(rb"\"", b"")
    return b"".join(body.translate(None, _NOT_OUTLINE).split(b'"')[::2])


def check_depth(shape: bytes, max_depth: int = MAX_DEPTH) -> None:
    """Refuse an `outline` nested deeper than `max_depth`, without recursion.

    Each round takes away the innermost pairs, so balanced text of depth n is gone after n rounds. Only what
    is left after `max_depth` rounds, deep or unbalanced, is walked; the parser reports the unbalanced.
    """
    brackets = shape.translate(_AS_SQUARE, b":")
    rest = brackets
    for _round in range(max_depth):
        rest = rest.replace(b"[]", b"")
    if not rest:
        return
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == ord("[") else -1
        if depth > max_depth:
            message = _("The JSON is nested deeper than %(limit)d levels.")
            raise StrictError("too_deep", message % {"limit": max_depth})


def _refuse_misfits(value: Any, path: tuple[str | int, ...] = ()) -> None:
    """Refuse texts, numbers and objects that no field may hold, with the field and the row in which they stand."""
    if isinstance(value, StrictError):
        raise _misfit(value.code, value.message, (*path, value.field))
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_misfits(name, (*path, shown(name)))
            _refuse_misfits(inner, (*path, shown(name)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_misfits(inner, (*path, index))
    elif isinstance(value, str) and "\0" in value:
        raise _misfit("nul", _("NUL characters are not accepted."), path)
    elif isinstance(value, str) and _SURROGATE.search(value):
        message = _("The text holds half of a surrogate pair, which is not a character.")
        raise _misfit("surrogate", message, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise _misfit("number", _("%(name)s is not a number.") % {"name": shown(value)}, path)


def _misfit(code: str, message: str, path: tuple[str | int, ...]) -> StrictError:
    row = next((step + 1 for step in path if isinstance(step, int)), None)
    field = ".".join(step for step in path if isinstance(step, str))
    return StrictError(code, message, field=field, row=row)
