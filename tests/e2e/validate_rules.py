#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shipped rules against their schemas in rules/schema."""
import json
import pathlib
import re
import sys

import jsonschema

RULES = pathlib.Path(__file__).parents[2] / "rules"


SCHEMAS = {"tasks": "tasks-1", "findings": "finding-rules-1"}


def errors_in(folder):
    """How many files there are, and how many errors in them."""
    schema = json.loads((RULES / f"schema/{SCHEMAS[folder]}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = 0
    files = sorted((RULES / folder).glob("*.json"))
    for path in files:
        # Comments stand on lines of their own there.
        document = json.loads(re.sub(r"(?m)^\s*//.*$", "", path.read_text()))
        for error in validator.iter_errors(document):
            wrong += 1
            pointer = "".join(f"/{part}" for part in error.absolute_path)
            print(f"{path.name}: {pointer}: {error.message[:200]}", file=sys.stderr)
    return len(files), wrong


def main():
    for folder in SCHEMAS:
        files, wrong = errors_in(folder)
        if wrong or not files:
            sys.exit(f"{folder}: {wrong} errors in {files} files")
        print(f"{folder}: {files} files are valid")


main()
