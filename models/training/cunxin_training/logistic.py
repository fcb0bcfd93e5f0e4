"""The baselines: penalised logistic regressions, on the features and on their bins (a scorecard)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from cunxin_training.folds import stratified_folds
from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.metrics import log_loss
from cunxin_training.weight_of_evidence import WeightOfEvidence

PENALTIES = np.logspace(-4, 2, 13)
INNER_FOLDS = 5


def fit_logistic(matrix: Matrix, features: FeatureList, seed: int) -> Pipeline:
    """Medians for missing values with indicators, standardised, codes as dummies; L2, C chosen inside."""
    nominal = [i for i, f in enumerate(features.features) if f.kind == "nominal"]
    continuous = [i for i, f in enumerate(features.features) if f.kind == "continuous"]

    def inputs() -> ColumnTransformer:
        numbers = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            StandardScaler(),
        )
        codes = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        return ColumnTransformer([("numbers", numbers, continuous), ("codes", codes, nominal)])

    return _with_best_penalty(matrix, seed, inputs)


def fit_scorecard(matrix: Matrix, features: FeatureList, seed: int) -> Pipeline:
    """The classical scorecard: weight of evidence of each feature's bins; L2, C chosen inside."""
    return _with_best_penalty(matrix, seed, lambda: WeightOfEvidence(features))


def _with_best_penalty(matrix: Matrix, seed: int, inputs: Callable[[], object]) -> Pipeline:
    """The pipeline whose C has the least out-of-fold log loss on ``matrix``, fitted on all of it."""
    folds = stratified_folds(matrix.ids, matrix.labels, INNER_FOLDS, seed)
    log_odds = np.empty((len(PENALTIES), len(matrix)))
    for fold in range(INNER_FOLDS):
        inside, outside = folds != fold, folds == fold
        prepared = inputs()
        training = prepared.fit_transform(matrix.values[inside], matrix.labels[inside])
        held_out = prepared.transform(matrix.values[outside])
        for index, penalty in enumerate(PENALTIES):
            model = _regression(penalty).fit(training, matrix.labels[inside])
            log_odds[index, outside] = model.decision_function(held_out)
    losses = [log_loss(matrix.labels, row) for row in log_odds]
    best = float(PENALTIES[int(np.argmin(losses))])
    return make_pipeline(inputs(), _regression(best)).fit(matrix.values, matrix.labels)


def _regression(penalty: float) -> LogisticRegression:
    return LogisticRegression(C=penalty, max_iter=5_000)
