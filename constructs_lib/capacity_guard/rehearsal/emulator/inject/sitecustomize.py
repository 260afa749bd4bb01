"""Put the Python process that imports this module on the rehearsal clock. Python imports it from PYTHONPATH at start-up.

The module does nothing unless CAPACITY_GUARD_CLOCK names a clock file; rehearsal/emulator/clock.py writes that file
and documents its format. The module imports nothing of this library, because it also runs in Lambda functions.

What it replaces, and what it does not:

- `time.time`, `time_ns`, `sleep`, `localtime`, `gmtime`, `ctime`, `asctime`, `strftime`, `datetime.now`,
  `utcnow`, `today`: rehearsal time. A jump of the clock ends a `sleep`.
- `time.monotonic` and `perf_counter` only in Lambda functions, whose deadlines count rehearsal time.
  Elsewhere event loops and sockets measure wall time with them.
- Waits inside C (`threading.Event.wait`, sockets, `select`) keep wall time.

Each replacement has the original as `.real`.
"""

import os

_CLOCK_FILE = os.environ.get("CAPACITY_GUARD_CLOCK")


def _install(path: str) -> None:
    import datetime as datetime_module
    import mmap
    import struct
    import time

    with open(path, "rb") as file:  # noqa: PTH123 (pathlib would slow the start of every function)
        shared = mmap.mmap(file.fileno(), 64, access=mmap.ACCESS_READ)
    index = struct.Struct("<Q")
    slot = struct.Struct("<3d")

    real_time, real_sleep, real_monotonic = time.time, time.sleep, time.monotonic
    real_datetime, real_date = datetime_module.datetime, datetime_module.date

    def state():
        return slot.unpack_from(shared, 8 + 24 * (index.unpack_from(shared, 0)[0] & 1))

    def now():
        wall, rehearsal, speed = state()
        return rehearsal + (real_time() - wall) * speed

    class Replacement:
        """A callable object instead of a function: as a class attribute (logging.Formatter.converter) it must not bind."""

        def __init__(self, call, real):
            self._call = call
            self.real = real
            self.__name__ = real.__name__
            self.__doc__ = real.__doc__

        def __call__(self, *args, **kwargs):
            return self._call(*args, **kwargs)

    def sleep(seconds):
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        end = now() + seconds
        while True:
            remaining = end - now()
            if remaining <= 0:
                return
            # Sleeps in short pieces, so that a jump of the clock ends the sleep.
            real_sleep(min(remaining / state()[2], 0.05))

    def with_now(real):
        return Replacement(lambda seconds=None: real(now() if seconds is None else seconds), real)

    real_localtime, real_strftime, real_asctime = time.localtime, time.strftime, time.asctime
    time.time = Replacement(now, real_time)
    time.time_ns = Replacement(lambda: int(now() * 1_000_000_000), time.time_ns)
    time.sleep = Replacement(sleep, real_sleep)
    time.localtime = with_now(real_localtime)
    time.gmtime = with_now(time.gmtime)
    time.ctime = with_now(time.ctime)
    time.asctime = Replacement(
        lambda t=None: real_asctime(real_localtime(now()) if t is None else t), real_asctime
    )
    time.strftime = Replacement(
        lambda form, t=None: real_strftime(form, real_localtime(now()) if t is None else t), real_strftime
    )
    if os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        base_real, base_rehearsal = real_monotonic(), now()
        time.monotonic = Replacement(lambda: base_real + now() - base_rehearsal, real_monotonic)
        time.monotonic_ns = Replacement(lambda: int(time.monotonic() * 1_000_000_000), time.monotonic_ns)
        time.perf_counter = Replacement(time.monotonic, time.perf_counter)

    class LikeReal(type):
        # isinstance(x, datetime.datetime) must stay true for values that C code or earlier imports created.
        def __instancecheck__(cls, value):
            return (
                isinstance(value, cls.__mro__[1])
                if "_replaces" in vars(cls)
                else type.__instancecheck__(cls, value)
            )

        def __subclasscheck__(cls, other):
            return (
                issubclass(other, cls.__mro__[1])
                if "_replaces" in vars(cls)
                else type.__subclasscheck__(cls, other)
            )

    class datetime(real_datetime, metaclass=LikeReal):
        _replaces = True

        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(now(), datetime_module.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.fromtimestamp(now())

    class date(real_date, metaclass=LikeReal):
        _replaces = True

        @classmethod
        def today(cls):
            return cls.fromtimestamp(now())

    for replacement, real in ((datetime, real_datetime), (date, real_date)):
        # A pickle names the class by its module.
        replacement.__module__, replacement.__qualname__ = "datetime", real.__qualname__
        setattr(datetime_module, real.__name__, replacement)


if _CLOCK_FILE and os.path.exists(_CLOCK_FILE):  # noqa: PTH110 (as above)
    _install(_CLOCK_FILE)
