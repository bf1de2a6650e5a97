"""Ids, keys and salts that follow from a seed, so that a trial can be replayed byte for byte."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded_ids(seed: object) -> Iterator[None]:
    """Until the block ends, `secrets.token_hex` gives what this seed gives."""
    chance, kept = random.Random(str(seed)), secrets.token_hex
    secrets.token_hex = lambda nbytes=None: chance.randbytes(nbytes or 32).hex()
    try:
        yield
    finally:
        secrets.token_hex = kept
