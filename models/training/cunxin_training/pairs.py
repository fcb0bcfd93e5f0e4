"""Pairwise terms: chosen by the fit, boosted on what the main terms leave, held to monotone totals.

interpret offers two ways with constraints, and neither serves a list where most features have one:
its own choice of pairs leaves every constrained feature out, and pairs handed to it are constrained
each by itself. But a pair boosted after its main terms holds the *difference* from the mean effect
(steeper here, flatter there), which is hardly ever monotone by itself; such fits come out as zero.
What has to be monotone is the total effect. So pairs are boosted freely, and then each bag's main
plus pair is projected onto the nearest monotone function (isotonic regression, weighted by the
training rows). The mean over bags of monotone functions is monotone.

Main and pair must share their cuts for that, or the pair would have to carry the main's every step.
So a constrained feature that joins a pair keeps only as many bins as pairs have, in its main term too.
"""

from __future__ import annotations

import warnings
from itertools import combinations

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier
from interpret.utils import measure_interactions
from scipy.optimize import isotonic_regression

from cunxin_training.ebm import common_arguments, ebm_input, feature_types
from cunxin_training.matrix import FeatureList
from cunxin_training.settings import EbmSettings

Pairs = list[tuple[int, int]]
Bins = np.ndarray | dict[str, int]
PROJECTION_ROUNDS = 20


def choose_pairs(
    mains: ExplainableBoostingClassifier,
    values: np.ndarray,
    labels: np.ndarray,
    features: FeatureList,
    settings: EbmSettings,
) -> Pairs:
    """Up to ``settings.pairs_max`` pairs with the strongest interaction left over by ``mains``.

    FAST (Lou et al. 2013) on the residuals. A constrained feature joins one pair at most, so that
    its total effect is one main and one pair, and can be made monotone exactly.
    """
    varied = [position for position in range(len(features)) if _varies(values[:, position])]
    if settings.pairs_max == 0 or len(varied) < 2:
        return []
    data = ebm_input(values, features)
    ranked = measure_interactions(
        data,
        labels,
        interactions=list(combinations(varied, 2)),
        init_score=mains.decision_function(data),
        feature_names=features.names,
        feature_types=feature_types(features),
        max_interaction_bins=settings.max_interaction_bins,
        min_samples_leaf=settings.min_samples_leaf,
        objective="log_loss",
    )
    chosen: Pairs = []
    taken: set[int] = set()
    for (first, second), strength in sorted(ranked, key=lambda entry: (-entry[1], entry[0])):
        constrained = {f for f in (first, second) if features.monotone[f] != 0}
        if strength > 0 and len(chosen) < settings.pairs_max and not constrained & taken:
            chosen.append((int(first), int(second)))
            taken |= constrained
    return sorted(chosen)


def add_pairs(
    mains: ExplainableBoostingClassifier,
    values: np.ndarray,
    labels: np.ndarray,
    features: FeatureList,
    settings: EbmSettings,
    pairs: Pairs,
    n_jobs: int = 1,
) -> ExplainableBoostingClassifier:
    """A copy of ``mains`` with the terms of ``pairs`` added; ``mains`` itself when there are none.

    The result is an ordinary EBM: its predict_proba and eval_terms include the pairs.
    """
    if not pairs:
        return mains
    model = mains.copy()
    types: list[object] = list(feature_types(features))
    for feature in sorted({feature for pair in pairs for feature in pair}):
        if features.monotone[feature] != 0:
            types[feature] = _coarsen_main(model, feature, settings.max_interaction_bins)
    data = ebm_input(values, features)
    arguments = {**common_arguments(features, settings, n_jobs), "feature_types": types}
    residual = ExplainableBoostingClassifier(**arguments, exclude="mains", interactions=pairs)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Missing values detected")
        warnings.filterwarnings("ignore", message="All-NaN slice", category=RuntimeWarning)
        residual.fit(data, labels, init_score=model.decision_function(data))

    model.intercept_ = model.intercept_ + residual.intercept_
    model.bagged_intercept_ = model.bagged_intercept_ + residual.bagged_intercept_
    model.best_iteration_ = np.vstack([model.best_iteration_, residual.best_iteration_])
    for members, bagged in zip(residual.term_features_, residual.bagged_scores_, strict=True):
        for feature in members:
            model.bins_[feature] = [model.bins_[feature][0], residual.bins_[feature][-1]]
        scores = _project(np.asarray(bagged), members, model, features)
        _append_term(model, members, scores, values, features)
    return model


def _coarsen_main(model: ExplainableBoostingClassifier, feature: int, bins_max: int) -> list[float]:
    """Merges the bins of the feature's main term, in place, into about ``bins_max`` of equal weight.

    Scores are averaged by training rows, which keeps them monotone. Returns the cuts kept.
    """
    cuts = np.asarray(model.bins_[feature][0])
    weights = np.asarray(model.bin_weights_[feature])
    below = np.cumsum(weights[1:-2]) / max(weights[1:-1].sum(), 1)
    wanted = np.arange(1, bins_max - 2) / (bins_max - 2)
    kept = np.unique([int(np.abs(below - share).argmin()) for share in wanted])
    group = np.array([0, *(np.searchsorted(kept, np.arange(len(cuts) + 1), side="left") + 1), len(kept) + 2])
    merged = np.bincount(group, weights=weights)
    bagged = np.asarray(model.bagged_scores_[feature])
    # An empty group would divide by nothing; its bins then count alike.
    shares = weights + 1e-9
    total = np.bincount(group, weights=shares)
    scores = np.stack([np.bincount(group, weights=shares * bag) / total for bag in bagged])
    model.bins_[feature] = [cuts[kept]]
    model.bin_weights_[feature] = merged
    model.bagged_scores_[feature] = scores
    model.term_scores_[feature] = scores.mean(axis=0)
    model.standard_deviations_[feature] = scores.std(axis=0)
    return [float(cut) for cut in cuts[kept]]


def _project(
    scores: np.ndarray, members: tuple[int, ...], model: ExplainableBoostingClassifier, features: FeatureList
) -> np.ndarray:
    """Bagged scores [bags, bins, bins] such that main + pair is monotone in constrained members."""
    constrained = [d for d, feature in enumerate(members) if features.monotone[feature] != 0]
    if not constrained:
        return scores
    projected = np.empty_like(scores)
    mains, weights = {}, {}
    for dimension in constrained:
        feature = members[dimension]
        weights[dimension] = np.asarray(model.bin_weights_[feature]) + 1e-3
        mains[dimension] = np.asarray(model.bagged_scores_[feature])
    for bag in range(len(scores)):
        shapes = {d: _along(mains[d][bag], d) for d in constrained}
        total = scores[bag] + sum(shapes.values())
        for _ in range(PROJECTION_ROUNDS):
            before = total
            for dimension in constrained:
                direction = features.monotone[members[dimension]]
                total = _isotonic(total, dimension, direction, weights[dimension])
            if len(constrained) == 1 or np.allclose(total, before, rtol=0, atol=1e-6):
                break
        for dimension in constrained:
            # A running extreme along one side keeps the order along the other, so it closes what
            # alternating projections leave open, which is next to nothing.
            total = _running_extreme(total, dimension, features.monotone[members[dimension]])
        projected[bag] = total - sum(shapes.values())
    return projected


def _isotonic(total: np.ndarray, dimension: int, direction: int, weights: np.ndarray) -> np.ndarray:
    by_bin = np.moveaxis(total.copy(), dimension, 0)
    # The first bin is the missing bin and the last the unseen one: they have no order.
    known = by_bin[1:-1]
    for column in np.flatnonzero((direction * np.diff(known, axis=0) < 0).any(axis=0)):
        known[:, column] = isotonic_regression(
            known[:, column], weights=weights[1:-1], increasing=direction > 0
        ).x
    return np.moveaxis(by_bin, 0, dimension)


def _running_extreme(total: np.ndarray, dimension: int, direction: int) -> np.ndarray:
    by_bin = np.moveaxis(total.copy(), dimension, 0)
    running = np.maximum if direction > 0 else np.minimum
    by_bin[1:-1] = running.accumulate(by_bin[1:-1], axis=0)
    return np.moveaxis(by_bin, 0, dimension)


def _append_term(
    model: ExplainableBoostingClassifier,
    members: tuple[int, ...],
    scores: np.ndarray,
    values: np.ndarray,
    features: FeatureList,
) -> None:
    weights = np.zeros(scores.shape[1:])
    places = tuple(_tensor_bin(values[:, feature], model.bins_[feature][-1]) for feature in members)
    np.add.at(weights, places, 1)
    model.term_features_.append(tuple(members))
    model.term_names_.append(" & ".join(features.names[feature] for feature in members))
    model.bagged_scores_.append(scores)
    model.term_scores_.append(scores.mean(axis=0))
    model.standard_deviations_.append(scores.std(axis=0))
    model.bin_weights_.append(weights)


def _tensor_bin(column: np.ndarray, bins: Bins) -> np.ndarray:
    """The index of each value in an EBM tensor: missing 0, bins from 1, unseen categories last."""
    missing = np.isnan(column)
    if isinstance(bins, dict):
        unseen = max(bins.values()) + 1
        found = [0 if gone else bins.get(str(int(code)), unseen) for code, gone in zip(column, missing, strict=True)]
        return np.array(found)
    return np.where(missing, 0, np.searchsorted(bins, column, side="right") + 1)


def _along(line: np.ndarray, dimension: int) -> np.ndarray:
    return line[:, None] if dimension == 0 else line[None, :]


def _varies(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    return known.size > 0 and bool(known.min() < known.max())
