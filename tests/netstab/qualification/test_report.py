import csv
import io
import xml.etree.ElementTree as ET  # what is parsed is our own
from dataclasses import replace
from random import Random

from recordings import RESOURCE, ordered_at, recording

from netstab.qualification.base_points import BASE_POINTS
from netstab.qualification.bench import Played, Qualification
from netstab.qualification.criteria import default_criteria
from netstab.qualification.page import page
from netstab.qualification.plot import plot
from netstab.qualification.report import About, document, seconds
from netstab.units import Seconds

CRITERIA = default_criteria().changed_by("[site]\nlead_minutes = 1\n[T1]\npoints = 2", "this test")
PLAN = BASE_POINTS.plan(RESOURCE, CRITERIA, Random(1))
ABOUT = About("<b>site</b>", "1.0", 1, "sqlite:///log.db", "7:" + "0" * 64)


def played(off: float = 0.0, silent: float = -1.0) -> Played:
    kept = recording(PLAN, lambda at: None if at == silent else ordered_at(PLAN, at) + off)
    return Played(BASE_POINTS, kept, BASE_POINTS.judge(kept, CRITERIA))


def test_the_document_has_each_order_with_its_proof_and_each_bound_with_its_margin() -> None:
    found = document(Qualification(RESOURCE, (played(4_000.0),)), ABOUT, CRITERIA)
    (test,) = found["tests"]
    assert found["passed"] is True
    assert test["outcome"] == "passed"
    assert [bound["margin"] for bound in test["bounds"]] == [11.0, -0.6000000000000001]
    assert {(order["version"], order["digest"]) for order in test["orders"]} == {(1, "digest")}
    assert {each["key"] for each in found["criteria"]} == {each.key for each in CRITERIA}


def test_each_second_is_a_line_and_what_the_meter_did_not_show_is_empty() -> None:
    rows = list(csv.DictReader(io.StringIO(seconds(played(silent=100.0).recording))))
    assert len(rows) == PLAN.seconds
    assert [row["second"] for row in rows if row["metered_kw"] == ""] == ["100"]
    assert float(rows[0]["metered_kw"]) * 1000 == ordered_at(PLAN, 0)


def test_the_page_tells_of_failure_and_lets_no_text_become_markup() -> None:
    text = page(Qualification(RESOURCE, (played(20_000.0),)), ABOUT, CRITERIA)
    assert "Not all tests were passed." in text
    assert "<b>site</b>" not in text
    assert "src=" not in text
    assert "href=" not in text


def test_a_drawing_is_well_formed_and_a_single_second_of_a_dip_is_seen_in_it() -> None:
    dip = Seconds(700.0)
    kept = recording(PLAN, lambda at: 0.0 if at == dip else ordered_at(PLAN, at))
    drawn = ET.fromstring(plot(Played(BASE_POINTS, kept, BASE_POINTS.judge(kept, CRITERIA))))  # noqa: S314
    line = next(each for each in drawn.iter("path") if each.get("class") == "metered").get("d") or ""
    places = [tuple(map(float, pair.split())) for pair in line.replace("M", "L").split("L") if pair]
    assert max(y for _, y in places) == 228.0  # no power at all


def test_a_line_is_broken_where_the_meter_shows_nothing() -> None:
    whole, broken = (ET.fromstring(plot(played(silent=silent))) for silent in (-1.0, 100.0))  # noqa: S314
    paths = [
        next(each for each in drawn.iter("path") if each.get("class") == "metered")
        for drawn in (whole, broken)
    ]
    assert [(path.get("d") or "").count("M") for path in paths] == [1, 2]


def test_what_could_not_be_taken_away_is_said_and_no_text_of_a_server_is_markup() -> None:
    tested = played()
    recorded = replace(tested.recording, notes=("No <i>meter</i>.",))
    verdict = replace(tested.verdict, limited_by="An order was refused: <script>alert(1)</script>")
    found = Qualification(RESOURCE, (replace(tested, recording=recorded, verdict=verdict),))
    assert document(found, ABOUT, CRITERIA)["tests"][0]["notes"] == ["No <i>meter</i>."]
    text = page(found, ABOUT, CRITERIA)
    assert "No &lt;i&gt;meter&lt;/i&gt;." in text
    assert "<script>" not in text


def test_what_dispatch_kept_to_is_told_in_words() -> None:
    about = replace(ABOUT, dispatch={"ramp_up": None, "wake_batch_size": 80})
    text = page(Qualification(RESOURCE, (played(),)), about, CRITERIA)
    assert "Dispatch kept to: ramp up not declared; wake batch size 80." in text
