"""What Python can make by itself, made in a thread while the next step waits for a database."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.utils import translation

T = TypeVar("T")


def ahead(items: Iterable[T], most: int = 2) -> Generator[T, None, None]:
    """The items in their order; a thread makes up to `most` of them before they are asked for.

    It makes them one after the other, in the language of whoever begins, and has no business with a database. What
    it raises is raised where its item would have come. Whoever stops before the end closes the iterator
    (`contextlib.closing`), and the thread has ended by then.
    """
    source, end = iter(items), object()
    speaking = translation.override(translation.get_language())
    with ThreadPoolExecutor(1, initializer=speaking.__enter__) as aside:
        coming = deque(aside.submit(next, source, end) for _item in range(most))
        while (item := coming.popleft().result()) is not end:
            coming.append(aside.submit(next, source, end))
            yield item  # type: ignore[misc]
