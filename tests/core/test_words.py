"""Sentences that are kept: in the language of whoever reads them, whatever they are made of."""

from __future__ import annotations

import pickle

import pytest
from django.utils.translation import gettext_lazy, override

from core.errors import Busy, NotFound, RowError
from core.models import Job
from core.words import Words, gettext, join, ngettext, pack, said, unpack, worded

ROWS = (
    "%(count)d row is refused, so nothing is imported.",
    "%(count)d rows are refused, so nothing is imported.",
)


def told(count: int) -> Words:
    return ngettext(*ROWS, count) % {"count": count}


def test_a_number_stands_with_its_noun_in_every_language() -> None:
    with override("zh-hans"):
        one, several = told(1), told(2)
        kept = pack(one), pack(several)
        assert (one, several) == ("1 行被拒绝，因此全部未导入。", "2 行被拒绝，因此全部未导入。")
    with override("en"):
        assert unpack(kept[0]) == "1 row is refused, so nothing is imported."
        assert unpack(kept[1]) == "2 rows are refused, so nothing is imported."
        assert worded(several) == unpack(kept[1])


def test_sentences_within_sentences_are_read_in_the_same_language() -> None:
    with override("en"):
        inner = join("; ", [told(1), join(": ", ["金额", gettext("The cell is empty.")])])
        text = gettext("line %(line)d: %(reason)s") % {"line": 7, "reason": inner}
    with override("zh-hans"):
        assert unpack(pack(text)) == "第 7 行：1 行被拒绝，因此全部未导入。; 金额: 单元格为空。"
        again = unpack(pack(unpack(pack(text))))
    with override("en"):
        assert again != text, "it was read in Chinese"
        assert worded(again) == text, "and is no less than what was kept"


def test_a_text_of_strangers_is_no_sentence_whatever_it_looks_like() -> None:
    forged = pack(gettext("The cell is empty."))
    for text in (forged, "\x1enothing", "\x1e", "", "plain"):
        assert unpack(pack(text)) == text
        assert not isinstance(unpack(pack(text)), Words)
        assert unpack(pack(gettext("“%(value)s” is not a whole number.") % {"value": text})).count(text)


@pytest.mark.parametrize("stored", ["\x1enothing", "\x1e", "\x1e5", '\x1e["one"]', '\x1e["%(n)d", {}]'])
def test_what_was_stored_before_and_begins_as_ours_is_read_as_it_stands(stored: str) -> None:
    assert unpack(stored) == stored


def test_a_lazy_sentence_is_kept_as_one() -> None:
    with override("en"):
        title = said(Busy.title)
        assert title == "The system is busy, please try again"
        assert said(gettext_lazy("line %(line)d: %(reason)s") % {"line": 1, "reason": "x"}) == "line 1: x"
    with override("zh-hans"):
        assert worded(title) == str(Busy.title) != title
    assert said("plain") == "plain"
    assert said(7) == "7"


def test_words_are_carried_from_process_to_process() -> None:
    with override("zh-hans"):
        sent = pickle.loads(pickle.dumps(told(2)))  # noqa: S301  # our own
    with override("en"):
        assert worded(sent) == "2 rows are refused, so nothing is imported."


@pytest.mark.django_db
@pytest.mark.both_databases
def test_what_is_in_a_json_value_is_read_in_the_language_of_its_reader() -> None:
    with override("zh-hans"):
        rows = [RowError(3, "金额", "required", gettext("The cell is empty.")).as_dict()]
        rows.append(RowError(4, "", "not_found", NotFound.title).as_dict())  # type: ignore[arg-type]
        job = Job.objects.create(
            kind="test",
            message=told(2),
            result={"rows": rows, "old": "单元格为空。", "n": 1.5, "of": {"x": None}},
        )
    with override("en"):
        read = Job.objects.get(pk=job.pk)
        assert read.message == "2 rows are refused, so nothing is imported."
        assert [row["message"] for row in read.result["rows"]] == ["The cell is empty.", str(NotFound.title)]
        assert (read.result["old"], read.result["n"], read.result["of"]) == (
            "单元格为空。",
            1.5,
            {"x": None},
        )
        read.save()  # by a reader of one language, for the next
        Job.objects.filter(pk=job.pk).update(result=read.result | {"again": True})
    with override("zh-hans"):
        read = Job.objects.get(pk=job.pk)
        assert (read.message, read.result["again"]) == ("2 行被拒绝，因此全部未导入。", True)
        assert read.result["rows"] == [{**row, "message": str(row["message"])} for row in rows]
        assert list(Job.objects.filter(pk=job.pk).values_list("result__rows__0__message", flat=True)) == [
            "单元格为空。"
        ]
