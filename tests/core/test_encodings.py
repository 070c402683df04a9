"""Whatever a header calls the body of a request: addresses and forms are UTF-8."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from config.wsgi import application

FORMS = {
    "multipart/form-data; boundary=b": (
        '--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n连\r\n--b--\r\n'.encode()
    ),
    "application/x-www-form-urlencoded": b"username=%E8%BF%9E",
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("charset", ["rot13", "base64", "utf-7", "gbk", "utf-16", "iso-8859-1"])
def test_forms_in_other_encodings_are_refused(kind: str, charset: str) -> None:
    answer = Client().generic(
        "POST", "/login/", FORMS[kind], f"{kind}; charset={charset}", headers={"accept-language": "zh-hans"}
    )
    assert answer.status_code == 400
    assert "请求无法读取" in answer.content.decode(), "in words, with a way back"
    assert 'href="/"' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", "; charset=UTF8", "; charset=US-ASCII", "; charset=nowhere"]
)
def test_forms_in_utf_8_are_read(kind: str, charset: str) -> None:
    answer = Client().generic("POST", "/login/", FORMS[kind], f"{kind}{charset}")
    assert answer.context["form"]["username"].value() == "连"


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-7", "iso-8859-1"])
def test_addresses_are_utf_8(charset: str) -> None:
    answer = Client().generic("GET", "/login/?next=%E8%BF%9E", b"x", f"text/plain; charset={charset}")
    assert (answer.status_code, answer.wsgi_request.GET["next"]) == (200, "连")


# Codecs of no text, and those that raise what Django does not expect of an encoding.
@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["rot13", "base64", "idna", "undefined"])
@pytest.mark.parametrize(
    ("path", "status"), [("/login/?next=a..b", "200"), ("/api/v1/orders?page=a..b", "401")]
)
def test_addresses_are_read_whatever_their_body_is_called(charset: str, path: str, status: str) -> None:
    assert answered("GET", path, b"x", f"text/plain; charset={charset}").startswith(status)
    for kind, form in FORMS.items():
        assert answered("POST", "/login/?next=a..b", form, f"{kind}; charset={charset}").startswith("400 ")


def answered(method: str, path: str, body: bytes, kind: str) -> str:
    """How the site answers as its servers ask it; the test client makes requests of its own."""
    environ = RequestFactory().generic(method, path, body).environ | {"CONTENT_TYPE": kind}
    told: list[str] = []
    application(environ, lambda status, _headers: told.append(status))
    return told[0]
