"""The one error that bad input gets."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input: names the place (a file, a field, an option), what is wrong there, and the remedy.

    The command line prints it as one line and exits with code 2; nothing has been changed by then.

    Args:
        location: the file, field or option at fault, for example ``conversations.json: table.name``.
        problem: what is wrong with it, as a clause.
        remedy: what to do about it, as a sentence without a full stop.
    """

    def __init__(self, location: str, problem: str, remedy: str) -> None:
        self.location = location
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{location}: {problem}. {remedy}.")

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str]]:
        """How it crosses from one process to another: by default with its text alone."""
        return type(self), (self.location, self.problem, self.remedy)
