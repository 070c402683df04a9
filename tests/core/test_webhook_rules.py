"""The pure rules of webhooks: signatures, and which addresses may be told."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from core.choices import DeliveryFault
from core.webhooks import targets
from core.webhooks.signing import headers, secret_make, signature
from core.webhooks.targets import Unfit, check, is_outer, parse, resolve

PARK = (ip_network("10.7.0.0/16"), ip_network("fd00:7::/32"))
GOLDEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'


def test_a_signature_is_that_of_the_specification() -> None:
    secret, message, timestamp = GOLDEN
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, message, timestamp, BODY) == expected
    assert headers(secret, message, timestamp, BODY) == {
        "webhook-id": message,
        "webhook-timestamp": "1614265330",
        "webhook-signature": expected,
    }


def test_every_part_is_signed() -> None:
    secret, message, timestamp = GOLDEN
    others = {
        signature(secret_make(), message, timestamp, BODY),
        signature(secret, "msg_2", timestamp, BODY),
        signature(secret, message, timestamp + 1, BODY),
        signature(secret, message, timestamp, BODY + b" "),
    }
    assert len(others) == 4
    assert signature(secret, message, timestamp, BODY) not in others


def test_a_secret_has_256_bits_and_no_two_are_the_same() -> None:
    made = {secret_make() for _number in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("whsec_") and len(secret) == 6 + 44 for secret in made)
    with pytest.raises(ValueError, match="no secret"):
        signature("whsec_***", "id", 1, b"")


# Spellings of inner addresses and of what is no address of a receiver, as they have been used to get past such checks.
INNER = [
    "127.0.0.1", "127.1", "127.0.1", "0", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "0.0.0.0",  # noqa: S104
    "127.0.0.1.", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "192.168.255.255", "169.254.169.254", "169.254.0.1", "2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376", "100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "0.1.2.3",
    "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
    "[::ffff:0.0.0.0]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::7f00:1]", "[64:ff9b:1:a00:0:100:808:808]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:a00:1::1]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]", "[febf::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]",
    "[fd12:3456::1]", "[ff02::1]", "[ff05::2]", "[2001:db8::1]", "[100::1]", "[4000::1]",
]  # fmt: skip
NO_RECEIVER = [
    "", "http", "//example.com/", "example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
    "javascript:alert(1)", "dict://example.com:11211/", "https://", "https:///path", "https://user@example.com/",
    "https://user:pass@example.com/", "https://example.com@127.0.0.1/", "https://@example.com/",
    "https://example.com\\@127.0.0.1/", "https://example.com#@127.0.0.1/", "https://example.com:0/",
    "https://example.com:65536/", "https://example.com:x/", "https://example.com:-1/", "https://exa mple.com/",
    "https://example.com/\r\nHost: x", "https://example.com/\t", " https://example.com/", "https://127。0。0。1/",
    "https://１２７.0.0.1/", "https://例子.com/", "https://ⓔxample.com/", "https://%31%32%37.0.0.1/", "https://[::1/",
    "https://[::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[127.0.0.1]/", "https://a..b/", "https://.a/",
    "https://-a.com/", "https://a_.-b/", "https://" + "a" * 260 + "/", "https://a/" + "b" * 500,
    "https://example.com/\x00", "https://example.com/é",
]  # fmt: skip


@pytest.mark.parametrize("host", INNER)
def test_an_inner_address_is_refused_however_it_is_written(host: str) -> None:
    for port in ("", ":8443"):
        with pytest.raises(Unfit) as refused:
            check(f"https://{host}{port}/hook", ())
        assert refused.value.fault == DeliveryFault.ADDRESS
    with pytest.raises(Unfit) as refused:
        resolve(parse(f"https://{host}/"), ())
    assert refused.value.fault == DeliveryFault.ADDRESS


@pytest.mark.parametrize("url", NO_RECEIVER)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(Unfit):
        check(url, ())


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://erp.example.com", "erp.example.com", 443, "/"),
        ("https://ERP.example.com:8443/a/b?c=d&e=%20", "erp.example.com", 8443, "/a/b?c=d&e=%20"),
        ("https://8.8.8.8/x", "8.8.8.8", 443, "/x"),
        ("https://[2606:4700::1111]:444/x", "2606:4700::1111", 444, "/x"),
        ("https://xn--fsqu00a.example/?x", "xn--fsqu00a.example", 443, "/?x"),
    ],
)
def test_an_address_on_the_internet_is_taken(url: str, host: str, port: int, path: str) -> None:
    target = check(url, ())
    assert (target.scheme, target.host, target.port, target.path) == ("https", host, port, path)


def test_without_tls_only_into_a_network_that_the_operator_named() -> None:
    with pytest.raises(Unfit):
        check("http://8.8.8.8/", ())
    with pytest.raises(Unfit):
        check("http://8.8.8.8/", PARK)
    with pytest.raises(Unfit):
        check("http://10.8.0.1/", PARK)
    with pytest.raises(Unfit):
        check("https://10.8.0.1/", PARK)
    assert check("http://10.7.3.4:8080/", PARK).port == 8080
    assert check("https://10.7.3.4/", PARK).host == "10.7.3.4"
    assert check("http://[fd00:7::1]/", PARK).host == "fd00:7::1"


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: int, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)


def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = parse("https://rebinding.example/")
    answering(monkeypatch, "8.8.8.8", "2606:4700::1111")
    assert resolve(target, ()) == ["8.8.8.8", "2606:4700::1111"]
    for inner in ("127.0.0.1", "10.7.0.1", "::1", "::ffff:10.0.0.1", "fe80::1"):
        answering(monkeypatch, "8.8.8.8", inner)
        with pytest.raises(Unfit) as refused:
            resolve(target, ())
        assert refused.value.fault == DeliveryFault.ADDRESS
    answering(monkeypatch, "10.7.0.1")
    assert resolve(target, PARK) == ["10.7.0.1"]


def test_a_name_that_leads_nowhere_says_so() -> None:
    with pytest.raises(Unfit) as refused:
        resolve(parse("https://nowhere.invalid/"), ())
    assert refused.value.fault == DeliveryFault.NAME


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "47.96.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_the_internet_is_outside(text: str) -> None:
    assert is_outer(ip_address(text))
