"""What is read from a traced function is what TensorFlow does, and its drawing can be read."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import keras
import numpy as np
import pytest
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from mtl_helpers.figures import COLOURS

X, Y1, Y2, Y3 = (np.random.default_rng(seed).normal(size=(4, 3)) for seed in range(4))


def variables(**shapes):
    return {name: tf.Variable(w, name=name) for name, w in mtl.random_start(shapes, 0).items()}


def loss_of(out, y, number):
    return tf.reduce_sum(tf.square(out - y), name=f"loss{number}")


# The networks: each gives its variables and a function of X, Y1, Y2 and Y3 that returns losses by label. --------


def linear():
    w = variables(W=(3, 3))
    return w, lambda x, y1, y2, y3: {"loss": tf.square(y1 - tf.matmul(x, w["W"]), name="loss")}


def hard_sharing():
    w = variables(trunk=(3, 5), head1=(5, 3), head2=(5, 3))

    def losses(x, y1, y2, y3):
        out1, out2 = mtl.hard_sharing(w, x)
        return {"loss1": loss_of(out1, y1, 1), "loss2": loss_of(out2, y2, 2)}

    return w, losses


def three_tasks():
    w = variables(trunk=(3, 5), head1=(5, 3), head2=(5, 3), head3=(5, 3))

    def losses(x, *targets):
        outs = enumerate(zip(mtl.hard_sharing(w, x, tasks=3), targets, strict=True), start=1)
        return {f"loss{task}": loss_of(out, y, task) for task, (out, y) in outs}

    return w, losses


def soft_sharing():
    w = variables(trunk1=(3, 5), trunk2=(3, 5), head1=(5, 3), head2=(5, 3))

    def losses(x, y1, y2, y3):
        out1, out2 = mtl.apart(w, x)
        return {"loss1": loss_of(out1, y1, 1), "loss2": loss_of(out2, y2, 2), "penalty": mtl.soft_penalty(w)}

    return w, losses


def cross_stitch():
    w = variables(trunkA=(3, 5), trunkB=(3, 5), headA=(5, 3), headB=(5, 3))
    w |= {f"a{i}{j}": tf.Variable(0.5, dtype=tf.float64, name=f"a{i}{j}") for i in "12" for j in "12"}

    def losses(x, y1, y2, y3):
        a, b = tf.tanh(x @ w["trunkA"]), tf.tanh(x @ w["trunkB"])
        out1 = (w["a11"] * a + w["a12"] * b) @ w["headA"]
        out2 = (w["a21"] * a + w["a22"] * b) @ w["headB"]
        return {"loss1": loss_of(out1, y1, 1), "loss2": loss_of(out2, y2, 2)}

    return w, losses


def experts():
    shapes = {f"expert{k}": (3, 5) for k in (1, 2, 3)} | {f"gate{k}": (3, 3) for k in (1, 2)}
    w = variables(**shapes, head1=(5, 3), head2=(5, 3))

    def losses(x, y1, y2, y3):
        hidden = tf.stack([tf.nn.relu(x @ w[f"expert{k}"]) for k in (1, 2, 3)], axis=1)
        found = {}
        for task, y in ((1, y1), (2, y2)):
            gate = tf.nn.softmax(x @ w[f"gate{task}"])[:, :, None]
            mixture = tf.reduce_sum(gate * hidden, axis=1, name=f"mixture{task}")
            found[f"loss{task}"] = loss_of(mixture @ w[f"head{task}"], y, task)
        return found

    return w, losses


def stopped():
    """Task 2 borrows the trunk and may not change it."""
    w = variables(trunk=(3, 5), head1=(5, 3), head2=(5, 3))

    def losses(x, y1, y2, y3):
        hidden = tf.nn.relu(x @ w["trunk"])
        return {
            "loss1": loss_of(hidden @ w["head1"], y1, 1),
            "loss2": loss_of(tf.stop_gradient(hidden) @ w["head2"], y2, 2),
        }

    return w, losses


def chosen():
    """Ways through whole numbers, truth values and steps: numbers pass, gradients do not."""
    w = variables(scores=(3, 3), values=(3, 3), size=(3, 3), sorted=(3, 3))

    def losses(x, y1, y2, y3):
        best = tf.one_hot(tf.argmax(x @ w["scores"], axis=1), 3, dtype=tf.float64)
        positive = tf.where(x @ w["size"] > 0, x @ w["values"], 0)
        top, where = tf.math.top_k(x @ w["sorted"], k=3)
        rounded = tf.floor(x @ w["size"]) + tf.round(x @ w["scores"]) + tf.cast(where, tf.float64)
        return {
            "loss1": loss_of(best * (x @ w["values"]), y1, 1),
            "loss2": loss_of(positive + rounded, y2, 2),
            "loss3": loss_of(top, y3, 3),
        }

    return w, losses


def skipping():
    """Arrows that jump over columns."""
    w = variables(enter=(3, 3), middle=(3, 3), leave=(3, 3))

    def losses(x, y1, y2, y3):
        hidden = tf.matmul(x, w["enter"], name="hidden")
        out = (tf.nn.relu(hidden @ w["middle"], name="relu") + hidden) @ w["leave"]
        size = tf.reduce_sum(hidden**2, name="size")
        return {"loss1": loss_of(out, y1, 1), "loss2": tf.add(loss_of(out, y2, "_of_task2"), size, name="loss2")}

    return w, losses


def constant():
    """The gradient of one loss reaches nothing at all."""
    w = variables(W=(3, 3))
    return w, lambda x, y1, y2, y3: {
        "loss1": loss_of(x @ w["W"], y1, 1),
        "loss2": loss_of(x, y2, 2),
    }


NETWORKS = [
    linear,
    hard_sharing,
    three_tasks,
    soft_sharing,
    cross_stitch,
    experts,
    stopped,
    chosen,
    skipping,
    constant,
]


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda network: network.__name__)
def network(request):
    """The variables, their losses' labels, the graph, and which loss reaches which variable, asked of a tape."""
    weights, losses = request.param()
    graph = mtl.computation_graph(tf.function(losses, autograph=False).get_concrete_function(X, Y1, Y2, Y3))
    with tf.GradientTape(persistent=True) as tape:
        values = losses(X, Y1, Y2, Y3)
    reached = {}
    for label, value in values.items():
        gradients = tape.gradient(value, weights)
        reached[label] = sorted(name for name in weights if gradients[name] is not None)
    return weights, list(values), graph, reached


# Reading --------------------------------------------------------------------------------------------------


def test_reached_variables_are_those_of_the_tape(network):
    _, labels, graph, reached = network
    assert {label: mtl.variables_reached(graph, label) for label in labels} == reached


def test_graph_holds_the_inputs_and_variables(network):
    weights, _, graph, _ = network
    kinds = {kind: {} for kind in ("input", "variable", "operation")}
    for _, node in graph.nodes(data=True):
        kinds[node["kind"]][node["label"]] = node["shape"]
    shapes = {name: "×".join(map(str, w.shape)) for name, w in weights.items()}
    assert kinds["variable"] == shapes
    assert set(kinds["input"]) <= {"x", "y1", "y2", "y3", "targets_0", "targets_1", "targets_2"}
    assert set(kinds["input"].values()) == {"4×3"}
    types = {node["type"] for _, node in graph.nodes(data=True)}
    assert not types & {"Identity", "ReadVariableOp", "Const", "NoOp", "Placeholder"}


def test_listing_names_every_node_after_its_inputs(network):
    _, _, graph, _ = network
    rows = mtl.listing(graph).splitlines()
    assert len(rows) == len(graph)
    seen = set()
    for row in rows:
        before, _, inputs = row.partition("<- ")
        assert set(inputs.split(", ")) <= seen | {""}
        seen.add(before.split()[1])


def test_listing_of_the_first_graph():
    w = variables(W=(3, 1))

    @tf.function
    def loss(X, Y):
        return tf.square(tf.subtract(Y, tf.matmul(X, w["W"], name="prediction"), name="error"), name="loss")

    shapes = (tf.TensorSpec((None, 3), tf.float64), tf.TensorSpec((None, 1), tf.float64))
    assert mtl.listing(mtl.computation_graph(loss.get_concrete_function(*shapes))) == (
        "Input     X           ?×3\n"
        "Input     Y           ?×1\n"
        "Variable  W           3×1\n"
        "MatMul    prediction  ?×1  <- X, W\n"
        "Sub       error       ?×1  <- Y, prediction\n"
        "Square    loss        ?×1  <- error"
    )


@pytest.mark.parametrize("optimiser", [None, keras.optimizers.Adam], ids=["by hand", "Keras's Adam"])
def test_graph_of_a_training_step_is_that_of_its_losses(optimiser):
    weights, losses = hard_sharing()
    apply = None
    if optimiser:
        adam = optimiser(0.1)
        adam.build(list(weights.values()))
        apply = adam.apply

    @tf.function(autograph=False)
    def step(x, y1, y2, y3, rate):
        with tf.GradientTape() as tape:
            found = losses(x, y1, y2, y3)
            total = tf.add(found["loss1"], found["loss2"], name="total")
        gradients = tape.gradient(total, list(weights.values()))
        if apply:
            apply(gradients)
        else:
            for weight, gradient in zip(weights.values(), gradients, strict=True):
                weight.assign_sub(rate * gradient)
        return found, total

    @tf.function(autograph=False)
    def forward(x, y1, y2, y3):
        found = losses(x, y1, y2, y3)
        return found, tf.add(found["loss1"], found["loss2"], name="total")

    rate = tf.constant(0.1, tf.float64)
    graph = mtl.computation_graph(step.get_concrete_function(X, Y1, Y2, Y3, rate))
    plain = mtl.computation_graph(forward.get_concrete_function(X, Y1, Y2, Y3))
    assert sorted(mtl.listing(graph).splitlines()) == sorted(mtl.listing(plain).splitlines())
    assert mtl.variables_reached(graph, "loss1") == ["head1", "trunk"]


def test_loop_inside_the_graph_lets_gradients_pass():
    w = variables(W=(3, 3))

    @tf.function
    def loss(x):
        _, power = tf.while_loop(lambda k, _: k < 3, lambda k, h: (k + 1, h @ w["W"]), (0, x))
        return tf.reduce_sum(power, name="loss")

    graph = mtl.computation_graph(loss.get_concrete_function(X))
    assert mtl.variables_reached(graph, "loss") == ["W"]


# Drawing --------------------------------------------------------------------------------------------------


def drawn(graph, labels):
    figure = mtl.draw_graph(graph, labels)
    figure.dpi = 144  # as `show` stores it
    return figure, FigureCanvasAgg(figure).get_renderer()


@pytest.fixture(scope="module")
def drawing(network):
    """The drawing's boxes, texts and arrows, measured in pixels."""
    _, labels, graph, _ = network
    figure, renderer = drawn(graph, labels)
    (ax,) = figure.axes
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    texts = [text for text in ax.texts if text.get_text()]
    extent = {artist: artist.get_window_extent(renderer) for artist in (*boxes, *texts)}
    return figure, boxes, texts, arrows, extent


def inside(inner, outer, slack=0.0):
    return (
        inner.x0 >= outer.x0 - slack
        and inner.x1 <= outer.x1 + slack
        and inner.y0 >= outer.y0 - slack
        and inner.y1 <= outer.y1 + slack
    )


def test_boxes_stand_clear_of_each_other_within_the_figure(drawing):
    figure, boxes, _, _, extent = drawing
    for k, box in enumerate(boxes):
        assert inside(extent[box], figure.bbox)
        assert not any(extent[box].padded(5).overlaps(extent[other]) for other in boxes[:k])


def test_every_text_stands_inside_a_box_of_its_own(network, drawing):
    _, _, graph, _ = network
    _, boxes, texts, _, extent = drawing
    expected = [text for _, node in graph.nodes(data=True) for text in (node["label"], node["shape"]) if text]
    assert sorted(text.get_text() for text in texts) == sorted(expected)
    homes = [[box for box in boxes if inside(extent[text], extent[box])] for text in texts]
    assert {len(home) for home in homes} == {1}
    for k, text in enumerate(texts):
        assert text.get_fontsize() >= 10
        assert not any(extent[text].overlaps(extent[other]) for other in texts[:k])


def test_no_arrow_crosses_a_box(drawing):
    _, boxes, _, arrows, extent = drawing
    hulls = [extent[box].padded(-1) for box in boxes]
    for arrow in arrows:
        points = arrow.get_transform().transform(arrow.get_path().interpolated(8).vertices)
        assert not any(hull.count_contains(points) for hull in hulls)


def test_streams_have_the_colour_of_their_loss(network, drawing):
    _, labels, graph, reached = network
    _, boxes, _, arrows, _ = drawing
    colours = [[same_color(arrow.get_edgecolor(), colour) for arrow in arrows].count(True) for colour in COLOURS]
    grey = len(arrows) - sum(colours)
    assert grey == graph.number_of_edges()
    for k, label in enumerate(labels):
        # A stream ends at each variable it reaches, and crosses at least one edge for each of them.
        assert colours[k] >= len(reached[label])
        assert (colours[k] == 0) == (not reached[label])
    assert not any(colours[len(labels) :])
    assert any(same_color(box.get_edgecolor(), COLOURS[0]) for box in boxes)


def test_trunk_is_neutral_and_heads_take_their_task_s_colour():
    _, losses = hard_sharing()
    graph = mtl.computation_graph(tf.function(losses, autograph=False).get_concrete_function(X, Y1, Y2, Y3))
    figure, _ = drawn(graph, ["loss1", "loss2"])
    boxes = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    edge = {node["label"]: box.get_edgecolor() for (_, node), box in zip(graph.nodes(data=True), boxes, strict=True)}
    assert same_color(edge["out1"], COLOURS[0])
    assert same_color(edge["out2"], COLOURS[1])
    assert not any(same_color(edge[name], colour) for name in ("hidden", "relu") for colour in COLOURS)
    assert edge["trunk"] == edge["head1"] == edge["head2"]


def test_labels_of_any_length_fit():
    w = variables(a_weight_with_quite_a_long_name=(3, 3))
    name = "a_weight_with_quite_a_long_name"

    @tf.function
    def loss(x):
        return tf.reduce_sum(x @ w[name], name="WWWWWWWWWW_a_loss_with_an_even_longer_name_than_its_weight")

    figure, renderer = drawn(mtl.computation_graph(loss.get_concrete_function(X)), [])
    boxes = [patch.get_window_extent(renderer) for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    for text in figure.axes[0].texts:
        if text.get_text():
            assert any(inside(text.get_window_extent(renderer), box) for box in boxes)


def test_the_usual_drawing_fits_a_notebook_s_width():
    _, losses = hard_sharing()
    graph = mtl.computation_graph(tf.function(losses, autograph=False).get_concrete_function(X, Y1, Y2, Y3))
    width, height = mtl.draw_graph(graph, ["loss1", "loss2"]).get_size_inches()
    assert width <= 9
    assert height <= 4


def test_network_is_drawn_with_a_loss_for_each_task(monkeypatch):
    """A matrix becomes a task, a single number stays a loss, and the sentence says what the tape says."""
    shown = []
    monkeypatch.setattr(mtl.graphs, "show", lambda figure, says: shown.append((figure, says)))

    def network(w, X):
        penalty = tf.reduce_sum(tf.square(w["trunk1"] - w["trunk2"]), name="penalty")
        hidden1, hidden2 = tf.tanh(X @ w["trunk1"]), tf.tanh(X @ w["trunk2"])
        return [hidden1 @ w["head1"], penalty, tf.stop_gradient(hidden2) @ w["head2"]]

    mtl.draw_network(network, trunk1=(3, 5), head1=(5, 1), trunk2=(3, 5), head2=(5, 2))
    ((figure, says),) = shown
    lines = ["The weights that the gradient of each loss reaches:", "loss1: head1, trunk1"]
    assert says.splitlines() == [*lines, "penalty: trunk1, trunk2", "loss2: head2"]
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert {"X", "Y1", "Y2", "10×3", "10×2", "error1", "error2"} <= set(labels)
    assert labels.count("Tanh") == 2  # TensorFlow calls the second one Tanh_1
