"""Reads OSCAL assessment results with models made from NIST's schema: patterns, types, what is needed."""

import json
import sys

from trestle.oscal.assessment_results import AssessmentResults

with open(sys.argv[1], encoding="utf-8") as file:
    read = AssessmentResults.model_validate(json.load(file)["assessment-results"])
result = read.results[0]
known = {observation.uuid for observation in result.observations}
for finding in result.findings:
    for related in finding.related_observations or []:
        assert related.observation_uuid in known, finding.uuid
print(len(result.observations), len(result.findings))
