"""Finds again what Digue's checks found, from an export of the journal and nothing else.

Reads NDJSON entries on standard input up to each result's range, and prints one line for each result
that it can find again: check, population, failing as Digue wrote them, and as found here.
"""

import json
import sys
from datetime import datetime, timedelta

entries = [json.loads(line) for line in sys.stdin]
acts = [entry for entry in entries if entry["kind"] == "administration"]
PERSONS_FLOOR, BEYOND = 200, 5
READERS = {"agent", "delegate", "deputy"}
LEADERS = {"delegate", "deputy"}
DAY = timedelta(days=1)


def when(entry):
    return datetime.fromisoformat(entry["at"].replace("Z", "+00:00"))


def about(act, kind):
    """The name that an act is about, or None when it is about something else."""
    of, _, name = act["subject"].partition(":")
    return name if of == kind else None


class Past:
    """What the journal had told when a check ran."""

    def __init__(self, check):
        self.now = when(check)
        self.acts = [act for act in acts if act["entry"] < check["entry"]]
        self.shown = [
            e
            for e in entries
            if e["kind"] == "exposure"
            and e["entry"] < check["entry"]
            and e["outcome"] in ("released", "would-refuse")
        ]
        # Account: organisation, role, whether it is suspended.
        self.directory = {}
        for act in self.acts:
            name = about(act, "account")
            if act["act"] == "account-saved":
                organisation, role = act["after"].split()[:2]
                self.directory[name] = (organisation, role, False)
            elif act["act"] in ("account-suspended", "account-resumed"):
                organisation, role, _ = self.directory[name]
                self.directory[name] = (organisation, role, act["act"] == "account-suspended")

    def active(self, roles=None):
        return {
            name
            for name, (_, role, suspended) in self.directory.items()
            if not suspended and (roles is None or role in roles)
        }

    def passkeys(self):
        """Account: when its passkeys were added."""
        held = {}
        for act in self.acts:
            name = about(act, "account")
            if act["act"] == "passkey-added":
                held.setdefault(name, {})[act["after"].split()[0]] = when(act)
            elif act["act"] == "passkey-removed":
                held.get(name, {}).pop(act["before"], None)
            elif act["act"] == "account-recovered":
                held.pop(name, None)
        return held

    def lately(self, name, days):
        return [act for act in self.acts if act["act"] == name and self.now - when(act) <= DAY * days]


def counted(names, fails):
    names = list(names)
    return len(names), sum(1 for name in names if fails(name))


def passkeys(past):
    held = past.passkeys()
    return counted(past.active(), lambda name: not held.get(name))


def officers_passkeys(past):
    held = past.passkeys()
    officers = {"portal-team", "rssi", "dpo", "auditor"}
    return counted(past.active(officers), lambda name: not held.get(name))


def dormant(past):
    last = {}
    for entry in past.shown:
        last[entry["account"]] = when(entry)
    return counted(past.active(READERS), lambda name: name in last and past.now - last[name] > DAY * 90)


def never_used(past):
    used = {entry["account"] for entry in past.shown}
    held = past.passkeys()

    def fails(name):
        since = min(held.get(name, {}).values(), default=None)
        return name not in used and since is not None and past.now - since > DAY * 90

    return counted(past.active(READERS), fails)


def beyond_peers(past):
    read, active = {}, past.active(READERS)
    for entry in past.shown:
        if past.now - when(entry) <= DAY * 30 and entry["account"] in active and entry["persons"]:
            persons = {person["person"] for person in entry["persons"]}
            read.setdefault(entry["account"], set()).update(persons)
    sizes = sorted(len(persons) for persons in read.values())
    median = sizes[len(sizes) // 2] if sizes else 0
    limit = max(median * BEYOND, PERSONS_FLOOR)
    return counted(sizes, lambda size: size > limit)


def granted(past, fits=lambda act: True):
    acts = [act for act in past.lately("approval-granted", 90) if fits(act)]
    return counted(acts, lambda act: act["before"] == f"asked by {act['actor']}")


def exports_granted(past):
    return granted(past, lambda act: act["after"].startswith("export-journal"))


def configuration(past):
    return granted(past, lambda act: act["after"].startswith("widen-rules"))


def leaders(past, fewest):
    led = {}
    for name in past.active(READERS):
        organisation, role, _ = past.directory[name]
        led.setdefault(organisation, []).append(role in LEADERS)
    return counted(led.values(), lambda roles: sum(roles) < fewest)


def break_glass(past):
    reviewed = {act["subject"]: when(act) for act in past.acts if act["act"] == "break-glass-reviewed"}

    def late(act):
        return reviewed.get(act["after"].split()[0], past.now) - when(act) > timedelta(hours=72)

    return counted(past.lately("break-glass-opened", 90), late)


def rights_reviews(past):
    """Organisations of a review whose every account was decided about within a year."""
    open_lines, decided = {}, {}
    for act in past.acts:
        if act["act"] == "review-opened":
            size = int(act["after"].split()[0].removeprefix("accounts:"))
            open_lines[about(act, "review")] = size
        elif act["act"] == "review-decided":
            decided.setdefault(act["before"].removeprefix("review:"), []).append(act)
    reviewed = set()
    for review, lines in decided.items():
        closed = len(lines) == open_lines[review]
        if closed and past.now - when(lines[-1]) <= DAY * 365:
            reviewed |= {past.directory[about(line, "account")][0] for line in lines}
    everywhere = {organisation for organisation, _, _ in past.directory.values()}
    return counted(everywhere, lambda organisation: organisation not in reviewed)


def keys_old(past):
    issued = {}
    for act in past.acts:
        if act["act"] == "key-issued":
            issued[act["after"].split()[0]] = when(act)
        elif act["act"] == "key-revoked":
            issued.pop(act["before"], None)
    return counted(issued.values(), lambda at: past.now - at > DAY * 365)


def quarantine_old(past):
    waiting = {}
    for act in past.acts:
        if act["act"] == "gate-set" and about(act, "account"):
            waiting.pop(act["subject"], None)
            if act["after"] == "closed" and act["reason"] == "quarantine":
                waiting[act["subject"]] = when(act)
    failing = sum(1 for at in waiting.values() if past.now - at > DAY * 7)
    return len(past.active()), failing


def uninspected(past):
    once = [entry for entry in past.shown if entry["part"] == 1]
    seen = [e for e in once if e["inspection"] not in ("reported", "request-only", "imported")]
    return counted(seen, lambda entry: entry["inspection"] != "inspected")


def findings_decided(past):
    """Findings of more than a day ago; a verdict names its finding, of which there is one for each subject
    in the order they came."""
    found = [act for act in past.acts if act["act"] in ("watch-alerted", "watch-contained")]
    old = [act for act in found if past.now - when(act) > DAY]
    verdicts = [act for act in past.acts if act["act"] in ("finding-cleared", "finding-confirmed")]
    decided = {}
    for act in verdicts:
        decided[act["subject"]] = decided.get(act["subject"], 0) + 1
    failing = 0
    for act in reversed(old):
        if decided.get(act["subject"], 0):
            decided[act["subject"]] -= 1
        else:
            failing += 1
    return len(old), failing


FINDERS = {
    "passkeys": passkeys,
    "officers-passkeys": officers_passkeys,
    "dormant": dormant,
    "never-used": never_used,
    "beyond-peers": beyond_peers,
    "two-persons": granted,
    "exports-granted": exports_granted,
    "configuration": configuration,
    "leaders": lambda past: leaders(past, 1),
    "deputies": lambda past: leaders(past, 2),
    "break-glass": break_glass,
    "rights-reviews": rights_reviews,
    "keys-old": keys_old,
    "quarantine-old": quarantine_old,
    "uninspected": uninspected,
    "findings-decided": findings_decided,
}

for act in acts:
    check = about(act, "check")
    if act["act"] != "check-ran" or check not in FINDERS:
        continue
    population, failing = FINDERS[check](Past(act))
    wrote = dict(part.split(":") for part in act["before"].split())
    print(check, wrote["population"], wrote["failing"], population, failing)
