"""The access policies as shipped: one file of lines per profile, the schema and their vocabulary."""

from __future__ import annotations

from importlib.resources import files
from typing import TypedDict

# In this order they make the one text that is versioned, shown and edited.
PARTS = (
    "everybody",
    "inbound",
    "outbound",
    "billing",
    "shop",
    "warehouse",
    "technician",
    "team_lead",
    "qa_listener",
    "privacy_officer",
    "partner_agent",
    "never",
    "functions",
)


class Texts(TypedDict):
    """As the policy engine takes them."""

    policies: str
    schema: str
    vocabulary: str


def texts() -> Texts:
    folder = files(__name__)
    parts = [folder.joinpath(f"{part}.cedar").read_text("utf-8").strip() for part in PARTS]
    return {
        "policies": "\n\n".join(parts) + "\n",
        "schema": folder.joinpath("schema.cedarschema").read_text("utf-8"),
        "vocabulary": folder.joinpath("vocabulary.yaml").read_text("utf-8"),
    }
