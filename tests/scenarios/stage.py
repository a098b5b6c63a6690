# SPDX-License-Identifier: Apache-2.0
"""Puts scenarios on the stage, one or several at the same time, and has culprit watch them."""
import contextlib
import gc
import pathlib
import time

from harness import expect, scratch
from judgement import Ground, judge
from pieces import KINDS
from units import SLICE, Unit
from watch import Watch, children, write_rules

SETTLED_S = 3  # of what stands, before the onset: what was new in the first interval is not


class Stage:
    """The pieces of one scenario, while its block lasts."""

    def __init__(self, scenario, stack):
        self.scenario, self.stack = scenario, stack
        self.things, self.units, self.owned = {}, {}, {}
        if SLICE in scenario.units:
            self.unit(SLICE)
        for piece in (*scenario.standing, *scenario.onset):
            if piece.unit and piece.unit not in self.units:
                self.units[piece.unit] = self.unit(piece.unit)

    def unit(self, name):
        made = Unit(name, **self.scenario.units.get(name, {}))
        self.stack.callback(made.remove)
        made.make()
        return made

    def enter(self, pieces):
        for piece in pieces:
            before = children()
            words = {key: self.resolved(value) for key, value in piece.words.items()}
            expect(piece.kind in KINDS, f"{self.scenario.name}: no kind of piece '{piece.kind}'")
            inside = self.units[piece.unit].inside() if piece.unit else contextlib.nullcontext()
            with inside:
                thing = self.stack.enter_context(KINDS[piece.kind](**words))
            self.things[piece.name] = thing
            pids = {getattr(thing, "pid", None), *(children() - before)} - {None}
            self.owned[(self.scenario.name, piece.name)] = {
                "pids": pids, "places": {*places(thing), *filter(None, [piece.unit])}}

    def resolved(self, value):
        """"@name" is that piece, "@name.attribute" what is known of it."""
        if isinstance(value, list):
            return [self.resolved(one) for one in value]
        if isinstance(value, dict):
            return {key: self.resolved(one) for key, one in value.items()}
        if not isinstance(value, str) or not value.startswith("@"):
            return value
        name, _, attribute = value[1:].partition(".")
        expect(name in self.things, f"{self.scenario.name}: no piece '{name}' yet")
        return getattr(self.things[name], attribute) if attribute else self.things[name]


def places(thing):
    found = {getattr(thing, "address", None), getattr(thing, "socket", None)}
    if getattr(thing, "port", None):
        found.add(f"127.0.0.1:{thing.port}")
    return found - {None}


def perform(scenarios, keep=None):
    """Their outcomes, in order; they are watched together. `keep`: where snapshots are left."""
    shorter = {key: value for one in scenarios for key, value in one.shorter.items()}
    with contextlib.ExitStack() as stack:
        rules = stack.enter_context(scratch())
        write_rules(rules, shorter)
        stages = [Stage(one, stack) for one in scenarios]
        for stage in stages:
            stage.enter(stage.scenario.standing)
        with Watch(rules) as watch:
            time.sleep(SETTLED_S)
            onsets = []
            for stage in stages:
                onsets.append(time.monotonic())
                stage.enter(stage.scenario.onset)
            ends = [onset + one.seconds for onset, one in zip(onsets, scenarios)]
            time.sleep(max(0, max(ends) - time.monotonic()))
        if keep:
            file = pathlib.Path(keep) / f"{scenarios[0].name}.ndjson"
            file.write_bytes(b"".join(line for _, line in watch.lines))
    return judged(scenarios, stages, onsets, watch)


def judged(scenarios, stages, onsets, watch):
    documents = watch.documents()
    pieces = {key: value for stage in stages for key, value in stage.owned.items()}
    ground = Ground(pieces, documents)
    outcomes, told = [], {}
    for one, onset in zip(scenarios, onsets):
        others = {other.truth.finding for other in scenarios if other.truth and other is not one}
        until = onset + one.seconds + 1
        seen = [document for document in documents if document[0] <= until]
        outcomes.append(judge(one, onset, seen, ground, others, told))
    gc.collect()  # megabytes of documents, before somebody's memory is looked at
    return outcomes
