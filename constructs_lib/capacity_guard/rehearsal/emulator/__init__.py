"""A local AWS emulator with corrections, on the rehearsal clock; code starts and ends it.

It shows how parts work together, as the services' documentation describes it. It is not AWS.
"""

from .clock import Clock
from .launcher import Emulator, EmulatorError

__all__ = ["Clock", "Emulator", "EmulatorError"]
