#!/usr/bin/env python3
"""A SCIM client that nobody here wrote (scim2-tester) against /scim/v2, and what a directory does.

    tests/check_scim.py URL HOST SECRET GROUP

One line for each check; exit 1 when one fails that is not in REFUSED.
"""
import sys
import uuid

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server
from scim2_tester.utils import Status

# Checks that Digue fails on purpose: the title, a part of what is said, and why.
REFUSED = [
    ("check_add_attribute", "extension:1.0:Account", "Digue's own statement: every part of it is readOnly"),
    ("check_replace_attribute", "extension:1.0:Account", "the same"),
    ("check_remove_attribute", "extension:1.0:Account", "the same"),
    ("check_remove_attribute", "'active'", "what is left out opens and closes no account"),
]


def checked(scim):
    faults = 0
    results = check_server(scim, resource_types=["User"])
    for result in results:
        title = f"{result.title} {result.resource_type or ''}".strip()
        is_bad = result.status in (Status.ERROR, Status.CRITICAL)
        is_expected = any(title.startswith(known) and part in str(result.reason) for known, part, _ in REFUSED)
        word = "refused" if is_bad and is_expected else "FAILED" if is_bad else result.status.name
        print(f"{word:10} {title}: {result.reason or ''}"[:400])
        faults += is_bad and not is_expected
    print(f"{len(results)} checks")
    return faults


def directory(http, group):
    """A user comes, joins, changes and leaves, through the public client's own models."""
    scim = SyncSCIMClient(http)
    scim.discover()
    User, Group = scim.get_resource_model("User"), scim.get_resource_model("Group")
    name = f"scim.{uuid.uuid4().hex[:8]}"
    user = scim.create(User(user_name=name.upper(), display_name="Léa Martin", active=True))
    assert user.id == name, user.id
    groups = scim.query(Group)
    found = [one for one in groups.resources if one.display_name == group]
    assert len(found) == 1, groups
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
        {"op": "Add", "path": "members", "value": [{"value": user.id}]}]}
    answer = http.patch(f"/Groups/{found[0].id}", json=patch)
    assert answer.status_code == 204, answer.text
    account = "urn:digue:params:scim:schemas:extension:1.0:Account"
    seen = http.get(f"/Users/{user.id}").json()
    assert seen[account]["state"] == "quarantined", seen
    patch["Operations"] = [{"op": "Replace", "path": "active", "value": "False"}]
    seen = http.patch(f"/Users/{user.id}", json=patch).json()
    assert seen["active"] is False and seen[account]["state"] == "closed", seen
    patch["Operations"] = [{"op": "Replace", "path": "active", "value": "True"}]
    seen = http.patch(f"/Users/{user.id}", json=patch).json()
    assert seen["active"] is False and seen[account]["waiting"] == "reopen", seen
    for path in ["/Users/rssi", "/Users/RSSI", "/Users/%EF%BD%92ssi"]:
        answer = http.put(path, json={"userName": "rssi", "active": False})
        assert answer.status_code == 403, answer.text
    assert http.delete(f"/Users/{user.id}").status_code == 204
    print("directory  comes, joins, leaves, and comes back only by a person")


def main():
    url, host, secret, group = sys.argv[1:]
    headers = {"Host": host, "Authorization": f"Bearer {secret}"}
    with Client(base_url=url, headers=headers, timeout=30) as http:
        faults = checked(SyncSCIMClient(http))
        directory(http, group)
    sys.exit(1 if faults else 0)


main()
