"""Whatever a header calls the body of a request: addresses and forms are UTF-8."""

from __future__ import annotations

import pytest
from django.test import Client

FORM = '--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n连\r\n--b--\r\n'.encode()


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["rot13", "base64", "utf-7", "gbk", "utf-16"])
def test_forms_in_other_encodings_are_refused(charset: str) -> None:
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    assert Client().generic("POST", "/login/", FORM, kind).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["", "; charset=utf-8", "; charset=UTF8", "; charset=nowhere"])
def test_forms_in_utf_8_are_read(charset: str) -> None:
    answer = Client().generic("POST", "/login/", FORM, f"multipart/form-data; boundary=b{charset}")
    assert answer.context["form"]["username"].value() == "连"


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-7", "iso-8859-1"])
def test_addresses_are_utf_8(charset: str) -> None:
    answer = Client().generic("GET", "/login/?next=%E8%BF%9E", b"x", f"text/plain; charset={charset}")
    assert (answer.status_code, answer.wsgi_request.GET["next"]) == (200, "连")
