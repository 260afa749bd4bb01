"""Recording: reads a live table, or a plain CSV, into a baseline. Reads only; it changes nothing in an account."""

from .from_csv import record_csv
from .record import record_table

__all__ = ["record_csv", "record_table"]
