"""Counts dirty buckets again."""

from __future__ import annotations


def drain() -> int:
    return 0
