"""The import shape of each tool that tags are written back to. Read in public documentation; stored copies, 2026-11-29.

HubSpot: "Set up import files" (knowledge.hubspot.com/import-and-export/set-up-your-import-file, updated 2025-10-03):
  CSV in UTF-8 with a header; at most 1,048,576 rows; existing records are updated by `Record ID`. Several values of one
  checkbox property are separated by semicolons (developers.hubspot.com, "multiple values for checkbox properties").
Salesforce: "Valid CSV Record Rows" (developer.salesforce.com, Bulk API developer guide) and "Prepare a CSV file for an
  import or update" (help.salesforce.com 000381876): commas, UTF-8, API names as headers, `Id` for updates; empty values
  are ignored; a multi-select picklist takes semicolons. Custom fields end in `__c`.
Klaviyo: "Add contacts to a list" (help.klaviyo.com 115005078967, updated 2025-01-03) and "Upload with consent"
  (360043841811): the first column is `Email` or `Phone Number`, the others are custom properties under their header; at
  most 50 MB. Without a consent column nobody is subscribed. No page names the Klaviyo ID as a key.
Mailchimp: "Format guidelines for your import file" (mailchimp.com/help/format-guidelines-for-your-import-file): the
  e-mail address is the key (`SMS Phone Number` for SMS contacts, in E.164); a text field holds at most 255 bytes and is
  clipped beyond. Tags in a file are only ever added, so texts are used that the next import replaces.

An empty cell leaves what is there in all four, so having no tier and no segment is said by the word `none`.
"""

from dataclasses import dataclass
from enum import StrEnum

NONE = "none"


class Channel(StrEnum):
    """How a marketing tool reaches people; decides whose consent is asked for, and by what its records are found."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. id_space: as in the mapping of its export.

    keys: the header of the key column, by channel; "" is the tool's own record id, and asks nobody's consent: a CRM
    that holds a record may say what it is. key_patterns: what a key must look like; a cell that a spreadsheet would run
    never does. text_bytes_max: of one cell, 0 for any.
    """

    name: str
    title: str
    id_space: str
    keys: dict[str, str]
    key_patterns: dict[str, str]
    tier_header: str
    segments_header: str
    rows_max: int
    text_bytes_max: int = 0

    @property
    def is_marketing(self) -> bool:
        """Whether it writes to people, so that consent for its channel counts."""
        return "" not in self.keys


_EMAIL = r"^[^\s@=+\-'\",;][^\s@'\",;]*@[^\s@'\",;]+$"
_PHONE = r"^\+[1-9][0-9]{6,14}$"  # E.164; a plus and digits are a number to a spreadsheet, never a formula

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            name="hubspot",
            title="HubSpot",
            id_space="hubspot",
            keys={"": "Record ID"},
            key_patterns={"": r"^[0-9]{1,20}$"},
            tier_header="Activator tier",
            segments_header="Activator segments",
            rows_max=1_048_575,
        ),
        Tool(
            name="salesforce",
            title="Salesforce",
            id_space="salesforce",
            keys={"": "Id"},
            key_patterns={"": r"^[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?$"},
            tier_header="Activator_Tier__c",
            segments_header="Activator_Segments__c",
            rows_max=5_000_000,
        ),
        Tool(
            name="klaviyo",
            title="Klaviyo",
            id_space="klaviyo",
            keys={Channel.EMAIL: "Email", Channel.SMS: "Phone Number"},
            key_patterns={Channel.EMAIL: _EMAIL, Channel.SMS: _PHONE},
            tier_header="Activator tier",
            segments_header="Activator segments",
            rows_max=100_000,  # of at most 500 bytes each: below 50 MB
        ),
        Tool(
            name="mailchimp",
            title="Mailchimp",
            id_space="mailchimp",
            keys={Channel.EMAIL: "Email Address", Channel.SMS: "SMS Phone Number"},
            key_patterns={Channel.EMAIL: _EMAIL, Channel.SMS: _PHONE},
            tier_header="Activator tier",
            segments_header="Activator segments",
            rows_max=100_000,
            text_bytes_max=255,
        ),
    )
}
