"""Forms begin with what is likely meant, and offer what a person would otherwise have to know."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.test import Client

from core.clock import DAY, day_start, month_of, next_month, today
from livestreams.models import ExchangeOffer, SchedulePlan
from supplychain.choices import AgreementState
from supplychain.models import Agreement, Statement
from tests.admin.conftest import Worlds, url_of
from tests.factories import make_park

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_plan_is_asked_for_next_week_of_ones_own_park(manager: Client, worlds: Worlds) -> None:
    form = manager.get(url_of(SchedulePlan, "add/")).context["adminform"].form
    first, last = (form[name].value() for name in ("first_day", "last_day"))
    assert (first.weekday(), last - first) == (0, 6 * DAY)
    assert today() < first <= today() + 7 * DAY
    assert form["park"].value() == worlds.mine.park.pk
    other = manager.get(url_of(SchedulePlan, "add/"), {"park": "1"}).context["adminform"].form
    assert other["park"].value() == "1", "an address says more"


def test_the_months_of_an_agreement_are_offered(root: Client, worlds: Worlds) -> None:
    agreement = Agreement.objects.filter(
        state=AgreementState.SIGNED, seller=worlds.mine.tenants[0].tenant
    ).earliest("pk")
    address = url_of(Agreement, f"{agreement.pk}/do/count/")
    offered = [value for value, _shown in root.get(address).context["form"].fields["month"].choices]
    assert offered[0] == str(month_of(month_of(today()) - DAY))
    assert offered[-1] == str(next_month(month_of(agreement.from_day))), "its first month is approved"
    assert root.post(address, {"month": "1999-01-01"}).status_code == 200
    assert root.post(address, {"month": offered[0]}).status_code == 302
    assert Statement.objects.filter(agreement=agreement, month=date.fromisoformat(offered[0])).exists()


def test_other_parks_are_offered_by_name(manager: Client, worlds: Worlds) -> None:
    make_park("next-door", town=worlds.mine.town)
    form = manager.get(url_of(ExchangeOffer, "add/")).context["adminform"].form
    codes = [code for code, _name in form.fields["places"].choices]
    assert codes[0] == worlds.mine.town.node.code
    assert "next-door" in codes
    assert not {worlds.mine.park.code, worlds.other.park.code} & set(codes), "itself, or another province"


def test_nothing_is_offered_to_count_when_all_months_are_approved(root: Client, worlds: Worlds) -> None:
    agreement = Agreement.objects.filter(
        state=AgreementState.SIGNED, seller=worlds.mine.tenants[0].tenant
    ).earliest("pk")
    own, count = url_of(Agreement, f"{agreement.pk}/change/"), url_of(Agreement, f"{agreement.pk}/do/count/")
    assert count in root.get(own).text
    with time_machine.travel(day_start(next_month(month_of(agreement.from_day)) + 9 * DAY)):
        assert count not in root.get(own).text
