"""The traffic file beside a baseline, and its description in the baseline."""

from __future__ import annotations

import hashlib
import math
import os
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn

from ..capacity.deployed import Deployed
from ..capacity.dimension import TABLE, Dimension
from ..capacity.errors import InputError
from ..capacity.plain_data import RECORD_AGAIN, read_object, read_text, time_text
from ..capacity.settings import Margins
from .files import displayed_path, read_limited, write_whole
from .stored_digest import StoredDigest, read_stored, stored_text
from .traffic import LARGEST, Traffic, read_traffic
from .traffic_columns import read_columns
from .traffic_writing import write_traffic

_FIELDS = ("file", "sha256", "from", "to", "minutes", "gaps", "holes", "digest", "elsewhere")
TRAFFIC_FOLDER = "CAPACITY_GUARD_TRAFFIC"
"""Environment variable: the folder with the traffic of baselines that state ``traffic.elsewhere``."""
_MOST_GAP_PERIODS = 100
_MOST_READINGS = 2


class TrafficAbsent(InputError):
    """The recorded minutes of a baseline lie elsewhere and are needed; its digest does not hold them."""


class TrafficInFile(Traffic):
    """Recorded traffic whose series are read from the file when they are first needed.

    The checksum of the file is that of the baseline, and the recorder's digest is of this checksum. So the recorder read the
    same content and found it good.

    Attributes:
        stored: the recorder's digest.
    """

    stored: StoredDigest
    _read: Callable[[], Traffic]
    _read_some: Callable[[Collection[Dimension]], Traffic]
    _readings: int
    _some: Traffic
    _selections: dict[tuple[Dimension, ...], Traffic]

    def __init__(
        self,
        stored: StoredDigest,
        read: Callable[[], Traffic],
        read_some: Callable[[Collection[Dimension]], Traffic],
    ) -> None:
        """Keep the digest, and how to read the rest.

        Args:
            stored: the recorder's digest.
            read: reads the file and checks it.
            read_some: reads some dimensions of the file.
        """
        # The base class is frozen.
        vars(self).update(
            start=stored.start,
            stored=stored,
            _read=read,
            _read_some=read_some,
            _readings=0,
            _selections={},
            _derived={},
        )
        self._keep(Traffic(stored.start, {}, {}))

    @cached_property
    def _whole(self) -> Traffic:
        return self._read()

    def only(self, dimensions: Iterable[Dimension]) -> Traffic:
        """The traffic of some of the dimensions only. Those that no one has asked for are read; a third reading reads all."""
        given = tuple(dimensions)
        if "_whole" in vars(self) or not given or self.stored.noise.keys() <= set(given):
            return super().only(given)
        missing = [dimension for dimension in given if dimension not in self._some.consumed]
        if missing:
            if self._readings == _MOST_READINGS:
                return super().only(given)
            read, known = self._read_some(missing), self._some
            self._keep(
                Traffic(
                    self.start, {**known.consumed, **read.consumed}, {**known.throttled, **read.throttled}
                )
            )
            vars(self)["_readings"] += 1
        if given not in self._selections:
            self._selections[given] = self._some.only(given)
        return self._selections[given]

    def _keep(self, some: Traffic) -> None:
        """Keep what was read of some dimensions. What is worked out from their series is worked out once for all of them."""
        vars(some).update(_derived=self._derived)
        vars(self)["_some"] = some

    @property
    def consumed(self) -> Mapping[Dimension, Sequence[float]]:
        """Consumed units per minute of each dimension."""
        return self._whole.consumed

    @property
    def throttled(self) -> Mapping[Dimension, Sequence[float]]:
        """Throttle events per minute of each dimension."""
        return self._whole.throttled

    @property
    def minutes(self) -> int:
        """Length in minutes, gaps included."""
        return self.stored.minutes

    def gaps(self) -> int:
        """Number of minutes in which at least one dimension has no value."""
        return self.stored.gaps

    def __eq__(self, other: object) -> bool:
        """Whether start and series are equal."""
        if not isinstance(other, Traffic):
            return NotImplemented
        return (self.start, self.consumed, self.throttled) == (other.start, other.consumed, other.throttled)

    __hash__ = None  # type: ignore[assignment]


def save_traffic(path: Path, traffic: Traffic, folder: Path | None = None) -> dict[str, Any]:
    """Write the traffic file of a baseline.

    Args:
        path: the JSON file of the baseline; the traffic file has the same name with ``.csv.gz``.
        traffic: the recorded traffic.
        folder: where to write it instead, under its checksum, so that no recording overwrites another one.

    Returns:
        The description of the file for the JSON.
    """
    content = write_traffic(traffic)
    sha256 = hashlib.sha256(content).hexdigest()
    file = path.with_suffix(".csv.gz")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{sha256}.csv.gz"
    write_whole(file, content)
    read = read_traffic(file, content)  # what a synthesis reads: the file holds rounded numbers
    holes = _gap_periods(read)
    return {
        "file": file.name,
        "sha256": sha256,
        **_period(read, read.gaps()),
        "holes": holes,
        "digest": stored_text(read, holes, sha256, Margins().switch_minutes),
        **({} if folder is None else {"elsewhere": True}),
    }


def load_traffic(
    path: Path, data: dict[str, Any], deployed: Deployed | None, folder: Path | None = None
) -> Traffic:
    """Read the traffic file of a baseline, or only its checksum where the recorder's digest fits everything else.

    Args:
        path: the JSON file of the baseline.
        data: the description of the file in it.
        deployed: capacity of the table, ``None`` for a new one.
        folder: the folder of traffic that is not beside its baseline; ``None`` takes the environment variable
            ``CAPACITY_GUARD_TRAFFIC``.

    Raises:
        TrafficAbsent: the traffic is in another folder and was not fetched, and the digest does not fit.
        InputError: the file cannot be read, or does not fit the description or the table.
    """
    name = displayed_path(path)
    read_object(data, f"{name}: traffic", *_FIELDS)
    file = path.parent / Path(read_text(data, "file", f"{name}: traffic")).name
    elsewhere = data.get("elsewhere", False)
    if not isinstance(elsewhere, bool):
        raise InputError(f"{name}: traffic.elsewhere", f"is {elsewhere!r}", "Use true, or leave it out")
    if elsewhere and not file.exists():
        given = folder or Path(os.environ.get(TRAFFIC_FOLDER) or ".")
        file = given / file.name
        if not file.exists():
            return _absent(file, data, name, deployed)
    try:
        content = read_limited(file, LARGEST)
    except InputError:
        raise
    except (OSError, ValueError):  # ValueError: the text is not a possible file name
        # The folder can be resolved, whatever the name in the JSON is.
        displayed = str(Path(displayed_path(path.parent)) / file.name)
        displayed = displayed if displayed.isprintable() else ascii(displayed)
        raise InputError(f"{name}: traffic.file", f"{displayed} cannot be read", RECORD_AGAIN) from None
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != data.get("sha256"):
        raise InputError(
            f"{name}: traffic.sha256",
            f"does not fit {displayed_path(file)}: one of them was changed",
            RECORD_AGAIN,
        )
    stored = read_stored(read_text(data, "digest", f"{name}: traffic"), sha256) if "digest" in data else None
    if stored is not None and _fits(stored, data, deployed):
        return TrafficInFile(
            stored,
            partial(_read_checked, file, content, data, name, deployed),
            lambda dimensions: read_columns(file, content, dimensions, stored.start, stored.minutes),
        )
    return _read_checked(file, content, data, name, deployed)


def _absent(file: Path, data: Mapping[str, Any], name: str, deployed: Deployed | None) -> Traffic:
    """The traffic of a file that is not here, by the recorder's digest alone.

    Raises:
        TrafficAbsent: the digest does not fit.
    """
    error = TrafficAbsent(
        f"{name}: traffic",
        f"is in another folder, and {file.name} is not in {displayed_path(file.parent)}",
        f"Fetch it, for example aws s3 cp s3://BUCKET/{shlex.quote(file.name)} FOLDER/, and set {TRAFFIC_FOLDER}=FOLDER",
    )

    def fail(*_: object) -> NoReturn:
        raise error

    sha256 = read_text(dict(data), "sha256", f"{name}: traffic")
    stored = (
        read_stored(read_text(dict(data), "digest", f"{name}: traffic"), sha256) if "digest" in data else None
    )
    if stored is None or not _fits(stored, data, deployed):
        fail()
    return TrafficInFile(stored, fail, fail)


def _fits(stored: StoredDigest, data: Mapping[str, Any], deployed: Deployed | None) -> bool:
    """Whether description and table are what the digest says, so that reading the file finds no fault."""
    if any(data.get(name) != value for name, value in _period(stored, stored.gaps).items()):
        return False
    if "holes" in data and data["holes"] != stored.holes:
        return False
    return not _foreign(stored.noise, deployed) and not _missing(stored.noise, deployed)


def _read_checked(
    file: Path, content: bytes, data: Mapping[str, Any], name: str, deployed: Deployed | None
) -> Traffic:
    traffic = read_traffic(file, content)
    actual = _period(traffic, traffic.gaps())
    if "holes" in data:
        actual["holes"] = _gap_periods(traffic)
    for field_name, value in actual.items():
        if data.get(field_name) != value:
            raise InputError(
                f"{name}: traffic.{field_name}",
                f"is {data.get(field_name)!r}, but {displayed_path(file)} has {value}",
                RECORD_AGAIN,
            )
    for dimension in _foreign(traffic.consumed, deployed):
        raise InputError(
            f"{displayed_path(file)}: {dimension.key}", "is an index the table does not have", RECORD_AGAIN
        )
    for dimension in _missing(traffic.consumed, deployed):
        raise InputError(f"{displayed_path(file)}: {dimension.key}", "was not recorded", RECORD_AGAIN)
    return traffic


def _period(traffic: Traffic | StoredDigest, gaps: int) -> dict[str, Any]:
    return {
        "from": time_text(traffic.start),
        "to": time_text(traffic.end),
        "minutes": traffic.minutes,
        "gaps": gaps,
    }


def _foreign(recorded: Iterable[Dimension], deployed: Deployed | None) -> list[Dimension]:
    """Recorded dimensions of indexes that the table does not have."""
    if deployed is None:
        return []
    resource_keys = {key for key, _ in deployed.live.resources()} | {TABLE}
    return [dimension for dimension in recorded if dimension.resource not in resource_keys]


def _missing(recorded: Iterable[Dimension], deployed: Deployed | None) -> list[Dimension]:
    """Dimensions of the table that were not recorded."""
    if deployed is None:
        return []
    known = set(recorded)
    return [dimension for dimension in deployed.live.dimensions() if dimension not in known]


def _gap_periods(traffic: Traffic) -> list[dict[str, Any]]:
    """The first hundred periods in which at least one dimension has no value."""
    if not traffic.gaps():
        return []
    periods: list[list[int]] = []
    for minute, row in enumerate(zip(*traffic.consumed.values(), strict=True)):
        if not any(map(math.isnan, row)):
            continue
        if periods and periods[-1][1] == minute:
            periods[-1][1] = minute + 1
        else:
            periods.append([minute, minute + 1])
    return [
        {
            "from": time_text(traffic.minute(first)),
            "to": time_text(traffic.minute(stop)),
            "minutes": stop - first,
        }
        for first, stop in periods[:_MOST_GAP_PERIODS]
    ]


__all__ = ["TRAFFIC_FOLDER", "TrafficAbsent", "TrafficInFile", "load_traffic", "save_traffic"]
