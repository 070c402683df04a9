"""The entropy method: worked example, what must hold for every panel, and the known ways to get it wrong."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics.eci.winsor import winsorize
from analytics.index import (
    AllConstantError,
    ConstantIndicatorWarning,
    EntropyRangeError,
    EpsilonError,
    InfiniteValueError,
    MissingValueError,
    ShapeError,
    TooFewRowsError,
    UnknownPeriodError,
    composite_index,
    entropy_weights,
    normalised_entropy,
    rank_scores,
)

EXAMPLE = [[1, 30, 2], [2, 10, 4], [4, 20, 3]]
DIRECTIONS = [1, 1, -1]


def exactly(expected: object, tolerance: float = 1e-12) -> object:
    return pytest.approx(expected, abs=tolerance, rel=0)


def loop_oracle(
    frame: pd.DataFrame, directions: list[int], epsilon: float = 0.0
) -> tuple[pd.Series, pd.Series]:
    """The method written out cell by cell, sharing nothing with the module."""
    n, redundancy, scaled = len(frame), {}, {}
    for name, direction in zip(frame, directions, strict=True):
        column = frame[name]
        low, high = column.min(), column.max()
        z = (column - low) / (high - low) if direction > 0 else (high - column) / (high - low)
        scaled[name] = z
        share = (z + epsilon) / (z + epsilon).sum()
        entropy = -sum(p * np.log(p) for p in share if p > 0) / np.log(n)
        redundancy[name] = 1 - entropy
    weight = pd.Series(redundancy) / sum(redundancy.values())
    return weight, pd.DataFrame(scaled).mul(weight).sum(axis=1)


class TestWorkedExample:
    def test_entropy_weights_and_scores(self) -> None:
        fit = entropy_weights(EXAMPLE, DIRECTIONS)
        assert fit.entropy == exactly([0.511859507143, 0.579380164286, 0.579380164286], 5e-13)
        assert fit.redundancy == exactly([0.488140492857, 0.420619835714, 0.420619835714], 5e-13)
        assert fit.weights == exactly([0.367194054772, 0.316402972614, 0.316402972614], 5e-13)
        index = composite_index(EXAMPLE, fit)
        assert index.score == exactly([0.632805945228, 0.122398018257, 0.683597027386], 5e-13)
        assert rank_scores(index.score).tolist() == [2, 3, 1]

    def test_closed_form_to_the_last_digits(self) -> None:
        """p1 = (0, 1/4, 3/4), p2 = p3 = (2/3, 0, 1/3): the entropies in logarithms of 2 and 3."""
        ln2, ln3 = np.log(2), np.log(3)
        e1 = (2 * ln2 - 0.75 * ln3) / ln3
        e2 = (ln3 - 2 / 3 * ln2) / ln3
        fit = entropy_weights(EXAMPLE, DIRECTIONS)
        assert fit.entropy == exactly([e1, e2, e2], 1e-15)
        total = (1 - e1) + 2 * (1 - e2)
        assert fit.weights == exactly([(1 - e1) / total, (1 - e2) / total, (1 - e2) / total], 1e-15)

    @pytest.mark.parametrize(
        ("epsilon", "first", "others"),
        [(1e-4, 0.367195618555, 0.316402190722), (1e-3, 0.367186601523, 0.316406699238)],
    )
    def test_shifted_variants(self, epsilon: float, first: float, others: float) -> None:
        fit = entropy_weights(EXAMPLE, DIRECTIONS, epsilon=epsilon)
        assert fit.weights == exactly([first, others, others], 1e-12)
        assert composite_index(EXAMPLE, fit).score.max() <= 1  # the shift stays out of the scores

    @pytest.mark.parametrize("epsilon", [0.0, 1e-4, 1e-2])
    def test_equal_to_the_method_written_out(self, epsilon: float) -> None:
        rng = np.random.default_rng(5)
        values = rng.lognormal(size=(60, 5))
        directions = [1, -1, 1, 1, -1]
        weights, scores = loop_oracle(pd.DataFrame(values), directions, epsilon)
        fit = entropy_weights(values, directions, epsilon=epsilon)
        assert fit.weights == exactly(weights.to_numpy())
        assert composite_index(values, fit).score == exactly(scores.to_numpy())


@st.composite
def panels(draw: st.DrawFn) -> tuple[np.ndarray, list[int]]:
    """Tables of whole numbers, so that min-max scaling is exact, in which at least one column varies."""
    rows, columns = draw(st.integers(2, 24)), draw(st.integers(1, 6))
    values = draw(hnp.arrays(np.int64, (rows, columns), elements=st.integers(-1000, 1000)))
    assume((values.min(axis=0) < values.max(axis=0)).any())
    return values.astype(float), draw(st.lists(st.sampled_from([1, -1]), min_size=columns, max_size=columns))


def quiet_fit(values: np.ndarray, directions: list[int]) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantIndicatorWarning)
        return entropy_weights(values, directions)


class TestProperties:
    @given(panels())
    def test_weights_add_up_and_scores_stay_in_range(self, panel: tuple[np.ndarray, list[int]]) -> None:
        values, directions = panel
        fit = quiet_fit(values, directions)
        assert fit.weights.sum() == exactly(1)
        assert (fit.weights >= 0).all()
        assert ((fit.entropy >= 0) & (fit.entropy <= 1)).all()
        index = composite_index(values, fit, dimensions=["a", "b"] * 3 if len(directions) == 6 else None)
        assert ((index.score >= -1e-12) & (index.score <= 1 + 1e-12)).all()
        assert index.contributions.sum(axis=1) == exactly(index.score)
        assert index.n_outside == 0
        for parts in [np.array(list(index.dimension_scores.values()))] if index.dimension_scores else []:
            assert parts.sum(axis=0) == exactly(index.score)

    @given(panels(), st.integers(1, 1000), st.integers(-1000, 1000))
    def test_affine_rescale_changes_nothing(
        self, panel: tuple[np.ndarray, list[int]], factor: int, shift: int
    ) -> None:
        values, directions = panel
        rescaled = values * factor + shift
        assert quiet_fit(rescaled, directions).weights == exactly(quiet_fit(values, directions).weights)

    @given(panels())
    def test_mirrored_column_with_other_direction_changes_nothing(
        self, panel: tuple[np.ndarray, list[int]]
    ) -> None:
        values, directions = panel
        turned = [-direction for direction in directions]
        assert quiet_fit(-values, turned).weights == exactly(quiet_fit(values, directions).weights)

    @given(panels(), st.randoms(use_true_random=False))
    def test_row_order_changes_nothing(self, panel: tuple[np.ndarray, list[int]], random: object) -> None:
        values, directions = panel
        order = list(range(len(values)))
        random.shuffle(order)
        fit, shuffled = quiet_fit(values, directions), quiet_fit(values[order], directions)
        assert shuffled.weights == exactly(fit.weights)
        expected = composite_index(values, fit).score[order]
        assert composite_index(values[order], shuffled).score == exactly(expected)

    @given(panels())
    def test_duplicated_panel_changes_entropy_through_k(self, panel: tuple[np.ndarray, list[int]]) -> None:
        values, directions = panel
        once, twice = quiet_fit(values, directions), quiet_fit(np.vstack([values, values]), directions)
        n = len(values)
        expected = (once.entropy * np.log(n) + np.log(2)) / np.log(2 * n)
        assert twice.entropy == exactly(np.where(once.constant, 1.0, expected))
        # ln n / ln 2n is common to all redundancies, so that the weights themselves stay.
        assert twice.redundancy == exactly(once.redundancy * np.log(n) / np.log(2 * n))
        assert twice.weights == exactly(once.weights)

    def test_identical_columns_share_equal_weights(self) -> None:
        column = np.random.default_rng(3).random(20)
        weights = entropy_weights(np.column_stack([column, column**2, column * 7 + 1]), [1, 1, 1]).weights
        assert weights[0] == exactly(weights[2])
        assert weights[0] != pytest.approx(weights[1])


class TestPitfalls:
    def test_a_entropy_scaled_by_the_wrong_row_count_is_refused(self) -> None:
        """30 provinces x 10 years pooled, divided by ln 10: entropy above 1, weights in inverted order."""
        values = np.random.default_rng(1).lognormal(sigma=[0.2, 0.2, 1.5], size=(300, 3))
        scores = (values - values.min(axis=0)) / (values.max(axis=0) - values.min(axis=0))
        right = 1 - normalised_entropy(scores, 300)
        assert right.argmax() == 2
        raw = normalised_entropy(scores, 300) * np.log(300) / np.log(10)
        inverted = (1 - raw) / (1 - raw).sum()
        assert inverted.sum() == exactly(1)  # nothing shows it but the entropy itself
        assert inverted.argmin() == 2
        with pytest.raises(EntropyRangeError) as caught:
            normalised_entropy(scores, 10)
        assert 0 in caught.value.columns

    def test_b_zeros_count_as_zero(self) -> None:
        fit = entropy_weights([[0.0, 1], [0, 2], [0, 3], [5, 4]], [1, 1])
        assert fit.entropy[0] == 0  # all of it stands in one row
        assert np.isfinite(fit.weights).all()

    @pytest.mark.parametrize("epsilon", [0.0, 1e-3])
    def test_c_constant_indicator_weighs_nothing_and_warns(self, epsilon: float) -> None:
        rows = [[1, 7, 2], [2, 7, 4], [4, 7, 3]]
        with pytest.warns(ConstantIndicatorWarning, match=r"\[1\]"):
            fit = entropy_weights(rows, [1, 1, 1], epsilon=epsilon)
        assert fit.weights[1] == 0
        assert fit.entropy[1] == 1
        assert fit.constant.tolist() == [False, True, False]
        assert composite_index([[1, 7, 2]], fit).contributions[0, 1] == 0

    def test_d_nothing_varies(self) -> None:
        with pytest.raises(AllConstantError):
            entropy_weights([[1, 7], [1, 7], [1, 7]], [1, 1])

    def test_e_missing_is_refused_and_never_zero(self) -> None:
        with pytest.raises(MissingValueError) as caught:
            entropy_weights([[1, 2], [np.nan, 3], [4, 5]], [1, 1])
        assert caught.value.columns == (0,)
        fit = entropy_weights([[1, 2], [2, 3], [4, 5]], [1, 1])
        with pytest.raises(MissingValueError):
            composite_index([[1, np.nan]], fit)

    def test_f_negative_values_are_fine(self) -> None:
        values = np.array([[-5.0, 3], [-2, -8], [1, 0]])
        assert entropy_weights(values, [1, 1]).weights == exactly(
            entropy_weights(values + 100, [1, 1]).weights
        )

    def test_g_one_row(self) -> None:
        with pytest.raises(TooFewRowsError):
            entropy_weights([[1, 2, 3]], [1, 1, 1])

    @pytest.mark.parametrize("bad", [np.inf, -np.inf])
    def test_h_infinity(self, bad: float) -> None:
        with pytest.raises(InfiniteValueError):
            entropy_weights([[1, 2], [bad, 3]], [1, 1])
        with pytest.raises(InfiniteValueError):
            winsorize([[1.0], [bad]])

    def test_h_infinite_span_of_finite_values(self) -> None:
        with pytest.raises(InfiniteValueError):
            entropy_weights([[-1.7e308], [1.7e308]], [1])

    def test_i_one_outlier_squeezes_all_until_it_is_winsorized(self) -> None:
        rng = np.random.default_rng(4)
        values = np.column_stack([rng.normal(50, 10, 300), rng.normal(50, 10, 300)])
        values[0, 0] = 1e6
        assert entropy_weights(values, [1, 1]).weights[0] > 0.95
        trimmed = winsorize(values)
        assert trimmed.n_high.tolist() == [3, 3]
        assert entropy_weights(trimmed.values, [1, 1]).weights[0] == pytest.approx(0.5, abs=0.1)

    @pytest.mark.parametrize("epsilon", [-1e-3, np.nan, np.inf, 1e20])
    def test_a_shift_that_would_hide_or_break_the_scores(self, epsilon: float) -> None:
        with pytest.raises(EpsilonError):
            entropy_weights(EXAMPLE, DIRECTIONS, epsilon=epsilon)

    @pytest.mark.parametrize(
        ("values", "directions"),
        [([1, 2, 3], [1]), (np.empty((0, 2)), [1, 1]), ([[1, 2]], [1]), ([[1, 2], [3, 4]], [1, 0])],
    )
    def test_shapes_are_checked(self, values: object, directions: list[int]) -> None:
        with pytest.raises(ShapeError):
            entropy_weights(values, directions)


class TestFrozenBase:
    def test_new_rows_are_scored_on_the_old_scale(self) -> None:
        fit = entropy_weights(EXAMPLE, DIRECTIONS)
        index = composite_index([[7, 50, 5], [2, 10, 4]], fit)
        expected = fit.weights @ [2.0, 2.0, -0.5]
        assert index.score == exactly([expected, 0.122398018257], 5e-13)
        assert index.n_outside == 3

    def test_clipping_is_explicit(self) -> None:
        fit = entropy_weights(EXAMPLE, DIRECTIONS)
        index = composite_index([[7, 50, 5]], fit, clip=True)
        assert index.score == exactly([fit.weights[0] + fit.weights[1]])
        assert (index.n_outside, index.clipped) == (3, True)

    def test_old_scores_do_not_move_when_a_year_is_added(self) -> None:
        rng = np.random.default_rng(6)
        old, new = rng.random((20, 3)), rng.random((10, 3)) * 2
        fit = entropy_weights(old, [1, 1, 1])
        both = composite_index(np.vstack([old, new]), fit).score
        assert both[:20] == exactly(composite_index(old, fit).score)
        refitted = entropy_weights(np.vstack([old, new]), [1, 1, 1])
        moved = composite_index(old, refitted).score - composite_index(old, fit).score
        assert abs(moved).max() > 0.05


class TestByTime:
    VALUES = np.array([[1.0, 5], [2, 9], [4, 6], [11, 50], [12, 90], [14, 60]])
    TIMES = (2013, 2013, 2013, 2014, 2014, 2014)

    def test_each_period_has_its_own_scale(self) -> None:
        fit = entropy_weights(self.VALUES, [1, 1], scope="by_time", times=self.TIMES)
        alone = entropy_weights(self.VALUES[3:], [1, 1])
        assert fit.weights.shape == (2, 2)
        assert fit.weights[1] == exactly(alone.weights)
        scores = composite_index(self.VALUES, fit, times=self.TIMES).score
        assert scores[3:] == exactly(composite_index(self.VALUES[3:], alone).score)

    def test_it_removes_the_trend(self) -> None:
        by_time = entropy_weights(self.VALUES, [1, 1], scope="by_time", times=self.TIMES)
        pooled = entropy_weights(self.VALUES, [1, 1])
        rise = [
            np.diff([scores[:3].mean(), scores[3:].mean()])[0]
            for scores in (
                composite_index(self.VALUES, pooled).score,
                composite_index(self.VALUES, by_time, times=self.TIMES).score,
            )
        ]
        assert rise[0] > 0.5
        assert rise[1] == pytest.approx(0, abs=0.1)

    def test_unknown_period_and_missing_times_are_refused(self) -> None:
        fit = entropy_weights(self.VALUES, [1, 1], scope="by_time", times=self.TIMES)
        with pytest.raises(UnknownPeriodError, match="2015"):
            composite_index([[1, 2]], fit, times=[2015])
        with pytest.raises(ShapeError):
            composite_index([[1, 2]], fit)
        with pytest.raises(ShapeError):
            entropy_weights(self.VALUES, [1, 1], scope="by_time")


class TestWinsor:
    def test_three_rules_of_the_field_differ(self) -> None:
        values = np.arange(1.0, 301.0)
        default = winsorize(values)
        assert (default.lower[0], default.upper[0]) == (3.5, 297.5)
        linear = winsorize(values, method="linear")
        assert (linear.lower[0], linear.upper[0]) == pytest.approx((3.99, 297.01))
        assert (default.n_low[0], default.n_high[0]) == (3, 3)
        assert default.values.shape == (300,)
        assert (default.values.min(), default.values.max()) == (3.5, 297.5)

    def test_missing_stays_missing(self) -> None:
        values = np.array([[np.nan, np.nan], [1, np.nan], [100, np.nan]])
        result = winsorize(values, lower=0.25, upper=0.75)
        assert np.isnan(result.values[0, 0])
        assert np.isnan(result.values[:, 1]).all()

    def test_limits_are_checked(self) -> None:
        with pytest.raises(ShapeError):
            winsorize([1.0, 2.0], lower=0.9, upper=0.1)


def test_ranks_are_shared_by_equals_and_start_again_in_each_group() -> None:
    assert rank_scores([0.2, 0.9, 0.2, 0.5]).tolist() == [3, 1, 3, 2]
    assert rank_scores([0.2, 0.9, 0.2, 0.5], ["a", "b", "a", "b"]).tolist() == [1, 1, 1, 2]
    assert rank_scores([]).tolist() == []


def test_fits_are_frozen() -> None:
    fit = entropy_weights(EXAMPLE, DIRECTIONS)
    with pytest.raises(AttributeError):
        fit.n_obs = 7  # type: ignore[misc]
    assert replace(fit, n_obs=7).n_obs == 7
