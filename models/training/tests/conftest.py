"""Synthetic books of loans, written to disk as the TypeScript feature code would."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cunxin_training.additive import AdditiveModel
from cunxin_training.matrix import Feature, FeatureList, Matrix, read_feature_list, read_matrix
from cunxin_training.settings import EbmSettings
from cunxin_training.train import TrainedModel, train

DIRECTIONS = ["decreasing", "increasing", "none", "decreasing", "none", "none"]


def feature_list() -> FeatureList:
    return FeatureList(
        tuple(
            Feature(f"feature_{position}", "count", direction, -100.0, 100.0)
            for position, direction in enumerate(DIRECTIONS)
        )
    )


def write_feature_list(path: Path, features: FeatureList) -> Path:
    entries = [
        {"name": f.name, "unit": f.unit, "riskDirection": f.risk_direction, "min": f.minimum, "max": f.maximum}
        for f in features.features
    ]
    path.write_text(json.dumps({"featureListHash": features.hash, "features": entries}))
    return path


def write_matrix(path: Path, features: FeatureList, rows: int, seed: int, days: int = 700) -> Path:
    """A book whose log-odds hold two monotone effects, a hump, an interaction and missing values."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, len(features))).astype(np.float32)
    values[:, 5] = np.round(values[:, 5])
    log_odds = (
        -1.6
        - 0.9 * values[:, 0]
        + 0.7 * values[:, 1]
        - 0.8 * np.abs(values[:, 2])
        - 1.8 * values[:, 3] * (values[:, 4] > 0)
    )
    true_pd = 1 / (1 + np.exp(-log_odds))
    labels = (random.random(rows) < true_pd).astype(int)
    values[random.random(values.shape) < 0.05] = np.nan
    day = np.datetime64("2024-01-01") + np.sort(random.integers(0, days, rows))
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "as_of", "label", "meta_true_pd", *features.names])
        for row in range(rows):
            cells = ["" if np.isnan(v) else repr(float(v)) for v in values[row]]
            writer.writerow([f"app_{row}", day[row], labels[row], repr(float(true_pd[row])), *cells])
    return path


@dataclass(frozen=True)
class Book:
    """Files of a synthetic book, and what they hold."""

    matrix_path: Path
    features_path: Path
    matrix: Matrix
    features: FeatureList


def quick_settings(**changes: object) -> EbmSettings:
    """A fit of a second: fewer bags and rounds than any real one, every other path the same."""
    base = dict(
        max_bins=32,
        max_interaction_bins=8,
        pairs_max=0,
        outer_bags=3,
        validation_size=0.15,
        learning_rate=0.05,
        smoothing_rounds=20,
        early_stopping_rounds=20,
        min_samples_leaf=5,
        reg_lambda=0.0,
        max_leaves=3,
        calibration_folds=3,
        calibration_repeats=1,
        calibration_bags=2,
        seed=7,
    )
    return EbmSettings(**{**base, **changes})


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("book")
    features_path = write_feature_list(folder / "features.json", feature_list())
    features = read_feature_list(features_path)
    matrix_path = write_matrix(folder / "matrix.csv.gz", features, rows=3_000, seed=1)
    return Book(matrix_path, features_path, read_matrix(matrix_path, features), features)


@pytest.fixture(scope="session")
def trained(book: Book) -> TrainedModel:
    """A model with main and pairwise terms."""
    model = train(book.matrix, book.features, quick_settings(pairs_max=2))
    assert model.pairs, "the book's interaction must be found, or the tests of pairs test nothing"
    return model


@pytest.fixture(scope="session")
def additive(trained: TrainedModel) -> AdditiveModel:
    return trained.additive


def probing_inputs(model: AdditiveModel, rows: int, seed: int) -> np.ndarray:
    """float32 rows [rows, F]: random values, exact cuts and their neighbours, and missing values."""
    random = np.random.default_rng(seed)
    inputs = random.normal(scale=1.5, size=(rows, model.feature_count)).astype(np.float32)
    for term in model.terms:
        for axis in term.axes:
            if len(axis.cuts) == 0:
                continue
            cuts = random.choice(axis.cuts, size=rows)
            below = np.nextafter(cuts, np.float32(-np.inf))
            above = np.nextafter(cuts, np.float32(np.inf))
            drawn = random.random(rows)
            column = inputs[:, axis.feature]
            column = np.where(drawn < 0.2, cuts, column)
            column = np.where((drawn >= 0.2) & (drawn < 0.4), below, column)
            inputs[:, axis.feature] = np.where((drawn >= 0.4) & (drawn < 0.5), above, column)
    inputs[random.random(inputs.shape) < 0.1] = np.nan
    inputs[0], inputs[1], inputs[2] = np.nan, np.finfo(np.float32).max, np.finfo(np.float32).min
    return inputs
