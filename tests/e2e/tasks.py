# SPDX-License-Identifier: Apache-2.0
"""Rows of `tasks` in a snapshot."""
from harness import expect


def tasks_of(snapshot, pid):
    return [row for row in snapshot["tasks"] if row["process"]["pid"] == pid]


def function_of(row):
    return (row["source"] or {}).get("function")


def told(rows):
    """For messages: what the rows are, busiest first."""
    rows = sorted(rows, key=lambda row: -row["cpu_seconds"])
    return "".join(f"\n  {row['kind']} {row['class']} {row['name']!r} from {row['source']}, "
                   f"{row['cpu_seconds']:.3f} s, {row['calls']['count']} calls" for row in rows[:25])


def task(snapshot, pid, function, kind=None):
    """The one task of that function."""
    rows = tasks_of(snapshot, pid)
    found = [row for row in rows if function_of(row) == function]
    expect(len(found) == 1, f"expected one task of {function}, found {len(found)}; "
                            f"there are {told(rows)}")
    expect(kind in (None, found[0]["kind"]), f"expected {function} to be a {kind}, "
                                             f"found {found[0]['kind']}")
    return found[0]
