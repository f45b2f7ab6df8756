"""What the health says of Awesome Miner: disabled where none is set, else whether it was read lately."""

from falcon.testing import TestClient
from stub_fleet import StubFleet


def test_awesome_miner_is_disabled_or_works_or_does_not(client: TestClient, fleet: StubFleet) -> None:
    for works, shown in ((None, "disabled"), (True, True), (False, False)):
        fleet.awesome_miner_works = works
        health = client.simulate_get("/dashboard/api/health").json
        assert health["services"]["awesome_miner"] == shown
        assert health["healthy"] is True
