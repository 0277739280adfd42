"""The exceptions of layerwatt: one class a kind, each with what the user can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from ._core import Result


class Error(Exception):
    """Something that layerwatt could not do.

    what: what happened. where: the file, line or device; may be empty. hint: what to do; may be
    empty. result: what had been measured before a measurement failed, else None.
    """

    kind = "error"
    result: "Optional[Result]" = None

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.hint = hint
        text = f"{where}: {what}" if where else what
        super().__init__(f"{text} ({hint})" if hint else text)

    def __reduce__(self) -> Any:
        return (type(self), (self.what, self.where, self.hint))


class UsageError(Error, ValueError):
    """An argument's value is wrong."""

    kind = "usage"


class BadInputError(Error, ValueError):
    """A file or array that was given cannot be used as it is."""

    kind = "bad input"


class EngineError(Error, RuntimeError):
    """The engine could not be loaded or run."""

    kind = "engine"


class SensorError(Error, RuntimeError):
    """The power source could not be opened, or died."""

    kind = "sensor"


class IoError(Error, OSError):
    """Reading or writing failed."""

    kind = "i/o"


class GateError(Error):
    """The measurement is fine, but a limit was not met."""

    kind = "gate"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a measurement.

    result: what was measured until then, None where nothing was; for layerwatt.record it is the
    PowerRecord.
    """

    def __init__(self, message: str = "interrupted", result: Any = None) -> None:
        super().__init__(message)
        self.result = result


_OF_KIND = {
    cls.kind: cls for cls in (UsageError, BadInputError, EngineError, SensorError, IoError, GateError)
}


def error_of_kind(kind: str, what: str, where: str, hint: str) -> BaseException:
    """The exception of a layerwatt::Error; called by the extension."""
    if kind == "interrupted":
        return Interrupted(what)
    return _OF_KIND.get(kind, Error)(what, where, hint)
