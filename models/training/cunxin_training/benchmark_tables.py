"""The public credit tables, Taiwan and German, as matrices.

They are here to check the method against published figures, so they keep every column that the
published models use, age and sex among them. No model of Cunxin is fitted on these.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from cunxin_training.matrix import Feature, FeatureList, Matrix

TAIWAN_FILE = Path("taiwan/default_of_credit_card_clients.csv.gz")
GERMAN_FILE = Path("german/german.csv.gz")
# Marital status is a code; sex has two values, and education and delay months are ordered.
TAIWAN_NOMINAL = {"MARRIAGE"}


def read_taiwan(data: Path) -> tuple[Matrix, FeatureList]:
    """Default of credit card clients (UCI, Yeh and Lien 2009): 30,000 rows, 23 features."""
    path = data / TAIWAN_FILE
    frame = pd.read_csv(path)
    target = "default.payment.next.month"
    columns = [name for name in frame.columns if name not in (target, "ID")]
    features = FeatureList(
        tuple(
            Feature(name.lower(), "value", "none", kind="nominal" if name in TAIWAN_NOMINAL else "continuous")
            for name in columns
        )
    )
    labels = frame[target].to_numpy(dtype=np.int64)
    return _matrix(path, frame[columns].to_numpy(dtype=np.float64), labels), features


def read_german(data: Path) -> tuple[Matrix, FeatureList]:
    """Statlog German credit (UCI): 1,000 rows, 20 features, 13 of them codes."""
    path = data / GERMAN_FILE
    frame = pd.read_csv(path, index_col=0)
    columns = [name for name in frame.columns if name != "BAD"]
    values = np.empty((len(frame), len(columns)))
    features = []
    for position, name in enumerate(columns):
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        values[:, position] = frame[name] if numeric else frame[name].str.removeprefix("X").astype(int)
        features.append(Feature(name, "value", "none", kind="continuous" if numeric else "nominal"))
    labels = (frame["BAD"] == "BAD").to_numpy(dtype=np.int64)
    return _matrix(path, values, labels), FeatureList(tuple(features))


def _matrix(path: Path, values: np.ndarray, labels: np.ndarray) -> Matrix:
    return Matrix(
        ids=np.array([f"row_{row}" for row in range(len(labels))], dtype=object),
        as_of=np.full(len(labels), "2000-01-01", dtype=object),
        labels=labels,
        values=values.astype(np.float32).astype(np.float64),
        meta=pd.DataFrame(index=range(len(labels))),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
