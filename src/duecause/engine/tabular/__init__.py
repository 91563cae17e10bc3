"""Messy CSV and XLSX bytes to rows of text, with what was odd about each row. Nothing is guessed silently."""

from duecause.engine.tabular.export import safe_cell, write_csv
from duecause.engine.tabular.headers import (
    ColumnMap,
    HeaderWords,
    MappedColumn,
    fold_header,
    load_header_words,
    map_columns,
)
from duecause.engine.tabular.reading import open_tables
from duecause.engine.tabular.tables import Batch, Detected, Table
from duecause.engine.tabular.values import (
    DateOrder,
    detect_date_order,
    fold_name,
    normal_customer_no,
    normalise_email,
    normalise_postcode,
    parse_date,
)

__all__ = [
    "Batch",
    "ColumnMap",
    "DateOrder",
    "Detected",
    "HeaderWords",
    "MappedColumn",
    "Table",
    "detect_date_order",
    "fold_header",
    "fold_name",
    "load_header_words",
    "map_columns",
    "normal_customer_no",
    "normalise_email",
    "normalise_postcode",
    "open_tables",
    "parse_date",
    "safe_cell",
    "write_csv",
]
