"""The model card: what the model is, what it is worth, where it must not be trusted."""

from __future__ import annotations

import numpy as np

from cunxin_training.matrix import FeatureList, Matrix
from cunxin_training.train import TrainedModel

Json = dict[str, object]


def model_card(manifest: Json, trained: TrainedModel, matrix: Matrix, features: FeatureList) -> str:
    """The card as Markdown, made of the manifest's own figures."""
    metrics: Json = manifest["metrics"]
    data: Json = manifest["trainingData"]
    onnx: Json = manifest["onnx"]
    constrained = sum(1 for direction in features.monotone if direction != 0)
    lines = [
        f"# Model card: {manifest['modelVersion']}",
        "",
        "Probability that a loan to a station partner defaults. An explainable boosting machine: the",
        "log-odds are an intercept plus one shape function per feature"
        + (" and the pairwise terms named below." if trained.pairs else "; no pairwise terms."),
        "",
        "## Data",
        "",
        f"- Source: {data['source']}",
        f"- {data['rows']:,} loans, {data['defaults']:,} defaulted"
        f" ({data['defaults'] / data['rows']:.1%}), decided {data['asOfFrom']} to {data['asOfTo']}."
        + (f" {matrix.unlabelled_rows:,} rows without an outcome were left out." if matrix.unlabelled_rows else ""),
        f"- Matrix SHA-256 `{data['sha256']}`",
        f"- Feature list hash `{manifest['featureListHash']}`, {len(features)} features,"
        f" {constrained} of them held monotone; total effects checked after the fit, pairs included.",
        "",
        "## What it is worth",
        "",
    ]
    lines += _measures(
        metrics.get("outOfTime"),
        "Out of time",
        "Fitted and calibrated the same way on the earlier three quarters of the loans, measured on the"
        " last quarter by day of decision. The shipped model is then refitted on all rows, so these"
        " figures are of the procedure, on loans it never saw; none is of the rows it was fitted on.",
    )
    if metrics.get("outOfTime") is None:
        lines += [
            "No out-of-time figure: the matrix holds too few defaults, or too little time, to split by day.",
            "",
        ]
    lines += _measures(
        metrics.get("outOfFold"),
        "Out of fold",
        "Predictions for every training row by models fitted without it; the calibration line was"
        " learned on these same predictions, so its slope here is 1 by construction.",
    )
    lines += _terms(trained, matrix, features)
    lines += [
        "## Fit",
        "",
        f"- Calibration: log-odds × {trained.calibration.slope:.4f}"
        f" {trained.calibration.intercept:+.4f}, folded into every shape and the intercept.",
        f"- {trained.settings.outer_bags} outer bags, early stopping on {trained.settings.validation_size:.0%}"
        f" of each; at most {trained.settings.max_bins} bins, leaves of at least"
        f" {trained.settings.min_samples_leaf} rows; no class weights. Seed {trained.settings.seed}.",
        f"- Pairwise terms: {_pairs_sentence(trained)}",
        f"- `model.onnx`: {onnx['bytes']:,} bytes, one tree per term, {len(trained.additive.terms)} terms.",
        "",
        "## Limits",
        "",
        "- It ranks and prices loans of the kind it was fitted on. Watch population stability before",
        "  trusting it on another county, product or year.",
        "- A value that was never missing in training contributes nothing when it is missing.",
        "- Rejected applicants have no outcome and are not in the data.",
        "- Age, sex, county and the head of the leading group are not features.",
        "",
    ]
    return "\n".join(lines)


def _measures(measured: Json | None, title: str, how: str) -> list[str]:
    if measured is None:
        return []
    lines = [f"### {title}", "", how, ""]
    if "heldOutFrom" in measured:
        lines += [
            f"{measured['rows']:,} loans decided {measured['heldOutFrom']} to {measured['heldOutTo']},"
            f" {measured['defaults']:,} defaulted.",
            "",
        ]
    lines += ["| Measure | Value | 95 % interval |", "| --- | ---: | ---: |"]
    names = {"auc": "AUC", "gini": "Gini", "ks": "KS", "brier": "Brier score", "logLoss": "Log loss"}
    for key, name in names.items():
        value: Json = measured[key]
        lines.append(f"| {name} | {value['value']:.4f} | {value['low']:.4f} to {value['high']:.4f} |")
    lines += [
        f"| Calibration slope | {measured['calibrationSlope']:.3f} | |",
        f"| Calibration intercept | {measured['calibrationIntercept']:+.3f} | |",
        f"| Mean PD / default rate | {measured['meanPd']:.4f} / {measured['defaultRate']:.4f} | |",
        "",
    ]
    oracle: Json | None = measured.get("oracle")
    if oracle is not None:
        lines += [
            f"Best possible on these loans: AUC {oracle['auc']:.4f}, that of the simulator's true PD"
            f" against the same outcomes ({oracle['rows']:,} loans). The model's AUC on them is"
            f" {oracle['modelAuc']:.4f}: {oracle['giniShare']:.1%} of the oracle's Gini.",
            "",
        ]
    boosted: Json | None = measured.get("boosted")
    if boosted is not None:
        lines += [_beside_boosted(boosted), ""]
    lines += ["| PD band | Loans | Mean PD | Defaulted | 95 % interval |", "| ---: | ---: | ---: | ---: | ---: |"]
    for band, row in enumerate(measured["calibration"], start=1):
        lines.append(
            f"| {band} | {row['rows']:,} | {row['meanPd']:.4f} | {row['defaultRate']:.4f}"
            f" | {row['low']:.4f} to {row['high']:.4f} |"
        )
    return [*lines, ""]


def _beside_boosted(boosted: Json) -> str:
    difference: Json = boosted["aucDifference"]
    share = "" if boosted["giniShare"] is None else f" The model has {boosted['giniShare']:.1%} of its Gini:"
    return (
        f"Boosted trees that nothing holds monotone ({boosted['model']}, leaves and rounds chosen inside the"
        f" earlier loans) reach AUC {boosted['auc']:.4f} on the same loans.{share}"
        f" AUC {difference['value']:+.4f} ({difference['low']:+.4f} to {difference['high']:+.4f},"
        f" p = {difference['pValue']:.3f}, DeLong)."
    )


def _terms(trained: TrainedModel, matrix: Matrix, features: FeatureList) -> list[str]:
    """Every term by its weight: the mean distance of its contribution from its mean."""
    contributions = trained.additive.contributions(matrix.values).astype(np.float64)
    weight = np.abs(contributions - contributions.mean(axis=0)).mean(axis=0)
    lines = [
        "## Terms",
        "",
        "Weight is the mean absolute contribution to the log-odds about its mean; range is from the"
        " lowest to the highest contribution among the training loans.",
        "",
        "| Term | Risk | Weight | Range |",
        "| --- | --- | ---: | ---: |",
    ]
    signs = {"decreasing": "falls", "increasing": "rises", "none": "free"}
    for index in sorted(range(len(weight)), key=lambda i: (-weight[i], i)):
        term = trained.additive.terms[index]
        risk = " / ".join(signs[features.features[axis.feature].risk_direction] for axis in term.axes)
        low, high = contributions[:, index].min(), contributions[:, index].max()
        lines.append(f"| {term.name} | {risk} | {weight[index]:.4f} | {low:+.3f} to {high:+.3f} |")
    return [*lines, ""]


def _pairs_sentence(trained: TrainedModel) -> str:
    considered = trained.pairs_considered
    if "logLossWithPairs" not in considered:
        return "none looked for."
    verdict = f"{len(trained.pairs)} kept" if trained.pairs else "none kept"
    return (
        f"{verdict}; out-of-fold log loss {considered['logLossWithoutPairs']:.5f} without,"
        f" {considered['logLossWithPairs']:.5f} with the strongest {trained.settings.pairs_max}."
    )
