"""layerwatt.torch: the hooks on a stand-in module, and on torch itself where it is installed."""

import json
import time

import pytest

import layerwatt
import layerwatt.torch
from layerwatt._hooks import Hooks, Timeline, is_leaf


class Handle:
    def __init__(self, hooks, hook):
        self.hooks, self.hook = hooks, hook
        hooks.append(hook)

    def remove(self):
        self.hooks.remove(self.hook)


class Module:
    """torch.nn.Module's hooks and names, without torch."""

    def __init__(self, work=None, **children):
        self.work = work
        self.inner = children
        self.before, self.after = [], []

    def children(self):
        return iter(self.inner.values())

    def named_modules(self, prefix=""):
        yield prefix, self
        for name, child in self.inner.items():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def register_forward_pre_hook(self, hook):
        return Handle(self.before, hook)

    def register_forward_hook(self, hook):
        return Handle(self.after, hook)

    def __call__(self, *inputs):
        for hook in self.before:
            hook(self, inputs)
        output = self.work(self, *inputs) if self.work else None
        for hook in self.after:
            hook(self, inputs, output)
        return output


class FakeClock:
    def __init__(self):
        self.ns = 1_000_000_000

    def __call__(self):
        return self.ns

    def take(self, ms):
        self.ns += round(ms * 1e6)


def network(take, gap_ms=0.0):
    conv = Module(lambda self: take(2.0))
    relu = Module(lambda self: take(1.0))

    def block_work(self):
        conv()
        take(gap_ms)
        relu()

    block = Module(block_work, conv=conv, relu=relu)
    head = Module(lambda self: take(4.0))

    def whole(self):
        block()
        block()
        head()
        take(0.5)

    return Module(whole, block=block, head=head)


def test_leaves_are_the_layers_in_the_order_in_which_they_run():
    clock = FakeClock()
    module = network(clock.take)
    timeline = Timeline(clock)
    with Hooks(module, is_leaf, timeline.enter, timeline.leave) as hooks:
        assert hooks.names == ["block.conv", "block.relu", "head"]
        timeline.warm_up(module, 3)
        start, rows, end = timeline.run(module)
    assert rows == [
        ("block.conv", 2.0), ("block.relu", 1.0), ("block.conv", 2.0), ("block.relu", 1.0), ("head", 4.0),
    ]
    assert end - start == 10_500_000, "what is left is outside the layers"
    assert not any(m.before or m.after for _, m in module.named_modules()), "the hooks are gone"


def test_of_modules_inside_one_another_the_outermost_is_the_layer():
    clock = FakeClock()
    module = network(clock.take)
    timeline = Timeline(clock)
    with Hooks(module, lambda name, m: name.startswith("block"), timeline.enter, timeline.leave):
        _, rows, _ = timeline.run(module)
    assert rows == [("block", 3.0), ("block", 3.0)]


def test_time_between_modules_is_a_row_where_it_matters():
    clock = FakeClock()
    module = network(clock.take, gap_ms=0.5)
    timeline = Timeline(clock)
    with Hooks(module, is_leaf, timeline.enter, timeline.leave):
        timeline.warm_up(module, 3)
        _, rows, _ = timeline.run(module)
    assert rows[:3] == [("block.conv", 2.0), ("before block.relu", 0.5), ("block.relu", 1.0)]
    small = network(clock.take, gap_ms=0.05)
    with Hooks(small, is_leaf, timeline.enter, timeline.leave):
        timeline.warm_up(small, 3)
        _, rows, _ = timeline.run(small)
    assert rows[1] == ("block.relu", 1.05), "less than 1 % counts to the module after it"


def busy(ms):
    end = time.perf_counter() + ms / 1000.0
    while time.perf_counter() < end:
        pass


def options(power_csv, **changes):
    return {"sensor": f"file:{power_csv}", "interval_ms": 5.0, "method": "overlap", "save": None, **changes}


def test_a_module_on_the_host_is_profiled(power_csv, tmp_path):
    module = network(lambda ms: busy(ms / 2))
    result = layerwatt.torch.run_on_host(
        module, module, is_leaf, 30, None, 3, options(power_csv, save=str(tmp_path / "kept"))
    )
    assert result.iterations == 30
    assert [layer.name for layer in result.layers] == [
        "block.conv", "block.relu", "block.conv", "block.relu", "head",
    ]
    for layer, ms in zip(result.layers, (1.0, 0.5, 1.0, 0.5, 2.0)):
        assert layer.time_ms.median >= ms
        # 2 W all the time.
        assert layer.energy_mj.mean == pytest.approx(2.0 * layer.time_ms.mean, rel=1e-6)
    assert result.outside_layers.time_ms.median >= 0.25
    assert result.engine == {"name": "torch"}
    again = layerwatt.analyze(tmp_path / "kept", method="overlap")
    assert json.loads(again.to_json())["layers"] == json.loads(result.to_json())["layers"]


def test_ctrl_c_keeps_the_passes_until_then(power_csv):
    calls = []

    def work(ms):
        calls.append(ms)
        if len(calls) > 60:
            raise KeyboardInterrupt
        busy(ms / 10)

    module = network(work)
    with pytest.raises(layerwatt.Interrupted) as caught:
        layerwatt.torch.run_on_host(module, module, is_leaf, None, 60.0, 2, options(power_csv))
    assert 2 < caught.value.result.iterations < 20
    assert not any(m.before or m.after for _, m in module.named_modules())


def test_a_selection_of_nothing_is_an_error(power_csv):
    module = network(lambda ms: None)
    with pytest.raises(layerwatt.BadInputError, match="selects no module"):
        layerwatt.torch.run_on_host(
            module, module, lambda name, m: False, 5, None, 1, options(power_csv)
        )


def test_without_torch_the_error_says_so():
    try:
        import torch  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="torch"):
            layerwatt.torch.profile(object())
    else:
        pytest.skip("torch is installed")


def test_without_a_cuda_driver_a_capture_is_an_engine_error():
    from layerwatt import _core

    try:
        _core.GraphCapture()
    except layerwatt.EngineError as error:
        assert error.what
    else:
        pytest.skip("there is a CUDA driver")


def test_a_torch_module_on_the_cpu(power_csv):
    torch = pytest.importorskip("torch", reason="torch is optional, and too large for this script")
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3), torch.nn.BatchNorm2d(16), torch.nn.ReLU(), torch.nn.Flatten()
    )
    model[1].eval()
    result = layerwatt.torch.profile(
        model, torch.rand(1, 3, 64, 64), iterations=30, sensor=f"file:{power_csv}"
    )
    assert [layer.name for layer in result.layers if layer.name[0].isdigit()] == ["0", "1", "2", "3"]
    assert result.total.energy_mj.mean > 0
    assert model.training and not model[1].training, "every module is as it was"


def test_a_torch_module_on_the_gpu():
    torch = pytest.importorskip("torch", reason="torch is optional, and too large for this script")
    if not torch.cuda.is_available():
        pytest.skip("no GPU here: tests/hardware/torch_on_gpu.py is for a machine with one")
    model = torch.nn.Sequential(*[torch.nn.Linear(2048, 2048) for _ in range(4)]).cuda().half()
    result = layerwatt.torch.profile(
        model, torch.rand(64, 2048, device="cuda", dtype=torch.float16), iterations=200, sensor="none"
    )
    assert len(result.layers) == 4
