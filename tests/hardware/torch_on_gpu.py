#!/usr/bin/env python3
"""layerwatt.torch on a real NVIDIA GPU: a ResNet-50 with random weights, by module.

    PYTHONPATH=build/release/python tests/hardware/torch_on_gpu.py [OUTPUT]

Needs torch with CUDA; the extension may be any build's (LAYERWATT_PYTHON=ON). Profiles the network in
float16, once by time alone with CUDA events, once through the captured graph with excitation, and
holds the energy of a pass against NVML's own counter around plain passes. Writes the table,
result.json and figures.json into OUTPUT (default: .). Exits with 1 where a check fails.
"""

import json
import pathlib
import sys
import time

try:
    import torch
except ImportError:
    sys.exit("torch is not installed here: nothing to measure")

import layerwatt
import layerwatt.torch

BATCH = 32
MAX_TIME_S = 150


class Bottleneck(torch.nn.Module):
    def __init__(self, inner, outer, width, stride):
        super().__init__()
        conv = torch.nn.Conv2d
        self.conv1, self.bn1 = conv(inner, width, 1, bias=False), torch.nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, stride, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(width)
        self.conv3, self.bn3 = conv(width, outer, 1, bias=False), torch.nn.BatchNorm2d(outer)
        self.relu = torch.nn.ReLU()
        self.downsample = None
        if stride != 1 or inner != outer:
            self.downsample = torch.nn.Sequential(
                conv(inner, outer, 1, stride, bias=False), torch.nn.BatchNorm2d(outer)
            )

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def resnet50():
    parts = [
        torch.nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        torch.nn.BatchNorm2d(64),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(3, 2, 1),
    ]
    inner = 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(count):
            parts.append(Bottleneck(inner, 4 * width, width, stride if block == 0 else 1))
            inner = 4 * width
    parts += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(inner, 1000)]
    return torch.nn.Sequential(*parts)


def by_block(name, module):
    """Stem, bottleneck blocks and head: layers long enough to be told apart in minutes."""
    return name.count(".") == 0 and name != ""


def counter_mj_a_pass(model, x, seconds=5.0):
    """NVML's counter around replays of torch's own graph: another way to the same figure. (Passes that
    are launched one by one leave the GPU waiting for the host for most of the time.)"""
    passes = 0
    with torch.inference_mode():
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(3):
                model(x)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            model(x)
        with layerwatt.record(sensor="nvml") as power:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for _ in range(50):
                    graph.replay()
                torch.cuda.synchronize()
                passes += 50
    if power.result.energy_mj is None:
        return None, passes
    return power.result.energy_mj.mean / passes, passes


def main():
    output = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    output.mkdir(parents=True, exist_ok=True)
    if not torch.cuda.is_available():
        sys.exit("torch sees no GPU here: nothing to measure")
    torch.manual_seed(1)
    model = resnet50().cuda().half().to(memory_format=torch.channels_last).eval()
    x = torch.rand(BATCH, 3, 224, 224, device="cuda", dtype=torch.float16)
    x = x.to(memory_format=torch.channels_last)
    figures = {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__, "batch": BATCH}

    leaves = layerwatt.torch.profile(model, x, sensor="none", iterations=300)
    figures["leaf_layers"] = len(leaves.layers)
    figures["leaf_pass_ms"] = leaves.total.time_ms.mean

    result = layerwatt.torch.profile(model, x, layers=by_block, sensor="nvml", max_time=MAX_TIME_S)
    (output / "table.txt").write_text(str(result))
    result.to_json(output / "result.json")
    print(result)
    layers_mj = [layer.energy_mj.mean for layer in result.layers if layer.energy_mj]
    counter, passes = counter_mj_a_pass(model, x)
    figures.update(
        method=result.method,
        layers=len(result.layers),
        layers_with_energy=len(layers_mj),
        pass_ms=result.total.time_ms.mean,
        pass_mj=result.total.energy_mj.mean if result.total.energy_mj else None,
        closure=result.closure.ratio if result.closure else None,
        counter_mj_a_pass=counter,
        counter_passes=passes,
        sensor=result.sensor.kind,
        warnings=[warning.code for warning in result.warnings],
    )
    (output / "figures.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures, indent=1))
    checks = {
        "as many layers as parts with kernels": 22 <= len(result.layers) <= 23,
        "most layers have an energy": len(layers_mj) >= 0.8 * len(result.layers),
        "leaves were captured, not timed by events": leaves.engine.get("name") != "torch",
        "a pass's energy is the counter's within 10 %": bool(
            counter and figures["pass_mj"] and abs(figures["pass_mj"] / counter - 1.0) < 0.10
        ),
    }
    for what, held in checks.items():
        print("ok  " if held else "FAIL", what)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
