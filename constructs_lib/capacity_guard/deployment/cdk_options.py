"""The options of the CDK CLI: what a deployment with gates refuses, wherever it comes from.

The CLI takes an option from its command line, from a variable ``CDK_...`` and, some of them, from ``cdk.json`` and
``~/.cdk.json`` (CDK guide: ref-cli-cmd). It does not refuse words that it does not know. So a spelling that may mean an option
counts as that option. The tests compare each spelling with the parser of the installed CLI.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from ..evidence.files import LARGEST_TEXT, read_limited

_REASONS: Mapping[str, str] = {
    "rollback": "would leave a change that a gate refuses or vetoes half done: CloudFormation must roll it back",
    "express": "does not roll back, and does not wait until table and indexes have their capacity",
    "hotswap": "changes resources past CloudFormation, so no gate sees it and no rollback restores it",
    "hotswapfallback": "changes resources past CloudFormation, so no gate sees it and no rollback restores it",
    "revertdrift": "overwrites what auto scaling and people set, table by table, without a gate",
    "watch": "deploys each saved file, by hotswap",
    "execute": "deploys something else than what is shown here",
    "method": "deploys something else than what is shown here",
    "all": "chooses stacks after the plan is shown",
    "exclusively": "chooses stacks after the plan is shown",
}
_OFF = frozenset({"express", "hotswap", "hotswapfallback", "revertdrift", "watch"})
"""Options that must be off; ``rollback`` and ``execute`` must be on."""
_ON = frozenset({"rollback", "execute"})
_METHODS = ("change-set", "direct")
_REMEDIES: Mapping[str, str] = {
    "method": "Leave it out, or name change-set or direct",
    "all": "Name it before --",
    "exclusively": "Name it before --",
}
_SHORT: Mapping[str, str] = {"a": "app", "o": "output", "m": "method", "e": "exclusively", "y": "yes"}
_FLAGS = frozenset(
    re.findall(
        r"\w+",
        "trace strict lookups ignoreerrors verbose v debug debugapp debugcli ec2creds i versionreporting telemetry pathmetadata "
        "assetmetadata staging notices color ci yes y version importexistingresources force f previousparameters logs "
        "assetparallelism assetprebuild ignorenostacks rollback hotswap hotswapfallback watch revertdrift express execute all "
        "exclusively e help h validation",
    )
)
"""Options without a value (``cdk deploy --help``, 2.1148.1); ``-r`` is the ARN of a role."""
_OF_SYNTHESIS = frozenset({"app", "output", "build"})
"""Options that decide what is synthesized. The deployment takes what was synthesized."""


@dataclass(frozen=True)
class Option:
    """One option of the command line.

    Attributes:
        name: its name in small letters without hyphens, ``app`` also for ``-a``.
        value: its value; ``None`` if it has none.
        words: the words that state it.
    """

    name: str
    value: str | None
    words: tuple[str, ...]


@dataclass(frozen=True)
class CdkOptions:
    """The options of the CDK CLI beside the stacks.

    Attributes:
        options: the options of the command line.
        app: how the app is run, or the folder of an assembly; ``None`` if it is not stated.
        output: folder of the assembly.
        profile: profile of the credentials; ``None`` if it is not stated.
    """

    options: tuple[Option, ...]
    app: str | None
    output: str
    profile: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Every word, for the synthesis."""
        return tuple(word for option in self.options for word in option.words)

    @property
    def words_of_deployment(self) -> tuple[str, ...]:
        """The words without those that decide what is synthesized."""
        return tuple(
            word for option in self.options if option.name not in _OF_SYNTHESIS for word in option.words
        )

    def value(self, name: str) -> str | None:
        """The value of an option of the command line, ``None`` without it."""
        return next((option.value for option in self.options if option.name == name), None)

    def has(self, name: str) -> bool:
        """Whether the command line has an option."""
        return any(option.name == name for option in self.options)


def read_options(
    words: Sequence[str], environment: Mapping[str, str], folder: Path, home: Path
) -> CdkOptions:
    """Read the options of the CDK CLI from each place that it takes them from.

    Args:
        words: what is after ``--``.
        environment: the environment of the process.
        folder: where the CLI runs.
        home: the home directory.

    Raises:
        InputError: an option that a deployment with gates refuses, or a file that cannot be read.
    """
    options = tuple(_parse(words))
    for option in options:
        _refuse_word(option)
    for name, text in environment.items():
        if name.startswith("CDK"):
            _refuse_setting(name, _normal(name[3:]), text, f"Unset {name}")
    settings: dict[str, object] = {}
    for path in (home / ".cdk.json", folder / "cdk.json"):
        for name, value in _settings(path).items():
            _refuse_setting(f"{path.name}: {name}", _normal(name), value, f"Remove it from {path}")
            settings[name] = value
    found = CdkOptions(options, None, "")
    return CdkOptions(
        options,
        found.value("app") or environment.get("CDK_APP") or _text(settings, "app"),
        found.value("output") or environment.get("CDK_OUTPUT") or _text(settings, "output") or "cdk.out",
        found.value("profile") or environment.get("CDK_PROFILE") or _text(settings, "profile"),
    )


def _parse(words: Sequence[str]) -> Iterator[Option]:
    """The options among words: as yargs reads them, where a value is the next word."""
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--" or not word.startswith("-") or word == "-":
            raise InputError(
                f"{shown(word)} after --", "is not an option of the CDK CLI", "Name stacks before --"
            )
        text, equals, value = word.lstrip("-").partition("=")
        has_value = bool(equals)
        is_long = word.startswith("--")
        name = _normal(text) if is_long and text != "R" else text
        if not is_long and len(text) > 1:
            yield from _group(word, text, has_value=has_value)
            continue
        name = name if is_long else _SHORT.get(name, name)
        taken: tuple[str, ...] = (word,)
        given: str | None = value if has_value else None
        if given is None and left and not left[0].startswith("-"):
            is_negated = is_long and text.startswith("no-")
            is_flag = name in _FLAGS or name == "R"
            if not is_negated and (not is_flag or left[0] in ("true", "false")):
                given = left.pop(0)
                taken = (word, given)
        yield Option(name, given, taken)


def _group(word: str, letters: str, *, has_value: bool) -> Iterator[Option]:
    """A group of one-letter options without values, such as ``-fv``."""
    if (has_value or not set(letters) <= set("vifeRhy")) and "R" not in letters:
        raise InputError(
            f"{shown(word)} after --",
            "is not read by this command",
            "Write each option, and its value, as a word of its own",
        )
    for position, letter in enumerate(letters):
        yield Option(_SHORT.get(letter, letter), None, (word,) if position == 0 else ())


def _refuse_word(option: Option) -> None:
    """Refuse an option of the command line."""
    stated = " ".join(option.words) or f"-{option.name}"
    name, _, member = option.name.partition(".")
    off = option.value in ("false", "False")
    if option.name == "R":
        _refuse(stated, "rollback", "Leave it out")
    negated = name.removeprefix("no") if name not in _REASONS else ""
    if negated in _ON or (name in _ON and (member or option.value not in (None, "true"))):
        _refuse(stated, negated or name, "Leave it out")
    if name in _OFF and (member or not off):
        _refuse(stated, name, "Leave it out")
    if name == "method" and option.value not in _METHODS:
        _refuse(stated, name, _REMEDIES[name])
    if name in ("all", "exclusively"):
        _refuse(stated, name, _REMEDIES[name])


def _refuse_setting(place: str, name: str, value: object, remedy: str) -> None:
    """Refuse a setting of the environment or of a file."""
    text = value.lower() if isinstance(value, str) else value
    if name in _ON and value not in (True, "true"):
        _refuse(place, name, remedy)
    if name == "hotswap" and isinstance(value, Mapping):
        return  # what a hotswap of ECS would do, if there were one
    if name == "watch" and isinstance(value, Mapping):
        return  # what `cdk watch` includes and excludes
    if name in _OFF and text not in (False, None, "false", ""):
        _refuse(place, name, remedy)
    if name == "all" and text not in (False, None, "false", ""):
        _refuse(place, name, remedy)
    if name == "method" and text not in (*_METHODS, "", None):
        _refuse(place, name, remedy)


def _refuse(stated: str, name: str, remedy: str) -> None:
    raise InputError(stated, f"is refused: it {_REASONS[name]}", remedy)


def _settings(path: Path) -> Mapping[str, object]:
    """The settings of a file of the CDK CLI; none if it does not exist."""
    remedy = "Repair or remove it: the CDK CLI reads it too"
    try:
        data = json.loads(read_limited(path, LARGEST_TEXT))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(str(path), f"cannot be read ({error})", remedy) from None
    if not isinstance(data, dict):
        raise InputError(str(path), "is not an object", remedy)
    return data


def _text(settings: Mapping[str, object], name: str) -> str | None:
    value = settings.get(name)
    return value if isinstance(value, str) else None


def _normal(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


__all__ = ["CdkOptions", "Option", "read_options"]
