"""Phone numbers as people write them, read to E.164 without ever guessing whose number it is."""

from duecause.engine.phone.cells import CellNumbers, Policy, read_cell
from duecause.engine.phone.clean import clean
from duecause.engine.phone.columns import PhoneColumn, read_column
from duecause.engine.phone.numbers import (
    METADATA_VERSION,
    PhoneNumber,
    format_international,
    masked,
    parse_e164,
)
from duecause.engine.phone.plans import Plans, plans
from duecause.engine.phone.zones import zone_of

__all__ = [
    "METADATA_VERSION",
    "CellNumbers",
    "PhoneColumn",
    "PhoneNumber",
    "Plans",
    "Policy",
    "clean",
    "format_international",
    "masked",
    "parse_e164",
    "plans",
    "read_cell",
    "read_column",
    "zone_of",
]
