"""How hypothesis searches: the same examples every time in CI, new ones on a developer's machine."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None, database=None)
settings.register_profile("dev", print_blob=True, deadline=None)
settings.register_profile("deep", print_blob=True, deadline=None, max_examples=3000)
settings.load_profile(os.environ.get("OMI_HYPOTHESIS", "ci" if os.environ.get("CI") else "dev"))
