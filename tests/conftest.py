"""How the tests are dealt out to the processes of a whole run, and how Hypothesis chooses its examples."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/e2e/", "tests/unit/archiver/rendition/")  # they share what is long in starting: a stack, Java


# The same examples in every run, and no opinion of how fast this machine is. To look for others than these:
# ./dev test --hypothesis-profile=default tests/unit
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


class ByFileOrFolder(LoadFileScheduling):
    """A file stays in one process, for its module's fixtures; these folders do too."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFileOrFolder:
    """Asked by pytest-xdist."""
    return ByFileOrFolder(config, log)
