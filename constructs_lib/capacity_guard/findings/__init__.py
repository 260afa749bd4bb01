"""What a synthesis found, as a file and for people: terminal, workflow annotations, Markdown.

Plain standard library over ``capacity``: the pack writes the file, ``capacity-guard findings`` reads it, and a step of a
workflow needs neither the CDK nor Node for that.
"""

from .document import FILE_NAME, Findings, JudgedTable, SourceLocation
from .github import workflow_commands
from .markdown import markdown
from .plan_input import PlanInput
from .text import text

__all__ = [
    "FILE_NAME",
    "Findings",
    "JudgedTable",
    "PlanInput",
    "SourceLocation",
    "markdown",
    "text",
    "workflow_commands",
]
