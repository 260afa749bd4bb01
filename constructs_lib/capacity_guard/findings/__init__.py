"""The findings of a synthesis: as a file, and as text for terminals, GitHub workflows and Markdown.

The rule pack writes the file and ``capacity-guard findings`` reads it. This package needs neither the CDK nor Node, so a
step of a workflow can run the command without them.
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
