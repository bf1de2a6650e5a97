"""How much one call may carry. Sizes are in bytes; the greatest size of one revision is the domain's."""

from __future__ import annotations

PROTOCOL = 1
"""The protocol that both ends speak; a centre refuses any other."""

PUSH_COUNT = 200
"""Revisions in one push."""
PUSH_BYTES = 256 * 1024
"""All pushed revisions together, in canonical form."""
REQUEST_BYTES = 512 * 1024
"""A request once inflated, counted while inflating."""
ANSWER_BYTES = 1024 * 1024
"""An answer before it is packed."""
PAGE_COUNT = 200
"""Log entries in one `pull`."""

CODE_LENGTH = 16
"""Crockford characters in a code for a device."""
DEVICE_NAME_LENGTH = 100
"""Characters in the name that a person gives a laptop."""
