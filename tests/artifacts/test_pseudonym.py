"""What readers are called in the log."""

from artifacts.pseudonym import pseudonym


def test_a_pseudonym_is_the_beginning_of_an_hmac() -> None:
    # printf 200 | openssl dgst -sha256 -hmac key
    assert pseudonym(200, b"key") == "c2e74b68dd9917bc"


def test_another_reader_and_another_key_give_another() -> None:
    assert len({pseudonym(1, b"a"), pseudonym(2, b"a"), pseudonym(1, b"b")}) == 3
