"""Commands that are asked about people: what somebody types in the wrong place is refused, but not shown again."""

import typer
from typer.core import TyperCommand


class Unquoted(TyperCommand):
    """Identifiers are never arguments; a usual usage error would put one on the screen and into logs."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Refuse what is left beside the options, without quoting it.

        Raises:
            UsageError: something was.
        """
        ctx.allow_extra_args = True
        left = super().parse_args(ctx, args)
        if ctx.args:
            ctx.fail("unexpected extra argument: identifiers are asked for, and never given on the command line")
        return left
