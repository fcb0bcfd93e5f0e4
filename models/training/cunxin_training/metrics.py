"""Measures of a model of PD on rows it was not fitted on, with bootstrap intervals."""

from __future__ import annotations

import numpy as np
from scipy.special import expit
from scipy.stats import rankdata

from cunxin_training.calibration import logistic_line

BOOTSTRAP_REPLICATES = 1_000


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a default outscores a non-default, ties half."""
    ranks = rankdata(scores)
    positives = int(labels.sum())
    negatives = len(labels) - positives
    rank_sum = ranks[labels == 1].sum()
    return float((rank_sum - positives * (positives + 1) / 2) / (positives * negatives))


def kolmogorov_smirnov(labels: np.ndarray, scores: np.ndarray) -> float:
    """The largest gap between the score distributions of defaults and non-defaults."""
    curve = _weighted_curve(labels, scores, np.ones((1, len(labels))))
    return float(_ks_of(curve)[0])


def log_loss(labels: np.ndarray, log_odds: np.ndarray) -> float:
    """Mean negative log-likelihood, in nats."""
    return float((np.logaddexp(0, log_odds) - labels * log_odds).mean())


def evaluate(labels: np.ndarray, log_odds: np.ndarray, seed: int) -> dict[str, object]:
    """AUC, Gini, KS, Brier, log loss and calibration of ``log_odds`` float [N] on ``labels`` [N].

    Each estimate is ``{value, low, high}`` with a 95 % percentile interval over 1,000 bootstrap
    samples of the rows (seeded), except the calibration line, which has none.
    """
    probability = expit(log_odds)
    squared_error = (probability - labels) ** 2
    loss = np.logaddexp(0, log_odds) - labels * log_odds
    generator = np.random.default_rng(seed)
    aucs, kss, briers, losses = [], [], [], []
    done = 0
    while done < BOOTSTRAP_REPLICATES:
        batch = min(50, BOOTSTRAP_REPLICATES - done)
        weights = generator.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=batch)
        has_both = ((weights @ labels) > 0) & ((weights @ (1 - labels)) > 0)
        curve = _weighted_curve(labels, log_odds, weights[has_both])
        aucs.append(_auc_of(curve))
        kss.append(_ks_of(curve))
        briers.append(weights @ squared_error / len(labels))
        losses.append(weights @ loss / len(labels))
        done += batch
    area = auc(labels, log_odds)
    slope, intercept = logistic_line(log_odds, labels)
    auc_samples = np.concatenate(aucs)
    return {
        "rows": len(labels),
        "defaults": int(labels.sum()),
        "auc": _estimate(area, auc_samples),
        "gini": _estimate(2 * area - 1, 2 * auc_samples - 1),
        "ks": _estimate(kolmogorov_smirnov(labels, log_odds), np.concatenate(kss)),
        "brier": _estimate(float(squared_error.mean()), np.concatenate(briers)),
        "logLoss": _estimate(float(loss.mean()), np.concatenate(losses)),
        "calibrationSlope": slope,
        "calibrationIntercept": intercept,
        "meanPd": float(probability.mean()),
        "defaultRate": float(labels.mean()),
    }


def calibration_table(labels: np.ndarray, log_odds: np.ndarray, bands: int = 10) -> list[dict[str, float]]:
    """Rows in equal bands of PD: how many, mean PD, observed default rate with a Wilson interval."""
    probability = expit(log_odds)
    order = np.argsort(log_odds, kind="stable")
    table = []
    for rows in np.array_split(order, min(bands, len(order))):
        defaults = int(labels[rows].sum())
        low, high = wilson_interval(defaults, len(rows))
        table.append(
            {
                "rows": len(rows),
                "defaults": defaults,
                "meanPd": float(probability[rows].mean()),
                "defaultRate": defaults / len(rows),
                "low": low,
                "high": high,
            }
        )
    return table


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95 % interval for a share (1927)."""
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def _weighted_curve(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of defaults and non-defaults at each distinct score, float [B, distinct] each."""
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    weighted = weights[:, order].astype(np.float64)
    positive = np.add.reduceat(weighted * labels[order], starts, axis=1)
    negative = np.add.reduceat(weighted * (1 - labels[order]), starts, axis=1)
    return (
        positive / positive.sum(axis=1, keepdims=True),
        negative / negative.sum(axis=1, keepdims=True),
    )


def _auc_of(curve: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    positive, negative = curve
    negative_below = np.cumsum(negative, axis=1) - negative
    return (positive * (negative_below + negative / 2)).sum(axis=1)


def _ks_of(curve: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    positive, negative = curve
    return np.abs(np.cumsum(positive, axis=1) - np.cumsum(negative, axis=1)).max(axis=1)


def _estimate(value: float, samples: np.ndarray) -> dict[str, float]:
    low, high = np.percentile(samples, [2.5, 97.5])
    return {"value": float(value), "low": float(low), "high": float(high)}
