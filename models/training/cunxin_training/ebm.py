"""Fits the explainable boosting machine (Lou et al. 2013; interpret) within monotone bounds."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier

from cunxin_training.matrix import FeatureList
from cunxin_training.settings import EbmSettings


def ebm_input(values: np.ndarray, features: FeatureList) -> np.ndarray | pd.DataFrame:
    """``values`` float [N, F] as interpret wants it: codes of nominal features become text."""
    if all(feature.kind == "continuous" for feature in features.features):
        return values
    columns: dict[str, np.ndarray] = {}
    for position, feature in enumerate(features.features):
        column = values[:, position]
        if feature.kind == "nominal":
            columns[feature.name] = np.array(
                [None if np.isnan(code) else str(int(code)) for code in column], dtype=object
            )
        else:
            columns[feature.name] = column
    return pd.DataFrame(columns)


def fit_mains(
    values: np.ndarray,
    labels: np.ndarray,
    features: FeatureList,
    settings: EbmSettings,
    n_jobs: int = 1,
) -> ExplainableBoostingClassifier:
    """An EBM of ``labels`` int [N] on ``values`` float [N, F] with one term per feature.

    Monotone where the feature list says. No class weights: they would move the base rate that a PD
    has to keep. The result depends on ``settings.seed``, not on ``n_jobs``.
    """
    model = ExplainableBoostingClassifier(
        **common_arguments(features, settings, n_jobs),
        monotone_constraints=features.monotone if any(features.monotone) else None,
        interactions=0,
    )
    with warnings.catch_warnings():
        # interpret warns that its plots leave the missing bin out; ours show it.
        warnings.filterwarnings("ignore", message="Missing values detected")
        warnings.filterwarnings("ignore", message="All-NaN slice", category=RuntimeWarning)
        return model.fit(ebm_input(values, features), labels)


def common_arguments(features: FeatureList, settings: EbmSettings, n_jobs: int) -> dict[str, object]:
    """The arguments of ExplainableBoostingClassifier that main and pairwise fits share."""
    return {
        "feature_names": features.names,
        "feature_types": feature_types(features),
        "max_bins": settings.max_bins,
        "max_interaction_bins": settings.max_interaction_bins,
        "outer_bags": settings.outer_bags,
        "validation_size": settings.validation_size,
        "learning_rate": settings.learning_rate,
        "smoothing_rounds": settings.smoothing_rounds,
        "interaction_smoothing_rounds": settings.smoothing_rounds,
        "early_stopping_rounds": settings.early_stopping_rounds,
        "min_samples_leaf": settings.min_samples_leaf,
        "reg_lambda": settings.reg_lambda,
        "max_leaves": settings.max_leaves,
        "n_jobs": n_jobs,
        "random_state": settings.seed,
    }


def raw_log_odds(
    model: ExplainableBoostingClassifier, values: np.ndarray, features: FeatureList
) -> np.ndarray:
    """The uncalibrated log-odds, float64 [N]."""
    return model.decision_function(ebm_input(values, features))


def feature_types(features: FeatureList) -> list[str]:
    """Stated, never guessed: interpret's "auto" would read a count with few values as categories."""
    return [feature.kind for feature in features.features]
