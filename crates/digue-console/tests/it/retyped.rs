//! What was typed comes back on every error of every form: nobody types twice what was refused.

use std::collections::BTreeSet;

use digue_locales::Language;

use crate::forms::PageForm;
use crate::html::{Element, parse};
use crate::pages::{PAGES, WorldState};
use crate::world::{CISO, DELEGATE, DPO, Reader, Sent, World};

/// Too short for a reason, and no address, number, date or name of anything.
fn typed(place: usize) -> String {
    format!("z{place}")
}

/// The names of the fields in which a person writes freely.
fn free_fields(form: &Element) -> Vec<String> {
    let is_free = |one: &&Element| {
        let kind = one.attribute("type").unwrap_or("text");
        one.is("textarea") || one.is("input") && matches!(kind, "text" | "tel" | "search")
    };
    let named = form.all().into_iter().filter(is_free);
    named
        .filter_map(|one| one.attribute("name").map(ToOwned::to_owned))
        .collect()
}

/// The forms of a page that are sent as text, with their addresses.
fn forms(root: &Element) -> Vec<(&Element, &str)> {
    let all = root.all().into_iter().filter(|one| {
        one.is("form")
            && one.attribute("method") == Some("post")
            && one.attribute("enctype").is_none()
    });
    all.filter_map(|form| Some((form, form.attribute("action")?)))
        .collect()
}

/// The form as a person sends it who wrote something short into every field.
fn written(form: &Element) -> (Vec<(String, String)>, Vec<String>) {
    let free = free_fields(form);
    let mut fields = PageForm::of(form).fields;
    let mut values = Vec::new();
    for (place, name) in free.iter().enumerate() {
        fields.retain(|(known, _)| known != name);
        fields.push((name.clone(), typed(place)));
        values.push(typed(place));
    }
    let buttons = form.all().into_iter().filter(|one| one.is("button"));
    let named = buttons.filter_map(|one| Some((one.attribute("name")?, one.attribute("value")?)));
    fields.extend(
        named
            .take(1)
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    (fields, values)
}

/// The values that a page shows in its fields.
fn shown_values(root: &Element) -> BTreeSet<String> {
    let all = root.all().into_iter();
    all.filter_map(|one| match one.name.as_str() {
        "input" => one.attribute("value").map(ToOwned::to_owned),
        "textarea" => Some(one.text()),
        _ => None,
    })
    .collect()
}

async fn check(world: &World, reader: Reader, target: &str, known: &mut BTreeSet<String>) -> usize {
    let answer = world
        .answer(reader, Language::French, Sent::get(target))
        .await;
    if answer.status != 200 || !answer.is_page() {
        return 0;
    }
    let root = parse(&answer.text);
    let mut refused = 0;
    for (form, action) in forms(&root) {
        let names = free_fields(form).join(" ");
        if names.is_empty() || !known.insert(format!("{} {action} {names}", reader.account)) {
            continue;
        }
        let (fields, values) = written(form);
        let answer = world.send_from(reader, target, action, &fields).await;
        if !matches!(answer.status, 409 | 422) {
            continue;
        }
        refused += 1;
        let place = format!("{target}: {action} {fields:?}: {}", answer.text);
        assert!(answer.is_page(), "{place}");
        let page = parse(&answer.text);
        let alerts = page.all();
        assert!(
            alerts
                .iter()
                .any(|one| one.attribute("role") == Some("alert")),
            "{place}"
        );
        let shown = shown_values(&page);
        for value in values {
            assert!(shown.contains(&value), "{value} is lost: {place}");
        }
    }
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_comes_back_on_every_error_of_every_form() {
    let world = World::lived_in().await;
    let mut known = BTreeSet::new();
    let mut refused = 0;
    for reader in [CISO, DPO, DELEGATE] {
        for page in PAGES
            .iter()
            .filter(|page| page.state == WorldState::LivedIn)
        {
            let mut target = page.target.to_owned();
            for (name, id) in world.names.iter().rev() {
                target = target.replace(name, id);
            }
            refused += check(&world, reader, &target, &mut known).await;
        }
    }
    assert!(refused > 25, "{refused} forms were refused");
}
