"""What the model is worth on rows it has not seen: out of fold, and out of time where there is time."""

from __future__ import annotations

import numpy as np

from cunxin_training.boosted import fit_boosted
from cunxin_training.delong import paired_difference
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.metrics import auc, calibration_table, evaluate
from cunxin_training.settings import EbmSettings, settings_for
from cunxin_training.train import TrainedModel, train

HELD_OUT_SHARE = 0.25
# With fewer defaults on either side, an out-of-time figure says more about luck than about time.
DEFAULTS_PER_SIDE_MIN = 30


def split_by_time(matrix: Matrix) -> tuple[np.ndarray, np.ndarray, str] | None:
    """Masks of the earlier and later rows and the first later day; None when the matrix can't say.

    The later side holds the last quarter of the rows by ``as_of``; rows of one day stay together.
    """
    ordered = np.sort(matrix.as_of.astype(str))
    first_later_day = str(ordered[int(len(ordered) * (1 - HELD_OUT_SHARE))])
    later = matrix.as_of.astype(str) >= first_later_day
    for side in (later, ~later):
        defaults = int(matrix.labels[side].sum())
        if defaults < DEFAULTS_PER_SIDE_MIN or int(side.sum()) - defaults < DEFAULTS_PER_SIDE_MIN:
            return None
    return ~later, later, first_later_day


def out_of_time_metrics(
    matrix: Matrix, features: FeatureList, seed: int, pairs_max: int | None, n_jobs: int = 1
) -> dict[str, object] | None:
    """Fits everything, calibration included, on the earlier rows and measures the later ones.

    Beside it the boosted trees that nothing holds monotone (``boosted``), fitted on the same rows. None when the matrix does not span enough time (see ``split_by_time``).
    """
    split = split_by_time(matrix)
    if split is None:
        return None
    earlier, later, first_later_day = split
    development = matrix.select(earlier)
    settings: EbmSettings = settings_for(development.defaults, seed, pairs_max)
    trained = train(development, features, settings, n_jobs)
    held_out = matrix.select(later)
    log_odds = trained.additive.log_odds(held_out.values)
    return {
        "heldOutFrom": first_later_day,
        "heldOutTo": str(max(held_out.as_of)),
        "fittedOnRows": len(development),
        **measured(held_out, log_odds, seed),
        "boosted": beside_boosted(
            held_out.labels,
            log_odds,
            fit_boosted(development, features, seed).predict(held_out.values, raw_score=True),
        ),
    }


def beside_boosted(labels: np.ndarray, log_odds: np.ndarray, boosted: np.ndarray) -> dict[str, object]:
    """The model's ``log_odds`` float [N] against those of unconstrained boosted trees on the same rows.

    ``auc`` is the trees'; ``giniShare`` the model's share of their Gini, None where they rank no better
    than chance; ``aucDifference`` the model's AUC minus theirs with DeLong's paired interval and p-value.
    """
    boosted_gini = 2 * auc(labels, boosted) - 1
    return {
        "model": "LightGBM",
        "auc": (boosted_gini + 1) / 2,
        "giniShare": (2 * auc(labels, log_odds) - 1) / boosted_gini if boosted_gini > 0 else None,
        "aucDifference": paired_difference(labels, log_odds, boosted),
    }


def out_of_fold_metrics(trained: TrainedModel, matrix: Matrix) -> dict[str, object]:
    """The same measures on the calibration's out-of-fold predictions of the shipped fit."""
    return measured(matrix, trained.out_of_fold_log_odds, trained.settings.seed)


def measured(matrix: Matrix, log_odds: np.ndarray, seed: int) -> dict[str, object]:
    """Measures with intervals, a calibration table, and the share of the oracle where it is known."""
    result = evaluate(matrix.labels, log_odds, seed)
    result["calibration"] = calibration_table(matrix.labels, log_odds)
    oracle = oracle_share(matrix, log_odds)
    if oracle is not None:
        result["oracle"] = oracle
    return result


def oracle_share(matrix: Matrix, log_odds: np.ndarray) -> dict[str, float] | None:
    """How close the model comes to knowing each applicant's true PD (``meta_true_pd``).

    The oracle's AUC is that of the true PD against the very same labels: what is left above it is
    luck, which no model can rank. None when the column is absent, or no row that holds it defaulted.
    """
    if "meta_true_pd" not in matrix.meta:
        return None
    true_pd = matrix.meta["meta_true_pd"].to_numpy(dtype=np.float64)
    known = ~np.isnan(true_pd)
    labels = matrix.labels[known]
    if labels.size == 0 or labels.min() == labels.max():
        return None
    oracle_auc = auc(labels, true_pd[known])
    model_auc = auc(labels, log_odds[known])
    if oracle_auc <= 0.5:
        return None
    return {
        "auc": oracle_auc,
        "modelAuc": model_auc,
        "giniShare": (2 * model_auc - 1) / (2 * oracle_auc - 1),
        "rows": int(known.sum()),
    }
