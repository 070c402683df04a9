"""Addresses of media nodes, and what keeps somebody's words from being one."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.utils.translation import gettext_lazy as _

SCHEMES = ("http", "https")

check_encoder_address = RegexValidator(
    r"\Artmps?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9_-]+\Z",
    _("It is rtmp:// or rtmps://, the name of the machine, / and one word: rtmp://media.park.example/live"),
)


def check_control_address(value: str) -> None:
    """Raises ValidationError, which names what is wrong, for what this site could not call."""
    try:
        address = urlsplit(value)
    except ValueError as error:  # a bracket that is not closed
        raise _no_machine(value) from error
    try:
        address.port  # noqa: B018  (looked at when it is asked for)
    except ValueError as error:
        raise ValidationError(_("The port is a number up to 65535: http://127.0.0.1:8935")) from error
    if address.scheme not in SCHEMES or not address.hostname:
        raise ValidationError(
            _("It begins with http:// or https:// and a machine, such as http://127.0.0.1:8935")
        )
    if address.username is not None:
        raise ValidationError(_("It holds no user name and no password: they would not be sent."))
    if address.query or address.fragment:
        raise ValidationError(_("It ends with its path: nothing may follow that begins with ? or #."))
    try:
        URLValidator(schemes=SCHEMES)(value)
    except ValidationError as error:
        raise _no_machine(address.hostname) from error


def _no_machine(host: str) -> ValidationError:
    return ValidationError(
        _("“%(host)s” is no full name, localhost or number of a machine."), params={"host": host}
    )
