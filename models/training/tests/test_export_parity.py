"""The exported ONNX says what the EBM says."""

from __future__ import annotations

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from interpret.glassbox import ExplainableBoostingClassifier

from conftest import probing_inputs
from cunxin_training.additive import additive_model, smallest_float32_from
from cunxin_training.calibration import Calibration
from cunxin_training.compact_onnx import WRONG_GUESS_LEVELS, cheapest_splits, compact_onnx
from cunxin_training.ensemble_onnx import ensemble_onnx
from cunxin_training.golden import reference_scores
from cunxin_training.speed import measure_speed

PD_TOLERANCE = 1e-6
CONTRIBUTION_TOLERANCE = 1e-5
# A float32 sum of 1,000 leaves rounds 1,000 times; the compact model rounds once per term.
ENSEMBLE_TOLERANCE = 1e-5


def run(content: bytes, inputs: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {"features": inputs.astype(np.float32)})


def sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def test_compact_export_equals_the_ebm_on_100_000_random_boundary_and_missing_rows(trained, book):
    inputs = probing_inputs(trained.additive, 100_000, seed=3)
    probability, contributions = run(compact_onnx(trained.additive, {}), inputs)
    expected, log_odds = reference_scores(trained, inputs.astype(np.float64), book.features)

    assert probability.shape == (100_000, 1)
    assert np.abs(probability[:, 0] - sigmoid(log_odds)).max() < PD_TOLERANCE
    assert np.abs(contributions - expected).max() < CONTRIBUTION_TOLERANCE
    summed = contributions.sum(axis=1, dtype=np.float64) + float(trained.additive.intercept)
    assert np.abs(summed - log_odds).max() < CONTRIBUTION_TOLERANCE


def test_the_ebm_itself_agrees_through_predict_proba(trained, book):
    inputs = probing_inputs(trained.additive, 2_000, seed=4).astype(np.float64)
    raw = trained.ebm.predict_proba(inputs)[:, 1]
    _, log_odds = reference_scores(trained, inputs, book.features)
    uncalibrated = (log_odds - trained.calibration.intercept) / trained.calibration.slope
    assert np.abs(sigmoid(uncalibrated) - raw).max() < 1e-12


def test_step_functions_hold_exactly_the_leaves_of_the_onnx(trained):
    inputs = probing_inputs(trained.additive, 20_000, seed=5)
    _, contributions = run(compact_onnx(trained.additive, {}), inputs)
    assert np.array_equal(contributions, trained.additive.contributions(inputs.astype(np.float64)))


def test_ensemble_of_small_trees_scores_as_the_compact_model(trained):
    inputs = probing_inputs(trained.additive, 20_000, seed=6)
    probability, _ = run(compact_onnx(trained.additive, {}), inputs)
    content, trees = ensemble_onnx(trained.additive, 1_000, 3, {})
    assert trees == 1_000
    assert len(run(content, inputs)) == 1
    assert np.abs(run(content, inputs)[0] - probability).max() < ENSEMBLE_TOLERANCE


def test_each_term_is_one_tree(trained):
    node = onnx.load_from_string(compact_onnx(trained.additive, {})).graph.node[0]
    assert node.op_type == "TreeEnsembleRegressor"
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    target_of_tree = dict(zip(attributes["target_treeids"], attributes["target_ids"], strict=True))
    trees = sorted(set(attributes["nodes_treeids"]))
    assert [target_of_tree[tree] for tree in trees] == list(range(len(trained.additive.terms)))
    leaves = np.bincount(attributes["target_ids"], minlength=len(trained.additive.terms))
    for term, count in zip(trained.additive.terms, leaves, strict=True):
        if len(term.axes) == 1:
            assert count <= term.axes[0].bins + 1


def test_no_other_tree_over_the_same_bins_is_cheaper_to_walk():
    def cost(weights: list[float]) -> float:
        """Of the cheapest of all trees, by trying every one."""
        if len(weights) == 1:
            return 0.0
        return sum(weights) + min(
            cost(weights[:k]) + cost(weights[k:]) + WRONG_GUESS_LEVELS * min(sum(weights[:k]), sum(weights[k:]))
            for k in range(1, len(weights))
        )

    def cost_of(splits: np.ndarray, weights: list[float], first: int, end: int) -> float:
        if end - first == 1:
            return 0.0
        middle = int(splits[first, end])
        rarer = min(sum(weights[first:middle]), sum(weights[middle:end]))
        below = cost_of(splits, weights, first, middle) + cost_of(splits, weights, middle, end)
        return below + sum(weights[first:end]) + WRONG_GUESS_LEVELS * rarer

    random = np.random.default_rng(4)
    for count in range(1, 9):
        weights = [float(w) for w in random.integers(1, 200, count)]
        assert cost_of(cheapest_splits(np.array(weights)), weights, 0, count) == cost(weights)


def test_cut_is_the_smallest_float32_at_or_above_the_trained_cut():
    random = np.random.default_rng(0)
    for cut in [*random.normal(size=500), 0.1, 1.0, 1e-45, -1e-46, 3.0e38]:
        rounded = smallest_float32_from(float(cut))
        below = np.nextafter(rounded, np.float32(-np.inf))
        assert float(rounded) >= cut > float(below)


def test_categorical_features_are_exported_with_unknown_and_missing_codes():
    random = np.random.default_rng(2)
    codes = random.choice([1, 2, 5, 9], size=3_000)
    amount = random.normal(size=3_000).astype(np.float32).astype(np.float64)
    effect = {1: -1.0, 2: 0.5, 5: 1.2, 9: 0.0}
    log_odds = np.array([effect[code] for code in codes]) + amount * (codes == 5)
    labels = (random.random(3_000) < sigmoid(log_odds)).astype(int)
    text = np.array([str(code) for code in codes], dtype=object)
    text[random.random(3_000) < 0.05] = None
    data = np.column_stack([text, amount.astype(object)])
    model = ExplainableBoostingClassifier(
        feature_types=["nominal", "continuous"], interactions=[(0, 1)], outer_bags=2, max_rounds=200, n_jobs=1
    ).fit(data, labels)
    exported = additive_model(model, Calibration(1.3, 0.2))

    probe_codes = random.choice([0, 1, 2, 3, 5, 8, 9, 10, 50], size=5_000).astype(np.float64)
    probe_codes[random.random(5_000) < 0.1] = np.nan
    probe_amount = random.normal(size=5_000).astype(np.float32).astype(np.float64)
    probe = np.empty((5_000, 2), dtype=object)
    probe[:, 0] = [None if np.isnan(code) else str(int(code)) for code in probe_codes]
    probe[:, 1] = probe_amount
    expected = 1.3 * model.decision_function(probe) + 0.2
    probability, contributions = run(
        compact_onnx(exported, {}), np.column_stack([probe_codes, probe_amount])
    )
    assert np.abs(probability[:, 0] - sigmoid(expected)).max() < PD_TOLERANCE
    assert np.abs(contributions - 1.3 * model.eval_terms(probe)).max() < CONTRIBUTION_TOLERANCE


def test_a_feature_that_is_always_missing_or_constant_is_exported():
    random = np.random.default_rng(5)
    values = random.normal(size=(800, 3))
    values[:, 1] = np.nan
    values[:, 2] = 4.0
    labels = (random.random(800) < sigmoid(values[:, 0])).astype(int)
    model = ExplainableBoostingClassifier(
        feature_types=["continuous"] * 3, interactions=0, outer_bags=2, n_jobs=1
    ).fit(values, labels)
    exported = additive_model(model, Calibration(1.0, 0.0))
    probe = random.normal(size=(500, 3)).astype(np.float32)
    probe[random.random(probe.shape) < 0.3] = np.nan
    probability, _ = run(compact_onnx(exported, {}), probe)
    expected = model.predict_proba(probe.astype(np.float64))[:, 1]
    assert np.abs(probability[:, 0] - expected).max() < PD_TOLERANCE


def test_terms_over_three_features_are_refused():
    random = np.random.default_rng(6)
    values = random.normal(size=(400, 3))
    labels = (random.random(400) < sigmoid(values[:, 0])).astype(int)
    with pytest.warns(UserWarning):
        model = ExplainableBoostingClassifier(
            feature_types=["continuous"] * 3, interactions=[(0, 1, 2)], outer_bags=1, max_rounds=20, n_jobs=1
        ).fit(values, labels)
    with pytest.raises(ValueError, match="main and pairwise"):
        additive_model(model, Calibration(1.0, 0.0))


def test_exported_bytes_do_not_depend_on_the_run(trained):
    first, second = compact_onnx(trained.additive, {"b": "2", "a": "1"}), compact_onnx(trained.additive, {"a": "1", "b": "2"})
    assert first == second
    assert json.dumps(onnx.load_from_string(first).graph.name) == '"cunxin"'


def test_every_way_of_scoring_the_ebm_that_speed_compares_scores_alike(book):
    report = measure_speed(book.matrix.select(np.arange(1_500)), book.features, seed=1)
    differences = [entry["maxPdDifference"] for entry in report if entry["maxPdDifference"] is not None]
    assert len(report) == 5 and len(differences) == 3
    assert max(differences) < ENSEMBLE_TOLERANCE
    assert [entry["contributions"] for entry in report] == [True, False, False, False, True]
