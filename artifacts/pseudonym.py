"""What a reader is called where ids must not be: in the log that experiments are evaluated from."""

import hmac

DIGITS = 16


def pseudonym(reader: int, key: bytes) -> str:
    """The reader's name in the log: 16 hexadecimal digits, always the same under one key.

    HMAC-SHA-256. Keyed, for anybody could hash all ids there are.

    Args:
        reader: the reader's id.
        key: only who has it can tell whom the log speaks of.
    """
    return hmac.digest(key, str(reader).encode(), "sha256").hex()[:DIGITS]
