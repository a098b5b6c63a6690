#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds documents against the schemas of rules/schema/, each against that which it names.

usage: validate_json.py [FILE]      one document or one a line; stdin without FILE
"""
import json
import pathlib
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).parents[2] / "rules/schema"


def placed(node, at):
    """The same as part of one document: its own definitions are below `at`, others' below their
    $id."""
    if isinstance(node, list):
        return [placed(value, at) for value in node]
    if not isinstance(node, dict):
        return node
    parts = {key: placed(value, at) for key, value in node.items() if key != "$id"}
    if "$ref" in parts:
        schema, pointer = parts["$ref"].split("#")
        parts["$ref"] = (f"#/$defs/{schema}" if schema else at) + pointer
    return parts


def validators():
    """By what a document's `schema` says. Each gets the others as definitions of its own, which
    every version of the library resolves."""
    schemas = [json.loads(file.read_text()) for file in sorted(SCHEMAS.glob("*.schema.json"))]
    others = {schema["$id"]: placed(schema, f"#/$defs/{schema['$id']}") for schema in schemas}
    found = {}
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema)
        whole = placed(schema, "#")
        whole["$defs"] = whole.get("$defs", {}) | others
        found[schema["title"]] = jsonschema.Draft202012Validator(whole)
    return found


def documents(text):
    """One document over several lines, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def main():
    known = validators()
    text = pathlib.Path(sys.argv[1]).read_text() if len(sys.argv) > 1 else sys.stdin.read()
    wrong = 0
    all_documents = documents(text)
    for number, document in enumerate(all_documents, 1):
        name = document.get("schema")
        if name not in known:
            wrong += 1
            print(f"document {number}: /schema: {name!r} is none of {sorted(known)}",
                  file=sys.stderr)
            continue
        for error in known[name].iter_errors(document):
            wrong += 1
            pointer = "".join(f"/{part}" for part in error.absolute_path)
            print(f"document {number}: {pointer}: {error.message[:200]}", file=sys.stderr)
    if wrong or not all_documents:
        sys.exit(f"{wrong} errors in {len(all_documents)} documents")
    print(f"{len(all_documents)} documents are valid")


main()
