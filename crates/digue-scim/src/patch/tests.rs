use std::collections::BTreeSet;

use digue_types::AccountId;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::USER;
use crate::value::writable;

fn user() -> Map<String, Value> {
    let user = json!({
        "userName": "lea.martin",
        "name": {"givenName": "Léa", "familyName": "Martin"},
        "active": true,
        "emails": [
            {"value": "lea@exemple.fr", "type": "work", "primary": true},
            {"value": "lea@moi.fr", "type": "home"},
        ],
    });
    writable(&USER, &user).unwrap()
}

fn patch(operations: Value) -> Result<Map<String, Value>, ScimError> {
    let body = json!({"schemas": [PATCH], "Operations": operations});
    apply(&USER, &user(), &super::operations(&body)?)
}

fn patched(operations: Value) -> Value {
    Value::Object(patch(operations).unwrap())
}

fn refused(operations: Value) -> ScimType {
    patch(operations).unwrap_err().kind.unwrap()
}

#[test]
fn what_directories_send_is_understood() {
    // Entra ID: capitals, Booleans as texts, paths as names.
    let entra = patched(json!([
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "01 99 00 12 34"},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "l.martin@exemple.fr"},
        {"op": "Add", "value": {"name.givenName": "Lea", "title": "Conseillère",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "x"}},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "x"},
    ]));
    assert_eq!(entra["active"], false);
    assert_eq!(
        entra["phoneNumbers"],
        json!([{"type": "mobile", "value": "01 99 00 12 34"}])
    );
    assert_eq!(entra["emails"][0]["value"], "l.martin@exemple.fr");
    assert_eq!(entra["emails"][1]["value"], "lea@moi.fr");
    assert_eq!(
        entra["name"],
        json!({"givenName": "Lea", "familyName": "Martin"})
    );
    assert_eq!(entra["title"], "Conseillère");
    // Okta: a whole object without a path.
    let okta =
        patched(json!([{"op": "replace", "value": {"active": false, "id": "rssi", "meta": {}}}]));
    assert_eq!((&okta["active"], okta.get("id")), (&json!(false), None));
    // With the schema before the name.
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName";
    let named = patched(json!([{"op": "replace", "path": urn, "value": "Durand"}]));
    assert_eq!(named["name"]["familyName"], "Durand");
}

#[test]
fn values_are_added_replaced_and_removed() {
    let added = patched(json!([{"op": "add", "path": "emails",
        "value": [{"value": "x@exemple.fr", "primary": true}, {"value": "lea@moi.fr", "type": "home"}]}]));
    assert_eq!(
        added["emails"],
        json!([
            {"value": "lea@exemple.fr", "type": "work", "primary": false},
            {"value": "lea@moi.fr", "type": "home"},
            {"value": "x@exemple.fr", "primary": true},
        ])
    );
    let replaced =
        patched(json!([{"op": "replace", "path": "emails", "value": [{"value": "x@exemple.fr"}]}]));
    assert_eq!(replaced["emails"], json!([{"value": "x@exemple.fr"}]));
    let removed =
        patched(json!([{"op": "remove", "path": "emails[type eq \"HOME\" or primary eq true]"}]));
    assert_eq!(removed.get("emails"), None);
    let removed =
        patched(json!([{"op": "remove", "path": "emails", "value": [{"value": "lea@moi.fr"}]}]));
    assert_eq!(removed["emails"].as_array().unwrap().len(), 1);
    let removed = patched(
        json!([{"op": "remove", "path": "emails[type eq \"work\"].type"},
        {"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "title"}]),
    );
    assert_eq!(
        removed["emails"][0],
        json!({"value": "lea@exemple.fr", "primary": true})
    );
    assert_eq!(removed["name"], json!({"familyName": "Martin"}));
    let emptied = patched(json!([{"op": "replace", "path": "name", "value": null}]));
    assert_eq!(emptied.get("name"), None);
}

#[test]
fn paths_lead_to_nothing_that_is_not_the_directorys() {
    for path in [
        "id",
        "meta.version",
        "groups",
        "groups[value eq \"x\"]",
        "schemas",
        "urn:digue:params:scim:schemas:extension:1.0:Account:role",
    ] {
        let kind = refused(json!([{"op": "replace", "path": path, "value": "rssi"}]));
        assert_eq!(kind, ScimType::Mutability, "{path}");
    }
    for path in [
        "roles",
        "Roles[primary eq true].value",
        "entitlements",
        "urn:ietf:params:scim:schemas:core:2.0:User:roles",
    ] {
        let error = patch(json!([{"op": "add", "path": path, "value": "rssi"}])).unwrap_err();
        assert_eq!(
            (error.status, error.kind),
            (403, Some(ScimType::Mutability)),
            "{path}"
        );
    }
    assert_eq!(
        refused(json!([{"op": "add", "value": {"ROLES": ["rssi"]}}])),
        ScimType::Mutability
    );
    for path in [
        "emails[type eq \"work\"",
        "name[givenName eq \"x\"]",
        "a b",
        "emails[type eq \"x\"]value",
        "emails.value[type eq \"x\"]",
        "..",
        "[",
        "emails[type eq \"work\"].value.x",
    ] {
        assert!(
            patch(json!([{"op": "replace", "path": path, "value": "x"}])).is_err(),
            "{path}"
        );
    }
    let none =
        json!([{"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x@y.fr"}]);
    assert_eq!(refused(none), ScimType::NoTarget);
    assert_eq!(refused(json!([{"op": "remove"}])), ScimType::NoTarget);
}

#[test]
fn all_operations_are_applied_or_none() {
    let both = json!([{"op": "replace", "path": "active", "value": false},
        {"op": "replace", "path": "id", "value": "rssi"}]);
    assert_eq!(refused(both), ScimType::Mutability);
}

#[test]
fn nobody_starves_the_others_by_a_change() {
    let one = json!({"op": "replace", "path": "active", "value": false});
    assert_eq!(
        refused(vec![one; OPERATIONS_MAX + 1].into()),
        ScimType::TooMany
    );
    let add =
        |n: usize| json!({"op": "add", "path": "emails", "value": format!("a{n}@exemple.fr")});
    assert_eq!(
        refused((0..KEPT_MAX).map(add).collect::<Vec<_>>().into()),
        ScimType::TooMany
    );
    let deep = format!("emails[{}", "(".repeat(1500));
    assert_eq!(
        refused(json!([{"op": "remove", "path": deep}])),
        ScimType::InvalidFilter
    );
}

#[test]
fn what_is_no_change_is_refused() {
    for body in [
        json!([]),
        json!({"schemas": [PATCH]}),
        json!({"schemas": [PATCH], "Operations": []}),
        json!({"schemas": [PATCH], "Operations": [7]}),
        json!({"schemas": [PATCH], "Operations": [{"op": "move", "path": "a"}]}),
        json!({"schemas": [PATCH], "Operations": [{"op": "add", "value": 7}]}),
        json!({"Operations": [{"op": "add", "path": "title", "value": "x"}]}),
    ] {
        assert!(operations(&body).is_err(), "{body}");
    }
}

fn set(names: &[&str]) -> BTreeSet<AccountId> {
    names
        .iter()
        .map(|name| AccountId::parse(name).unwrap())
        .collect()
}

fn members(operations: Value) -> Result<BTreeSet<AccountId>, ScimError> {
    let body = json!({"schemas": [PATCH], "Operations": operations});
    let operations = super::operations(&body)?;
    Ok(members::apply(&operations, &set(&["a1", "a2", "élise"]))?
        .members
        .unwrap())
}

#[test]
fn members_are_accounts_in_one_form() {
    let found = members(json!([
        {"op": "Add", "path": "members", "value": [{"value": "A3", "display": "x"}, {"value": "a1"}]},
        {"op": "remove", "path": "members[value eq \"ÉLISE\"]"},
        {"op": "Remove", "path": "members", "value": [{"value": "Ａ２"}]},
    ]));
    assert_eq!(found.unwrap(), set(&["a1", "a3"]));
    let replaced = members(
        json!([{"op": "replace", "value": {"members": [{"value": "b"}], "displayName": "g"}}]),
    );
    assert_eq!(replaced.unwrap(), set(&["b"]));
    assert_eq!(
        members(json!([{"op": "remove", "path": "members"}])).unwrap(),
        set(&[])
    );
    let some = members(json!([{"op": "remove", "path": "members[value sw \"a\"]"}]));
    assert_eq!(some.unwrap(), set(&["élise"]));
}

#[test]
fn a_member_is_a_user_and_changes_as_a_whole() {
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": "g", "type": "Group"}]}),
        json!({"op": "add", "path": "members", "value": [{"display": "x"}]}),
        json!({"op": "add", "path": "members", "value": [7]}),
        json!({"op": "add", "path": "members", "value": [{"value": "a b"}]}),
        json!({"op": "replace", "path": "members[value eq \"a1\"].value", "value": "rssi"}),
        json!({"op": "replace", "path": "members[value eq \"a1\"]", "value": {"value": "rssi"}}),
        json!({"op": "replace", "path": "members.display", "value": "x"}),
        json!({"op": "add", "path": "members", "value": vec!["a"; 1001]}),
        json!({"op": "remove", "path": "displayName"}),
    ] {
        assert!(members(json!([operation])).is_err(), "{operation}");
    }
}

proptest! {
    /// Adding and removing members is what it is for sets, whatever their order and spelling.
    #[test]
    fn members_are_a_set(steps in prop::collection::vec((any::<bool>(), 0_u8..6, any::<bool>()), 1..20)) {
        let mut expected = set(&["a1", "a2", "élise"]);
        let mut operations = Vec::new();
        for (is_added, number, is_upper) in steps {
            let name = format!("a{number}");
            let account = AccountId::parse(&name).unwrap();
            let spelled = if is_upper { name.to_uppercase() } else { name };
            if is_added {
                expected.insert(account);
                operations.push(json!({"op": "add", "path": "members", "value": [{"value": spelled}]}));
            } else {
                expected.remove(&account);
                operations.push(json!({"op": "remove", "path": format!("members[value eq \"{spelled}\"]")}));
            }
        }
        prop_assert_eq!(members(operations.into()).unwrap(), expected);
    }

    /// Whatever is sent, what comes out is a resource that could have been sent whole.
    #[test]
    fn a_changed_resource_is_a_resource(
        op in prop_oneof![Just("add"), Just("replace"), Just("remove")],
        path in prop_oneof![
            Just("active"), Just("name"), Just("name.givenName"), Just("emails"), Just("emails.type"),
            Just("emails[type eq \"work\"]"), Just("emails[type eq \"home\"].primary"), Just("title"),
        ],
        value in prop_oneof![
            Just(json!(null)), Just(json!("True")), Just(json!("x")), Just(json!([])), Just(json!({})),
            Just(json!({"value": "a@b.fr", "type": "work"})), Just(json!([{"value": "a"}, {"primary": true}])),
        ],
    ) {
        if let Ok(changed) = patch(json!([{"op": op, "path": path, "value": value}])) {
            let changed = Value::Object(changed);
            let again = writable(&USER, &changed).unwrap();
            prop_assert_eq!(Value::Object(again), changed);
        }
    }
}
