#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells what a Catch2 program (v2 or v3, --reporter xml) did, one line a test case.

usage: catch_report.py FILE [PREFIX]

Prints `ok   NAME`, `skip NAME: reason`, or `FAIL NAME` with each failed expression below. A report
that ends early, as after a crash, fails the test case that was running.
"""
import sys
import xml.etree.ElementTree as tree


def text(element, name):
    found = element.find(name)
    return (found.text or "").strip() if found is not None else ""


def place(element):
    return f"{element.get('filename', '?')}:{element.get('line', '?')}"


def failures(element, sections=()):
    """What failed in a test case or section, as lines, each section named once."""
    lines = []
    infos = []
    for child in element:
        if child.tag == "Section":
            lines += failures(child, (*sections, child.get("name", "").strip()))
        elif child.tag == "Info":
            infos.append((child.text or "").strip())
        elif child.tag == "Expression" and child.get("success") == "false":
            lines.append(f"{place(child)}: {child.get('type')}( {text(child, 'Original')} )")
            lines.append(f"    is {text(child, 'Expanded')}")
            for name in ("Exception", "FatalErrorCondition"):
                if child.find(name) is not None:
                    lines.append(f"    {name}: {text(child, name)}")
            lines += [f"    where {info}" for info in infos]
        elif child.tag in ("Exception", "FatalErrorCondition", "Failure"):
            lines.append(f"{place(child)}: {child.tag}: {(child.text or '').strip()}")
            lines += [f"    where {info}" for info in infos]
        if child.tag != "Info":
            infos = []
    if sections and lines:
        lines = [f"in section: {sections[-1]}"] + ["  " + line for line in lines]
    return lines


def report(case, prefix):
    name = prefix + case.get("name", "?").strip()
    result = case.find("OverallResult")
    if result is None:
        print(f"FAIL {name}\n     the program ended within this test case")
    elif result.get("success") != "true":
        print(f"FAIL {name}")
        lines = failures(case) or ["it failed without a failed expression"]
        lines += [line for tag in ("StdOut", "StdErr") for line in text(result, tag).splitlines()]
        print("\n".join("     " + part for line in lines for part in line.splitlines()))
    elif int(result.get("skips", "0")):
        print(f"skip {name}: {text(case, 'Skip') or 'skipped by itself'}")
    else:
        print(f"ok   {name}")


def main():
    path = sys.argv[1]
    prefix = sys.argv[2] if len(sys.argv) > 2 else ""
    running = None
    try:
        for event, element in tree.iterparse(path, events=("start", "end")):
            if element.tag != "TestCase":
                continue
            running = element if event == "start" else None
            if event == "end":
                report(element, prefix)
                element.clear()
    except (OSError, tree.ParseError) as error:
        if running is not None:
            report(running, prefix)
        else:
            print(f"FAIL {prefix}report\n     {path}: {error}")


main()
