from fuzzing import fuzz
from harness import Controller


def test_no_request_of_any_kind_gets_an_answer_that_the_document_does_not_have(
    controller: Controller,
) -> None:
    assert fuzz(controller.base, examples=12, at_most_slow=4, number=1) > 200
