"""A traced function as a graph: its operations, which loss reaches which variable, and its drawing."""

from collections.abc import Iterator, Sequence

import networkx as nx
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from mtl_helpers.figures import COLOURS, INK, PAPER

KIND_COLOURS = {"input": "#e9ebee", "variable": "#fde3b8", "operation": "#e9ebee"}
STREAM_STEP = 0.11


def computation_graph(traced: tf.types.experimental.ConcreteFunction) -> nx.DiGraph:
    """The forward operations of a traced function, as TensorFlow holds them.

    Reads of variables, identities and constants are left out: they move numbers and compute nothing.
    So are the operations of a gradient, which `draw_graph` shows as streams instead.

    Parameters
    ----------
    traced : what `tf.function(...).get_concrete_function(...)` returns.

    Returns
    -------
    A directed graph. A node is an operation's name, with `label`, `type` (of the operation), `kind`
    ("input", "variable" or "operation"), `shape` (text, such as "10×20") and `flows` (False where no
    gradient passes: integers, truth values and `StopGradient`).

    Raises
    ------
    TypeError : for anything but a concrete function.

    Lesson 01 reads its first graph with it.
    """
    if not hasattr(traced, "captured_inputs"):
        raise TypeError(
            f"A traced function is expected, such as f.get_concrete_function(X), got {type(traced).__name__}."
        )
    handles = {id(v.handle): v.name.split(":")[0] for v in traced.variables}
    variables = {inner.op.name: handles[id(outer)] for outer, inner in traced.graph.captures if id(outer) in handles}
    graph = nx.DiGraph()
    for op in traced.graph.get_operations():
        if op.type in ("NoOp", "Const") or _belongs_to_gradient(op):
            continue
        kind = "variable" if op.name in variables else "input" if op.type == "Placeholder" else "operation"
        graph.add_node(
            op.name,
            label=variables.get(op.name, op.name.split("/")[-1]),
            type={"variable": "Variable", "input": "Input"}.get(kind, op.type),
            kind=kind,
            shape=_shape(op),
            flows=op.type != "StopGradient" and op.outputs[0].dtype in (tf.float64, tf.float32, tf.resource),
        )
        graph.add_edges_from((source.op.name, op.name) for source in op.inputs if source.op.name in graph)
    for name in [n for n, node in graph.nodes(data=True) if node["type"] in ("Identity", "ReadVariableOp")]:
        _contract(graph, name)
    graph.remove_nodes_from([n for n in list(graph) if graph.degree(n) == 0])
    return graph


def _belongs_to_gradient(op: tf.Operation) -> bool:
    return op.name.startswith("gradient_tape") or (
        op.type == "AddN" and any("gradient_tape" in source.op.name for source in op.inputs)
    )


def _shape(op: tf.Operation) -> str:
    shape = op.outputs[0].shape
    if shape.rank is None:
        return "?"
    return "×".join("?" if size is None else str(size) for size in shape)


def _contract(graph: nx.DiGraph, name: str) -> None:
    """Take a node out and join what came before it to what comes after."""
    for before in graph.predecessors(name):
        # A variable's own output is a handle; the number of its entries is known to the read.
        graph.nodes[before]["shape"] = graph.nodes[name]["shape"] or graph.nodes[before]["shape"]
        graph.add_edges_from((before, after) for after in graph.successors(name))
    graph.remove_node(name)


def _find(graph: nx.DiGraph, label: str) -> str:
    found = [n for n, node in graph.nodes(data=True) if node["label"] == label]
    if len(found) != 1:
        labels = ", ".join(node["label"] for _, node in graph.nodes(data=True))
        raise ValueError(f"The graph has {len(found)} nodes called {label!r}, one is expected; it holds {labels}.")
    return found[0]


def _gradient_path(graph: nx.DiGraph, loss: str) -> set[str]:
    """All nodes that the gradient of a loss visits on its way back to the variables."""
    open_nodes = graph.subgraph([n for n, node in graph.nodes(data=True) if node["flows"]])
    variables = [n for n, node in open_nodes.nodes(data=True) if node["kind"] == "variable"]
    below = set(variables).union(*(nx.descendants(open_nodes, v) for v in variables))
    return (nx.ancestors(open_nodes, loss) | {loss}) & below if loss in open_nodes else set()


def variables_reached(graph: nx.DiGraph, loss: str) -> list[str]:
    """The variables that the gradient of a loss reaches, read off the graph alone.

    Parameters
    ----------
    graph : from `computation_graph`.
    loss : the label of the loss operation.

    Returns
    -------
    Their names, sorted.

    Raises
    ------
    ValueError : when not exactly one operation has that label.

    Lesson 02 compares it with what `tape.gradient` returns.
    """
    path = _gradient_path(graph, _find(graph, loss))
    return sorted(graph.nodes[n]["label"] for n in path if graph.nodes[n]["kind"] == "variable")


def listing(graph: nx.DiGraph) -> str:
    """The graph as text, one operation a line: type, label, shape, and where its inputs come from."""
    order = nx.lexicographical_topological_sort(graph)
    rows = []
    for name in order:
        node, inputs = graph.nodes[name], [graph.nodes[n]["label"] for n in graph.predecessors(name)]
        rows.append((node["type"], node["label"], node["shape"], "<- " + ", ".join(inputs) if inputs else ""))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    return "\n".join("  ".join([*(c.ljust(w) for c, w in zip(row, widths)), row[3]]).rstrip() for row in rows)  # noqa: B905


def draw_graph(graph: nx.DiGraph, losses: Sequence[str] = ()) -> Figure:
    """Draw the operations from left to right, and over them the way back of each loss's gradient.

    Parameters
    ----------
    graph : from `computation_graph`.
    losses : labels of up to three loss operations; each gets a colour. An operation that only one
        loss depends on takes that colour, so the trunk is where the colours run side by side.

    Returns
    -------
    The figure. Show it with `show(figure, says=listing(graph))`.

    Raises
    ------
    ValueError : for more than three losses, or a label that is not in the graph exactly once.
    """
    if len(losses) > 3:
        raise ValueError(f"Up to three losses can be told apart by colour, got {len(losses)}.")
    paths = [_gradient_path(graph, _find(graph, loss)) for loss in losses]
    half = max(0.36, 0.05 + 0.047 * max(len(node["label"]) for _, node in graph.nodes(data=True)))
    place = {n: ((2 * half + 0.36) * x, y) for n, (x, y) in _layout(graph).items()}
    corner, far = np.min(list(place.values()), axis=0), np.max(list(place.values()), axis=0)
    margin = np.array([half + 0.05, 0.4])
    figure = Figure(figsize=tuple(np.array([1.15, 0.95]) * (far - corner + 2 * margin)), facecolor=PAPER)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(corner[0] - margin[0], far[0] + margin[0]), ylim=(corner[1] - margin[1], far[1] + margin[1]))
    ax.axis("off")
    for before, after in graph.edges:
        streams = [k for k, path in enumerate(paths) if before in path and after in path]
        ends = (place[before][0] + half, place[before][1]), (place[after][0] - half - 0.02, place[after][1])
        _arrow(ax, *ends, STREAM_STEP if streams else 0, "#7d848c", 1.2)
        for k in streams:
            _arrow(ax, *ends[::-1], -STREAM_STEP * k, COLOURS[k], 2.0)
    for name, centre in place.items():
        owners = [k for k, path in enumerate(paths) if name in path]
        own = owners[0] if len(owners) == 1 and graph.nodes[name]["kind"] == "operation" else None
        _box(ax, centre, half, graph.nodes[name], own)
    return figure


def _arrow(ax: Axes, start: tuple, end: tuple, lift: float, colour: str, width: float) -> None:
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    curve = Path([(x0, y0 + lift), (middle, y0 + lift), (middle, y1 + lift), (x1, y1 + lift)], [1, 4, 4, 4])
    ax.add_patch(
        FancyArrowPatch(
            path=curve, arrowstyle="-|>", mutation_scale=9, linewidth=width, edgecolor=colour, facecolor=colour
        )
    )


def _box(ax: Axes, centre: tuple, half: float, node: dict, own: int | None) -> None:
    (x, y), round_corner = centre, 0.07 if node["kind"] == "operation" else 0.22
    edge = {"variable": COLOURS[3], "input": "#7d848c"}.get(node["kind"], "#7d848c")
    fill = KIND_COLOURS[node["kind"]]
    if own is not None:
        edge = COLOURS[own]
        fill = tuple(1 - 0.22 * (1 - np.array(to_rgb(edge))))
    style = f"round,pad=0,rounding_size={round_corner}"
    ax.add_patch(
        FancyBboxPatch(
            (x - half, y - 0.26),
            2 * half,
            0.52,
            boxstyle=style,
            facecolor=fill,
            edgecolor=edge,
            linewidth=1.6,
            zorder=3,
        )
    )
    ax.text(
        x,
        y + (0.09 if node["shape"] else 0),
        node["label"],
        ha="center",
        va="center",
        color=INK,
        fontsize=10.5,
        weight="bold",
        zorder=4,
    )
    ax.text(x, y - 0.12, node["shape"], ha="center", va="center", color=INK, fontsize=10, zorder=4)


def _layout(graph: nx.DiGraph, sweeps: int = 16) -> dict[str, tuple[float, float]]:
    """A layered layout: x is the depth, y comes from sweeps that pull nodes to their neighbours' mean."""
    depth = {n: k for k, layer in enumerate(nx.topological_generations(graph)) for n in layer}
    for n in graph:
        if not graph.in_degree(n) and graph.out_degree(n):
            depth[n] = min(depth[s] for s in graph.successors(n)) - 1
    columns: dict[int, list[str]] = {}
    for n in graph:
        columns.setdefault(depth[n], []).append(n)
    y = {n: k - (len(column) - 1) / 2 for column in columns.values() for k, n in enumerate(column)}
    for sweep in range(sweeps):
        backward = bool(sweep % 2)
        for k in sorted(columns, reverse=backward):
            wanted = {n: _mean_height(graph, n, y, backward) for n in columns[k]}
            columns[k].sort(key=wanted.get)
            y.update(_spread(columns[k], wanted))
    return {n: (depth[n], -y[n]) for n in graph}


def _mean_height(graph: nx.DiGraph, n: str, y: dict[str, float], backward: bool) -> float:
    neighbours: Iterator[str] = graph.successors(n) if backward or not graph.in_degree(n) else graph.predecessors(n)
    heights = [y[m] for m in neighbours]
    return float(np.mean(heights)) if heights else y[n]


def _spread(column: list[str], wanted: dict[str, float]) -> dict[str, float]:
    """Heights at least one apart, in the given order, with the mean where it was wanted."""
    heights = [wanted[n] for n in column]
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + 1)
    shift = np.mean([wanted[n] for n in column]) - np.mean(heights)
    return {n: h + shift for n, h in zip(column, heights, strict=True)}
