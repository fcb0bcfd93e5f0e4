"""Fit, choose pairs, calibrate: from labelled rows to a model ready to export."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier

from cunxin_training.additive import AdditiveModel, additive_model
from cunxin_training.calibration import Calibration, fit_calibration
from cunxin_training.ebm import fit_mains, raw_log_odds
from cunxin_training.folds import stratified_folds
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.metrics import log_loss
from cunxin_training.monotonicity import violations
from cunxin_training.pairs import Pairs, add_pairs, choose_pairs
from cunxin_training.settings import EbmSettings

# Pairs cost reading effort on every decision, so they must earn it: they stay only if they lower
# the out-of-fold log loss by this share.
PAIRS_MUST_GAIN = 0.001


@dataclass(frozen=True)
class TrainedModel:
    """A calibrated EBM.

    ``additive`` is what is exported; ``ebm`` with ``calibration`` is the float64 reference.
    ``out_of_fold_log_odds`` float [N] are the calibrated predictions for the training rows, each by
    models that never saw the row. ``pairs_considered`` were measured, ``pairs`` kept.
    """

    ebm: ExplainableBoostingClassifier
    calibration: Calibration
    additive: AdditiveModel
    settings: EbmSettings
    pairs: Pairs
    pairs_considered: dict[str, float]
    out_of_fold_log_odds: np.ndarray


def train(matrix: Matrix, features: FeatureList, settings: EbmSettings, n_jobs: int = 1) -> TrainedModel:
    """Fits on all of ``matrix``; calibration and the choice to keep pairs rest on out-of-fold rows.

    Raises ValueError when an outcome has fewer rows than there are calibration folds.
    """
    mains, with_pairs = _out_of_fold(matrix, features, settings, n_jobs)
    out_of_fold, calibration = mains, _calibrate(mains, matrix.labels)
    considered = {"logLossWithoutPairs": _mean_log_loss(mains, matrix.labels, calibration)}
    pairs_earn_their_place = False
    if with_pairs is not None:
        calibration_with = _calibrate(with_pairs, matrix.labels)
        loss = _mean_log_loss(with_pairs, matrix.labels, calibration_with)
        considered["logLossWithPairs"] = loss
        if loss < considered["logLossWithoutPairs"] * (1 - PAIRS_MUST_GAIN):
            pairs_earn_their_place = True
            out_of_fold, calibration = with_pairs, calibration_with

    ebm = fit_mains(matrix.values, matrix.labels, features, settings, n_jobs)
    pairs: Pairs = []
    if pairs_earn_their_place:
        pairs = choose_pairs(ebm, matrix.values, matrix.labels, features, settings)
        ebm = add_pairs(ebm, matrix.values, matrix.labels, features, settings, pairs, n_jobs)
    additive = additive_model(ebm, calibration)
    broken = violations(additive, features.monotone)
    if broken:
        # Both stages rule this out; were it to happen, no model is better than a wrong one.
        named = ", ".join(f"{features.names[f]} ({step:.2g})" for f, step in broken.items())
        raise ValueError(f"the fitted model is not monotone in: {named}")
    mean_log_odds = calibration.apply(out_of_fold).mean(axis=0)
    return TrainedModel(ebm, calibration, additive, settings, pairs, considered, mean_log_odds)


def _out_of_fold(
    matrix: Matrix, features: FeatureList, settings: EbmSettings, n_jobs: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Uncalibrated out-of-fold log-odds without and with pairs, float [repeats, N] each.

    Pairs are chosen anew in each fold; None in place of the second when none are to be looked for.
    """
    settings = replace(settings, outer_bags=settings.calibration_bags)
    shape = (settings.calibration_repeats, len(matrix))
    mains_only, with_pairs = np.empty(shape), np.empty(shape)
    for repeat in range(settings.calibration_repeats):
        folds = stratified_folds(
            matrix.ids, matrix.labels, settings.calibration_folds, settings.seed + 1_000 * (repeat + 1)
        )
        for fold in range(settings.calibration_folds):
            inside, outside = folds != fold, folds == fold
            values, labels = matrix.values[inside], matrix.labels[inside]
            model = fit_mains(values, labels, features, settings, n_jobs)
            mains_only[repeat, outside] = raw_log_odds(model, matrix.values[outside], features)
            if settings.pairs_max > 0:
                pairs = choose_pairs(model, values, labels, features, settings)
                model = add_pairs(model, values, labels, features, settings, pairs, n_jobs)
                with_pairs[repeat, outside] = raw_log_odds(model, matrix.values[outside], features)
    return mains_only, with_pairs if settings.pairs_max > 0 else None


def _calibrate(out_of_fold: np.ndarray, labels: np.ndarray) -> Calibration:
    return fit_calibration(out_of_fold.ravel(), np.tile(labels, len(out_of_fold)))


def _mean_log_loss(out_of_fold: np.ndarray, labels: np.ndarray, calibration: Calibration) -> float:
    return log_loss(np.tile(labels, len(out_of_fold)), calibration.apply(out_of_fold.ravel()))
