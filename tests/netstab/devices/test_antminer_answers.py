from contextlib import suppress

import pytest
from canned_miner import fixture, system_info
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.devices.antminer import api_protocol, cgi, configuration, form
from netstab.devices.port import Activity, Reading
from netstab.errors import (
    CommandRefused,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    ProcessStopped,
    Unauthorized,
)

VNISH = fixture("vnish386_s9_stats.raw.txt")
STOCK = fixture("stock_s9_v1358_stats.raw.txt")


def test_the_recorded_vnish_stats_are_read() -> None:
    reading = api_protocol.parse_stats(VNISH + b"\0")
    assert reading.activity is Activity.HASHING
    assert reading.power == 3.0 * 495.0
    assert reading.hashrate == pytest.approx(12795.47)
    assert (reading.setting, reading.elapsed, reading.fans) == (600, 3617.0, (5400, 5880))
    assert [board.position for board in reading.boards] == [6, 7, 8]
    board = reading.boards[0]
    assert (board.chips_total, board.chips_ok, board.voltage, board.power) == (63.0, 63.0, 9.2, 495.0)
    assert (board.pcb_temperature, board.chip_temperature, reading.temperature) == (65.0, 80.0, 80.0)


def test_the_recorded_stock_stats_are_read_and_their_power_comes_from_the_curve() -> None:
    reading = api_protocol.parse_stats(STOCK)
    assert reading.activity is Activity.HASHING
    assert reading.power == pytest.approx(1457, abs=10)
    assert (reading.setting, reading.fans) == (645, (3720, 2400))


def test_broken_sensors_are_dropped() -> None:
    board = api_protocol.parse_stats(STOCK).boards[1]
    assert (board.pcb_temperature, board.chip_temperature) == (0.0, 0.0)
    reading = api_protocol.parse_stats(VNISH.replace(b'"fan5":5400', b'"fan5":17000'))
    assert reading.fans == (5880,)
    reading = api_protocol.parse_stats(VNISH.replace(b'"temp2_6":80', b'"temp2_6":-83'))
    assert reading.boards[0].chip_temperature == 65.0
    reading = api_protocol.parse_stats(VNISH.replace(b'consumption6":495', b'consumption6":495000'))
    assert reading.boards[0].power is None
    assert reading.power == pytest.approx(1280 / 3 + 990)


def _without_rates(stats: bytes, total: bytes) -> bytes:
    for rate in (b"4264.48", b"4298.32", b"4232.67"):
        stats = stats.replace(rate, b"")
    return stats.replace(b'"12795.48"', b'"' + total + b'"')


@pytest.mark.parametrize("total", [b"", b"0.00"])
def test_a_process_without_a_rate_is_starting_and_draws_idle_power(total: bytes) -> None:
    reading = api_protocol.parse_stats(_without_rates(VNISH, total))
    assert (reading.activity, reading.power, reading.hashrate) == (Activity.STARTING, 51.0, 0.0)
    assert all(board.power is None for board in reading.boards)


def test_rates_that_stuck_while_the_total_is_zero_do_not_count() -> None:
    reading = api_protocol.parse_stats(VNISH.replace(b'"12795.48"', b'"0.00"'))
    assert (reading.activity, reading.power, reading.hashrate) == (Activity.STARTING, 51.0, 0.0)


def test_a_dead_board_draws_nothing() -> None:
    reading = api_protocol.parse_stats(VNISH.replace(b"4298.32", b""))
    assert reading.power == 2.0 * 495.0
    reading = api_protocol.parse_stats(VNISH.replace(b'"chain_acn7":63', b'"chain_acn7":0'))
    assert [(board.position, board.chips_ok) for board in reading.boards] == [(6, 63), (7, 0), (8, 63)]


def test_missing_chips_are_counted_and_lower_the_power_of_the_curve() -> None:
    marks = b" oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo ooooooo"
    stats = STOCK.replace(
        marks, b" oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo xxxxxxxx ooo----", 1
    )
    whole, partial = api_protocol.parse_stats(STOCK), api_protocol.parse_stats(stats)
    assert (partial.boards[0].chips_ok, partial.boards[0].chips_total) == (51, 63)
    assert whole.power - partial.power == pytest.approx(1457 / 189 * 12, rel=0.01)


def test_pools_are_read_with_the_fee_pool() -> None:
    pools = api_protocol.parse_pools(fixture("vnish386_s9_pools.json"))
    assert [pool.url for pool in pools][:1] == ["stratum+tcp://solo.antpool.com:3333"]
    assert [pool.status for pool in pools] == ["Alive", "Alive", "Dead", "Alive"]
    assert (pools[0].worker, pools[0].accepted, pools[0].stratum_active) == ("antminer_1", 135, True)
    assert (pools[3].url, pools[3].stratum_active) == ("DevFee", False)
    assert api_protocol.parse_pools(fixture("stock_s9_v1358_pools.json"))[0].accepted == 22673


def test_the_counts_of_shares_are_read() -> None:
    shares = api_protocol.parse_summary(fixture("stock_s9_2016_summary.json"))
    assert shares == {"accepted": 5077, "rejected": 9, "stale": 0, "hw_errors": 390}


def test_versions_are_read() -> None:
    assert api_protocol.parse_version(fixture("vnish386_s9_version.json"))["CGMiner"] == "4.11.1"
    assert api_protocol.parse_version(fixture("stock_s9_v1358_version.json"))["Type"] == "Antminer S9 V1.3.58"


def test_a_refusal_of_the_api_is_told_with_its_reason() -> None:
    with pytest.raises(CommandRefused, match="Access denied to 'config' command"):
        api_protocol.parse_stats(fixture("stock_s9_2016_access_denied_config.json"))


def test_every_truncation_of_an_answer_is_malformed() -> None:
    for length in range(1, len(VNISH) - 2, 37):
        with pytest.raises(MalformedAnswer):
            api_protocol.parse_stats(VNISH[:length])


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-dropbear\r\n", b"<html>"])
def test_another_protocol_on_the_api_port_is_not_a_miner(answer: bytes) -> None:
    with pytest.raises(NotAMiner):
        api_protocol.parse_stats(answer)


def test_the_status_page_of_a_mining_miner_is_read() -> None:
    status = cgi.parse_miner_status(fixture("vnish39_script_get_miner_status_mining.derived.json"))
    reading = cgi.status_reading(status, "Antminer S9")
    assert (reading.activity, reading.power, reading.elapsed) == (Activity.HASHING, 1485.0, 50731.0)
    assert (reading.fans, [board.position for board in reading.boards]) == ((5400, 5880), [6, 7, 8])


def test_a_board_without_chips_is_dead() -> None:
    page = fixture("vnish39_script_get_miner_status_mining.derived.json")
    page = page.replace(b'"index":"7",\n"chain_acn":"63"', b'"index":"7",\n"chain_acn":"null"')
    reading = cgi.status_reading(cgi.parse_miner_status(page), "Antminer S9")
    assert [(board.position, board.chips_ok) for board in reading.boards] == [(6, 63), (7, 0), (8, 63)]
    assert reading.power == 990.0


def test_the_status_page_of_a_stopped_process_says_so() -> None:
    with pytest.raises(ProcessStopped):
        cgi.parse_miner_status(fixture("vnish39_script_get_miner_status_bmminer_down.derived.txt"))


def test_a_status_page_that_is_cut_off_is_malformed_and_not_stopped() -> None:
    with pytest.raises(MalformedAnswer):
        cgi.parse_miner_status(fixture("vnish39_script_get_miner_status_mining.derived.json")[:500])


def test_the_system_information_tells_whether_the_process_runs() -> None:
    assert not cgi.process_runs(cgi.parse_system_info(system_info(runs=False)))
    assert cgi.process_runs(cgi.parse_system_info(system_info(runs=True)))


def test_the_system_information_of_a_process_that_takes_questions_and_is_silent_tells_that_it_boots() -> None:
    silent = system_info(runs=False).replace(b"Socket connect failed: Connection refused", b"")
    assert cgi.process_boots(cgi.parse_system_info(silent))
    assert cgi.process_runs(cgi.parse_system_info(silent))
    assert not any(cgi.process_boots(cgi.parse_system_info(system_info(runs=runs))) for runs in (True, False))


def test_a_denied_sleep_is_seen_behind_the_ok() -> None:
    assert cgi.sleep_was_refused(fixture("vnish39_do_sleep_mode_1_denied_shape.derived.txt"))
    assert not cgi.sleep_was_refused(fixture("vnish39_do_sleep_mode_1_response_shape.derived.txt"))
    assert not cgi.sleep_was_refused(b"OK\n")


@pytest.mark.parametrize(
    ("status", "challenge", "body", "error"),
    [
        (401, 'Digest realm="antMiner Configuration", qop="auth"', b"", Unauthorized),
        (401, "", fixture("http_401_body_lighttpd.html"), NotAMiner),
        (401, 'Digest realm="antMiner Configuration 2", qop="auth"', b"", NotAMiner),
        (401, 'Basic realm="router"', b"", NotAMiner),
        (404, "", b"gone", NotAMiner),
        (302, "", b"", NotAMiner),
        (200, "", b"\n<!DOCTYPE html><title>AnthillOS</title>", NotAMiner),
        (500, "", b"", MalformedAnswer),
    ],
)
def test_what_is_not_an_answer_of_a_miner_has_its_own_name(
    status: int, challenge: str, body: bytes, error: type[DeviceError]
) -> None:
    with pytest.raises(error):
        cgi.content(status, challenge, body)


def _mutations(original: bytes) -> st.SearchStrategy[bytes]:
    """Recorded bytes with a few of them replaced, cut out or cut off."""
    place = st.integers(0, len(original))
    return st.builds(
        lambda start, length, inserted: original[:start] + inserted + original[start + length :],
        place,
        st.integers(0, 40) | st.just(len(original)),
        st.binary(max_size=6) | st.sampled_from([b"null", b'"x"', b"[]", b"{}", b"-1", b"1e999", b"true"]),
    )


@settings(max_examples=120)
@given(st.binary() | _mutations(VNISH) | _mutations(fixture("vnish386_s9_pools.json")))
def test_api_parsers_raise_nothing_but_device_errors(answer: bytes) -> None:
    for parse in (
        api_protocol.parse_stats,
        api_protocol.parse_pools,
        api_protocol.parse_summary,
        api_protocol.parse_version,
    ):
        try:
            result = parse(answer)
        except DeviceError:
            continue
        if isinstance(result, Reading):
            assert 0 <= result.power <= 12_000


@settings(max_examples=120)
@given(
    st.binary()
    | _mutations(fixture("vnish39_script_get_miner_status_mining.derived.json"))
    | _mutations(fixture("vnish39_device_bmminer_conf_good.json"))
)
def test_web_parsers_raise_nothing_but_device_errors(body: bytes) -> None:
    with suppress(DeviceError):
        cgi.status_reading(cgi.parse_miner_status(body), "Antminer S9")
    with suppress(DeviceError):
        conf = configuration.parse_configuration(body)
        configuration.redacted(conf)
        configuration.is_vnish(conf)
        configuration.check(conf)
        form.refuse_loss(conf)
        form.encode_form(form.form_fields(conf))
