"""The paired test of a difference in AUC on the same rows (DeLong, DeLong and Clarke-Pearson 1988)."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm, rankdata

Z_95 = 1.959963984540054


def delong(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUCs float [K] and their covariance float [K, K] for ``scores`` float [K, N].

    By mid-ranks, ties included (Sun and Xu 2014), so O(N log N). Needs two rows of each outcome.
    """
    positive, negative = scores[:, labels == 1], scores[:, labels == 0]
    count_positive, count_negative = positive.shape[1], negative.shape[1]
    pooled = np.array([rankdata(np.concatenate([p, n])) for p, n in zip(positive, negative, strict=True)])
    within_positive = np.array([rankdata(row) for row in positive])
    within_negative = np.array([rankdata(row) for row in negative])
    # For each default the share of non-defaults below it, and for each non-default of defaults above.
    per_positive = (pooled[:, :count_positive] - within_positive) / count_negative
    per_negative = 1 - (pooled[:, count_positive:] - within_negative) / count_positive
    covariance = np.atleast_2d(np.cov(per_positive)) / count_positive
    covariance = covariance + np.atleast_2d(np.cov(per_negative)) / count_negative
    return per_positive.mean(axis=1), covariance


def auc_interval(labels: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """AUC of ``scores`` float [N] with its 95 % interval, symmetric, within 0 and 1."""
    areas, covariance = delong(labels, scores[None, :])
    half = Z_95 * math.sqrt(max(0.0, float(covariance[0, 0])))
    area = float(areas[0])
    return {"value": area, "low": max(0.0, area - half), "high": min(1.0, area + half)}


def paired_difference(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """AUC(first) - AUC(second) on the same rows: value, 95 % interval and two-sided p-value."""
    areas, covariance = delong(labels, np.stack([first, second]))
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance <= 1e-16:
        return {"value": difference, "low": difference, "high": difference, "pValue": 1.0}
    error = math.sqrt(variance)
    return {
        "value": difference,
        "low": difference - Z_95 * error,
        "high": difference + Z_95 * error,
        "pValue": float(2 * norm.sf(abs(difference) / error)),
    }
