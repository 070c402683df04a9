"""Facts on disk between reading a file and writing it: a million of them in constant memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType

import msgspec
from django.conf import settings

from supplychain.facts import SaleFact

CHUNK = 5_000
_encode = msgspec.msgpack.Encoder(decimal_format="string").encode
_decode = msgspec.msgpack.Decoder(list[tuple[int, SaleFact]]).decode


class Orders(msgspec.Struct):
    """The orders that a fact names."""

    order_no: str
    ref_order_no: str


_decode_orders = msgspec.msgpack.Decoder(list[tuple[int, Orders]]).decode


class Spool:
    """A file without a name, gone with the process however that ends. Holds (line number, fact) in chunks."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(dir=settings.DATA_DIR)  # noqa: SIM115  (closed by __exit__)
        self._waiting: list[tuple[int, SaleFact]] = []
        self._sizes: list[int] = []
        self.facts = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, facts: Sequence[tuple[int, SaleFact]]) -> None:
        """Keep the facts of some rows, each with the line that it is of."""
        self._waiting += facts
        self.facts += len(facts)
        while len(self._waiting) >= CHUNK:
            self._flush()

    def chunks(self) -> Iterator[list[tuple[int, SaleFact]]]:
        """The facts in the order in which they came; may be read again."""
        return map(_decode, self._written())

    def orders(self) -> Iterator[set[str]]:
        """The numbers of the orders of each chunk, and of those they name: nothing else of the facts is read."""
        for chunk in map(_decode_orders, self._written()):
            yield {number for _line_no, fact in chunk for number in (fact.order_no, fact.ref_order_no)}

    def _written(self) -> Iterator[bytes]:
        self._flush()
        self._file.seek(0)
        for size in self._sizes:
            yield self._file.read(size)

    def _flush(self) -> None:
        """Write a chunk, which ends with the end of a row."""
        waiting, end = self._waiting, CHUNK
        while end < len(waiting) and waiting[end][0] == waiting[end - 1][0]:
            end += 1
        if waiting:
            self._sizes.append(self._file.write(_encode(waiting[:end])))
            self._waiting = waiting[end:]
