"""Calibration: one linear map of the log-odds, learned on predictions for rows not fitted on.

Two parameters cannot bend the ranking or the shape functions; they only undo the overconfidence
of a fit (slope under 1) or its shyness (slope over 1), and set the mean right. Cox (1958).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

METHOD = "linear map of the log-odds on out-of-fold predictions"
# A model without signal has a slope near zero or under it. Folding that in would turn every
# monotone shape upside down, so the slope stops here and the intercept takes the base rate.
SLOPE_MIN = 0.05


@dataclass(frozen=True)
class Calibration:
    """calibrated log-odds = slope * log-odds + intercept, slope > 0."""

    slope: float
    intercept: float

    def apply(self, log_odds: np.ndarray) -> np.ndarray:
        return self.slope * log_odds + self.intercept


def logistic_line(log_odds: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the maximum-likelihood logistic regression of labels on log_odds.

    Newton's method on two parameters; falls back to slope 1 when log_odds has no spread.
    """
    if np.ptp(log_odds) == 0:
        return 1.0, float(logit(labels.mean()) - log_odds.mean())
    design = np.column_stack([log_odds, np.ones(len(log_odds))])
    weights = np.array([1.0, 0.0])
    best = _log_loss_sum(design @ weights, labels)
    for _ in range(100):
        probability = expit(design @ weights)
        gradient = design.T @ (labels - probability)
        hessian = (design * (probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(hessian + 1e-10 * np.eye(2), gradient)
        while _log_loss_sum(design @ (weights + step), labels) > best + 1e-9:
            step = step / 2
        weights = weights + step
        best = _log_loss_sum(design @ weights, labels)
        if np.abs(step).max() < 1e-10:
            break
    return float(weights[0]), float(weights[1])


def fit_calibration(log_odds: np.ndarray, labels: np.ndarray) -> Calibration:
    """The calibration for out-of-fold ``log_odds`` float [N] and ``labels`` int [N]."""
    slope, intercept = logistic_line(log_odds, labels)
    if slope >= SLOPE_MIN:
        return Calibration(slope, intercept)
    return Calibration(SLOPE_MIN, _intercept_for_slope(SLOPE_MIN * log_odds, labels))


def _intercept_for_slope(offset: np.ndarray, labels: np.ndarray) -> float:
    intercept = float(logit(labels.mean()) - offset.mean())
    for _ in range(50):
        probability = expit(offset + intercept)
        intercept += float((labels - probability).sum() / (probability * (1 - probability)).sum())
    return intercept


def _log_loss_sum(log_odds: np.ndarray, labels: np.ndarray) -> float:
    return float(np.logaddexp(0, log_odds).sum() - (labels * log_odds).sum())
