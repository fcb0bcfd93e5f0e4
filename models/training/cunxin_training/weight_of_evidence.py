"""Weight-of-evidence bins, as scorecards have used them since the 1980s (Siddiqi 2006)."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from cunxin_training.matrix import FeatureList

# A bin needs about this many defaults before its log-odds is more than noise.
DEFAULTS_PER_BIN = 15
BINS_MAX = 10


class WeightOfEvidence(TransformerMixin, BaseEstimator):
    """Replaces each value by ln(share of goods / share of bads) of its bin, float [N, F].

    Continuous features: quantile bins, at most ten, fewer with few defaults; codes and missing
    values are bins of their own. Half a row is added to each count; an unseen code weighs nothing.
    """

    def __init__(self, features: FeatureList) -> None:
        self.features = features

    def fit(self, values: np.ndarray, labels: np.ndarray) -> WeightOfEvidence:
        bins = int(np.clip(labels.sum() // DEFAULTS_PER_BIN, 2, BINS_MAX))
        self.cuts_: list[np.ndarray | None] = []
        self.weights_: list[dict[float, float]] = []
        for position, feature in enumerate(self.features.features):
            known = values[:, position][~np.isnan(values[:, position])]
            if feature.kind == "nominal":
                self.cuts_.append(None)
            else:
                inner = np.arange(1, bins) / bins
                self.cuts_.append(np.unique(np.quantile(known, inner)) if known.size else np.array([]))
            placed = self._bin(values[:, position], position)
            self.weights_.append(_weights(placed, labels))
        return self

    def transform(self, values: np.ndarray) -> np.ndarray:
        columns = []
        for position, weights in enumerate(self.weights_):
            placed = self._bin(values[:, position], position)
            columns.append([weights.get(place, 0.0) for place in placed])
        return np.array(columns).T

    def _bin(self, column: np.ndarray, position: int) -> np.ndarray:
        cuts = self.cuts_[position]
        placed = column if cuts is None else np.searchsorted(cuts, column, side="right").astype(float)
        return np.where(np.isnan(column), -1.0, placed)


def _weights(placed: np.ndarray, labels: np.ndarray) -> dict[float, float]:
    bads, goods = labels.sum(), len(labels) - labels.sum()
    weights = {}
    for place in np.unique(placed):
        inside = labels[placed == place]
        bad = (inside.sum() + 0.5) / (bads + 0.5)
        good = (len(inside) - inside.sum() + 0.5) / (goods + 0.5)
        weights[float(place)] = float(np.log(good / bad))
    return weights
