"""Reads OpenMetrics text from standard input with the parser of Prometheus' own client, and prints its samples.

A line for each: name, labels, value. A text that is no OpenMetrics ends with an error."""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
        print(sample.name, labels, sample.value)
