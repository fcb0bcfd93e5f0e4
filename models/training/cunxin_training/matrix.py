"""Reads the feature list and the matrix of outcomes that the TypeScript feature code writes.

Python never computes a feature: it checks what it is given, and refuses anything the scorer
would refuse, so that a model cannot learn from a value that it will never be shown.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

MONOTONE_BY_RISK_DIRECTION = {"decreasing": -1, "none": 0, "increasing": 1}
FEATURE_KINDS = ("continuous", "nominal")


class MatrixError(ValueError):
    """The matrix or the feature list is broken. The message names the column and the row."""


@dataclass(frozen=True)
class Feature:
    """One column of the model's input.

    ``risk_direction`` "decreasing" means PD must not rise as the feature rises. ``minimum`` and
    ``maximum`` bound valid values, None where there is no bound. A ``nominal`` feature holds whole
    numbers that are codes without an order.
    """

    name: str
    unit: str
    risk_direction: str
    minimum: float | None = None
    maximum: float | None = None
    kind: str = "continuous"

    @property
    def monotone(self) -> int:
        """-1, 0 or 1: the sign that PD's slope over this feature is held to."""
        return MONOTONE_BY_RISK_DIRECTION[self.risk_direction]


@dataclass(frozen=True)
class FeatureList:
    """The ordered features of a model, with the hash that ties matrix, model and scorer together."""

    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        return [feature.name for feature in self.features]

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of ``name|unit|riskDirection``, one feature a line."""
        lines = "\n".join(f"{f.name}|{f.unit}|{f.risk_direction}" for f in self.features)
        return hashlib.sha256(lines.encode("utf-8")).hexdigest()

    @property
    def monotone(self) -> list[int]:
        return [feature.monotone for feature in self.features]

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class Matrix:
    """Labelled rows, in file order.

    ``values`` is float64 [N, F] holding float32-representable numbers, NaN for missing;
    ``labels`` int [N], 1 for default; ``as_of`` ISO dates as str [N]; ``meta`` the ``meta_``
    columns (never features); ``sha256`` of the file's bytes; ``unlabelled_rows`` how many rows
    without an outcome the file also held.
    """

    ids: np.ndarray
    as_of: np.ndarray
    labels: np.ndarray
    values: np.ndarray
    meta: pd.DataFrame
    sha256: str
    unlabelled_rows: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def defaults(self) -> int:
        return int(self.labels.sum())

    def select(self, rows: np.ndarray) -> Matrix:
        """The matrix of ``rows`` (indices or a mask), still named by the whole file's hash."""
        return Matrix(
            ids=self.ids[rows],
            as_of=self.as_of[rows],
            labels=self.labels[rows],
            values=self.values[rows],
            meta=self.meta.iloc[rows if rows.dtype != bool else np.flatnonzero(rows)],
            sha256=self.sha256,
            unlabelled_rows=self.unlabelled_rows,
        )


def read_feature_list(path: Path) -> FeatureList:
    """Reads features.json.

    Raises MatrixError for an unknown risk direction or kind, a repeated name, or a hash that is
    not the hash of the list.
    """
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    features = []
    for position, entry in enumerate(document["features"]):
        direction, kind = entry["riskDirection"], entry.get("kind", "continuous")
        name = entry["name"]
        if direction not in MONOTONE_BY_RISK_DIRECTION:
            raise MatrixError(f"feature {position} ({name}): riskDirection {direction!r} is unknown")
        if kind not in FEATURE_KINDS:
            raise MatrixError(f"feature {position} ({name}): kind {kind!r} is unknown")
        if kind == "nominal" and direction != "none":
            raise MatrixError(f"feature {position} ({name}): a nominal feature has no risk direction")
        features.append(
            Feature(name, entry["unit"], direction, entry.get("min"), entry.get("max"), kind)
        )
    listed = FeatureList(tuple(features))
    if not features or len(set(listed.names)) != len(listed):
        raise MatrixError("the feature list is empty or names a feature twice")
    if document["featureListHash"] != listed.hash:
        raise MatrixError(
            f"featureListHash {document['featureListHash']} is not the hash of the list, {listed.hash}"
        )
    return listed


def read_matrix(path: Path, features: FeatureList) -> Matrix:
    """Reads a matrix (CSV, gzip when the name ends in .gz) and keeps its labelled rows.

    Raises MatrixError when columns are missing, unknown or out of order, an id is repeated, a day
    or label is not one, or a feature value is infinite, not a float32, or out of its bounds.
    """
    content = Path(path).read_bytes()
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    _check_columns(list(frame.columns), features)
    ids = frame["id"].to_numpy(dtype=object)
    if len(set(ids)) != len(ids):
        repeated = frame["id"][frame["id"].duplicated()].iloc[0]
        raise MatrixError(f"column id: {repeated!r} is there twice")
    as_of = frame["as_of"].to_numpy(dtype=object)
    for row, day in enumerate(as_of):
        if len(day) != 10 or not _is_iso_day(day):
            raise MatrixError(f"column as_of, row {row + 1}: {day!r} is not a day (YYYY-MM-DD)")
    label_text = frame["label"].to_numpy(dtype=object)
    unknown = set(label_text) - {"", "0", "1"}
    if unknown:
        raise MatrixError(f"column label: {sorted(unknown)[0]!r} is neither 0, 1 nor empty")

    values = np.empty((len(frame), len(features)), dtype=np.float64)
    for column, feature in enumerate(features.features):
        values[:, column] = _feature_values(frame[feature.name], feature)

    labelled = label_text != ""
    labels = np.array([text == "1" for text in label_text[labelled]], dtype=np.int64)
    if labels.size == 0 or labels.min() == labels.max():
        raise MatrixError("column label: both outcomes (0 and 1) must occur")
    return Matrix(
        ids=ids[labelled],
        as_of=as_of[labelled],
        labels=labels,
        values=values[labelled],
        meta=_meta(frame)[labelled].reset_index(drop=True),
        sha256=hashlib.sha256(content).hexdigest(),
        unlabelled_rows=int((~labelled).sum()),
    )


def _check_columns(columns: list[str], features: FeatureList) -> None:
    head, rest = columns[:3], columns[3:]
    if head != ["id", "as_of", "label"]:
        raise MatrixError(f"the first columns must be id, as_of, label; they are {', '.join(head)}")
    first_feature = next((i for i, c in enumerate(rest) if not c.startswith("meta_")), len(rest))
    names = rest[first_feature:]
    for position, (found, expected) in enumerate(zip(names, features.names, strict=False)):
        if found != expected:
            raise MatrixError(f"feature column {position} is {found!r}; the list says {expected!r}")
    if len(names) != len(features):
        raise MatrixError(f"there are {len(names)} feature columns; the list has {len(features)}")


def _is_iso_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _feature_values(column: pd.Series, feature: Feature) -> np.ndarray:
    text = column.to_numpy(dtype=object)
    known = text != ""
    values = np.full(len(text), np.nan)
    try:
        values[known] = [float(cell) for cell in text[known]]
    except ValueError as error:
        raise MatrixError(f"feature {feature.name}: {error}") from error
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32).astype(np.float64)
    wrong = known & ~(np.isfinite(values) & (rounded == values))
    if feature.minimum is not None:
        wrong |= values < feature.minimum
    if feature.maximum is not None:
        wrong |= values > feature.maximum
    if feature.kind == "nominal":
        wrong |= known & (np.floor(values) != values)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise MatrixError(
            f"feature {feature.name}, row {row + 1}: {text[row]} is infinite, not a float32, out of"
            f" [{feature.minimum}, {feature.maximum}], or not a code"
        )
    return values


def _meta(frame: pd.DataFrame) -> pd.DataFrame:
    meta = frame[[name for name in frame.columns if name.startswith("meta_")]].copy()
    if "meta_true_pd" in meta:
        true_pd = pd.to_numeric(meta["meta_true_pd"].replace("", np.nan))
        if ((true_pd < 0) | (true_pd > 1)).any():
            raise MatrixError("column meta_true_pd: a probability must lie between 0 and 1")
        meta["meta_true_pd"] = true_pd
    return meta
