"""Calibration and measures agree with what they are defined as."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

from cunxin_training.calibration import SLOPE_MIN, fit_calibration
from cunxin_training.metrics import auc, calibration_table, evaluate, kolmogorov_smirnov, wilson_interval


def outcomes(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    log_odds = random.normal(-2, 1.2, rows)
    return log_odds, (random.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)


def test_an_overconfident_score_is_stretched_back():
    log_odds, labels = outcomes(40_000, 1)
    calibration = fit_calibration(2 * log_odds + 1, labels)
    assert calibration.slope == pytest.approx(0.5, abs=0.02)
    assert calibration.intercept == pytest.approx(-0.5, abs=0.06)


def test_slope_stays_positive_and_mean_right_when_the_score_ranks_backwards():
    log_odds, labels = outcomes(5_000, 2)
    calibration = fit_calibration(-log_odds, labels)
    assert calibration.slope == SLOPE_MIN
    probability = 1 / (1 + np.exp(-calibration.apply(-log_odds)))
    assert probability.mean() == pytest.approx(labels.mean(), abs=1e-9)


def test_a_score_without_spread_gets_the_base_rate():
    labels = np.array([0, 0, 0, 1])
    calibration = fit_calibration(np.full(4, 3.0), labels)
    assert 1 / (1 + np.exp(-calibration.apply(3.0))) == pytest.approx(0.25)


def test_measures_equal_scikit_learns_ties_included():
    log_odds, labels = outcomes(3_000, 3)
    log_odds = np.round(log_odds, 1)
    measured = evaluate(labels, log_odds, seed=1)
    assert measured["auc"]["value"] == pytest.approx(roc_auc_score(labels, log_odds), abs=1e-12)
    false_rate, true_rate, _ = roc_curve(labels, log_odds)
    assert measured["ks"]["value"] == pytest.approx(np.abs(true_rate - false_rate).max(), abs=1e-12)
    assert measured["brier"]["value"] == pytest.approx(brier_score_loss(labels, 1 / (1 + np.exp(-log_odds))))
    assert auc(labels, log_odds) == measured["auc"]["value"]
    assert kolmogorov_smirnov(labels, log_odds) == measured["ks"]["value"]


def test_bootstrap_interval_holds_the_value_and_is_the_width_theory_says():
    log_odds, labels = outcomes(2_000, 4)
    measured = evaluate(labels, log_odds, seed=1)["auc"]
    area = measured["value"]
    above = (log_odds[labels == 1][:, None] > log_odds[labels == 0][None, :]).astype(float)
    per_default, per_good = above.mean(axis=1), above.mean(axis=0)
    error = np.sqrt(per_default.var(ddof=1) / len(per_default) + per_good.var(ddof=1) / len(per_good))
    assert measured["low"] < area < measured["high"]
    assert (measured["high"] - measured["low"]) / (2 * 1.96) == pytest.approx(error, rel=0.15)
    assert evaluate(labels, log_odds, seed=1) == evaluate(labels, log_odds, seed=1)


def test_calibration_table_counts_every_row_once_in_rising_bands():
    log_odds, labels = outcomes(1_003, 5)
    table = calibration_table(labels, log_odds)
    assert sum(band["rows"] for band in table) == 1_003
    assert sum(band["defaults"] for band in table) == labels.sum()
    assert [band["meanPd"] for band in table] == sorted(band["meanPd"] for band in table)
    assert all(band["low"] <= band["defaultRate"] <= band["high"] for band in table)


def test_wilson_interval_is_the_published_one():
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson_interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
