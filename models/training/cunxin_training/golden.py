"""Golden vectors: inputs with the answers of the float64 EBM, which the scorer checks before use."""

from __future__ import annotations

import numpy as np

from cunxin_training.additive import AdditiveModel
from cunxin_training.ebm import ebm_input
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.train import TrainedModel

MIXED_ROWS = 16
BOUNDARY_ROWS = 8


def golden_rows(trained: TrainedModel, matrix: Matrix, features: FeatureList) -> list[dict[str, object]]:
    """At least 24 rows: typical, all missing, extremes, at and just below cuts, mixed with gaps.

    No row is an applicant's: each value is drawn alone from its column, so a lender's model folder
    gives nobody's record away. All values lie between the column's least and greatest known value.
    """
    inputs = golden_inputs(trained.additive, matrix, np.random.default_rng(trained.settings.seed))
    contributions, log_odds = reference_scores(trained, inputs, features)
    with np.errstate(over="ignore"):
        probability = 1 / (1 + np.exp(-log_odds))
    return [
        {
            "features": [None if np.isnan(value) else float(value) for value in inputs[row]],
            "probabilityOfDefault": float(probability[row]),
            "logOdds": float(log_odds[row]),
            "contributions": [float(value) for value in contributions[row]],
        }
        for row in range(len(inputs))
    ]


def reference_scores(
    trained: TrainedModel, values: np.ndarray, features: FeatureList
) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated contributions float64 [N, T] and log-odds float64 [N] by interpret itself."""
    contributions = trained.ebm.eval_terms(ebm_input(values, features)) * trained.calibration.slope
    raw = trained.ebm.decision_function(ebm_input(values, features))
    return contributions, trained.calibration.apply(raw)


def golden_inputs(model: AdditiveModel, matrix: Matrix, random: np.random.Generator) -> np.ndarray:
    """The rows of input, float64 [rows, F], float32-representable, NaN for missing."""
    columns = [_known(matrix.values[:, position]) for position in range(matrix.values.shape[1])]
    rows = [
        _row(columns, lambda known: known[len(known) // 2]),
        _row(columns, lambda known: known[0]),
        _row(columns, lambda known: known[-1]),
        np.full(len(columns), np.nan),
    ]
    by_feature = _cuts_by_feature(model, len(columns))
    for place in range(BOUNDARY_ROWS):
        at_cut, below_cut = rows[0].copy(), rows[0].copy()
        for feature, cuts in enumerate(by_feature):
            if len(cuts):
                cut = cuts[place * len(cuts) // BOUNDARY_ROWS]
                at_cut[feature] = cut
                below = float(np.nextafter(cut, np.float32(-np.inf)))
                below_cut[feature] = max(below, columns[feature][0])
        rows.extend([at_cut, below_cut])
    for _ in range(MIXED_ROWS):
        row = _row(columns, lambda known: known[random.integers(len(known))])
        row[random.random(len(columns)) < 0.15] = np.nan
        rows.append(row)
    return np.array(rows)


def _known(column: np.ndarray) -> np.ndarray:
    known = np.sort(column[~np.isnan(column)])
    return known if known.size else np.array([np.nan])


def _row(columns: list[np.ndarray], pick) -> np.ndarray:
    return np.array([float(pick(known)) for known in columns])


def _cuts_by_feature(model: AdditiveModel, feature_count: int) -> list[np.ndarray]:
    cuts: list[list[np.ndarray]] = [[] for _ in range(feature_count)]
    for term in model.terms:
        for axis in term.axes:
            cuts[axis.feature].append(axis.cuts)
    return [np.unique(np.concatenate(found)) if found else np.array([]) for found in cuts]
