"""The errors that a person reads: for invalid input, for what is refused, and for what is not known."""

from __future__ import annotations

from .safe_text import safe_line


class InputError(ValueError):
    """Invalid input, with its place (a file, a field, an option), the problem and the remedy.

    Its text is one line that is safe on a terminal and in a CI log. The command line prints it
    and exits with code 2. Nothing has been changed by then.

    Args:
        location: the file, field or option at fault, for example ``conversations.json: table.name``.
        problem: what is wrong, as a clause.
        remedy: what to do, as a sentence without a full stop, or a question.
    """

    def __init__(self, location: str, problem: str, remedy: str) -> None:
        self.location = location
        self.problem = problem
        self.remedy = remedy
        end = "" if remedy.endswith((".", "?")) else "."
        super().__init__(safe_line(f"{location}: {problem}. {remedy}{end}"))

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str]]:
        """Pickle all three parts: by default, an exception passes only its text to another process."""
        return type(self), (self.location, self.problem, self.remedy)


def pip_install(package: str) -> str:
    """The command that installs a package which a message asks for.

    It names the package itself, never an extra of ``capacity-guard``: that name is not published, so anybody could publish
    something else under it (README.md, Install).

    Args:
        package: the package of another publisher, as the package index names it.
    """
    return f"pip install {package}"


class Refused(InputError):
    """The input is right, and what it asks for is refused in the state that things are in. The command line exits with code 1."""


class NotKnown(InputError):
    """It is not known whether what was asked for has happened. The command line exits with code 3."""
