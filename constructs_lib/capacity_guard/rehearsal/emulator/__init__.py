"""The local AWS: an emulator with corrections, started and ended by code, on one rehearsal clock.

It shows wiring and our reading of documents. It is not AWS.
"""

from .clock import Clock
from .launcher import Emulator, EmulatorError

__all__ = ["Clock", "Emulator", "EmulatorError"]
