"""Finds again what Digue's checks found, from an export of the journal and nothing else.

Reads NDJSON entries on standard input up to each result's range, and prints one line for each result
that it can find again: check, population, failing as Digue wrote them, and as found here.
"""

import json
import sys

entries = [json.loads(line) for line in sys.stdin]
acts = [entry for entry in entries if entry["kind"] == "administration"]
PERSONS_FLOOR, BEYOND = 200, 5
READERS = {"agent", "delegate", "deputy"}


def accounts(before):
    """Active accounts with their roles, as acts made them."""
    known = {}
    for act in before:
        kind, _, name = act["subject"].partition(":")
        if kind != "account":
            continue
        if act["act"] == "account-saved":
            known[name] = act["after"].split()[1]
        elif act["act"] == "account-suspended":
            known.pop(name, None)
    return known


def passkeys(before, _):
    holders = {}
    for act in before:
        if act["act"] in ("passkey-added", "passkey-removed"):
            name = act["subject"].partition(":")[2]
            holders[name] = holders.get(name, 0) + (1 if act["act"] == "passkey-added" else -1)
    known = accounts(before)
    return len(known), sum(1 for name in known if holders.get(name, 0) <= 0)


def beyond_peers(before, shown):
    roles = accounts(before)
    read = {}
    for entry in shown:
        if entry["outcome"] in ("released", "would-refuse"):
            persons = {person["person"] for person in entry["persons"]}
            read.setdefault(entry["account"], set()).update(persons)
    sizes = sorted(len(persons) for name, persons in read.items() if persons and roles.get(name) in READERS)
    if not sizes:
        return 0, 0
    limit = max(sizes[len(sizes) // 2] * BEYOND, PERSONS_FLOOR)
    return len(sizes), sum(1 for size in sizes if size > limit)


def two_persons(before, _):
    granted = [act for act in before if act["act"] == "approval-granted"]
    alone = [act for act in granted if act["before"] == f"asked by {act['actor']}"]
    return len(granted), len(alone)


FINDERS = {
    "passkeys": passkeys,
    "beyond-peers": beyond_peers,
    "two-persons": two_persons,
}

for act in acts:
    check = act["subject"].removeprefix("check:")
    if act["act"] != "check-ran" or check not in FINDERS:
        continue
    before = [entry for entry in acts if entry["entry"] < act["entry"]]
    shown = [e for e in entries if e["kind"] == "exposure" and e["entry"] < act["entry"]]
    population, failing = FINDERS[check](before, shown)
    wrote = dict(part.split(":") for part in act["before"].split())
    print(check, wrote["population"], wrote["failing"], population, failing)
