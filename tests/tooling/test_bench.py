"""The front of the benchmarks: what it finds, what it prints, how it ends. Nothing is measured here."""

from __future__ import annotations

import pytest

from bench import Row, __main__, best_ms

ROWS = [
    Row(work="parse", limit=2.0, peer=80.0, ours=3.0, unit="ms", goal="< 5 ms", passed=True),
    Row(
        work="ingest", limit=100_000.0, peer=600.0, ours=40_000.0, unit="rows/s", goal=">= 0.5", passed=False
    ),
]


def test_it_finds_its_modules() -> None:
    assert "eci" in __main__.names()
    assert not any(name.startswith("_") for name in __main__.names())


def test_table_shows_ratio_goal_and_verdict() -> None:
    head, first, second = __main__.table(ROWS).splitlines()
    assert head.split()[:4] == ["work", "limit", "peer", "ours"]
    assert first.split()[-4:] == ["<", "5", "ms", "PASS"]
    assert "1.50" in first
    assert "40,000" in second
    assert "0.40" in second
    assert second.endswith("MISS")
    told = Row(work="told", limit=1.0, peer=1.0, ours=1.0, unit="%", goal="", passed=True)
    assert __main__.table([told]).split()[-1] == "1.00"


def test_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(__main__, "names", lambda: ["good", "slow", "broken"])
    monkeypatch.setattr(__main__, "measure", lambda name: {"good": ROWS[:1], "slow": ROWS[1:]}[name])
    assert __main__.main(["good"]) == 0
    assert __main__.main(["good", "slow"]) == 0
    assert __main__.main(["good", "slow", "--strict"]) == 1
    assert __main__.main(["broken", "good"]) == 1  # and the others are still measured
    assert "PASS" in capsys.readouterr().out.splitlines()[-2]
    with pytest.raises(SystemExit) as ended:
        __main__.main(["nothing"])
    assert ended.value.code == 2


def test_functions_are_timed_in_turns() -> None:
    calls: list[str] = []
    times = best_ms(3, lambda: calls.append("a"), lambda: calls.append("b"))
    assert calls == ["a", "b"] * 3
    assert all(0 <= time < 100 for time in times)
