"""``capacity-guard promote``: declares the next capacity of the cells of the next wave, once the waves before have proved it."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..capacity.safe_text import safe_line
from ..evidence.baseline import Baseline
from ..evidence.cell_settings import CellSettings
from ..evidence.files import LARGEST_TEXT, displayed_path, read_limited
from ..evidence.waves import Waves
from ..rules.wave_proof import CellProof, is_unproven, needs_proof, proofs
from .arguments import file_path
from .exit_codes import FOUND, OK, UNKNOWN

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    promote = commands.add_parser(
        "promote",
        help="declare the next capacity of the cells of the next wave",
        description="Finds the first wave with a cell whose settings have a `next` capacity. Where the baselines of all cells of "
        "earlier waves say that they have proved the change, it declares that capacity and prints the difference. Commit "
        "it, and deploy. Makes no call to AWS. Exit code 1: the wave is not due yet; 3: a baseline cannot be read. See "
        "`capacity-guard docs waves`.",
    )
    promote.add_argument(
        "waves", type=file_path, metavar="WAVES.json", help="the waves, with baselines and settings"
    )
    promote.add_argument(
        "--dry-run", action="store_true", help="print the difference and leave the files as they are"
    )
    promote.set_defaults(run=_run)


@dataclass(frozen=True)
class _Promotion:
    """One cell of the next wave."""

    cell: str
    file: Path
    settings: CellSettings
    proofs: tuple[CellProof, ...]
    """Why it may not change yet."""

    def difference(self) -> list[str]:
        before = read_limited(self.file, LARGEST_TEXT).decode().splitlines()
        after = self.settings.promoted.text().splitlines()
        name = displayed_path(self.file)
        return list(difflib.unified_diff(before, after, name, name, lineterm=""))


def _run(arguments: argparse.Namespace) -> int:
    waves = Waves.load(arguments.waves)
    settings = {cell: CellSettings.load(waves.settings_file(cell)) for cell in waves.cells}
    position = next(
        (
            place
            for place, wave in enumerate(waves.waves)
            if any(settings[cell].next is not None for cell in wave)
        ),
        None,
    )
    if position is None:
        print("no cell has a next capacity: nothing to promote")
        return OK
    wave = waves.waves[position]
    due = [_promotion(waves, settings, cell) for cell in wave if settings[cell].next is not None]
    name = f"wave {position + 1} of {len(waves.waves)}, {', '.join(wave)}"
    standing = list(dict.fromkeys(proof for promotion in due for proof in promotion.proofs))
    if standing:
        _print(f"{name}: not due yet, nothing is changed")
        for proof in standing:
            _print(f"  {proof.cell}: {proof.problem}: {proof.detail}")
            _print(f"    {proof.remedy}")
        return UNKNOWN if any(proof.is_unreadable for proof in standing) else FOUND
    problem = waves.width_problem(position)
    if problem is not None:
        print(safe_line(f"capacity-guard: warning: {problem} (CG19)"), file=sys.stderr)
    differences = [line for promotion in due for line in promotion.difference()]
    _print(f"{name}: {'would be' if arguments.dry_run else 'is'} promoted")
    for line in differences:
        _print(line)
    if not arguments.dry_run:
        # Each file is replaced whole; where this ends in between, the next run continues with the cells that are left.
        for promotion in due:
            promotion.settings.promoted.save(promotion.file)
        print("commit the files, with the reason, and deploy")
    return OK


def _promotion(waves: Waves, settings: dict[str, CellSettings], cell: str) -> _Promotion:
    """One cell of the wave, with what prevents its change.

    Raises:
        InputError: its own baseline cannot be read.
    """
    baseline = waves.baseline(cell)
    if isinstance(baseline, InputError):
        raise baseline
    following = settings[cell].next
    assert following is not None
    file = waves.settings_file(cell)
    if baseline.deployed is None:
        return _Promotion(cell, file, settings[cell], ())
    if _is_changing(baseline, settings[cell].capacity):
        proof = CellProof(
            cell,
            "is changing already",
            "the capacity that its settings declare is not the recorded one",
            f"deploy it, and record {cell} once it has settled",
        )
        return _Promotion(cell, file, settings[cell], (proof,))
    transition = baseline.transition_to(_whole(baseline, following))
    if not needs_proof(transition):
        return _Promotion(cell, file, settings[cell], ())
    place = waves.cell(cell)
    changing = [
        name
        for name in place.earlier
        if isinstance(earlier := waves.baseline(name), Baseline)
        and earlier.deployed is not None
        and _is_changing(earlier, settings[name].capacity)
    ]
    found = proofs(place, transition, baseline.rollout, changing)
    return _Promotion(
        cell, file, settings[cell], tuple(proof for proof in found if proof.problem is not None)
    )


def _is_changing(baseline: Baseline, declared: Capacity) -> bool:
    return is_unproven(baseline.transition_to(_whole(baseline, declared)))


def _whole(baseline: Baseline, declared: Capacity) -> Capacity:
    """The capacity with an entry for each recorded index, as the constructs complete it."""
    assert baseline.deployed is not None
    names = dict.fromkeys((*baseline.deployed.template.indexes, *declared.indexes))
    return declared.for_indexes(names, "next") if declared.is_on_demand else declared


def _print(line: str) -> None:
    print(safe_line(line))


__all__ = ["add"]
