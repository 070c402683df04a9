"""What Python can make by itself, made in a thread while the next step waits for a database."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], most: int = 2) -> Iterator[T]:
    """The items in their order; a thread makes up to `most` of them before they are asked for.

    It makes them one after the other, with the language of whoever begins, and has no business with a database. What
    it raises is raised where its item would have come. Whoever stops before the end closes the iterator
    (`contextlib.closing`), and the thread has ended by then.
    """
    source, end, context = iter(items), object(), copy_context()
    with ThreadPoolExecutor(1) as aside:
        coming = deque(aside.submit(context.run, next, source, end) for _item in range(most))
        try:
            while (item := coming.popleft().result()) is not end:
                coming.append(aside.submit(context.run, next, source, end))
                yield item  # type: ignore[misc]
        finally:
            aside.shutdown(cancel_futures=True)
