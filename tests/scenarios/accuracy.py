# SPDX-License-Identifier: Apache-2.0
"""Totals of outcomes, for people: precision, recall, right target, time to detection."""
import os
import pathlib
import re
import statistics
import sys
import time

from judgement import HIT, MISS, WRONG_TARGET


def tell(scenario, outcome):
    """A line, and below it what was wrong; False when something was."""
    known = scenario.pending and not outcome.alarms and outcome.verdict == MISS
    verdict = {True: "ok  ", False: "FAIL"}[outcome.good] if not known else "skip"
    after = f" after {outcome.seconds:.1f} s" if outcome.seconds is not None else ""
    what = f"{outcome.truth}: {outcome.verdict}{after}" if outcome.truth else "healthy"
    print(f"{verdict} {outcome.scenario}: {what}" + (f": {scenario.pending}" if known else ""))
    if outcome.nearest:
        print(f"     told instead: {outcome.nearest}")
    for title, list_ in (("false alarm", outcome.alarms), ("allowed", outcome.beside)):
        for said in list_:
            print(f"     {title}: {said}")
    if outcome.elsewhere:
        print("     elsewhere:", ", ".join(sorted({said.finding for said in outcome.elsewhere})))
    sys.stdout.flush()
    if scenario.pending and outcome.verdict == HIT:
        print("     it is no longer pending")
    return bool(known) or outcome.good


class Count:
    """Of one finding, or of all."""

    def __init__(self, outcomes, alarms):
        self.wanted = len(outcomes)
        self.hits = [one for one in outcomes if one.verdict == HIT]
        self.wrong = sum(one.verdict == WRONG_TARGET for one in outcomes)
        self.misses = sum(one.verdict == MISS for one in outcomes)
        self.alarms = len(alarms)

    def precision(self):
        told = len(self.hits) + self.wrong + self.alarms
        return share(len(self.hits) + self.wrong, told)

    def recall(self):
        return share(len(self.hits) + self.wrong, self.wanted)

    def right_target(self):
        return share(len(self.hits), len(self.hits) + self.wrong)

    def median(self):
        times = [one.seconds for one in self.hits]
        return f"{statistics.median(times):.1f} s" if times else "-"


def share(part, whole):
    return f"{100 * part / whole:.0f} %" if whole else "-"


def judged(found, outcomes):
    """Without those that are known to be missed."""
    pending = {one.name for one in found if one.pending}
    return [one for one in outcomes
            if not (one.scenario in pending and one.verdict == MISS and not one.alarms)]


def by_finding(outcomes):
    """{finding: Count}, those too that were only told in error."""
    alarms = [said for one in outcomes for said in one.alarms]
    ids = {one.truth for one in outcomes if one.truth} | {said.finding for said in alarms}
    return {name: Count([one for one in outcomes if one.truth == name],
                        [said for said in alarms if said.finding == name])
            for name in sorted(ids)}


def rows(found, outcomes):
    outcomes = judged(found, outcomes)
    wanted = [one for one in outcomes if one.truth]
    counts = by_finding(outcomes)
    counts["all"] = Count(wanted, [said for one in outcomes for said in one.alarms])
    for name, count in counts.items():
        yield (name, str(count.wanted), str(len(count.hits) + count.wrong), str(count.alarms),
               count.precision(), count.recall(), count.right_target(), count.median())


DISTURBED = 0.25  # of the time: then a report says so
HEAD = ("finding", "situations", "found", "false alarms", "precision", "recall", "right target",
        "median time")


def totals(found, outcomes):
    table = [HEAD, *rows(found, outcomes)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
    healthy = [one for one in outcomes if one.truth is None]
    alarmed = sum(bool(one.alarms) for one in healthy)
    yield f"healthy situations: {len(healthy)}, with a false alarm: {alarmed}"


INTRODUCTION = """# How right culprit is

`tests/scenarios/run` puts small real situations on the stage, with real servers and programs, while
`culprit export --interval 1` watches. Each has its truth in a file (`tests/scenarios/cases`): which finding,
of what, who suffers; or that nothing is wrong. What follows was written by that command; nothing of it is
corrected by hand.

- *found*: the finding was told, *right target*: of the right thing, naming those victims that the truth names.
- *false alarm*: any other finding of severity warning or above that concerns what the situation started,
  or the host, and that its truth does not allow. Healthy situations allow none.
- *time*: from the onset to the line in which it was told, intervals of 1 s included.
"""

UNSEEN = """
## What cannot be made here
`cpu.steal` and `ec2.limits` need a hypervisor that takes CPUs away and an instance with allowances:
their rules are tested on samples that say so (`tests/unit/analyze`). `memory.leak` and
`limits.file_descriptor_leak` look at half an hour and ten minutes: here their rules have a window of 10 s
(`shorter` in the files), all else of them is as shipped; the shipped windows are tested on samples in shifted time.
"""


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    kernel = os.uname()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} CPUs ({model[1] if model else kernel.machine}), {memory:.0f} GiB, "
            f"Linux {kernel.release}")


def line(cells):
    return "| " + " | ".join(cells) + " |"


def told_of(scenario, outcome):
    """What a scenario's row of the report says."""
    if scenario.pending and outcome.verdict == MISS and not outcome.alarms:
        return f"not seen yet: {scenario.pending}"
    said = [outcome.verdict if outcome.truth else "no false alarm" if not outcome.alarms else ""]
    if outcome.seconds is not None:
        said.append(f"after {outcome.seconds:.1f} s")
    if outcome.nearest:
        said.append(f"told instead: {outcome.nearest}")
    if outcome.disturbed > DISTURBED:
        said.append(f"others used the CPUs for {100 * outcome.disturbed:.0f} % of the time")
    said += [f"**false alarm** {one.finding}: {one.summary}" for one in outcome.alarms]
    return ", ".join(filter(None, said)).replace("|", "\\|")


def markdown(found, outcomes, command, seconds):
    by_name = {one.name: one for one in found}
    played = judged(found, outcomes)
    healthy = [one for one in played if one.truth is None]
    rows_ = list(rows(found, outcomes))
    pending = sorted({one.scenario for one in outcomes} - {one.scenario for one in played})
    out = [INTRODUCTION, f"On {time.strftime('%Y-%m-%d %H:%M')}, {machine()}, in {seconds:.0f} s:", "",
           f"    {command}", "", "## All"]
    total = rows_[-1]
    out += [f"{len(played)} situations, {len(healthy)} of them healthy: precision {total[4]}, recall "
            f"{total[5]}, right target {total[6]} of those found, median time to detection {total[7]}; "
            f"{sum(bool(one.alarms) for one in healthy)} of the healthy with a false alarm."]
    disturbed = sum(one.disturbed > DISTURBED for one in outcomes)
    if disturbed:
        out += ["", f"The host was not quiet: in {disturbed} of these, other programs used more than a "
                "quarter of the CPUs for more than a quarter of the time. What is about the CPUs "
                "suffers from that."]
    if pending:
        out += ["", "Not counted, as what they need is not seen yet: "
                + ", ".join(f"`{one}`" for one in pending) + "."]
    out += ["", "## By finding", line(HEAD), line(["---"] * len(HEAD))]
    out += [line([f"`{row[0]}`" if row[0] != "all" else "all", *row[1:]]) for row in rows_]
    out += ["", "## By situation", line(["situation", "what goes on", "told"]), line(["---"] * 3)]
    out += [line([f"`{one.scenario}`", by_name[one.scenario].story,
                  told_of(by_name[one.scenario], one)])
            for one in sorted(outcomes, key=lambda one: one.scenario)]
    allowed = [(one.name, id_, why) for one in found for id_, why in one.allowed.items()]
    out += ["", "## What may be told beside it", line(["situation", "finding", "why"]),
            line(["---"] * 3)]
    out += [line([f"`{name}`", f"`{id_}`", why]) for name, id_, why in allowed]
    return "\n".join(out) + "\n" + UNSEEN
