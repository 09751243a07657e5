use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::error::ScimType;
use crate::schema::USER;

fn user() -> Map<String, Value> {
    let user = json!({
        "id": "élise.martin",
        "userName": "élise.martin",
        "externalId": "7F-a",
        "displayName": "Élise Martin",
        "active": true,
        "emails": [
            {"value": "elise@exemple.fr", "type": "work", "primary": true},
            {"value": "chez@moi.fr", "type": "home"},
        ],
        "meta": {"lastModified": "2026-03-01T10:00:00Z"},
        "urn:digue:params:scim:schemas:extension:1.0:Account": {"state": "open"},
    });
    user.as_object().unwrap().clone()
}

fn holds(text: &str) -> bool {
    Filter::parse(&USER, text).unwrap().matches(&user())
}

#[test]
fn filters_say_what_the_rfc_says() {
    for text in [
        r#"userName eq "ÉLISE.Martin""#,
        r#"USERNAME Eq "  élise.martin""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ÉLI""#,
        r#"externalId eq "7F-a""#,
        r#"displayName co "mart" and active eq true"#,
        r#"active eq "True""#,
        r#"active ne false"#,
        r#"emails eq "ELISE@exemple.fr""#,
        r#"emails.value ew "@moi.fr""#,
        r#"emails[type eq "work" and value co "@exemple"]"#,
        r#"not (emails[type eq "home" and primary eq true])"#,
        r#"emails[not (type eq "work")]"#,
        r#"title pr or externalId pr"#,
        r#"title eq null and userName ne null"#,
        r#"nickName ne "Zoé" and not (nickName pr)"#,
        r#"meta.lastModified gt "2026-02-28T23:59:59.999Z""#,
        r#"meta.lastModified le "2026-03-01T11:00:00+01:00""#,
        r#"title eq "x" and title eq "y" or userName pr"#,
        r#"urn:digue:params:scim:schemas:extension:1.0:Account:state eq "open""#,
        r#"displayName eq "\u00c9lise Martin""#,
        r#"notes eq null"#,
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        r#"userName eq "elise.martin""#,
        r#"externalId eq "7f-a""#,
        r#"active eq false"#,
        r#"emails[type eq "home" and value co "@exemple"]"#,
        r#"(title pr or externalId pr) and active eq false"#,
        r#"meta.lastModified gt "2026-03-01T10:00:00Z""#,
        r#"meta.created gt "2000-01-01T00:00:00Z""#,
        r#"urn:other:User:userName eq "élise.martin""#,
        r#"password eq "x""#,
        r#"emails.display pr"#,
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_an_error() {
    for text in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq jean",
        r#"userName eq "a"#,
        r#"userName eq "a" or"#,
        r#"userName eq "a")"#,
        r#"(userName eq "a""#,
        r#"userName is "a""#,
        r#"userName gt null"#,
        r#"active gt true"#,
        r#"active eq "peut-être""#,
        r#"active co "tru""#,
        r#"name eq "Léa""#,
        r#"userName eq 7"#,
        r#"userName eq {"a":1}"#,
        r#"userName[type eq "a"]"#,
        r#"emails[type eq "a""#,
        r#"emails[emails[type eq "a"]]"#,
        r#"meta.lastModified gt "hier""#,
        r#"meta.lastModified sw "2026""#,
        r#".value eq "a""#,
        r#"not userName eq "a""#,
        "userName\teq \"a\"",
    ] {
        let error = Filter::parse(&USER, text).expect_err(text);
        assert_eq!(error.kind, Some(ScimType::InvalidFilter), "{text}");
    }
}

#[test]
fn nobody_starves_the_others_by_a_filter() {
    let one = r#"userName eq "a""#;
    let deep = |depth| format!("{}{one}{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&USER, &deep(DEPTH_MAX)).is_ok());
    for text in [
        deep(DEPTH_MAX + 1),
        deep(100_000),
        "not (".repeat(50_000),
        "emails[".repeat(50_000),
        vec![one; TESTS_MAX + 1].join(" or "),
        format!("userName eq \"{}\"", "x".repeat(100_000)),
    ] {
        assert!(Filter::parse(&USER, &text).is_err());
    }
}

#[test]
fn one_person_is_found_without_looking_at_all_of_them() {
    let demanded = |text: &str, name: &str| {
        let filter = Filter::parse(&USER, text).unwrap();
        filter.demanded(name).map(str::to_owned)
    };
    let found = demanded(r#"active eq true and userName eq "A.B""#, "userName");
    assert_eq!(found.as_deref(), Some("a.b"));
    for text in [
        r#"userName eq "a" or userName eq "b""#,
        r#"not (userName eq "a")"#,
        r#"userName sw "a""#,
    ] {
        assert_eq!(demanded(text, "userName"), None, "{text}");
    }
}

/// A filter as a text with what it means, said in another way.
#[derive(Clone, Debug)]
enum Said {
    Test(&'static str, bool),
    And(Box<Said>, Box<Said>),
    Or(Box<Said>, Box<Said>),
    Not(Box<Said>),
}

impl Said {
    fn text(&self) -> String {
        match self {
            Self::Test(text, _) => (*text).to_owned(),
            Self::And(a, b) => format!("({}) and ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) OR ({})", a.text(), b.text()),
            Self::Not(a) => format!("not ({})", a.text()),
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Self::Test(_, is_true) => *is_true,
            Self::And(a, b) => a.is_true() && b.is_true(),
            Self::Or(a, b) => a.is_true() || b.is_true(),
            Self::Not(a) => !a.is_true(),
        }
    }
}

fn said() -> impl Strategy<Value = Said> {
    let tests = prop_oneof![
        Just(Said::Test(r#"userName eq "élise.martin""#, true)),
        Just(Said::Test(r#"title pr"#, false)),
        Just(Said::Test(r#"emails[type eq "work"]"#, true)),
        Just(Said::Test(r#"active eq false"#, false)),
    ];
    tests.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Said::And(a.into(), b.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Said::Or(a.into(), b.into())),
            inner.prop_map(|a| Said::Not(a.into())),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_is_as_true_as_its_parts(said in said()) {
        prop_assert_eq!(holds(&said.text()), said.is_true());
    }

    #[test]
    fn without_parentheses_and_binds_more_than_or(a: bool, b: bool, c: bool) {
        let word = |is: bool| if is { "userName pr" } else { "title pr" };
        let text = format!("{} or {} and {}", word(a), word(b), word(c));
        prop_assert_eq!(holds(&text), a || (b && c));
    }

    #[test]
    fn no_text_is_too_much(text in "[a-zA-Z\\[\\]()\". :\\\\é]{0,60}") {
        if let Ok(filter) = Filter::parse(&USER, &text) {
            let _ = filter.matches(&user());
        }
    }

    /// Whatever a value has in it, it is compared as it is.
    #[test]
    fn a_quoted_value_is_that_value(value in "\\PC{0,30}") {
        let mut user = user();
        user.insert("externalId".to_owned(), value.as_str().into());
        let text = format!("externalId eq {}", Value::from(value.as_str()));
        let filter = Filter::parse(&USER, &text).unwrap();
        prop_assert!(filter.matches(&user));
        user.insert("externalId".to_owned(), format!("{value}x").into());
        prop_assert!(!filter.matches(&user));
    }
}
