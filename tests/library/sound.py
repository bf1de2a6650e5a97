"""One sound file of each kind of our own, which tests spoil in one place at a time."""

from __future__ import annotations

from pathlib import Path

SUMMARY = (
    "How to count what you can see on a clear night, with a tube of card and a pencil. "
    "It takes ten minutes, and a class can do it."
)
CHAPTER = (
    """\
+++
id = "counting-stars"
title = "Counting stars"
summary = "WHAT"
order = 10
minutes = 3
audience = ["ambassador"]
keywords = ["stars"]
checked_on = 2026-11-22
related = []

[[sources]]
key = "catalogue"
title = "A catalogue of stars"
url = "https://example.org/stars"
year = 2024
read_on = 2026-11-22

[[sources]]
key = "undated"
title = "A page without a year"
url = "https://example.org/undated"
read_on = 2026-11-22
+++

The catalogue has 9,096 stars.[^catalogue] In 2023 a page said 45% of them are dim.[^undated]

## How to count

- [ ] Our class has seen about 1,200 stars.[^own]

Read [the activity](omi:activity/paper-comet) or [a role card](omi:career/star-counter).

""".replace("WHAT", SUMMARY)
    + "Look up and count what you see, then write the number down at once. " * 40
)

ACTIVITY = """\
+++
id = "paper-comet"
title = "Paper comet"
provider = "OMI"
type = "hands-on"
ages = [7, 14]
stages = ["en.y5", "wa.y5", "ni.p6", "sc.p5"]
subjects = ["Science"]
curriculum = "Forces"
minutes = 20
prep_minutes = 10
group = "Pairs"
cost = "low"
kit = ["paper"]
place = ["classroom"]
keywords = ["comet"]
licence = "CC BY 4.0"
status = "current"
source = "Our own design"
checked_on = 2026-11-22
good_for = "A quiet start with paper and a breath."

[[sources]]
key = "comets"
title = "Comets"
url = "https://example.org/comets"
year = 2025
read_on = 2026-11-22

[[worked]]
what = "Length of the way around"
formula = "2 * pi * radius_m"
values = { radius_m = 0.5 }
result = 3.1416
unit = "m"
shown = "3.14 m"
+++

## Purpose

To see that a tail points away from the Sun.[^comets]

## What they will learn

- A tail is pushed.

## Kit

| What | How many | About what it costs | Instead |
| --- | --- | --- | --- |
| Paper | 30 sheets | about £1 in 2026 [^own] | newspaper |

## Risks

- Paper cuts.

## Step by step

| Time | What happens |
| --- | --- |
| 0–5 min | Hello |
| 5–20 min | Make and blow |

## What to say

> "Which way does the tail point?"

## Questions and answers

**Is it hot?** Not the ice.

## Make it fit

### Younger

Tear, don't cut.

### Older

Measure the angle.

### SEND

Use a fan.

### Online

Blow on the camera.

## Four conditions

- **Clear purpose:** they know what they look for.
- **Suited outcomes:** tails, not orbits.
- **Two-way time:** they ask.
- **Reflection:** they say what changed.

## Check the physics

Once around a circle of radius 0.5 m is 3.14 m.[^own]

## Pupil sheet

My comet's tail pointed: ____
"""

ROLE = """\
+++
id = "star-counter"
title = "Star counter"
kind = "role"
provider = "OMI"
role = "Star counter"
stream = "science"
routes = ["fe", "degree"]
subjects = ["Maths"]
interests = ["night"]
keywords = ["stars"]
status = "current"
source = "Our own role card"
checked_on = 2026-11-22

[[sources]]
key = "pay"
title = "A survey of pay"
url = "https://example.org/pay"
year = 2020
read_on = 2026-11-22
+++

## What the job is

You count.

## A day

- 9:00 Sleep.

## You might like it if

- you like the night

## Ways in

### From college

A course in numbers.

### Degree

Maths.

## Who hires

Observatories.

## Pay

About £30,000 in 2020.[^pay]

## Try it

Count the dots on the page.
"""

FILES = {
    "handbook/counting-stars.md": CHAPTER,
    "resources/activities/paper-comet.md": ACTIVITY,
    "resources/careers/star-counter.md": ROLE,
}
NAMES = {"chapter": "handbook/counting-stars.md", "activity": "resources/activities/paper-comet.md",
         "role": "resources/careers/star-counter.md"}  # fmt: skip


def plant(root: Path, name: str, old: str, new: str) -> int:
    """Write all three, with `old` replaced by `new` in one; the line where that begins. `old` stands there once."""
    for file, text in FILES.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    path = root / NAMES[name]
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1
