# SPDX-License-Identifier: Apache-2.0
"""Scenarios before a daemon that may act by itself: what it did to each, and what came of it."""
import contextlib
import time
import typing

from acting import acting_daemon
from harness import until
from stage import Stage

USUAL_S = 15  # before the onset: what is usual for a victim takes ten seconds to be known
WATCHED_S = 30  # at least: an engine that is not hasty takes fifteen
LONGEST_S = 90  # after the scenario's own time, for the verdicts


class Reined(typing.NamedTuple):
    scenario: str
    healthy: bool
    actions: list  # as `culprit actions` tells them
    refusals: list  # what the daemon said of those whom it left alone

    def applied(self):
        return [one for one in self.actions if one["changes"]]

    def good(self):
        verdicts = [one["verdict"] for one in self.applied()]
        return not (self.healthy and verdicts) and "worse" not in verdicts and None not in verdicts


def perform(scenario):
    with contextlib.ExitStack() as stack:
        stage = Stage(scenario, stack)
        stage.enter(scenario.standing)
        reins = stack.enter_context(acting_daemon())
        time.sleep(USUAL_S)
        stage.enter(scenario.onset)
        time.sleep(max(scenario.seconds, WATCHED_S))
        until(lambda: all(one["verdict"] for one in reins.actions() if one["changes"]), LONGEST_S,
              pause=1)
        return Reined(scenario.name, not scenario.truth, reins.actions(), reins.refusals())


def tell(outcome):
    """A line, and one for each action."""
    print(f"{'ok  ' if outcome.good() else 'FAIL'} {outcome.scenario}: "
          f"{len(outcome.applied())} applied of {len(outcome.actions)} told")
    for one in outcome.actions:
        what = one["verdict"] if one["changes"] else one["state"]
        print(f"     {what}: {one['target']['name']}: {one['knob']} {one['old']} → {one['new']}: "
              f"{one['verdict_because'] or '; '.join(one['reasons'])}", flush=True)
    for said in outcome.refusals:
        print(f"     left alone: {said}", flush=True)
    return outcome.good()


def totals(outcomes):
    verdicts = [one["verdict"] for outcome in outcomes for one in outcome.applied()]
    helped = verdicts.count("helped")
    share = f" ({100 * helped / len(verdicts):.0f} %)" if verdicts else ""
    third = sum("third" in (one["ended_because"] or "") for outcome in outcomes
                for one in outcome.applied())
    acted = sum(bool(one.applied()) for one in outcomes if one.healthy)
    return (f"{len(outcomes)} situations in auto: {len(verdicts)} actions, {helped} helped{share}, "
            f"{verdicts.count('worse')} worse, {third} ended because somebody else began to suffer; "
            f"of {sum(one.healthy for one in outcomes)} healthy ones {acted} with an action")
