# SPDX-License-Identifier: Apache-2.0
"""A scenario as its file says: cases/NAME.toml, read strictly.

  story        a sentence: what goes on
  seconds      how long it is watched after the onset
  beside       true: it uses next to no CPU, others of this kind may run at the same time
  ci           true: one of the quick ones that run without being asked for
  pending      why it cannot be found yet; a miss is then no failure
  shorter      {finding = "20s"}: the window of that rule's trend, in place of the shipped one
  [[standing]] pieces that stand before the watch begins, in order; see pieces.py
  [[onset]]    pieces that begin the trouble, while the watch goes on
      piece = kind, name = how others call it ("@name", "@name.port" in their words), unit = the
      unit in which it runs, and the words of that kind
  [units.NAME] cpus = 0.2, memory = "64M", pids = 50: the limits of a unit;
      units.slice: of all of them together
  [truth]      finding, severity ("warning" unless it says "info"), target, victims, each of which
      has some of kind, name (a pattern), of (the piece whose process it is), at (the piece whose
      address it has); no truth: healthy, nothing of severity warning or above may be found
  [[allowed]]  findings that may be found beside it: finding, why
"""
import pathlib
import re
import tomllib
import typing

from harness import expect

CASES = pathlib.Path(__file__).resolve().parent / "cases"
KEYS = {"story", "seconds", "beside", "ci", "pending", "shorter", "standing", "onset", "units",
        "truth", "allowed"}
TARGET_KEYS = {"kind", "name", "of", "at"}
SEVERITIES = ("info", "warning", "critical")


class Piece(typing.NamedTuple):
    kind: str
    name: str
    unit: str | None
    words: dict


class Truth(typing.NamedTuple):
    finding: str
    severity: str
    target: dict
    victims: list


class Scenario(typing.NamedTuple):
    name: str
    story: str
    seconds: float
    beside: bool
    ci: bool
    pending: str | None
    shorter: dict
    standing: list
    onset: list
    units: dict
    truth: Truth | None
    allowed: dict  # finding: why


def scenarios(only=".", ci=False):
    """Those of whose names `only` matches a part, sorted by name."""
    found = [load(path) for path in sorted(CASES.glob("*.toml"))]
    return [one for one in found if re.search(only, one.name) and (one.ci or not ci)]


def load(path):
    with open(path, "rb") as file:
        said = tomllib.load(file)
    check(path, "", said, KEYS)
    pieces = {stage: [piece(path, one) for one in said.get(stage, [])]
              for stage in ("standing", "onset")}
    allowed = said.get("allowed", [])
    for one in allowed:
        check(path, "allowed: ", one, {"finding", "why"})
    names = [one.name for stage in pieces.values() for one in stage]
    expect(len(names) == len(set(names)), f"{path}: two pieces of one name")
    return Scenario(path.stem, said["story"], said["seconds"], said.get("beside", False),
                    said.get("ci", False), said.get("pending"), said.get("shorter", {}),
                    pieces["standing"], pieces["onset"], said.get("units", {}),
                    truth(path, said.get("truth"), names),
                    {one["finding"]: one["why"] for one in allowed})


def piece(path, said):
    words = dict(said)
    expect("piece" in words, f"{path}: a piece without its kind")
    kind = words.pop("piece")
    return Piece(kind, words.pop("name", kind), words.pop("unit", None), words)


def truth(path, said, names):
    if said is None:
        return None
    check(path, "truth: ", said, {"finding", "severity", "target", "victims"})
    for target in (said["target"], *said.get("victims", [])):
        check(path, "target: ", target, TARGET_KEYS)
        for key in ("of", "at"):
            expect(target.get(key, names[0]) in names, f"{path}: no piece {target.get(key)}")
    severity = said.get("severity", "warning")
    expect(severity in SEVERITIES, f"{path}: no severity {severity}")
    return Truth(said["finding"], severity, compiled(said["target"]),
                 [compiled(one) for one in said.get("victims", [])])


def compiled(target):
    return {**target, **({"name": re.compile(target["name"])} if "name" in target else {})}


def check(path, place, said, known):
    for key in said:
        expect(key in known, f"{path}: {place}no key '{key}'; there are {', '.join(sorted(known))}")
