"""Growing an ONNX graph, node by node."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

_OPSET = 21
_ML_OPSET = 5  # TreeEnsemble
_IR = 10


class Nodes:
    """The nodes and constants of a graph while it grows; values are named after what they are."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._scope = ""
        self._values: set[str] = set()

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """In the block, values get names of their own, so that the same part can be added twice."""
        self._scope = f"{name}_"
        try:
            yield
        finally:
            self._scope = ""

    def has(self, value: str) -> bool:
        """Whether a node of this scope makes the value."""
        return self._scope + value in self._values

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        *outputs: str,
        **attributes: Any,  # noqa: ANN401 - whatever the operator takes
    ) -> str:
        """Add a node, and return the name of its first output.

        An input is a value of this scope or, if it makes none of that name, of the whole graph.
        """
        names = [self._scope + output for output in outputs]
        seen = [self._scope + value if self.has(value) else value for value in inputs]
        self._values.update(names)
        self.nodes.append(helper.make_node(operator, seen, names, **attributes))
        return names[0]

    def constant(self, name: str, value: object, dtype: npt.DTypeLike = np.int64) -> str:
        """Add a constant once, and return its name."""
        if all(tensor.name != name for tensor in self.constants):
            self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def columns(self, table: str, start: int, end: int, output: str) -> str:
        """Add the columns from `start` to before `end` of a table, and return the output's name."""
        return self.add(
            "Slice",
            [
                table,
                self.constant(f"{output}_start", [start]),
                self.constant(f"{output}_end", [end]),
                self.constant("along_columns", [1]),
            ],
            output,
        )

    def split(self, table: str, **widths: int) -> list[str]:
        """Cut a table into parts of so many columns each, and return the names of the parts."""
        sizes = self.constant(f"widths_{'_'.join(widths)}", [*widths.values()])
        self.add("Split", [table, sizes], *widths, axis=1)
        return [*widths]

    def either(
        self,
        condition: str,
        then: Callable[[], str],
        otherwise: Callable[[], str],
        output: str,
        kind: int,
    ) -> str:
        """Add an `If`, of which only one side is run, and return the name of its output.

        Args:
            condition: a bool, [] or [1].
            then: adds the nodes for a true one, and gives the value that the last of them makes.
            otherwise: the same for a false one.
            output: the name of what comes of either.
            kind: its type, a `TensorProto.DataType`.
        """
        branches = {
            "then_branch": self._branch(then, f"{output}_then", kind),
            "else_branch": self._branch(otherwise, f"{output}_else", kind),
        }
        return self.add("If", [condition], output, **branches)

    def _branch(self, build: Callable[[], str], name: str, kind: int) -> onnx.GraphProto:
        around, self.nodes = self.nodes, []
        made = helper.make_tensor_value_info(build(), kind, None)
        branch, self.nodes = helper.make_graph(self.nodes, name, [], [made]), around
        return branch

    def model(
        self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        """The checked model with these inputs and outputs."""
        graph = helper.make_graph(self.nodes, "lenta", inputs, outputs, self.constants)
        model = helper.make_model(
            graph,
            opset_imports=[
                helper.make_opsetid("", _OPSET),
                helper.make_opsetid("ai.onnx.ml", _ML_OPSET),
            ],
            ir_version=_IR,
            producer_name="lenta",
        )
        onnx.checker.check_model(model)
        return model
