"""What a synthesis found, as a file and for people: terminal, workflow annotations, Markdown.

Plain standard library over ``capacity``: the pack writes the file, ``capacity-guard findings`` reads it, and a step of a
workflow needs neither the CDK nor Node for that.
"""

from .document import FILE_NAME, Findings, Place, Seen
from .github import workflow_commands
from .markdown import markdown
from .planned import Planned
from .text import text

__all__ = ["FILE_NAME", "Findings", "Place", "Planned", "Seen", "markdown", "text", "workflow_commands"]
