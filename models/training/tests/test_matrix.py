"""A broken matrix is refused with the column and row named."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from cunxin_training.matrix import MatrixError, read_feature_list, read_matrix
from cunxin_training.folds import stratified_folds

FEATURES = [
    {"name": "active_days_90d", "unit": "days", "riskDirection": "decreasing", "min": 0, "max": 90},
    {"name": "gap_max", "unit": "days", "riskDirection": "increasing", "min": 0, "max": None},
]
HASH = hashlib.sha256(b"active_days_90d|days|decreasing\ngap_max|days|increasing").hexdigest()
HEADER = "id,as_of,label,meta_county,active_days_90d,gap_max\n"


@pytest.fixture
def features(tmp_path):
    path = tmp_path / "features.json"
    path.write_text(json.dumps({"featureListHash": HASH, "features": FEATURES}))
    return read_feature_list(path)


def read(tmp_path, features, body, header=HEADER):
    path = tmp_path / "matrix.csv"
    path.write_text(header + body, encoding="utf-8")
    return read_matrix(path, features)


def test_reads_values_missing_cells_meta_and_leaves_unknown_outcomes_out(tmp_path, features):
    matrix = read(tmp_path, features, "a,2024-01-02,1,安溪,0.10000000149011612,\nb,2024-01-03,0,,90,4\nc,2024-01-04,,,1,1\n")
    assert list(matrix.ids) == ["a", "b"]
    assert matrix.values[0, 0] == np.float64(np.float32(0.1))
    assert np.isnan(matrix.values[0, 1])
    assert matrix.defaults == 1 and matrix.unlabelled_rows == 1
    assert matrix.meta["meta_county"].tolist() == ["安溪", ""]
    assert matrix.sha256 == hashlib.sha256((tmp_path / "matrix.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("a,2024-01-02,1,,1,1\na,2024-01-02,0,,1,1\n", "column id: 'a' is there twice"),
        ("a,2024-13-02,1,,1,1\nb,2024-01-02,0,,1,1\n", "column as_of, row 1"),
        ("a,2024-01-02,yes,,1,1\nb,2024-01-02,0,,1,1\n", "column label: 'yes'"),
        ("a,2024-01-02,1,,1,1\nb,2024-01-02,1,,1,1\n", "both outcomes"),
        ("a,2024-01-02,1,,91,1\nb,2024-01-02,0,,1,1\n", "feature active_days_90d, row 1: 91"),
        ("a,2024-01-02,1,,1,1\nb,2024-01-02,0,,1,inf\n", "feature gap_max, row 2: inf"),
        ("a,2024-01-02,1,,1,nan\nb,2024-01-02,0,,1,1\n", "feature gap_max, row 1: nan"),
        ("a,2024-01-02,1,,0.1,1\nb,2024-01-02,0,,1,1\n", "feature active_days_90d, row 1: 0.1"),
        ("a,2024-01-02,1,,many,1\nb,2024-01-02,0,,1,1\n", "feature active_days_90d: could not convert"),
    ],
)
def test_refuses_a_broken_cell(tmp_path, features, body, message):
    with pytest.raises(MatrixError, match=message):
        read(tmp_path, features, body)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id,label,as_of,meta_county,active_days_90d,gap_max\n", "first columns"),
        ("id,as_of,label,meta_county,gap_max,active_days_90d\n", "feature column 0 is 'gap_max'"),
        ("id,as_of,label,meta_county,active_days_90d,gap_max,extra\n", "3 feature columns; the list has 2"),
    ],
)
def test_refuses_columns_that_are_not_the_list(tmp_path, features, header, message):
    with pytest.raises(MatrixError, match=message):
        read(tmp_path, features, "", header)


def test_refuses_a_feature_list_whose_hash_is_not_its_own(tmp_path):
    path = tmp_path / "features.json"
    path.write_text(json.dumps({"featureListHash": "0" * 64, "features": FEATURES}))
    with pytest.raises(MatrixError, match="featureListHash"):
        read_feature_list(path)


def test_folds_are_balanced_and_do_not_depend_on_row_order():
    ids = np.array([f"app_{i}" for i in range(103)], dtype=object)
    labels = (np.arange(103) % 7 == 0).astype(int)
    folds = stratified_folds(ids, labels, 5, seed=1)
    shuffled = np.random.default_rng(0).permutation(103)
    assert np.array_equal(stratified_folds(ids[shuffled], labels[shuffled], 5, seed=1), folds[shuffled])
    assert np.bincount(folds).max() - np.bincount(folds).min() <= 1
    assert np.bincount(folds[labels == 1]).tolist() == [3, 3, 3, 3, 3]
    assert not np.array_equal(stratified_folds(ids, labels, 5, seed=2), folds)
