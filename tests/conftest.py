"""Set-up of the project's own tests: no key, no live endpoint, warnings are errors, the suite compiled once."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator

import pytest

from support import runs, sweeping
from support.reading import pytest_collection
from support.telling import pytest_runtest_protocol

__all__ = ["pytest_collection", "pytest_runtest_protocol"]  # hooks


def pytest_configure(config: pytest.Config) -> None:
    # Here and not in pyproject.toml: `pytest conformance/` reads that file too, and a conformance run must not
    # fail because some library warns.
    config.addinivalue_line("filterwarnings", "error")
    # Python looks through young objects at every 700 that are made: a tenth of what tests take in this process.
    gc.set_threshold(50_000, *gc.get_threshold()[1:])
    _compile_once(config)
    config.add_cleanup(runs.leave)


@pytest.hookimpl(tryfirst=True)  # its plugin reads the source of every module now
def pytest_collection_modifyitems() -> None:
    """Let Hypothesis draw the same examples whatever else is imported.

    It mixes the constants of the modules that are there into what it draws: other ones for a file alone than for all
    files, and to read them takes a second and a half of each worker.
    """
    if "hypothesis" in sys.modules:
        from hypothesis.internal.conjecture import providers

        vars(providers)["_get_local_constants"] = lambda: providers._local_constants


def _compile_once(config: pytest.Config) -> None:
    """Let the processes that tests start share what Python compiles, on a machine that forbids writing it.

    A run of the suite compiles its chapters with pytest's asserts: half of what such a process does, and there are
    more than a hundred.  xdist's workers inherit the folder.
    """
    if "PYTHONDONTWRITEBYTECODE" in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name
        del os.environ["PYTHONDONTWRITEBYTECODE"]


@pytest.fixture(scope="session")
def green(tmp_path_factory: pytest.TempPathFactory) -> runs.Finished:
    """The default run, held once for all tests, in whatever worker they are.  Its folder is read and not written to."""
    return runs.once(tmp_path_factory)


@pytest.fixture(autouse=True, scope="session")
def _no_live_endpoint() -> None:
    """Once, for a fixture of each test costs three seconds in all; and not in a hook: pytest reads this file for
    whatever is run from the checkout's top, rehearsals with a key of their own among it."""
    for name in ("DASHSCOPE_API_KEY", "REALTIME_ENDPOINT"):
        os.environ.pop(name, None)


@pytest.fixture
def swept() -> Iterator[None]:
    """For tests that run a client of others in this process (`support.sweeping`)."""
    with sweeping.swept():
        yield
