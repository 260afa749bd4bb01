"""One Node process with the framework's code a worker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.framework.framework import node_with, runtime_folder


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    with node_with(runtime_folder(tmp_path_factory.mktemp("framework"))) as process:
        yield process
