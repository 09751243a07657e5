"""Reads a library of CISO Assistant as its importer does: what it demands, and nothing unknown.

The schema below is ours, after the form that its documentation gives and its importer demands; the
program itself is in no registry. Prints how many requirements there are.
"""

import re
import sys

import jsonschema_rs
import yaml

URN = {"type": "string", "pattern": "^urn:[a-z0-9_-]+:risk:[a-z_-]+:[a-z0-9_:.-]+$"}
TEXT = {"type": "string", "minLength": 1}
URNS = {"type": "array", "items": URN, "uniqueItems": True}


def closed(properties, required):
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


CONTROL = closed(
    {
        "urn": URN,
        "ref_id": TEXT,
        "name": TEXT,
        "description": {"type": "string"},
        "annotation": {"type": "string"},
        "category": {"enum": ["policy", "process", "technical", "physical", "procedure"]},
        "csf_function": {"enum": ["govern", "identify", "protect", "detect", "respond", "recover"]},
    },
    ["urn", "ref_id"],
)
NODE = closed(
    {
        "urn": URN,
        "parent_urn": URN,
        "assessable": {"type": "boolean"},
        "depth": {"type": "integer", "minimum": 1},
        "ref_id": TEXT,
        "name": TEXT,
        "description": {"type": "string"},
        "annotation": {"type": "string"},
        "implementation_groups": {"type": "array", "items": TEXT},
        "reference_controls": URNS,
        "threats": URNS,
    },
    ["urn", "assessable"],
)
FRAMEWORK = closed(
    {
        "urn": URN,
        "ref_id": TEXT,
        "name": TEXT,
        "description": {"type": "string"},
        "requirement_nodes": {"type": "array", "items": NODE, "minItems": 1},
    },
    ["urn", "ref_id", "name", "requirement_nodes"],
)
LIBRARY = closed(
    {
        "urn": URN,
        "locale": {"type": "string", "pattern": "^[a-z]{2}$"},
        "ref_id": TEXT,
        "name": TEXT,
        "description": {"type": "string"},
        "copyright": {"type": "string"},
        "version": {"type": "integer", "minimum": 1},
        "provider": TEXT,
        "packager": TEXT,
        "publication_date": {"type": "string"},
        "objects": closed(
            {"framework": FRAMEWORK, "reference_controls": {"type": "array", "items": CONTROL}},
            ["framework", "reference_controls"],
        ),
    },
    ["urn", "locale", "ref_id", "name", "copyright", "version", "provider", "packager", "objects"],
)

with open(sys.argv[1], encoding="utf-8") as file:
    library = yaml.safe_load(file)
jsonschema_rs.validate(LIBRARY, library)
controls = [control["urn"] for control in library["objects"]["reference_controls"]]
nodes = library["objects"]["framework"]["requirement_nodes"]
urns = controls + [node["urn"] for node in nodes]
assert len(urns) == len(set(urns)), "a name is given twice"
assert all(urn == urn.lower() for urn in urns), "names are in small letters"
for node in nodes:
    assert set(node.get("reference_controls", [])) <= set(controls), node["urn"]
    assert re.fullmatch(r"[A-Za-z0-9.-]+", node["ref_id"]), node["ref_id"]
print(len(nodes))
