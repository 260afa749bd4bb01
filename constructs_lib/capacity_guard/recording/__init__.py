"""Recording: reads a live table, or a plain CSV, into a baseline. It only reads and changes nothing in an account."""

from .from_csv import record_csv
from .record import record_table

__all__ = ["record_csv", "record_table"]
