"""Sites that ask for tokens, over real sockets: steered with them, and told in words without them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import wait_until
from over_web import server_over_web
from site_tree import Tree, upper_server

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
BLOCK = f"127.{160 + WORKER}.5."
EMS, OPERATOR, VIEWER = "ems-0123456789abcdef", "operator-0123456789abcdef", "viewer-0123456789abcdef"
WRONG = "wrong-0123456789abcdef"
SHOWN = {"SITE_EMS_TOKEN": EMS, "SITE_VIEWER_TOKEN": VIEWER}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    folder = tmp_path_factory.mktemp("sites")
    tree = Tree(
        BLOCK, 1, 2, folder, token=OPERATOR, EMS_TOKEN=EMS, DASHBOARD_TOKEN=OPERATOR, VIEWER_TOKEN=VIEWER
    )
    yield tree
    tree.close()


def test_a_site_that_asks_for_tokens_is_steered_with_them(tree: Tree, tmp_path: Path) -> None:
    for name, token in SHOWN.items():
        (tmp_path / name).write_text(f"{token}\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in SHOWN}
    [site] = tree.sites
    with upper_server(tree, BLOCK, tmp_path, **files) as upper:
        upper.activate(2.9)
        wait_until(lambda: site.target_kw == pytest.approx(2.9, abs=0.1))
        upper.deactivate()
        wait_until(lambda: site.target_kw is None)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({}, "A token is needed: Authorization: Bearer, with one of"),
        (SHOWN | {"SITE_VIEWER_TOKEN": WRONG}, "The token is none of DASHBOARD_TOKEN or VIEWER_TOKEN"),
        (SHOWN | {"SITE_EMS_TOKEN": WRONG}, "The token is none of EMS_TOKEN"),
    ],
)
def test_a_missing_or_wrong_token_is_told_in_the_sites_words(
    tree: Tree, tmp_path: Path, shown: dict[str, str], words: str
) -> None:
    changes = {"POLL_INTERVAL_SECONDS": "0.5", **shown}
    told = tree.sites[0].told
    with server_over_web(BLOCK, tree.port, tmp_path, changes) as upper:
        wait_until(lambda: words in " ".join(upper.status()["errors"]))
        assert WRONG not in str(upper.read("/dashboard/api/miners"))
    assert tree.sites[0].told == told
