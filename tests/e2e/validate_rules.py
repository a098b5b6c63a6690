#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shipped rules about tasks against rules/schema/tasks-1.schema.json."""
import json
import pathlib
import re
import sys

import jsonschema

RULES = pathlib.Path(__file__).parents[2] / "rules"


def main():
    schema = json.loads((RULES / "schema/tasks-1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = 0
    files = sorted((RULES / "tasks").glob("*.json"))
    for path in files:
        # Comments stand on lines of their own there.
        document = json.loads(re.sub(r"(?m)^\s*//.*$", "", path.read_text()))
        for error in validator.iter_errors(document):
            wrong += 1
            pointer = "".join(f"/{part}" for part in error.absolute_path)
            print(f"{path.name}: {pointer}: {error.message[:200]}", file=sys.stderr)
    if wrong or not files:
        sys.exit(f"{wrong} errors in {len(files)} files")
    print(f"{len(files)} files are valid")


main()
