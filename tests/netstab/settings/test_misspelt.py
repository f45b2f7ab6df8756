"""A variable that was meant for this server is not ignored in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.settings.misspelt import misspelt
from netstab.settings.variables import Variables

KNOWN = list(Variables.model_fields)

WORDS = [name for name in KNOWN if not name.startswith("S2_")]
"""With the letters the other way round those are no names, or too short to be like any."""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MINER_NETWROK_CIDR", "MINER_NETWORK_CIDR"),
        ("EMS_FAIL_SAFE", "EMS_FAILSAFE"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("miner_password", "MINER_PASSWORD"),
        ("EMS_TIMEOUT", "EMS_TIMEOUT_SECONDS"),
        ("POWER_METER_SCALE", "POWER_METER_MODBUS_SCALE"),
    ],
)
def test_a_mistyped_name_is_told_with_the_one_that_was_meant(name: str, meant: str) -> None:
    [sentence] = misspelt([name, *KNOWN, "PATH", "HOME", "LANG", "POSTGRES_PORT", "HTTP_PROXY"])
    assert sentence.startswith(f"The variable {name} is not known and has no effect")
    assert meant in sentence


@given(st.sampled_from(WORDS), st.data())
def test_one_slip_of_the_keyboard_is_found(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 2))
    slips = [
        name[:place] + name[place + 1 :],
        name[:place] + name[place + 1] + name[place] + name[place + 2 :],
        name[:place] + name[place] + name[place:],
    ]
    for slip in slips:
        assert slip in KNOWN or len(misspelt([slip])) == 1


def test_what_is_known_or_another_programs_is_not_told() -> None:
    others = ["PATH", "PYTHONPATH", "PGHOST", "KUBERNETES_PORT", "SSH_CONNECTION", "XDG_RUNTIME_DIR", "_"]
    assert misspelt([*KNOWN, *others]) == []


@given(st.lists(st.text(max_size=300), max_size=60))
def test_whatever_the_environment_holds_there_are_few_lines_each_of_one_line(names: list[str]) -> None:
    sentences = misspelt([*names, *(f"MINER_{name}" for name in names)])
    assert len(sentences) <= 20
    assert all(len(sentence.splitlines()) == 1 and len(sentence) < 200 for sentence in sentences)
