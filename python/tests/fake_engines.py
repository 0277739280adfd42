"""Engine objects as trtutils' TRTEngine looks from outside, and a TensorRT module for plans."""

import json
import os
import pathlib
import time

from layerwatt import _core

PLAN_HEADER = 64


class FakeContext:
    """TensorRT's execution context, as far as a profiler sees it."""

    def __init__(self, layers):
        self.profiler = None
        self.layers = layers

    def execute(self, report=True):
        for name, ms in self.layers:
            end = time.perf_counter() + ms / 1000.0
            while time.perf_counter() < end:
                pass
        if report and self.profiler is not None:
            for name, ms in self.layers:
                self.profiler.report_layer_time(name, ms)


class FakeTrtEngine:
    """trtutils.TRTEngine: context, engine, get_random_input, mock_execute, a CUDA graph."""

    def __init__(self, layers=(("conv", 1.0), ("relu", 0.3), ("conv", 0.7)), cuda_graph=False):
        self.context = FakeContext(layers)
        self.engine = type("Engine", (), {"profiling_verbosity": "ProfilingVerbosity.DETAILED"})()
        self._cuda_graph = object() if cuda_graph else None
        self.calls = 0
        self.fail_at = None

    def get_random_input(self, *, new=None, verbose=None):
        return ["data"]

    def mock_execute(self, data=None, *, verbose=None, debug=None):
        assert data == ["data"]
        self.calls += 1
        if self.fail_at is not None and self.calls >= self.fail_at[0]:
            raise self.fail_at[1]
        # Layers of a graph are not reported.
        self.context.execute(report=self._cuda_graph is None)
        return []


def fake_modules():
    """Folder of the stand-ins for TensorRT and CUDA of this build; None where they are not built."""
    build = pathlib.Path(_core.__file__).parents[2]
    folder = build / "tests" / "modules"
    names = ["liblayerwatt_tensorrt.so", "libfake_nvinfer.so", "libfake_cuda.so", "libfake_nvml.so"]
    return folder if all((folder / name).exists() for name in names) else None


def write_plan(path, layers):
    plan = {
        "layers": [{"name": name, "ms": ms} for name, ms in layers],
        "inputs": [{"name": "x", "shape": [1, 3, 8, 8]}],
        "outputs": [{"name": "y", "shape": [1, 10]}],
    }
    magic = b"\x7fFTRT\0\0\0".ljust(PLAN_HEADER, b"\0")
    path.write_bytes(magic + json.dumps(plan).encode())
    return os.fspath(path)
