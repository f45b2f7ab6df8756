"""A tree of sites in virtual time holds its target, and replaces a site that is lost."""

import pytest

from benchmarks.sites import Tree, trial
from netstab.simulation.virtual.site import Composition


@pytest.mark.parametrize(("units", "kind"), [(20, Composition.RANGE), (100, Composition.S9)])
def test_a_tree_of_sites_holds_its_target_and_replaces_a_lost_site(units: int, kind: Composition) -> None:
    found = trial(Tree(3, units, "document", kind), (0.5, 0.8, 0.6), settle=150, steady=20)
    assert found.steady == 1.0
    assert found.told_after is not None
    assert found.told_after <= 15
    assert found.drawn_after is not None
