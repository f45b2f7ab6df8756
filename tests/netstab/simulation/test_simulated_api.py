"""Answers on port 4028, against recorded ones."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from netstab.simulation import api, conf
from netstab.simulation.device import Device
from netstab.simulation.physics import Stage


def stage(device: Device) -> Stage:
    return device.miner.stage


def types(section: dict[str, Any]) -> dict[str, type]:
    """Return a section's keys with JSON types; whole and broken numbers count alike."""
    return {key: float if type(value) is int else type(value) for key, value in section.items()}


@pytest.mark.parametrize("command", ["stats", "version", "pools"])
@pytest.mark.parametrize("family", ["vnish386_s9", "stock_s9_v1358"])
def test_answers_have_the_recorded_keys_in_order(
    family: str,
    command: str,
    device: Device,
    stock_device: Device,
    recorded: Callable[[str], str],
    repaired: Callable[[bytes | str], dict[str, Any]],
) -> None:
    name = f"{family}_{command}" + (".raw.txt" if command == "stats" else ".json")
    model = repaired(recorded(name))
    miner = stock_device if "stock" in family else device
    answer = repaired(api.answer(miner, json.dumps({"command": command}).encode()))
    section = command.upper()
    assert [*answer] == [*model]
    assert answer["STATUS"][0] | {"When": 0} == model["STATUS"][0] | {"When": 0}
    for given, wanted in zip(answer[section], model[section], strict=False):
        assert [*given] == [*wanted]
        assert types(given) == types(wanted)


def test_summary_has_the_recorded_keys_in_order(
    stock_device: Device, recorded: Callable[[str], str], repaired: Callable[[bytes | str], dict[str, Any]]
) -> None:
    answer = repaired(api.answer(stock_device, b'{"command":"summary"}'))
    model = repaired(recorded("stock_s9_2016_summary.json"))
    assert [*answer["SUMMARY"][0]] == [*model["SUMMARY"][0]]
    assert answer["STATUS"][0] | {"When": 0} == model["STATUS"][0] | {"When": 0}


def test_stats_miss_the_comma_and_every_answer_ends_with_one_nul(device: Device) -> None:
    answer = api.answer(device, b'{"command":"stats"}')
    assert answer.count(b"}{") == 1
    assert answer.endswith(b"}\0")
    assert answer.count(b"\0") == 1


def test_vnish_gives_the_frequency_as_text_and_stock_as_number(
    device: Device, stock_device: Device, repaired: Callable[[bytes | str], dict[str, Any]]
) -> None:
    assert repaired(api.answer(device, b'{"command":"stats"}'))["STATS"][1]["frequency"] == "650"
    assert repaired(api.answer(stock_device, b'{"command":"stats"}'))["STATS"][1]["frequency"] == 650


def test_the_stock_type_holds_a_line_break(stock_device: Device) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(api.answer(stock_device, b'{"command":"version"}').rstrip(b"\0"))


def test_figures_in_stats_are_those_of_the_physics(
    device: Device, repaired: Callable[[bytes | str], dict[str, Any]]
) -> None:
    stats = repaired(api.answer(device, b'{"command":"stats"}'))["STATS"][1]
    assert stats["chain_acs6"] == " oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo ooooooo"
    assert stats["total_rateideal"] == pytest.approx(0.114 * 189 * 650)
    assert float(stats["GHS 5s"]) == pytest.approx(device.miner.hashrate, abs=0.01)
    assert stats["chain_consumption7"] == device.miner.board_power(1) == 487


def test_before_the_first_sample_the_hashrate_is_an_empty_text(
    device: Device, repaired: Callable[[bytes | str], dict[str, Any]]
) -> None:
    device.miner.restart()
    while device.miner.stage is not Stage.STARTING:
        device.miner.advance(device.miner.next_change)
    stats = repaired(api.answer(device, b'{"command":"stats"}'))["STATS"][1]
    assert (stats["GHS 5s"], stats["chain_rate6"]) == ("", "")


def test_text_requests_get_text_answers(device: Device) -> None:
    answer = api.answer(device, b"summary").decode()
    assert answer.startswith(
        "STATUS=S,When=1700000000,Code=11,Msg=Summary,Description=cgminer 4.11.1|SUMMARY,"
    )
    assert answer.endswith("|\0")
    assert "|STATS=0,ID=BC50," in api.answer(device, b"stats\n").decode()
    assert "|POOL=1,URL=stratum+tcp://" in api.answer(device, b"pools").decode()


def test_joined_reads_give_each_answer_as_a_list(
    device: Device, repaired: Callable[[bytes | str], dict[str, Any]]
) -> None:
    answer = repaired(api.answer(device, b'{"command":"summary+stats"}'))
    assert [*answer] == ["summary", "stats", "id"]
    assert answer["stats"][0]["STATS"][0]["Cgminer"] == "4.11.1"


def test_privileged_commands_cannot_be_joined(device: Device) -> None:
    assert b'"Code":45' in api.answer(device, b'{"command":"summary+dosleep"}')
    assert stage(device) is Stage.HASHING


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b'{"command":"nonsense"}', 14),
        (b"nonsense", 14),
        (b'{"command":', 23),
        (b'{"comand":"stats"}', 24),
        (b'{"command":7}', 24),
        (b'{"command":"switchpool"}', 25),
        (b'{"command":"switchpool","parameter":"3"}', 26),
    ],
)
def test_bad_requests_get_the_documented_codes(device: Device, request_: bytes, code: int) -> None:
    answer = api.answer(device, request_).decode()
    assert f"Code={code}" in answer.replace('"', "").replace(":", "=")


def test_stock_refuses_config_in_the_recorded_words(
    stock_device: Device, recorded: Callable[[str], str], repaired: Callable[[bytes | str], dict[str, Any]]
) -> None:
    answer = repaired(api.answer(stock_device, b'{"command":"config"}'))
    model = repaired(recorded("stock_s9_2016_access_denied_config.json"))
    assert answer["STATUS"][0] | {"When": 0} == model["STATUS"][0] | {"When": 0}


def test_the_privileged_probe_tells_who_may_write(device: Device, stock_device: Device) -> None:
    assert b'"Code":46' in api.answer(device, b'{"command":"privileged"}')
    assert b'"Code":45' in api.answer(stock_device, b'{"command":"privileged"}')


def test_a_configuration_of_stock_shape_closes_a_vnish_miner_to_sleep(device: Device) -> None:
    device.store(conf.rewritten_stock_conf("_ant_pool1url=a"))
    assert b"Access denied to 'dosleep' command" in api.answer(device, b"dosleep|1")
    assert stage(device) is Stage.HASHING


@pytest.mark.parametrize(
    ("allow", "code"), [("W:*,A:0/0", 45), ("A:0/0,W:0/0", 45), ("W:0/0,A:0/0", 46), ("", 45)]
)
def test_the_first_entry_for_all_addresses_decides_who_may_write(
    device: Device, allow: str, code: int
) -> None:
    device.store(device.conf.replace('"W:0/0"', f'"{allow}"'))
    assert f'"Code":{code}'.encode() in api.answer(device, b'{"command":"privileged"}')


def test_switchpool_changes_the_active_pool(
    device: Device, repaired: Callable[[bytes | str], dict[str, Any]]
) -> None:
    assert b"Switching to pool 1" in api.answer(device, b'{"command":"switchpool","parameter":"1"}')
    pools = repaired(api.answer(device, b'{"command":"pools"}'))["POOLS"]
    assert [pool["Stratum Active"] for pool in pools] == [False, True, False, False]


def test_volt_changes_the_voltage_at_once_and_quit_is_undone_by_the_watchdog(device: Device) -> None:
    before = device.miner.power
    api.answer(device, b"volt|940")
    assert device.miner.power > before
    api.answer(device, b"quit")
    assert stage(device) is Stage.DOWN
    device.miner.advance(60)
    assert stage(device) is Stage.HASHING


def test_what_arrived_is_kept_and_commands_apart(device: Device) -> None:
    for request in (b"stats", b'{"command":"switchpool","parameter":"1"}', b"dosleep|1"):
        api.answer(device, request)
    assert [request.text for request in device.requests] == ["stats", "switchpool|1", "dosleep|1"]
    assert [request.text for request in device.commands] == ["switchpool|1", "dosleep|1"]
