"""Challengers and the paired test of a difference in AUC."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from conftest import quick_settings, write_matrix
from cunxin_training import boosted, cli, compare
from cunxin_training.benchmark_tables import read_german, read_taiwan
from cunxin_training.delong import auc_interval, delong, paired_difference
from cunxin_training.logistic import fit_logistic, fit_scorecard
from cunxin_training.matrix import Feature, FeatureList, Matrix, read_matrix
from cunxin_training.metrics import auc
from cunxin_training.weight_of_evidence import WeightOfEvidence


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(compare, "settings_for", lambda d, seed, p: quick_settings(seed=seed))
    monkeypatch.setattr(boosted, "LEAVES_TRIED", (4,))
    monkeypatch.setattr(boosted, "ROUNDS_MAX", 60)


def test_delong_equals_its_definition_by_pairs_ties_included():
    random = np.random.default_rng(1)
    labels = np.array([1] * 30 + [0] * 50)
    scores = np.round(random.normal(size=(2, 80)) + labels * 0.8, 1)
    areas, covariance = delong(labels, scores)
    positive, negative = scores[:, labels == 1], scores[:, labels == 0]
    wins = (positive[:, :, None] > negative[:, None, :]) + 0.5 * (positive[:, :, None] == negative[:, None, :])
    expected = np.cov(wins.mean(axis=2)) / 30 + np.cov(wins.mean(axis=1)) / 50
    assert areas == pytest.approx([auc(labels, row) for row in scores])
    assert covariance == pytest.approx(expected)


def test_a_model_does_not_differ_from_itself_and_does_from_noise():
    random = np.random.default_rng(2)
    labels = (random.random(2_000) < 0.2).astype(int)
    good, noise = labels + random.normal(size=2_000), random.normal(size=2_000)
    assert paired_difference(labels, good, good) == {"value": 0.0, "low": 0.0, "high": 0.0, "pValue": 1.0}
    difference = paired_difference(labels, good, noise)
    assert difference["low"] > 0 and difference["pValue"] < 1e-6
    interval = auc_interval(labels, good)
    assert interval["low"] < interval["value"] < interval["high"]


def test_paired_test_is_wrong_about_as_often_as_it_says():
    random = np.random.default_rng(3)
    rejected = 0
    for _ in range(400):
        labels = (random.random(300) < 0.3).astype(int)
        signal = labels + random.normal(size=300)
        first, second = signal + random.normal(size=300), signal + random.normal(size=300)
        rejected += paired_difference(labels, first, second)["pValue"] < 0.05
    assert 0.02 < rejected / 400 < 0.09


def test_weight_of_evidence_is_the_log_ratio_of_shares_with_missing_and_unseen_codes():
    features = FeatureList((Feature("code", "value", "none", kind="nominal"),))
    values = np.array([[1.0]] * 40 + [[2.0]] * 40 + [[np.nan]] * 20)
    labels = np.array([1] * 20 + [0] * 20 + [1] * 5 + [0] * 35 + [1] * 5 + [0] * 15)
    woe = WeightOfEvidence(features).fit(values, labels)
    risky, safe, missing, unseen = woe.transform(np.array([[1.0], [2.0], [np.nan], [9.0]]))[:, 0]
    assert risky == pytest.approx(np.log((20.5 / 70.5) / (20.5 / 30.5)))
    assert risky < missing < safe
    assert unseen == 0


def test_baselines_rank_the_synthetic_book(book):
    rows = np.arange(len(book.matrix))
    training, test = book.matrix.select(rows[:2_000]), book.matrix.select(rows[2_000:])
    for fit in (fit_logistic, fit_scorecard):
        model = fit(training, book.features, seed=1)
        assert auc(test.labels, model.decision_function(test.values)) > 0.7


def test_compare_writes_every_model_on_the_same_rows(tmp_path, book, quick):
    path = write_matrix(tmp_path / "matrix.csv", book.features, rows=900, seed=9)
    arguments = ["compare", "--matrix", str(path), "--features", str(book.features_path), "--source", "a test"]
    assert cli.main([*arguments, "--out", str(tmp_path / "folds"), "--folds", "3"]) == 0
    assert cli.main([*arguments, "--out", str(tmp_path / "time"), "--out-of-time"]) == 0
    for folder in ("folds", "time"):
        table = json.loads((tmp_path / folder / "comparison.json").read_text())["a test"]
        assert set(table["models"]) == {"ebm", "lightgbm", "scorecard", "logistic"}
        assert set(table["ebmMinus"]) == {"lightgbm", "scorecard", "logistic"}
        areas = {name: model["auc"]["value"] for name, model in table["models"].items()}
        assert min(areas.values()) > 0.6
        assert table["ebmMinus"]["logistic"]["value"] == pytest.approx(areas["ebm"] - areas["logistic"])
        assert "| EBM |" in (tmp_path / folder / "comparison.md").read_text()


def test_nominal_codes_reach_every_model(quick):
    random = np.random.default_rng(4)
    codes = random.choice([0, 1, 2, 7], size=1_200).astype(float)
    risk = np.array([{0: -3.0, 1: 0.0, 2: -3.0, 7: 0.5}[code] for code in codes])
    labels = (random.random(1_200) < 1 / (1 + np.exp(-risk))).astype(int)
    values = np.column_stack([codes, random.normal(size=1_200)]).astype(np.float32).astype(float)
    matrix = Matrix(
        ids=np.array([f"r{i}" for i in range(1_200)], dtype=object),
        as_of=np.full(1_200, "2024-01-01", dtype=object),
        labels=labels,
        values=values,
        meta=pd.DataFrame(index=range(1_200)),
        sha256="",
    )
    features = FeatureList((Feature("code", "value", "none", kind="nominal"), Feature("noise", "value", "none")))
    result = compare.compare_across_folds(matrix, features, 3, 1, None, 1, lambda _: None)
    assert all(model["auc"]["value"] > 0.75 for model in result["models"].values())


def test_benchmark_tables_are_read_with_their_known_counts(tmp_path):
    (tmp_path / "german").mkdir()
    (tmp_path / "taiwan").mkdir()
    german = pd.DataFrame({"": ["1", "2"], "account_status": ["X1", "X14"], "duration": [6, 48], "BAD": ["GOOD", "BAD"]})
    german.to_csv(tmp_path / "german" / "german.csv.gz", index=False)
    matrix, features = read_german(tmp_path)
    assert matrix.labels.tolist() == [0, 1] and matrix.values.tolist() == [[1, 6], [14, 48]]
    assert [feature.kind for feature in features.features] == ["nominal", "continuous"]
    taiwan = pd.DataFrame({"LIMIT_BAL": [20_000, 1], "MARRIAGE": [1, 2], "default.payment.next.month": [1, 0]})
    taiwan.to_csv(tmp_path / "taiwan" / "default_of_credit_card_clients.csv.gz", index=False)
    matrix, features = read_taiwan(tmp_path)
    assert matrix.labels.tolist() == [1, 0] and features.names == ["limit_bal", "marriage"]


def test_lightgbm_is_deterministic(book, quick):
    matrix = book.matrix.select(np.arange(800))
    first = boosted.fit_boosted(matrix, book.features, 1).predict(book.matrix.values, raw_score=True)
    second = boosted.fit_boosted(matrix, book.features, 1).predict(book.matrix.values, raw_score=True)
    assert np.array_equal(first, second)


def test_matrix_rows_can_be_selected_by_mask_or_index(tmp_path, book):
    mask = np.arange(len(book.matrix)) % 3 == 0
    by_mask, by_index = book.matrix.select(mask), book.matrix.select(np.flatnonzero(mask))
    assert by_mask.meta.equals(by_index.meta) and np.array_equal(by_mask.labels, by_index.labels)
    assert dataclasses.replace(by_mask).sha256 == read_matrix(book.matrix_path, book.features).sha256
