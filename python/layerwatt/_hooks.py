"""Layers of a module from forward hooks: who ran when, in the order of execution.

Nothing here imports torch: a module is whatever has torch.nn.Module's hooks.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

Selector = Callable[[str, Any], bool]
Event = Tuple[str, float, float]

# Time between two modules that gets a row of its own; less counts to the module after it.
_LEAST_GAP_SHARE = 0.01


def is_leaf(name: str, module: Any) -> bool:
    """Modules without modules in them: what runs kernels."""
    return next(iter(module.children()), None) is None


class Hooks:
    """Calls enter(name) and leave(name) around every selected module's forward, outermost only."""

    def __init__(
        self,
        module: Any,
        select: Selector,
        enter: Callable[[str], None],
        leave: Callable[[str], None],
    ) -> None:
        self._enter = enter
        self._leave = leave
        self._depth = 0
        self._handles: List[Any] = []
        self.names: List[str] = []
        for name, inner in module.named_modules():
            # The module itself has no name; it is a layer where nothing is in it.
            if select(name, inner):
                self._add(name or type(inner).__name__, inner)

    def _add(self, name: str, module: Any) -> None:
        self.names.append(name)

        def before(_module: Any, _inputs: Any) -> None:
            self._depth += 1
            if self._depth == 1:
                self._enter(name)

        def after(_module: Any, _inputs: Any, _output: Any) -> None:
            self._depth -= 1
            if self._depth == 0:
                self._leave(name)

        self._handles.append(module.register_forward_pre_hook(before))
        self._handles.append(module.register_forward_hook(after))

    def reset(self) -> None:
        """After a forward that raised in the middle of a module."""
        self._depth = 0

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def __enter__(self) -> "Hooks":
        return self

    def __exit__(self, *_raised: Any) -> None:
        self.remove()


class Timeline:
    """The layers of one pass after the other: modules, and what runs between them."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._open_ns = 0
        self._events: List[Tuple[str, int, int]] = []
        self._gaps: Optional[Dict[int, str]] = None

    def enter(self, name: str) -> None:
        self._open_ns = self._now_ns()

    def leave(self, name: str) -> None:
        self._events.append((name, self._open_ns, self._now_ns()))

    def run(self, forward: Callable[[], Any]) -> Tuple[int, List[Tuple[str, float]], int]:
        """(start_ns, [(name, ms)] in order, end_ns) of one call of forward()."""
        self._events.clear()
        start = self._now_ns()
        forward()
        end = self._now_ns()
        return start, list(self._layers(start)), end

    def learn(self, passes: "Sequence[Tuple[int, List[Tuple[str, int, int]], int]]") -> None:
        """Decides, by warm-up passes, which gaps are layers: those that last."""
        longest: Dict[int, List[int]] = {}
        for start, events, end in passes:
            at = start
            for place, (_, begin, finish) in enumerate(events):
                longest.setdefault(place, []).append(begin - at)
                at = finish
        lengths = [end - start for start, _, end in passes]
        least = _LEAST_GAP_SHARE * sorted(lengths)[len(lengths) // 2]
        names = [name for name, _, _ in passes[-1][1]]
        self._gaps = {
            place: f"before {names[place]}"
            for place, gaps in longest.items()
            if place < len(names) and sorted(gaps)[len(gaps) // 2] > least
        }

    def warm_up(self, forward: Callable[[], Any], passes: int) -> None:
        """Runs, and learns which gaps are layers."""
        seen = []
        for _ in range(max(passes, 1)):
            self._events.clear()
            start = self._now_ns()
            forward()
            seen.append((start, list(self._events), self._now_ns()))
        self.learn(seen)

    def _layers(self, start: int) -> Iterator[Tuple[str, float]]:
        at = start
        gaps = self._gaps or {}
        for place, (name, begin, finish) in enumerate(self._events):
            if place in gaps:
                yield gaps[place], (begin - at) / 1e6
                at = begin
            yield name, (finish - at) / 1e6
            at = finish
