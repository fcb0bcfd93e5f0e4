"""Fit, choose pairs, calibrate: from labelled rows to a model ready to export."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier

from cunxin_training.additive import AdditiveModel, additive_model
from cunxin_training.calibration import Calibration, fit_calibration
from cunxin_training.ebm import ebm_input, fit_mains, raw_log_odds
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
    ``variance_scale`` turns the mean squared deviation of the bags into the variance of the estimate.
    """

    ebm: ExplainableBoostingClassifier
    calibration: Calibration
    additive: AdditiveModel
    settings: EbmSettings
    pairs: Pairs
    pairs_considered: dict[str, float]
    out_of_fold_log_odds: np.ndarray
    variance_scale: float


@dataclass(frozen=True)
class _OutOfFold:
    """Uncalibrated out-of-fold log-odds float [repeats, N], and the jackknife variance over rows."""

    log_odds: np.ndarray
    variance: float


def train(matrix: Matrix, features: FeatureList, settings: EbmSettings, n_jobs: int = 1) -> TrainedModel:
    """Fits on all of ``matrix``; calibration and the choice to keep pairs rest on out-of-fold rows.

    Raises ValueError when an outcome has fewer rows than there are calibration folds.
    """
    best, with_pairs = _out_of_fold(matrix, features, settings, n_jobs)
    calibration = _calibrate(best.log_odds, matrix.labels)
    considered = {"logLossWithoutPairs": _mean_log_loss(best.log_odds, matrix.labels, calibration)}
    pairs_earn_their_place = False
    if with_pairs is not None:
        calibration_with = _calibrate(with_pairs.log_odds, matrix.labels)
        loss = _mean_log_loss(with_pairs.log_odds, matrix.labels, calibration_with)
        considered["logLossWithPairs"] = loss
        if loss < considered["logLossWithoutPairs"] * (1 - PAIRS_MUST_GAIN):
            pairs_earn_their_place = True
            best, calibration = with_pairs, calibration_with

    ebm = fit_mains(matrix.values, matrix.labels, features, settings, n_jobs)
    pairs: Pairs = []
    if pairs_earn_their_place:
        pairs = choose_pairs(ebm, matrix.values, matrix.labels, features, settings)
        ebm = add_pairs(ebm, matrix.values, matrix.labels, features, settings, pairs, n_jobs)
    silent = [index for index, scores in enumerate(ebm.term_scores_) if not np.any(scores)]
    if silent:
        # A term that says nothing of anyone costs time in every score.
        ebm.remove_terms(silent)
    additive = additive_model(ebm, calibration)
    broken = violations(additive, features.monotone)
    if broken:
        # Both stages rule this out; were it to happen, no model is better than a wrong one.
        named = ", ".join(f"{features.names[f]} ({step:.2g})" for f, step in broken.items())
        raise ValueError(f"the fitted model is not monotone in: {named}")
    return TrainedModel(
        ebm,
        calibration,
        additive,
        settings,
        pairs,
        considered,
        calibration.apply(best.log_odds).mean(axis=0),
        _variance_scale(best.variance, ebm, matrix.values, features),
    )


def _out_of_fold(
    matrix: Matrix, features: FeatureList, settings: EbmSettings, n_jobs: int
) -> tuple[_OutOfFold, _OutOfFold | None]:
    """Out-of-fold predictions without and with pairs, which are chosen anew in each fold.

    None in place of the second when no pairs are to be looked for.
    """
    settings = replace(settings, outer_bags=settings.calibration_bags)
    count = settings.calibration_folds
    variants = 2 if settings.pairs_max > 0 else 1
    log_odds = np.empty((variants, settings.calibration_repeats, len(matrix)))
    variances = np.empty((variants, settings.calibration_repeats))
    for repeat in range(settings.calibration_repeats):
        folds = stratified_folds(matrix.ids, matrix.labels, count, settings.seed + 1_000 * (repeat + 1))
        everywhere = np.empty((variants, count, len(matrix)))
        for fold in range(count):
            inside, outside = folds != fold, folds == fold
            values, labels = matrix.values[inside], matrix.labels[inside]
            model = fit_mains(values, labels, features, settings, n_jobs)
            everywhere[0, fold] = raw_log_odds(model, matrix.values, features)
            if variants == 2:
                pairs = choose_pairs(model, values, labels, features, settings)
                model = add_pairs(model, values, labels, features, settings, pairs, n_jobs)
                everywhere[1, fold] = raw_log_odds(model, matrix.values, features)
            log_odds[:, repeat, outside] = everywhere[:, fold, outside]
        # The grouped jackknife: each fold's model lacks one group of rows (Shao and Wu 1989).
        variances[:, repeat] = (count - 1) * everywhere.var(axis=1).mean(axis=1)
    found = [_OutOfFold(log_odds[v], float(variances[v].mean())) for v in range(variants)]
    return found[0], found[1] if variants == 2 else None


def _variance_scale(
    variance: float, ebm: ExplainableBoostingClassifier, values: np.ndarray, features: FeatureList
) -> float:
    """The mean jackknife ``variance`` of the estimate over the mean variance of the bags."""
    spread = ebm.predict_with_uncertainty(ebm_input(values, features))[:, 1]
    bags = float((spread**2).mean())
    return variance / bags if bags > 0 else 0.0


def _calibrate(out_of_fold: np.ndarray, labels: np.ndarray) -> Calibration:
    return fit_calibration(out_of_fold.ravel(), np.tile(labels, len(out_of_fold)))


def _mean_log_loss(out_of_fold: np.ndarray, labels: np.ndarray, calibration: Calibration) -> float:
    return log_loss(np.tile(labels, len(out_of_fold)), calibration.apply(out_of_fold.ravel()))
