"""Quality certificates in portal, admin and dock: handed in with a file, decided by the park, named where missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, today
from core.models import User
from parks.models import ParkSettings
from supplychain.choices import CertificateState
from supplychain.models import QualityCertificate
from tests.factories import TenantWorld, World

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 report"


def page(firm: TenantWorld, name: str, *more: object) -> str:
    return reverse(name, args=[firm.tenant.code, *more])


def test_a_certificate_is_handed_in_and_decided(
    world: World, firm: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    listed, new = page(firm, "portal-certificates"), page(firm, "portal-certificate-new")
    assert listed in owner.get(page(firm, "portal-goods")).content.decode()
    form = {
        "product": firm.skus[0].product.code,
        "kind": "inspection",
        "number": "SGS-1",
        "issuer": "SGS",
        "valid_from": f"{today()}",
        "valid_until": f"{today() + 9 * DAY}",
    }

    def file(body: bytes = PDF) -> SimpleUploadedFile:
        return SimpleUploadedFile("report.pdf", body)

    for wrong in (
        {"product": world.tenants[1].skus[0].product.code + "x"},
        {"kind": "none"},
        {"number": ""},
        {"valid_until": f"{today() - DAY}"},
        {"file": file(b"<html>")},
        {"sku": str(world.tenants[1].skus[0].uid)},
    ):
        assert owner.post(new, {**form, **wrong}).status_code == 400
    assert not QualityCertificate.objects.exists()
    assert owner.post(new, {**form, "file": file()}).status_code == 302
    paper = QualityCertificate.objects.get()
    download = page(firm, "portal-certificate-file", paper.uid)
    assert download in owner.get(listed).content.decode()
    given = owner.get(download)
    assert b"".join(given.streaming_content) == PDF  # type: ignore[attr-defined]
    assert given["Content-Disposition"].startswith("attachment")
    manager = browser_of(world.users[Role.PARK_MANAGER])
    kept = reverse("admin:supplychain_qualitycertificate_file", args=[paper.pk])
    assert b"".join(manager.get(kept).streaming_content) == PDF  # type: ignore[attr-defined]
    stranger = browser_of(world.tenants[1].users[Role.TENANT_OWNER])
    assert stranger.get(download).status_code == 404
    assert stranger.get(kept).status_code in (302, 403, 404)
    do = "admin:supplychain_qualitycertificate_operation"
    assert manager.post(reverse(do, args=[paper.pk, "accept"])).status_code == 302
    assert "即将到期" in owner.get(f"{listed}?expiring=true").content.decode()
    assert manager.post(reverse(do, args=[paper.pk, "refuse"]), {"reason": ""}).status_code == 200
    assert manager.post(reverse(do, args=[paper.pk, "refuse"]), {"reason": "forged"}).status_code == 302
    assert "forged" in owner.get(listed).content.decode()
    owner.post(new, {**form, "number": "SGS-2"})
    other = QualityCertificate.objects.get(number="SGS-2")
    assert owner.get(page(firm, "portal-certificate-file", other.uid)).status_code == 404
    owner.post(page(firm, "portal-certificate-withdraw", other.uid))
    other.refresh_from_db()
    assert other.state == CertificateState.WITHDRAWN


def test_the_run_of_show_says_what_is_missing(world: World, firm: TenantWorld, owner: Client) -> None:
    run = page(firm, "portal-booking-run", firm.booking.uid)
    line = {"product": firm.skus[0].product.code, "price": "9", "pieces": "1"}
    assert owner.post(run, line).status_code == 302
    ParkSettings.objects.filter(park=world.park).update(requires_certificates=True)
    assert "无有效证书" in owner.get(run).content.decode()
    assert "证书已通过且在有效期内" in owner.get(page(firm, "portal-certificates")).content.decode()
    refused = owner.post(run, line)
    assert refused.status_code == 400
    assert "没有证书" in refused.content.decode()
