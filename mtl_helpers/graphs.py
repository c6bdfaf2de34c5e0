"""A traced function as a graph: its operations, which loss reaches which variable, and its drawing."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import count, pairwise
from typing import NamedTuple

import networkx as nx
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from mtl_helpers.figures import COLOURS, INK, PAPER, kept_apart, show
from mtl_helpers.networks import random_start

# Operations through which TensorFlow sends no gradient, although numbers go in and out.
STOPS = {"StopGradient", "Floor", "Ceil", "Round", "Rint", "OneHot", "ZerosLike", "OnesLike"}

# The drawing, in inches.
BOX_HEIGHT, PADDING, ROW, COLUMN_GAP, LANE, TIP, MARGIN = 0.5, 0.24, 0.72, 0.5, 0.12, 0.02, 0.08
FORWARD = -1  # beside the numbers of the losses, 0 to 2
LABEL, SHAPE = FontProperties(weight="bold", size=10.5), FontProperties(size=10)
GREY, PALE, PALE_ORANGE = "#7d848c", "#e9ebee", "#fde3b8"


def computation_graph(traced: tf.types.experimental.ConcreteFunction) -> nx.DiGraph:
    """The forward operations of a traced function, as TensorFlow holds them.

    Reads of variables, identities and constants are left out: they move numbers and compute nothing.
    So are the operations of a gradient and of the step that follows it; `draw_graph` shows a
    gradient as a stream instead.

    Parameters
    ----------
    traced : what `tf.function(...).get_concrete_function(...)` returns.

    Returns
    -------
    A directed graph. A node is an operation's name, with `label`, `type` (of the operation), `kind`
    ("input", "variable" or "operation") and `shape` (text, such as "10×20"). An edge has `flows`,
    False where no gradient passes: integers, truth values, `tf.stop_gradient`.

    Raises
    ------
    TypeError : for anything but a concrete function.

    Lesson 01 explains what it reads.
    """
    if not isinstance(traced, tf.types.experimental.ConcreteFunction):
        raise TypeError(
            f"A traced function is expected, such as f.get_concrete_function(X), got {type(traced).__name__}."
        )
    handles = {id(variable.handle): variable for variable in traced.variables}
    variables = {inner.op.name: handles[id(outer)] for outer, inner in traced.graph.captures if id(outer) in handles}
    graph = nx.DiGraph()
    for op in _forward_operations(traced.graph.get_operations()):
        name, variable = op.name, variables.get(op.name)
        if variable is not None:
            label, kind, shape = variable.name.split(":")[0], "variable", variable.shape
        else:
            label, kind, shape = name.split("/")[-1], "operation", op.outputs[0].shape
        if op.type == "Placeholder" and variable is None:
            kind = "input"
        type_ = op.type if kind == "operation" else kind.capitalize()
        graph.add_node(name, label=label, type=type_, kind=kind, shape=_shape_text(shape))
        for source in op.inputs:
            if source.op.name in graph:
                passes = source.dtype.is_floating or source.dtype == tf.resource
                _connect(graph, source.op.name, name, flows=passes and op.type not in STOPS)
    for name in [name for name, node in graph.nodes(data=True) if node["type"] in ("Identity", "ReadVariableOp")]:
        _contract(graph, name)
    graph.remove_nodes_from([name for name in graph if not graph.degree(name)])
    return graph


def _forward_operations(operations: list[tf.Operation]) -> list[tf.Operation]:
    """All but a gradient's operations, what is computed from them, and what serves only these or an assignment."""
    backward = set()
    for op in operations:
        sources = [tensor.op for tensor in op.inputs]
        if op.type == "ReadVariableOp":  # perhaps read again, after the step has changed it
            sources += op.control_inputs
        if "gradient_tape" in op.name or any(source.name in backward for source in sources):
            backward.add(op.name)
    for op in reversed(operations):
        readers = {reader.name for output in op.outputs for reader in output.consumers()}
        if not op.outputs or (readers and readers <= backward):
            backward.add(op.name)
    return [op for op in operations if op.type != "Const" and op.name not in backward]


def _shape_text(shape: tf.TensorShape) -> str:
    return "?" if shape.rank is None else "×".join("?" if size is None else str(size) for size in shape)


def _connect(graph: nx.DiGraph, before: str, after: str, flows: bool) -> None:
    """Join two nodes; joined twice, a gradient flows where either way lets it."""
    graph.add_edge(before, after, flows=flows or graph.edges.get((before, after), {}).get("flows", False))


def _contract(graph: nx.DiGraph, name: str) -> None:
    """Take a node out and join what came before it to what comes after."""
    for before, _, one in graph.in_edges(name, data="flows"):
        for _, after, other in list(graph.out_edges(name, data="flows")):
            _connect(graph, before, after, one and other)
    graph.remove_node(name)


def _check_graph(graph: object) -> None:
    if not isinstance(graph, nx.DiGraph):
        raise TypeError(f"A graph from computation_graph is expected, got {type(graph).__name__}.")
    if not graph:
        raise ValueError("The graph holds no operation; at least one is expected.")


def _find(graph: nx.DiGraph, label: str) -> str:
    found = [name for name, node in graph.nodes(data=True) if node["label"] == label]
    if len(found) != 1:
        labels = ", ".join(node["label"] for _, node in graph.nodes(data=True))
        raise ValueError(f"The graph has {len(found)} nodes called {label!r}, one is expected; it holds {labels}.")
    return found[0]


def _gradient_path(graph: nx.DiGraph, loss: str) -> nx.DiGraph:
    """The part of the graph through which the gradient of a loss goes back to the variables."""
    open_edges = graph.edge_subgraph([edge for edge in graph.edges if graph.edges[edge]["flows"]])
    if loss not in open_edges:
        return nx.DiGraph()
    variables = [name for name in open_edges if graph.nodes[name]["kind"] == "variable"]
    below = set(variables).union(*(nx.descendants(open_edges, variable) for variable in variables))
    return open_edges.subgraph((nx.ancestors(open_edges, loss) | {loss}) & below)


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
    TypeError, ValueError : for another graph, or when not exactly one operation has that label.

    Lesson 02 compares it with what `tape.gradient` returns.
    """
    _check_graph(graph)
    path = _gradient_path(graph, _find(graph, loss))
    return sorted(graph.nodes[n]["label"] for n in path if graph.nodes[n]["kind"] == "variable")


def listing(graph: nx.DiGraph) -> str:
    """The graph as text, one operation a line: type, label, shape, and where its inputs come from.

    Parameters
    ----------
    graph : from `computation_graph`.

    Raises
    ------
    TypeError, ValueError : for another graph, or an empty one.
    """
    _check_graph(graph)
    rows = []
    for name in nx.lexicographical_topological_sort(graph):
        node, inputs = graph.nodes[name], [graph.nodes[before]["label"] for before in graph.predecessors(name)]
        rows.append((node["type"], node["label"], node["shape"], "<- " + ", ".join(inputs) if inputs else ""))
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows)


def draw_graph(graph: nx.DiGraph, losses: Sequence[str] = ()) -> Figure:
    """Draw the operations from left to right, and over them the way back of each loss's gradient.

    Parameters
    ----------
    graph : from `computation_graph`.
    losses : labels of up to three loss operations; each gets a colour. An operation that only one
        gradient visits takes that colour, so the trunk is where the colours run side by side.

    Returns
    -------
    The figure. Show it with `show(figure, says=listing(graph))`.

    Raises
    ------
    TypeError : for another graph, or a single label in place of a list.
    ValueError : for an empty graph, more than three losses, or a label that is not in the graph exactly once.
    """
    _check_graph(graph)
    if isinstance(losses, str):
        raise TypeError(f"losses must be a list of labels, got the single text {losses!r}; write [{losses!r}].")
    if len(losses) > 3:
        raise ValueError(f"Up to three losses can be told apart by colour, got {len(losses)}.")
    paths = [_gradient_path(graph, _find(graph, loss)) for loss in losses]
    visits = {name: [k for k, path in enumerate(paths) if name in path] for name in graph}
    place, chains = _plan(graph)
    figure, ax = _canvas([place[name] for name in graph])
    for edge, chain in chains.items():
        streams = [k for k, path in enumerate(paths) if path.has_edge(*edge)]
        visits.update(dict.fromkeys(chain[1:-1], streams))
        for k in [FORWARD, *streams]:
            _arrow(ax, [place[stop].shifted(_lane(visits[stop], k)) for stop in chain], k)
    for name, node in graph.nodes(data=True):
        _box(ax, place[name], node, visits[name])
    return figure


def _what(value: object) -> str:
    return f"a tensor of shape {tuple(value.shape)}" if tf.is_tensor(value) else type(value).__name__


def draw_network(network: Callable, **shapes: tuple[int, int]) -> None:
    """Show how a network computes its tasks' losses, and which weights the gradient of each loss reaches.

    Parameters
    ----------
    network : `network(weights, X)` returns a list. In it, a matrix is a task's prediction, and the sum of its squared
        errors is drawn as the task's loss: loss1, loss2. A single number, such as a penalty, is a loss itself.
    shapes : of the weights, (in, out). X has ten rows, and as many columns as the first weight has rows.

    Raises
    ------
    TypeError, ValueError : for a network that cannot be called or returns no list of matrices and numbers, no
        weights or shapes that `random_start` refuses, and more than three losses.
    """
    if not callable(network):
        raise TypeError(f"network must be a function of the weights and X, got {type(network).__name__}.")
    weights = {name: tf.Variable(start, name=name) for name, start in random_start(shapes, 0).items()}
    X = tf.zeros((10, next(iter(shapes.values()))[0]), tf.float64)
    outputs = network(weights, X)
    if not isinstance(outputs, list):
        raise TypeError(f"network must return a list of matrices and single numbers, got {type(outputs).__name__}.")
    for out in outputs:
        if not tf.is_tensor(out) or out.shape.rank not in (0, 2):
            raise TypeError(f"network must return a list of matrices and single numbers; it holds {_what(out)}.")
    predictions, labels = [out for out in outputs if out.shape.rank], []

    @tf.function(autograph=False)
    def losses(X, *targets):
        task, found = count(1), []
        for out in network(weights, X):
            if out.shape.rank:
                k = next(task)
                error = tf.math.squared_difference(out, targets[k - 1], name=f"error{k}")
                out = tf.reduce_sum(error, name=f"loss{k}")
            labels.append(out.op.name.split("/")[-1])
            found.append(out)
        return found

    specs = [tf.TensorSpec(out.shape, out.dtype, name=f"Y{k}") for k, out in enumerate(predictions, start=1)]
    graph = computation_graph(losses.get_concrete_function(tf.TensorSpec(X.shape, X.dtype, name="X"), *specs))
    for node in graph.nodes.values():
        if node["kind"] == "operation" and node["label"] not in labels:  # numbered where nobody gave a name
            node["label"] = re.sub(r"_\d+$", "", node["label"])
    reached = [f"{label}: {', '.join(variables_reached(graph, label)) or 'none'}" for label in labels]
    figure = draw_graph(graph, labels)
    show(figure, says="\n".join(["The weights that the gradient of each loss reaches:", *reached]))


class Place(NamedTuple):
    """Where a box stands, or where an arrow crosses a column: from left to right, at one height."""

    left: float
    right: float
    y: float

    def shifted(self, lane: float) -> "Place":
        return self._replace(y=self.y + lane)


def _plan(graph: nx.DiGraph) -> tuple[dict[object, Place], dict[tuple, list]]:
    """Places in inches, and each edge's chain of stops: a box, a bend in each column it crosses, a box."""
    column = _columns(graph)
    chains = {}
    for before, after in graph.edges:
        bends = {(before, after, k): k for k in range(column[before] + 1, column[after])}
        chains[before, after] = [before, *bends, after]
        column.update(bends)
    widths = [0.0] * (1 + max(column.values()))
    for name, node in graph.nodes(data=True):
        widths[column[name]] = max(widths[column[name]], _width(node["label"], LABEL), _width(node["shape"], SHAPE))
    widths = PADDING + np.array(widths)
    left = MARGIN + np.cumsum(widths + COLUMN_GAP) - widths - COLUMN_GAP
    rows = _rows(chains.values(), column)
    return {s: Place(left[k], left[k] + widths[k], -ROW * rows[s]) for s, k in column.items()}, chains


def _width(text: str, font: FontProperties) -> float:
    points, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return points / 72


def _columns(graph: nx.DiGraph) -> dict[object, int]:
    """Each node right of all it reads; one that reads nothing right before its first reader."""
    column = {name: k for k, layer in enumerate(nx.topological_generations(graph)) for name in layer}
    for name in graph:
        if not graph.in_degree(name):
            column[name] = min(column[after] for after in graph.successors(name)) - 1
    return column


def _rows(chains: Iterable[list], column: dict[object, int]) -> dict[object, float]:
    """Rows from the top: sweeps to and fro pull each stop towards the mean of its neighbours."""
    net = nx.DiGraph()
    for chain in chains:
        nx.add_path(net, chain)
    columns = [[stop for stop in net if column[stop] == k] for k in range(1 + max(column.values()))]
    row = {stop: k - (len(stops) - 1) / 2 for stops in columns for k, stop in enumerate(stops)}
    for sweep in range(16):
        forward = sweep % 2 == 0
        for stops in columns if forward else reversed(columns):
            wanted = {}
            for stop in stops:
                one, other = net.pred[stop], net.succ[stop]
                neighbours = (one or other) if forward else (other or [stop])
                wanted[stop] = float(np.mean([row[neighbour] for neighbour in neighbours]))
            stops.sort(key=wanted.get)
            row.update(zip(stops, kept_apart([wanted[stop] for stop in stops], 1), strict=True))
    return row


def _canvas(places: list[Place]) -> tuple[Figure, Axes]:
    """An empty figure of a size that holds all boxes, measured in inches."""
    _, right, y = np.array(places).T
    edge = BOX_HEIGHT / 2 + MARGIN
    width, low, high = right.max() + MARGIN, y.min() - edge, y.max() + edge
    figure = Figure(figsize=(width, high - low), facecolor=PAPER)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(low, high))
    ax.axis("off")
    return figure, ax


def _lane(visits: list[int], k: int) -> float:
    """Arrows run side by side at a stop: forward above, below it one lane for each stream that visits."""
    lanes = [FORWARD, *visits]
    return LANE * ((len(lanes) - 1) / 2 - lanes.index(k))


def _arrow(ax: Axes, stops: list[Place], k: int) -> None:
    """Forward along the stops, or as stream k back: an S between two columns, straight through a column."""
    colour, width, zorder = (GREY, 1.2, 2) if k == FORWARD else (COLOURS[k], 2.0, 3)
    points = []
    for one, other in pairwise(stops):
        middle = (one.right + other.left) / 2
        points += [(one.right + TIP, one.y), (middle, one.y), (middle, other.y), (other.left - TIP, other.y)]
    codes = [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4] * (len(stops) - 1)
    path = Path(points if k == FORWARD else points[::-1], [Path.MOVETO, *codes[1:]])
    style = {"arrowstyle": "-|>", "mutation_scale": 9, "linewidth": width, "color": colour, "zorder": zorder}
    ax.add_patch(FancyArrowPatch(path=path, **style))


def _box(ax: Axes, place: Place, node: dict, visits: list[int]) -> None:
    edge, fill = (COLOURS[3], PALE_ORANGE) if node["kind"] == "variable" else (GREY, PALE)
    if node["kind"] == "operation" and len(visits) == 1:
        edge = COLOURS[visits[0]]
        fill = tuple(1 - 0.22 * (1 - np.array(to_rgb(edge))))
    corner = 0.06 if node["kind"] == "operation" else 0.18
    style = f"round,pad=0,rounding_size={corner}"
    left, width = place.left, place.right - place.left
    box = FancyBboxPatch((left, place.y - BOX_HEIGHT / 2), width, BOX_HEIGHT, boxstyle=style, linewidth=1.6, zorder=4)
    box.set(facecolor=fill, edgecolor=edge)
    ax.add_patch(box)
    lift = 0.09 if node["shape"] else 0
    for text, y, font in ((node["label"], lift, LABEL), (node["shape"], -0.11, SHAPE)):
        ax.text(left + width / 2, place.y + y, text, ha="center", va="center", color=INK, fontproperties=font, zorder=5)
