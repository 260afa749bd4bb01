"""CG19: a change of a later wave before the earlier waves have proved it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .model import Case, Figure, Finding, Level, Rule
from .wave_proof import CellProof, needs_proof, proofs

_MOST_SHOWN = 5
"""Cells of a finding that are shown one by one."""


def _condition(case: Case) -> Iterator[Finding]:
    cell, transition = case.wave, case.transition
    # Files of other cells are read for a change alone, and nothing delays a relief.
    if cell is None or transition is None or not needs_proof(transition):
        return
    last = None if case.recorded is None else case.recorded.rollout
    found = list(proofs(cell, transition, last, case.changing_cells))
    unproven = [proof for proof in found if proof.problem is not None]
    position = cell.position
    place = Figure(
        "wave",
        f"{position + 1} of {len(cell.waves.waves)}",
        ", ".join(cell.waves.waves[position][:_MOST_SHOWN]),
    )
    if unproven:
        yield case.finding(
            RULE,
            "earlier waves have not proved this change",
            figures=[place, *_figures(unproven)],
            fix=_fix(unproven),
        )
        return
    width = cell.waves.width_problem(position)
    if (
        width is None
        and found
        and not any(proof.proves for proof in found)
        and len(cell.waves.waves[position]) > 1
    ):
        width = "no earlier cell has made this change, and it has more than one cell"
    if width is not None:
        yield case.finding(
            RULE,
            "its wave is wide: a mistake reaches all its cells at once",
            figures=[place, Figure("width", width)],
            fix="waves of one cell, then about twice as many each time: "
            'Waves([["cell-1"], ["cell-2", "cell-3"], ...])',
            level=Level.WARN,
        )


def _figures(unproven: Sequence[CellProof]) -> Iterator[Figure]:
    for proof in unproven[:_MOST_SHOWN]:
        yield Figure(proof.cell, proof.problem or "", proof.detail)
    if len(unproven) > _MOST_SHOWN:
        yield Figure("and", f"{len(unproven) - _MOST_SHOWN} more cells")


def _fix(unproven: Sequence[CellProof]) -> str:
    remedies = [proof.remedy for proof in unproven[:_MOST_SHOWN]]
    if any(" --settled" in remedy for remedy in remedies):
        remedies.append(
            "or --accepted REASON in place of --settled, where a person accepts it without that proof"
        )
    return "\n".join(remedies)


RULE = Rule(
    id="CG19",
    level=Level.ERROR,
    title="A later wave before the earlier ones have proved the change",
    refuses="a change of a cell while a cell of an earlier wave is held, unproven, or has not made it",
    needs="the baselines of the cells of earlier waves",
    condition=_condition,
)
