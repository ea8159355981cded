"""The section of the project file that says where postcodes lie."""

from pydantic import Field

from activator.config.sections import Section


class GeographySection(Section):
    """Where people are whose exports give a postal code and no coordinates. For rules by radius; sent nowhere."""

    centroids: str = Field(
        min_length=1,
        description="CSV relative to this file with the columns country, postal_code, latitude and longitude",
    )
