"""Faults: from what stations say, and what we see them do, to what a person should know and can do."""

from .components import YES_OR_NO
from .faults import Faults
from .monitors import wanted_monitors
from .report import Report, house_report
from .rules import RULES, Rule, rule_of
from .vendors import NO_VENDOR_CODES, VendorCodes

__all__ = [
    "NO_VENDOR_CODES",
    "RULES",
    "YES_OR_NO",
    "Faults",
    "Report",
    "Rule",
    "VendorCodes",
    "house_report",
    "rule_of",
    "wanted_monitors",
]
