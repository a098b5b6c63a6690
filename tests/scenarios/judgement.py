# SPDX-License-Identifier: Apache-2.0
"""What culprit found, held against the truth. Pure: documents in, an Outcome out."""
import typing

from scenario import SEVERITIES

HOST = "host"  # what concerns everybody
FOREIGN_SHARE = 0.25  # of the CPUs, used by others: then what concerns the host may be theirs
HIT, WRONG_TARGET, MISS, HEALTHY = "hit", "wrong target", "miss", "healthy"


class Said(typing.NamedTuple):
    """A finding of one target, as it was first told."""

    finding: str
    severity: str
    kind: str
    name: str
    summary: str
    seconds: float  # after the onset

    def __str__(self):
        return f"{self.finding} ({self.severity}, {self.seconds:.0f} s): {self.summary}"


class Outcome(typing.NamedTuple):
    scenario: str
    truth: str | None  # the finding that was expected
    verdict: str
    seconds: float | None  # from the onset to the first report of the right target
    nearest: str | None  # what was told of the expected finding in its place
    alarms: list  # what should not have been told
    beside: list  # what may be told beside it, and was
    elsewhere: list  # what concerns others on this host
    disturbed: float  # share of the intervals in which others used much of the CPUs

    @property
    def good(self):
        return self.verdict in (HIT, HEALTHY) and not self.alarms


class Ground:
    """Whose processes, addresses, mounts and units those of a watch are. `pieces` is
    {(scenario, piece): {"pids": set, "places": set}}: its first processes, and its addresses."""

    def __init__(self, pieces, documents):
        self.pieces = pieces
        self.roots = {pid: key for key, piece in pieces.items() for pid in piece["pids"]}
        self.parents, self.cgroups = {}, set()
        for _, document in documents:
            for row in document["processes"]:
                self.parents.setdefault(row["pid"], row["parent_pid"])
        for _, document in documents:
            self.cgroups |= {row["cgroup"] for row in document["processes"]
                             if self.of_process(row["pid"])}
        self.places = {place: key for key, piece in pieces.items() for place in piece["places"]}

    def of_process(self, pid):
        """(scenario, piece), or None."""
        seen = set()
        while pid and pid not in self.roots and pid not in seen:
            seen.add(pid)
            pid = self.parents.get(pid)
        return self.roots.get(pid)

    def is_disturbed(self, document):
        """Others than the scenarios' and culprit use much of the CPUs."""
        used = sum(row["cpu_seconds"] for row in document["processes"]
                   if row["name"] != "culprit" and not self.of_process(row["pid"]))
        length = document["interval"]["seconds"] * document["host"]["cpu_count"]
        return used > FOREIGN_SHARE * length

    def owners(self, target, document):
        """All whose process or place it is; [(HOST, None)] for what concerns everybody."""
        found = [self.places.get(target["name"]), self.places.get(target["id"]),
                 self.of_process(target["pid"])]
        if target["kind"] == "query":
            for row in document["queries"]:
                if row["id"] == target["id"]:
                    found.append(self.places.get(row["address"]))
                    found += [self.of_process(one["process"]["pid"]) for one in row["callers"]]
        found = [one for one in found if one]
        shared = target["kind"] in ("host", "device", "filesystem") or (
            target["kind"] == "unit" and target["id"] in self.cgroups)
        return found or ([(HOST, None)] if shared else [])

    def concerns(self, scenario, target, document):
        return any(name in (scenario, HOST) for name, _ in self.owners(target, document))

    def matches(self, scenario, wanted, target, document):
        """A target is the one of a truth."""
        owners = self.owners(target, document)
        return (wanted.get("kind", target["kind"]) == target["kind"]
                and ("name" not in wanted or wanted["name"].search(target["name"]))
                and all((scenario, wanted[key]) in owners for key in ("of", "at") if key in wanted))


def judge(scenario, onset, documents, ground, expected, told):
    """`expected`: the findings that scenarios watched at the same time expect of the host; `told`:
    alarms about the host which are counted already, with one of those."""
    first_hit, nearest = None, None
    alarms, beside, elsewhere = {}, {}, {}
    truth = scenario.truth
    for moment, document in documents:
        for found in document["findings"]:
            target = found["target"]
            said = Said(found["id"], found["severity"], target["kind"], target["name"],
                        found["summary"], moment - onset)
            key = (found["id"], target["kind"], target["name"], target["pid"])
            if not ground.concerns(scenario.name, target, document):
                if not ground.owners(target, document):
                    elsewhere.setdefault(key, said)
                continue
            if truth and found["id"] == truth.finding:
                if hits(scenario.name, truth, found, document, ground):
                    first_hit = first_hit or said
                    alarms.pop(key, None)
                    continue
                nearest = nearest or told(found)
            if SEVERITIES.index(found["severity"]) < SEVERITIES.index("warning"):
                continue
            shared = (HOST, None) in ground.owners(target, document)
            if shared and ground.is_disturbed(document):
                elsewhere.setdefault(key, said)
                continue
            if shared and told.setdefault(key, scenario.name) != scenario.name:
                continue
            allowed = found["id"] in scenario.allowed or (shared and found["id"] in expected)
            (beside if allowed else alarms).setdefault(key, said)
    verdict = HEALTHY if truth is None else HIT if first_hit else WRONG_TARGET if nearest else MISS
    return Outcome(scenario.name, truth and truth.finding, verdict,
                   first_hit and first_hit.seconds, None if first_hit else nearest,
                   list(alarms.values()), list(beside.values()), list(elsewhere.values()),
                   sum(ground.is_disturbed(document) for _, document in documents)
                   / max(1, len(documents)))


def hits(name, truth, found, document, ground):
    if SEVERITIES.index(found["severity"]) < SEVERITIES.index(truth.severity):
        return False
    return ground.matches(name, truth.target, found["target"], document) and all(
        any(ground.matches(name, wanted, victim, document) for victim in found["victims"])
        for wanted in truth.victims)


def told(found):
    victims = ", ".join(f"{one['kind']} {one['name']}" for one in found["victims"])
    target = found["target"]
    return (f"{found['severity']} {found['id']} of {target['kind']} {target['name']}, "
            f"victims: {victims or 'none'}")
