"""The baseline: a penalised logistic regression on the same features and folds."""

from __future__ import annotations

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from cunxin_training.folds import stratified_folds
from cunxin_training.matrix import Matrix
from cunxin_training.metrics import log_loss

PENALTIES = np.logspace(-4, 2, 13)
INNER_FOLDS = 5


def fit_logistic(matrix: Matrix, seed: int) -> Pipeline:
    """Median-imputed with missing indicators, standardised, L2; C by out-of-fold log loss inside."""
    folds = stratified_folds(matrix.ids, matrix.labels, INNER_FOLDS, seed)
    losses = []
    for penalty in PENALTIES:
        log_odds = np.empty(len(matrix))
        for fold in range(INNER_FOLDS):
            inside, outside = folds != fold, folds == fold
            model = _pipeline(penalty).fit(matrix.values[inside], matrix.labels[inside])
            log_odds[outside] = model.decision_function(matrix.values[outside])
        losses.append(log_loss(matrix.labels, log_odds))
    return _pipeline(float(PENALTIES[int(np.argmin(losses))])).fit(matrix.values, matrix.labels)


def _pipeline(penalty: float) -> Pipeline:
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=penalty, max_iter=5_000),
    )
