"""Deals rows into folds by a hash of their id, so that a fold never depends on row order."""

from __future__ import annotations

import hashlib

import numpy as np


def stratified_folds(ids: np.ndarray, labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold (0 to ``folds`` - 1) of each row, int [N].

    Within each outcome, rows are ordered by SHA-256 of ``seed:id`` and dealt out in turn, so folds
    hold equal shares of defaults. Apart from that balance, a row's place depends on the seed and
    its id alone: not on the order of the file, and not on any feature.

    Raises ValueError when an outcome has fewer rows than there are folds.
    """
    assigned = np.empty(len(ids), dtype=np.int64)
    dealt = 0
    for outcome in (1, 0):
        rows = np.flatnonzero(labels == outcome)
        if len(rows) < folds:
            raise ValueError(f"{folds} folds need {folds} rows with label {outcome}; there are {len(rows)}")
        keys = [hashlib.sha256(f"{seed}:{ids[row]}".encode()).digest() for row in rows]
        order = sorted(range(len(rows)), key=keys.__getitem__)
        for place, index in enumerate(order):
            assigned[rows[index]] = (dealt + place) % folds
        dealt += len(rows)
    return assigned
