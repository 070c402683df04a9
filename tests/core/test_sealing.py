"""Sealed texts: read again with the secret of the installation only, and for the same purpose."""

from __future__ import annotations

import base64

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from core.sealing import Broken, seal, unseal


@given(st.text(), st.text())
def test_what_was_sealed_is_read_again(text: str, purpose: str) -> None:
    assert unseal(seal(text, purpose), purpose) == text


def test_a_sealed_text_tells_nothing_but_its_length() -> None:
    one, other = seal("a" * 100, "p"), seal("a" * 100, "p")
    assert one != other
    assert len(one) == len(other)
    assert b"aaa" not in base64.urlsafe_b64decode(one)


def test_under_another_secret_or_for_another_purpose_it_is_broken() -> None:
    sealed = seal("key", "room 1")
    with pytest.raises(Broken):
        unseal(sealed, "room 2")
    with override_settings(SECRET_KEY="another" * 10), pytest.raises(Broken):
        unseal(sealed, "room 1")


def test_while_a_secret_is_changed_the_one_before_still_reads() -> None:
    with override_settings(SECRET_KEY="before" * 10):
        sealed = seal("key", "p")
    with override_settings(SECRET_KEY="after" * 10, SECRET_KEY_FALLBACKS=["before" * 10]):
        assert unseal(sealed, "p") == "key"


def test_every_changed_byte_is_noticed() -> None:
    whole = base64.urlsafe_b64decode(seal("secret", "p"))
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(Broken):
            unseal(base64.urlsafe_b64encode(changed).decode(), "p")
    for bad in ("", "x", "é", "AAAA", base64.urlsafe_b64encode(whole[:-1]).decode()):
        with pytest.raises(Broken):
            unseal(bad, "p")
