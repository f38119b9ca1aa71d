"""A LightGBM booster as one ai.onnx.ml 5 `TreeEnsemble` in double precision.

In doubles the node compares what LightGBM compares and adds up what LightGBM adds up, in the order
of the trees where one thread runs it: the scores are the same, bit for bit. The operator:
https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
"""

from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from train.errors import ExportError

_LEQ = 0  # BRANCH_LEQ
_SUM = 1  # aggregate_function
_NO_TRANSFORM = 0  # post_transform: the raw margin; float32 probabilities tie by the thousand

_ZERO = float(np.float32(1e-35))
"""LightGBM's kZeroThreshold (include/LightGBM/meta.h)."""

_REFUSED = {
    "zero_as_missing": "1",
    "linear_tree": "1",
    "boosting": "rf",
}
"""Settings under which a tree means something that this exporter does not write."""


@dataclass
class _Nodes:
    """The arrays of a TreeEnsemble while it grows."""

    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    nan_goes_left: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    left_is_leaf: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    right_is_leaf: list[int] = field(default_factory=list)
    leaves: list[float] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)


def tree_ensemble(booster: lgb.Booster, inputs: str, margins: str) -> onnx.NodeProto:
    """The trees of `booster`, from double [n, features] to the raw margins, double [n, 1].

    Args:
        booster: a binary or regression model with numerical splits.
        inputs: the name of the node's input.
        margins: the name of its output.

    Raises:
        ExportError: the booster uses what cannot be written exactly.
    """
    model = booster.dump_model()
    _refuse_what_is_not_written(model, booster)
    nodes = _Nodes()
    for tree in model["tree_info"]:
        _add_tree(nodes, tree["tree_structure"])
    return helper.make_node(
        "TreeEnsemble",
        [inputs],
        [margins],
        domain="ai.onnx.ml",
        name="trees",
        n_targets=1,
        aggregate_function=_SUM,
        post_transform=_NO_TRANSFORM,
        tree_roots=nodes.roots,
        nodes_featureids=nodes.feature,
        nodes_modes=_tensor("modes", np.full(len(nodes.feature), _LEQ, np.uint8)),
        nodes_splits=_tensor("splits", np.array(nodes.threshold, np.float64)),
        nodes_missing_value_tracks_true=nodes.nan_goes_left,
        nodes_truenodeids=nodes.left,
        nodes_trueleafs=nodes.left_is_leaf,
        nodes_falsenodeids=nodes.right,
        nodes_falseleafs=nodes.right_is_leaf,
        leaf_targetids=[0] * len(nodes.leaves),
        leaf_weights=_tensor("leaves", np.array(nodes.leaves, np.float64)),
    )


def thresholds(booster: lgb.Booster) -> dict[int, list[float]]:
    """All thresholds of the booster by the index of their feature, ascending, each once."""
    nodes = _Nodes()
    for tree in booster.dump_model()["tree_info"]:
        _add_tree(nodes, tree["tree_structure"])
    found: dict[int, set[float]] = {}
    for feature, threshold in zip(nodes.feature, nodes.threshold, strict=True):
        found.setdefault(feature, set()).add(threshold)
    return {feature: sorted(values) for feature, values in sorted(found.items())}


def _refuse_what_is_not_written(model: dict[str, Any], booster: lgb.Booster) -> None:
    objective = str(model.get("objective", "")).split()
    if "sigmoid:1" not in objective and objective[:1] == ["binary"]:
        raise ExportError(f"LightGBM's objective {' '.join(objective)!r} scales its margins")
    if model["num_tree_per_iteration"] != 1:
        raise ExportError("a model with several trees an iteration has no single score")
    if model.get("average_output", False):
        raise ExportError("LightGBM's boosting=rf averages its trees: not written")
    settings = _settings(booster)
    for name, value in _REFUSED.items():
        if settings.get(name) == value:
            raise ExportError(f"LightGBM's {name}={value} is not written: its scores would differ")


def _settings(booster: lgb.Booster) -> dict[str, str]:
    lines = booster.model_to_string().partition("\nparameters:\n")[2].partition("\nend of")[0]
    pairs = (line.strip("[]").partition(": ") for line in lines.splitlines())
    return {name: value for name, _, value in pairs}


def _add_tree(nodes: _Nodes, root: dict[str, Any]) -> None:
    if "split_index" not in root:
        # A tree of one leaf: the operator wants a root that branches; both ways lead to the leaf.
        nodes.roots.append(_reserve(nodes, feature=0, threshold=0.0, nan_goes_left=1))
        leaf = _add_leaf(nodes, root)
        _link(nodes, nodes.roots[-1], (leaf, 1), (leaf, 1))
        return
    nodes.roots.append(_add_split(nodes, root))


def _add_split(nodes: _Nodes, split: dict[str, Any]) -> int:
    if split["decision_type"] != "<=":
        raise ExportError("a split on a native category is not written: encode it as a number")
    here = _reserve(
        nodes,
        feature=split["split_feature"],
        threshold=_threshold(float(split["threshold"])),
        nan_goes_left=int(_nan_goes_left(split)),
    )
    left, right = (
        (_add_split(nodes, child), 0) if "split_index" in child else (_add_leaf(nodes, child), 1)
        for child in (split["left_child"], split["right_child"])
    )
    _link(nodes, here, left, right)
    return here


def _threshold(threshold: float) -> float:
    # LightGBM reads what is as small as this as 0: all of it lies on one side of a threshold. For
    # float32 inputs a threshold at the edge says the same.
    if abs(threshold) > _ZERO:
        return threshold
    return _ZERO if threshold >= 0 else float(np.nextafter(np.float32(-_ZERO), np.float32(-1)))


def _nan_goes_left(split: dict[str, Any]) -> bool:
    if split["missing_type"] == "None":
        return float(split["threshold"]) >= 0.0  # LightGBM reads NaN as 0 there
    return bool(split["default_left"])


def _reserve(nodes: _Nodes, feature: int, threshold: float, nan_goes_left: int) -> int:
    nodes.feature.append(feature)
    nodes.threshold.append(threshold)
    nodes.nan_goes_left.append(nan_goes_left)
    for links in (nodes.left, nodes.left_is_leaf, nodes.right, nodes.right_is_leaf):
        links.append(0)
    return len(nodes.feature) - 1


def _add_leaf(nodes: _Nodes, leaf: dict[str, Any]) -> int:
    nodes.leaves.append(float(leaf["leaf_value"]))
    return len(nodes.leaves) - 1


def _link(nodes: _Nodes, split: int, left: tuple[int, int], right: tuple[int, int]) -> None:
    nodes.left[split], nodes.left_is_leaf[split] = left
    nodes.right[split], nodes.right_is_leaf[split] = right


def _tensor(name: str, values: npt.NDArray[Any]) -> onnx.TensorProto:
    return numpy_helper.from_array(values, name)
