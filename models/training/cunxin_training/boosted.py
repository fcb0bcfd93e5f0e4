"""The challenger: gradient-boosted trees (LightGBM), free of monotone bounds."""

from __future__ import annotations

import lightgbm
import numpy as np

from cunxin_training.folds import stratified_folds
from cunxin_training.matrix import FeatureList, Matrix

LEAVES_TRIED = (4, 8, 16, 32)
INNER_FOLDS = 5
ROUNDS_MAX = 2_000


def fit_boosted(matrix: Matrix, features: FeatureList, seed: int) -> lightgbm.Booster:
    """The leaves per tree and the number of rounds with the least inner cross-validated log loss.

    Deterministic on any number of cores: one thread, row-wise histograms, seeded.
    ``predict(values, raw_score=True)`` gives log-odds.
    """
    folds = stratified_folds(matrix.ids, matrix.labels, INNER_FOLDS, seed)
    split = [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(INNER_FOLDS)]
    best: tuple[float, int, dict[str, object]] | None = None
    for leaves in LEAVES_TRIED:
        parameters = _parameters(leaves, matrix, seed)
        history = lightgbm.cv(
            parameters,
            _dataset(matrix, features),
            num_boost_round=ROUNDS_MAX,
            folds=split,
            callbacks=[lightgbm.early_stopping(50, verbose=False)],
        )["valid binary_logloss-mean"]
        candidate = (float(history[-1]), len(history), parameters)
        if best is None or candidate[0] < best[0]:
            best = candidate
    if best is None:
        raise ValueError("no number of leaves was tried")
    return lightgbm.train(best[2], _dataset(matrix, features), num_boost_round=best[1])


def _parameters(leaves: int, matrix: Matrix, seed: int) -> dict[str, object]:
    return {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": 0.03,
        "min_data_in_leaf": 20 if len(matrix) > 2_000 else 10,
        "lambda_l2": 5.0,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }


def _dataset(matrix: Matrix, features: FeatureList) -> lightgbm.Dataset:
    nominal = [i for i, f in enumerate(features.features) if f.kind == "nominal"]
    return lightgbm.Dataset(
        matrix.values, matrix.labels, categorical_feature=nominal, free_raw_data=False
    )
