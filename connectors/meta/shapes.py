"""Answers of a shape this version does not know: one typed error for whatever reading them stumbles over."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from activator.errors import DestinationError

Given = ParamSpec("Given")
Result = TypeVar("Result")

# What reading a value that is missing, of another type or out of range raises.
STUMBLES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def understood(kind: type[DestinationError]) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Of a method that reads answers: raises kind, and names our line, where Meta answers what nobody expects.

    The error is raised outside the handler: what Meta said must not hang on it as context.
    """

    def decorate(method: Callable[Given, Result]) -> Callable[Given, Result]:
        @wraps(method)
        def call(*given: Given.args, **named: Given.kwargs) -> Result:
            try:
                return method(*given, **named)
            except STUMBLES as error:
                where = _where(error)
            raise kind(
                f"Meta's answer has a shape that is not known here ({where})",
                "Run the command again; if it stays, update activator, or report it with these words.",
            )

        return call

    return decorate


def _where(error: BaseException) -> str:
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    place = f"{Path(step.tb_frame.f_code.co_filename).name}, line {step.tb_lineno}" if step else "nowhere"
    return f"{type(error).__name__} in {place}"
