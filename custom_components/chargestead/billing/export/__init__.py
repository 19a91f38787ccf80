"""Sessions for others: tables for spreadsheets, charge detail records for billing systems."""

from .cdr import CdrPlace, SessionRecords, cdrs_of, cdrs_to_json
from .table import COLUMNS, TableStyle, safe, sessions_table, table_style

__all__ = [
    "COLUMNS",
    "CdrPlace",
    "SessionRecords",
    "TableStyle",
    "cdrs_of",
    "cdrs_to_json",
    "safe",
    "sessions_table",
    "table_style",
]
