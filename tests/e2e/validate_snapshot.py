#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds snapshots against rules/schema/culprit.snapshot-1.schema.json.

usage: validate_snapshot.py [FILE]      one document or one a line; stdin without FILE
"""
import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).parents[2] / "rules/schema/culprit.snapshot-1.schema.json"


def documents(text):
    """One document over several lines, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def main():
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    text = pathlib.Path(sys.argv[1]).read_text() if len(sys.argv) > 1 else sys.stdin.read()
    wrong = 0
    all_documents = documents(text)
    for number, document in enumerate(all_documents, 1):
        for error in validator.iter_errors(document):
            wrong += 1
            pointer = "".join(f"/{part}" for part in error.absolute_path)
            print(f"document {number}: {pointer}: {error.message[:200]}", file=sys.stderr)
    if wrong or not all_documents:
        sys.exit(f"{wrong} errors in {len(all_documents)} documents")
    print(f"{len(all_documents)} documents are valid")


main()
