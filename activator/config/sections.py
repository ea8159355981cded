"""What every document's model is built from."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def decimal_text(value: Any) -> Any:
    """YAML may give 12 or "12.50"; a float has already lost its exactness, so its printed form is taken."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


# YAML reads an unquoted id as a number; a Google ad's is that of its group and its own.
ObjectId = Annotated[str, BeforeValidator(decimal_text), Field(pattern=r"^[0-9]{1,20}(~[0-9]{1,20})?$")]
Amount = Annotated[Decimal, BeforeValidator(decimal_text), Field(gt=0, max_digits=14, decimal_places=2)]
Ratio = Annotated[Decimal, BeforeValidator(decimal_text), Field(gt=0, le=1000, decimal_places=4)]
Share = Annotated[Decimal, BeforeValidator(decimal_text), Field(gt=0, le=1, decimal_places=4)]


class Section(BaseModel):
    """Base of every section: unknown keys are errors, values are fixed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
