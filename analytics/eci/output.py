"""The files of an index run: weights, scores, contributions, ranks as CSV, and run.json with what led to them.

The same run gives the same bytes: nothing in the files tells the time or the machine's paths.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analytics.eci.frozenbase import base_record
from analytics.eci.run import PanelResult
from parks.provinces import province_by_code


def write_outputs(result: PanelResult, out_dir: Path, *, source_name: str = "") -> tuple[Path, ...]:
    """Write weights.csv, scores.csv, contributions.csv, ranks.csv and run.json into `out_dir`, made if absent.

    Files are UTF-8; floats are written with all their digits. All is put beside its place before the first
    file is replaced, so that a full disk leaves the earlier run whole.

    Raises:
        OSError: the folder cannot be written.
    """
    texts = {
        "weights.csv": _csv(_weight_rows(result)),
        "scores.csv": _csv(_score_rows(result)),
        "contributions.csv": _csv(_contribution_rows(result)),
        "ranks.csv": _csv(_rank_rows(result)),
    }
    record = _run_record(result, source_name, texts)
    texts["run.json"] = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    out_dir.mkdir(parents=True, exist_ok=True)
    drafts = [(out_dir / f".{name}.new", out_dir / name) for name in texts]
    try:
        for (draft, _place), text in zip(drafts, texts.values(), strict=True):
            draft.write_text(text, encoding="utf-8", newline="\n")
        for draft, place in drafts:
            draft.replace(place)
    finally:
        for draft, _place in drafts:
            draft.unlink(missing_ok=True)
    return tuple(place for _draft, place in drafts)


def _run_record(result: PanelResult, source_name: str, texts: dict[str, str]) -> dict[str, Any]:
    data, index = result.data, result.index
    codes = [spec.code for spec in data.indicators]
    return {
        "source": {"name": source_name, "sha256": data.sha256},
        "options": asdict(result.options),
        "on_base": result.on_base,
        "rows": len(data.places),
        "provinces": list(data.provinces),
        "years": list(data.years),
        "set_aside": list(data.set_aside),
        "left_out": list(data.left_out),
        "winsorized": [asdict(limits) for limits in result.winsorized],
        "outside_base": index.n_outside,
        "score": {
            "mean": float(index.score.mean()),
            "sd": float(index.score.std(ddof=1)) if len(index.score) > 1 else None,
            "minimum": float(index.score.min()),
            "maximum": float(index.score.max()),
        },
        "warnings": list(result.warnings),
        "base": base_record(result.weights, codes),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "sha256": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()},
    }


def _weight_rows(result: PanelResult) -> Iterable[Sequence[object]]:
    weights, specs = result.weights, result.data.indicators
    by_year = weights.scope == "by_time"
    yield (
        *(["year"] if by_year else []), "code", "name_zh", "name_en", "dimension", "direction", "minimum", "maximum",
        "entropy", "redundancy", "weight", "published_weight_pct",
    )  # fmt: skip
    names = ("minimum", "maximum", "entropy", "redundancy", "weights")
    columns = [getattr(weights, name).reshape(-1, len(specs)) for name in names]
    for i, year in enumerate(weights.periods if by_year else [None]):
        for j, spec in enumerate(specs):
            yield (
                *([year] if by_year else []), spec.code, spec.name_zh, spec.name_en, spec.dimension, spec.direction,
                *(float(column[i, j]) for column in columns), spec.published_weight_pct,
            )  # fmt: skip


def _score_rows(result: PanelResult) -> Iterable[Sequence[object]]:
    dimensions = {name: scores for name, scores in result.index.dimension_scores.items() if name}
    yield ("province_code", "province_zh", "province_en", "year", "score", "rank", *dimensions)
    for i, (code, year) in enumerate(result.data.places):
        parts = (float(scores[i]) for scores in dimensions.values())
        yield (*_names(code), year, float(result.index.score[i]), int(result.ranks[i]), *parts)


def _contribution_rows(result: PanelResult) -> Iterable[Sequence[object]]:
    yield (
        "province_code",
        "province_zh",
        "province_en",
        "year",
        *(s.code for s in result.data.indicators),
        "score",
    )
    for i, (code, year) in enumerate(result.data.places):
        yield (*_names(code), year, *result.index.contributions[i].tolist(), float(result.index.score[i]))


def _rank_rows(result: PanelResult) -> Iterable[Sequence[object]]:
    rank_at = dict(zip(result.data.places, result.ranks.tolist(), strict=True))
    yield ("province_code", "province_zh", "province_en", *result.data.years)
    for code in result.data.provinces:
        yield (*_names(code), *(rank_at.get((code, year)) for year in result.data.years))


def _names(code: str) -> tuple[str, str, str]:
    province = province_by_code(code)
    return (code, province.short_zh, province.name_en) if province else (code, "", "")


def _csv(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
