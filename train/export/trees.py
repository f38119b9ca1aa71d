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
from onnx import numpy_helper

from train.errors import ExportError
from train.export.nodes import Nodes

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
class _Trees:
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


def add_trees(nodes: Nodes, booster: lgb.Booster, inputs: str) -> str:
    """`margins` double [n, 1], the raw margins of `booster` for `inputs` float32 [n, features].

    Args:
        nodes: the graph.
        booster: a binary or regression model with numerical splits.
        inputs: the name of the value.

    Raises:
        ExportError: the booster uses what cannot be written exactly.
    """
    doubles = nodes.add("Cast", [inputs], "inputs_double", to=onnx.TensorProto.DOUBLE)
    return add_trees_of_doubles(nodes, booster, doubles)


def add_trees_of_doubles(nodes: Nodes, booster: lgb.Booster, inputs: str) -> str:
    """`add_trees` of inputs that are float32 numbers as doubles already."""
    model = booster.dump_model()
    _refuse_what_is_not_written(model, booster)
    trees = _Trees()
    for tree in model["tree_info"]:
        _add_tree(trees, tree["tree_structure"])
    return nodes.add(
        "TreeEnsemble",
        [inputs],
        "margins",
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=_SUM,
        post_transform=_NO_TRANSFORM,
        tree_roots=trees.roots,
        nodes_featureids=trees.feature,
        nodes_modes=_tensor("modes", np.full(len(trees.feature), _LEQ, np.uint8)),
        nodes_splits=_tensor("splits", np.array(trees.threshold, np.float64)),
        nodes_missing_value_tracks_true=trees.nan_goes_left,
        nodes_truenodeids=trees.left,
        nodes_trueleafs=trees.left_is_leaf,
        nodes_falsenodeids=trees.right,
        nodes_falseleafs=trees.right_is_leaf,
        leaf_targetids=[0] * len(trees.leaves),
        leaf_weights=_tensor("leaves", np.array(trees.leaves, np.float64)),
    )


def thresholds(booster: lgb.Booster) -> dict[int, list[float]]:
    """All thresholds of the booster by the index of their feature, ascending, each once."""
    trees = _Trees()
    for tree in booster.dump_model()["tree_info"]:
        _add_tree(trees, tree["tree_structure"])
    found: dict[int, set[float]] = {}
    for feature, threshold in zip(trees.feature, trees.threshold, strict=True):
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


def _add_tree(trees: _Trees, root: dict[str, Any]) -> None:
    if "split_index" not in root:
        # A tree of one leaf: the operator wants a root that branches; both ways lead to the leaf.
        trees.roots.append(_reserve(trees, feature=0, threshold=0.0, nan_goes_left=1))
        leaf = _add_leaf(trees, root)
        _link(trees, trees.roots[-1], (leaf, 1), (leaf, 1))
        return
    trees.roots.append(_add_split(trees, root))


def _add_split(trees: _Trees, split: dict[str, Any]) -> int:
    if split["decision_type"] != "<=":
        raise ExportError("a split on a native category is not written: encode it as a number")
    here = _reserve(
        trees,
        feature=split["split_feature"],
        threshold=_threshold(float(split["threshold"])),
        nan_goes_left=int(_nan_goes_left(split)),
    )
    left, right = (
        (_add_split(trees, child), 0) if "split_index" in child else (_add_leaf(trees, child), 1)
        for child in (split["left_child"], split["right_child"])
    )
    _link(trees, here, left, right)
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


def _reserve(trees: _Trees, feature: int, threshold: float, nan_goes_left: int) -> int:
    trees.feature.append(feature)
    trees.threshold.append(threshold)
    trees.nan_goes_left.append(nan_goes_left)
    for links in (trees.left, trees.left_is_leaf, trees.right, trees.right_is_leaf):
        links.append(0)
    return len(trees.feature) - 1


def _add_leaf(trees: _Trees, leaf: dict[str, Any]) -> int:
    trees.leaves.append(float(leaf["leaf_value"]))
    return len(trees.leaves) - 1


def _link(trees: _Trees, split: int, left: tuple[int, int], right: tuple[int, int]) -> None:
    trees.left[split], trees.left_is_leaf[split] = left
    trees.right[split], trees.right_is_leaf[split] = right


def _tensor(name: str, values: npt.NDArray[Any]) -> onnx.TensorProto:
    return numpy_helper.from_array(values, name)
