"""PD never moves the wrong way along a constrained feature."""

from __future__ import annotations

import dataclasses

import numpy as np

from conftest import quick_settings
from cunxin_training.monotonicity import TOLERANCE_LOG_ODDS, violations, worst_step
from cunxin_training.train import train


def test_total_effect_is_monotone_with_pairs_on_constrained_features(trained, book):
    constrained = {f for f, d in enumerate(book.features.monotone) if d != 0}
    assert any(constrained & set(pair) for pair in trained.pairs)
    assert violations(trained.additive, book.features.monotone) == {}


def test_probability_moves_one_way_along_each_constrained_feature(trained, book):
    random = np.random.default_rng(8)
    rows = random.normal(size=(300, len(book.features))).astype(np.float32).astype(np.float64)
    rows[random.random(rows.shape) < 0.1] = np.nan
    grid = np.linspace(-4, 4, 81)
    for feature, direction in enumerate(book.features.monotone):
        if direction == 0:
            continue
        swept = np.repeat(rows, len(grid), axis=0)
        swept[:, feature] = np.tile(grid, len(rows))
        log_odds = trained.additive.log_odds(swept).reshape(len(rows), len(grid))
        assert (direction * np.diff(log_odds, axis=1)).min() >= -TOLERANCE_LOG_ODDS


def test_a_wrong_way_step_in_a_pair_is_found(trained, book):
    model = trained.additive
    position, term = next(
        (i, t) for i, t in enumerate(model.terms) if len(t.axes) == 2 and any(book.features.monotone[a.feature] for a in t.axes)
    )
    dimension = next(d for d, a in enumerate(term.axes) if book.features.monotone[a.feature])
    feature = term.axes[dimension].feature
    direction = book.features.monotone[feature]
    scores = term.scores.copy()
    by_bin = np.moveaxis(scores, dimension, 0)
    by_bin[1:-1, 0] -= direction * 5
    broken = dataclasses.replace(term, scores=scores)
    terms = (*model.terms[:position], broken, *model.terms[position + 1 :])
    assert worst_step(dataclasses.replace(model, terms=terms), feature, direction) < -1


def test_an_unconstrained_fit_would_break_the_bound(book):
    free = dataclasses.replace(
        book.features,
        features=tuple(dataclasses.replace(f, risk_direction="none") for f in book.features.features),
    )
    model = train(book.matrix, free, quick_settings())
    assert violations(model.additive, book.features.monotone)
