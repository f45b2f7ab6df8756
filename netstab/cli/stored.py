"""The log that a command line works on: which it is, open for reading, and how far one has come in it."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from rich.console import Console
from rich.progress import Progress

from events.store import FleetStore, reading
from netstab.settings import read_settings
from netstab.settings.env_file import env_file_of

__all__ = ["progress", "url_of", "with_store"]


def url_of(options: argparse.Namespace) -> str:
    return str(options.database or read_settings(os.environ, env_file_of(os.environ)).database_url)


def with_store(
    action: Callable[[FleetStore, argparse.Namespace], int],
) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        url = url_of(options)
        with reading(url), closing(FleetStore(url, read_only=True)) as store:
            return action(store, options)

    return run


@contextmanager
def progress(what: str, first: int, last: int, *, hidden: bool = False) -> Iterator[Callable[[int], None]]:
    """Show a bar beside the output; gives what is to be called with each version reached."""
    with Progress(
        console=Console(stderr=True), transient=True, disable=hidden or not sys.stderr.isatty()
    ) as shown:
        task = shown.add_task(what, total=max(0, last + 1 - first))
        yield lambda version: shown.update(task, completed=version + 1 - first)
