"""Walks pages as somebody who may open them, and puts garbage wherever they take something.

Of each answer: it is no fault of ours, and one that refuses has stored nothing. Which garbage goes where is drawn from
a seed.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.apps import apps
from django.contrib.admin import site
from django.contrib.messages import constants
from django.core.signals import got_request_exception
from django.db import models, transaction
from django.http import QueryDict

from core.doors.admin.filters import parameters_of
from tests.contracts.garbage import (
    BORDER,
    FILE_NAMES,
    FILES,
    GARBAGE,
    Form,
    Pairs,
    as_bytes,
    bound_forms,
    encoded,
    multipart,
    plausible,
    shown_by,
)
from tests.contracts.matrix import BOOKKEEPING, CLIENT, Caller, Matrix
from tests.contracts.routes import Route
from tests.contracts.rows import rows_in, writing

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", f"multipart/form-data; boundary={BORDER}"
TOKEN = "csrfmiddlewaretoken"
# What the lists of the admin take beside their filters.
OF_LISTS = frozenset({"q", "o", "p", "e", "all", "_popup", "_to_field", "_facets", "_changelist_filters"})
# What a refused import keeps: the file itself, and who sent it.
OF_IMPORTS = {"supplychain_importbatch", "core_auditentry"}
MANY = "9" * 30
# Totals and initial numbers of formsets that nobody is shown.
COUNTS = ((MANY, "0"), ("-1", "-1"), ("x", ""), ("1001", "1001"), ("3", "5"), ("", "²"), ("\0", "1e3"))


@contextmanager
def reading_noted() -> Iterator[None]:
    """Each QueryDict keeps in `asked_for` the names that somebody looked for in it."""

    def noting(method: Any) -> Any:
        def noted(self: Any, key: Any, *more: Any) -> Any:
            self.__dict__.setdefault("asked_for", set()).add(key)
            return method(self, key, *more)

        return noted

    names = ("__getitem__", "__contains__", "getlist")
    for name in names:
        setattr(QueryDict, name, noting(getattr(QueryDict, name)))
    try:
        yield
    finally:
        for name in names:
            delattr(QueryDict, name)


def asked_for(values: Any) -> set[str]:
    return {name for name in values.__dict__.get("asked_for", ()) if isinstance(name, str)} - {TOKEN}


class Walker:
    """Asks, and keeps what was wrong in `faults`."""

    def __init__(self, matrix: Matrix, seed: str) -> None:
        self.matrix, self.random = matrix, Random(seed)
        self.faults: list[str] = []
        self.asked, self.posted = 0, 0
        self._raised: list[Any] = []
        self._order: list[str] = []
        self._seen: set[Any] = set()

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Meanwhile a fault of ours is answered as in real life, and noted."""

        def note(**_told: Any) -> None:
            self._raised.append(sys.exc_info()[1])

        got_request_exception.connect(note)
        CLIENT.raise_request_exception = False
        try:
            with reading_noted():
                yield
        finally:
            CLIENT.raise_request_exception = True
            got_request_exception.disconnect(note)

    def garbage(self) -> str:
        """The next value: all of them in an order, then in another one."""
        if not self._order:
            self._order = self.random.sample(GARBAGE, len(GARBAGE))
        return self._order.pop()

    # --- one request ------------------------------------------------------------------------------

    def get(self, caller: Caller, path: str, query: Pairs | None = None) -> Any:
        address = urlsplit(path)
        asked = "&".join(filter(None, (address.query, encoded(query or []))))
        return self._ask(caller, "GET", address.path, asked, f"?{asked}" if asked else "")

    def post(self, caller: Caller, path: str, pairs: Pairs, files: list[str]) -> Any:
        """A form as it is sent, with garbage as files."""
        draw = self.random.choice
        enclosed = [(name, draw(FILE_NAMES), draw(FILES)) for name in files]
        body = multipart(pairs, enclosed) if files else encoded(pairs).encode()
        told = f"{shortened(pairs)} {[(*names, content[:20]) for *names, content in enclosed] or ''}"
        self.posted += 1
        address = urlsplit(path)
        kind = MULTIPART if files else URLENCODED
        return self._ask(caller, "POST", address.path, address.query, told, body, kind)

    def _ask(
        self, caller: Caller, method: str, path: str, query: str, told: str, body: bytes = b"", kind: str = URLENCODED
    ) -> Any:  # fmt: skip
        """One request; what it wrote is rolled back, after a look at what a refusal has left."""
        CLIENT.cookies = caller._cookies.copy()
        self._raised.clear()
        self.asked += 1
        what = f"{caller.name}: {method} {path} {told[:900]}"
        with transaction.atomic(), writing() as written:
            answer = CLIENT.generic(method, path, body, kind, QUERY_STRING=query)
            if getattr(answer, "streaming", False):
                b"".join(answer.streaming_content)  # type: ignore[attr-defined]
            if self._raised or answer.status_code >= 500:
                self.faults.append(f"{what}\n  answered {answer.status_code}{where(self._raised)}")
            elif method == "POST" and refuses(answer):
                touched = written - BOOKKEEPING - (OF_IMPORTS if "/imports/" in path else set())
                worlds = (self.matrix.alpha, self.matrix.beta)
                if changed := [table for world in worlds for table in self.matrix.changed(world, touched)]:
                    self.faults.append(
                        f"{what}\n  answered {answer.status_code}, refused it and changed {changed}"
                    )
            transaction.set_rollback(True)
        return answer

    # --- what a page takes ------------------------------------------------------------------------

    def walk(self, route: Route, callers: list[Caller], paths: list[str]) -> bool:
        """Put garbage into pages of a route, as the first who may open them. Whether anybody may."""
        opened = False
        for path in paths:
            for caller in callers:
                page = self.get(caller, path)
                if page.status_code == 405:
                    self.fill_in(caller, path, Form(path, "post"), page)
                elif page.status_code == 200:
                    # Of an address the forms of the admin take all the same.
                    if (
                        not route.key.endswith(("_add", "_change", "_operation"))
                        or self.random.random() < 0.2
                    ):
                        self.ask_for(route, caller, path, page)
                    self.fill_in_all(caller, path, page)
                if page.status_code in (200, 405):
                    opened = True
                    break
        return opened

    def ask_for(self, route: Route, caller: Caller, path: str, page: Any) -> None:
        """Garbage in one of the names that a page looks for in its address, or in all of them, or in its path."""
        names = sorted(self.names_of(route, path, page))
        ways = [names] * bool(names) + [[each] for each in self.random.sample(names, min(2, len(names)))]
        if not ways or (route.parameters and self.random.random() < 0.2):
            steps = path.split("/")
            steps[self.random.randrange(1, len(steps))] = quote(as_bytes(self.garbage()[:3000]), safe="")
            self.get(caller, "/".join(steps))
        else:
            asked = self.random.choice(ways)
            self.get(caller, path, [(name, self.garbage()) for name in [*asked, asked[0]]])

    def names_of(self, route: Route, path: str, page: Any) -> set[str]:
        names, shown = asked_for(page.wsgi_request.GET), shown_by(page)
        for form in shown.forms:
            if form.method == "get" and urljoin(path, form.action) == path:
                names |= set(form.fields)
        for link in shown.links:
            address = urlsplit(urljoin(path, link))
            if address.path == path:
                names |= set(QueryDict(address.query))
        if route.key.endswith("_changelist"):
            model = apps.get_model(route.admin_model)
            names |= OF_LISTS.union(
                *(parameters_of(model, item) for item in site._registry[model].list_filter)
            )
        return names - {TOKEN}

    def fill_in_all(self, caller: Caller, path: str, page: Any) -> None:
        for form in shown_by(page).forms:
            address = urljoin(path, form.action)
            # Buttons of many rows are one form.
            key = (urlsplit(address).path.split("/")[-2:], sorted(form.fields), path == address)
            if form.method == "post" and not urlsplit(address).netloc and str(key) not in self._seen:
                self._seen.add(str(key))
                self.fill_in(caller, address, form, page)

    def fill_in(self, caller: Caller, path: str, form: Form, page: Any) -> None:
        """Send a form with one field wrong and another missing, then with nothing right: fields are read one by one,
        and what goes by all of them together only where the others are good.
        """
        known = {
            each.add_prefix(name): value for each in bound_forms(page) for name, value in each.fields.items()
        }
        files = [each.name for each in form.fields.values() if each.kind == "file"]
        shown = [each for each in form.fields.values() if each.kind != "file" and each.name != TOKEN]
        good = {each.name: plausible(each, known.get(each.name)) for each in shown if each.kind != "button"}
        left, one = list(good.items()), self.random.choice([*good, "back"])
        if left:
            left.pop(self.random.randrange(len(left)))
        answer = self.post(caller, path, [*left, (one, self.garbage())], files)
        names = sorted({*asked_for(answer.wsgi_request.POST), *good} - set(files))
        self.post(caller, path, [(name, self.garbage()) for name in names], [])
        for total in (name for name in names if name.endswith("-TOTAL_FORMS")):
            counts = zip((total, total.replace("TOTAL", "INITIAL")), self.random.choice(COUNTS), strict=True)
            self.post(caller, path, list({**good, **dict(counts)}.items()), files)


def paths_of(route: Route, matrix: Matrix, random: Random) -> list[str]:
    """The address of a route in the first world; of a model's operations one, with a row for which it makes sense."""
    values = matrix.values_of(route, matrix.own, matrix.own)
    if not route.key.endswith("_operation"):
        return [route.path(values)]
    model: type[models.Model] = apps.get_model(route.admin_model)
    found, operations = rows_in(model, matrix.alpha.province.node.path), site._registry[model].operations
    rows = list((model._base_manager.all() if found is None else found).order_by("pk")[:20])
    if not rows or not operations:
        return []
    chosen = random.choice(operations)
    row = next(filter(chosen.when, rows), rows[0])
    return [route.path({**values, "object_id": str(row.pk), "name": chosen.name})]


def refuses(answer: Any) -> bool:
    """Whether an answer says that what was sent is not done: by its status, by its form, or in a message."""
    if answer.status_code >= 400:
        return True
    told = (
        [each.level for each in getattr(answer.wsgi_request, "_messages", None)._queued_messages]
        if hasattr(answer.wsgi_request, "_messages")
        else []
    )
    if constants.ERROR in told and constants.SUCCESS not in told:
        return True
    return answer.status_code == 200 and any(form.is_bound and form.errors for form in bound_forms(answer))


def where(raised: list[Any]) -> str:
    """The last of what was raised, and through which lines it came."""
    if not raised:
        return ""
    lines = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(raised[-1].__traceback__)]
    own = [line.split("/", 3)[-1] for line in lines if "site-packages" not in line]
    return f", {type(raised[-1]).__name__}: {str(raised[-1])[:300]}\n  {' < '.join(reversed(own[-4:]))}"


def shortened(pairs: Pairs) -> Pairs:
    return [
        (name, value if len(value) < 60 else f"{value[:10]}… ({len(value)} characters)")
        for name, value in pairs
    ]
