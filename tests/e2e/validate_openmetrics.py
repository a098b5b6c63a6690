#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads OpenMetrics expositions from stdin with the parser of the Prometheus client."""
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

END = "# EOF\n"
expositions = [text + END for text in sys.stdin.read().split(END) if text]
if not expositions:
    sys.exit("no exposition")
samples = 0
for text in expositions:
    for family in text_string_to_metric_families(text):
        samples += len(family.samples)
print(f"{len(expositions)} expositions, {samples} samples")
