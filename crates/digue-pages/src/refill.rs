//! A page with one of its forms filled in as it was sent, and what was wrong with it: nobody types
//! twice what was refused.
//!
//! It reads the pages of this program and no others: tags are closed, attributes quoted. It knows
//! no route and no rule.

use std::collections::VecDeque;
use std::ops::Range;

/// A form as it was sent: names and values, in the order of the page.
pub type SentFields = [(String, String)];

/// The page with the form that was sent to `action` filled in, `above` at the top of its main part
/// and an anchor at the form. `None` where the page has no such form.
pub fn refilled(page: &str, action: &str, sent: &SentFields, above: &str) -> Option<String> {
    let form = sent_form(page, action, sent)?;
    let inner = fill(&page[form.inside.clone()], sent);
    let (before, after) = (&page[..form.start], &page[form.inside.end..]);
    let tag = &page[form.start..form.inside.start];
    let before = with_alert(&unfolded(before), above)?;
    Some(format!(
        "{before}<span id=\"{ANCHOR}\"></span>{tag}{inner}{after}"
    ))
}

/// The anchor of the form, for a link in the alert.
pub const ANCHOR: &str = "refused-form";

struct FormPlace {
    /// Of its tag.
    start: usize,
    inside: Range<usize>,
}

/// The form of the page that was sent: its address, and the hidden fields that it was sent with.
fn sent_form(page: &str, action: &str, sent: &SentFields) -> Option<FormPlace> {
    let path = action.split('?').next()?;
    tags(page, 0..page.len())
        .into_iter()
        .filter(|tag| tag.name == "form" && tag.is("method", "post") && tag.is("action", path))
        .filter_map(|tag| {
            let end = tag.at.end + page[tag.at.end..].find("</form>")?;
            Some(FormPlace {
                start: tag.at.start,
                inside: tag.at.end..end,
            })
        })
        .filter(|form| is_sent_with(&tags(page, form.inside.clone()), sent))
        .max_by_key(|form| named(&tags(page, form.inside.clone()), sent))
}

/// True when the form was sent with all of its hidden fields: the rows of a list have forms of one
/// address.
fn is_sent_with(fields: &[PageTag<'_>], sent: &SentFields) -> bool {
    let mut hidden = fields.iter().filter(|tag| tag.is("type", "hidden"));
    hidden.all(|tag| {
        let pair = (tag.value("name"), tag.value("value"));
        sent.contains(&pair)
    })
}

/// How many of the names that were sent are fields of the form.
fn named(fields: &[PageTag<'_>], sent: &SentFields) -> usize {
    let is_field = |name: &str| fields.iter().any(|tag| tag.is("name", name));
    sent.iter().filter(|(name, _)| is_field(name)).count()
}

/// A tag that opens.
struct PageTag<'p> {
    name: &'p str,
    /// With its brackets.
    at: Range<usize>,
    text: &'p str,
}

impl PageTag<'_> {
    /// The value of an attribute; empty without it.
    fn value(&self, name: &str) -> String {
        let wanted = format!(" {name}=\"");
        let found = self.text.split_once(&wanted);
        let value = found.and_then(|(_, rest)| rest.split_once('"'));
        value.map_or_else(String::new, |(value, _)| plain(value))
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// The tag without an attribute that has no value.
    fn without(&self, word: &str) -> String {
        self.text.replace(&format!(" {word}"), "")
    }
}

/// The tags of a part of a page that open something, in their order.
fn tags(page: &str, part: Range<usize>) -> Vec<PageTag<'_>> {
    let mut found = Vec::new();
    let mut place = part.start;
    while let Some(start) = page[place..part.end].find('<').map(|at| place + at) {
        let Some(end) = end_of_tag(page, start).filter(|end| *end <= part.end) else {
            break;
        };
        let text = &page[start..end];
        let name = text[1..].split([' ', '>', '/', '\n']).next().unwrap_or("");
        if !name.is_empty() {
            found.push(PageTag {
                name,
                at: start..end,
                text,
            });
        }
        place = end;
    }
    found
}

/// Behind the bracket that closes a tag: one within quotes does not.
fn end_of_tag(page: &str, start: usize) -> Option<usize> {
    let mut is_quoted = false;
    for (at, sign) in page[start..].char_indices() {
        match sign {
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => return Some(start + at + 1),
            _ => {}
        }
    }
    None
}

/// The values that were sent, taken one after the other by name.
struct LeftValues<'s> {
    all: Vec<(&'s str, VecDeque<&'s str>)>,
}

impl<'s> LeftValues<'s> {
    fn new(sent: &'s SentFields) -> Self {
        let mut all: Vec<(&str, VecDeque<&str>)> = Vec::new();
        for (name, value) in sent {
            match all.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push_back(value),
                None => all.push((name, VecDeque::from([value.as_str()]))),
            }
        }
        Self { all }
    }

    fn next(&mut self, name: &str) -> Option<&'s str> {
        let (_, values) = self.all.iter_mut().find(|(known, _)| *known == name)?;
        values.pop_front()
    }

    fn has(&self, name: &str, value: &str) -> bool {
        let known = self.all.iter().find(|(known, _)| *known == name);
        known.is_some_and(|(_, values)| values.contains(&value))
    }
}

/// The inside of a form with the values that were sent; what is folded in it stands open.
fn fill(form: &str, sent: &SentFields) -> String {
    let mut left = LeftValues::new(sent);
    let (mut filled, mut place, mut list) = (String::new(), 0, String::new());
    for tag in tags(form, 0..form.len()) {
        if tag.at.start < place {
            continue;
        }
        filled.push_str(&form[place..tag.at.start]);
        place = tag.at.end;
        match tag.name {
            "input" => filled.push_str(&input(&tag, &mut left)),
            "select" => {
                list = tag.value("name");
                filled.push_str(tag.text);
            }
            "option" => filled.push_str(&option(&tag, &form[place..], &left, &list)),
            "textarea" => {
                let (text, end) = area(form, &tag, &mut left);
                filled.push_str(&text);
                place = end;
            }
            "details" => filled.push_str(&with_word(&tag, "open")),
            _ => filled.push_str(tag.text),
        }
    }
    filled.push_str(&form[place..]);
    filled
}

fn input(tag: &PageTag<'_>, left: &mut LeftValues<'_>) -> String {
    let name = tag.value("name");
    match tag.value("type").as_str() {
        // What a browser does not show again: a secret, and a file that it alone can read.
        "hidden" | "password" | "file" => tag.text.to_owned(),
        "checkbox" | "radio" => match left.has(&name, &value_or_on(tag)) {
            true => with_word(tag, "checked"),
            false => tag.without("checked"),
        },
        _ => match left.next(&name) {
            Some(value) => with_value(tag, value),
            None => tag.text.to_owned(),
        },
    }
}

fn value_or_on(tag: &PageTag<'_>) -> String {
    match tag.text.contains(" value=\"") {
        true => tag.value("value"),
        false => "on".to_owned(),
    }
}

fn option(tag: &PageTag<'_>, rest: &str, left: &LeftValues<'_>, list: &str) -> String {
    let value = match tag.text.contains(" value=\"") {
        true => tag.value("value"),
        false => plain(rest.split('<').next().unwrap_or("").trim()),
    };
    if left.has(list, &value) {
        with_word(tag, "selected")
    } else {
        tag.without("selected")
    }
}

/// A text field with its text, and where it ends.
fn area(form: &str, tag: &PageTag<'_>, left: &mut LeftValues<'_>) -> (String, usize) {
    let rest = &form[tag.at.end..];
    let end = rest.find("</textarea>").unwrap_or(rest.len());
    let text = match left.next(&tag.value("name")) {
        // A line break at the beginning is not part of the text (HTML, 4.10.11).
        Some(value) => format!("\n{}", escaped(value)),
        None => rest[..end].to_owned(),
    };
    (format!("{}{text}", tag.text), tag.at.end + end)
}

fn with_word(tag: &PageTag<'_>, word: &str) -> String {
    let plain = tag.without(word);
    let (start, end) = plain.split_at(plain.len() - 1);
    format!("{start} {word}{end}")
}

fn with_value(tag: &PageTag<'_>, value: &str) -> String {
    let text = match tag.text.split_once(" value=\"") {
        Some((before, rest)) => {
            let after = rest.split_once('"').map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => tag.text.to_owned(),
    };
    let (start, end) = text.split_at(text.len() - 1);
    format!("{start} value=\"{}\"{end}", escaped(value))
}

/// The beginning of a page with everything open in which the form stands.
fn unfolded(before: &str) -> String {
    let mut open: Vec<Range<usize>> = Vec::new();
    let mut place = 0;
    while let Some(at) = before[place..].find("details").map(|at| place + at) {
        place = at + "details".len();
        if before[..at].ends_with("</") {
            open.pop();
        } else if before[..at].ends_with('<')
            && let Some(end) = end_of_tag(before, at - 1)
        {
            open.push(at - 1..end);
        }
    }
    let mut text = before.to_owned();
    for at in open.into_iter().rev() {
        let tag = PageTag {
            name: "details",
            text: &before[at.clone()],
            at: at.clone(),
        };
        text.replace_range(at, &with_word(&tag, "open"));
    }
    text
}

/// The beginning of a page with an alert at the top of its main part.
fn with_alert(before: &str, above: &str) -> Option<String> {
    let start = before.find("<main")?;
    let end = end_of_tag(before, start)?;
    Some(format!("{}{above}{}", &before[..end], &before[end..]))
}

/// A text between tags or quotes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The text of what templates escape.
fn plain(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<body><main id="main"><h1>T</h1><details><summary>S</summary>
<form method="post" action="/a"><input type="hidden" name="id" value="1"><input name="why" value=""></form>
<form method="post" action="/a"><input type="hidden" name="id" value="2"><input name="why" value="old"><select name="of"><option value="">–</option><option value="x" selected>X</option><option>Y</option></select><textarea name="text">before</textarea><input type="checkbox" name="many" value="1" checked><input type="checkbox" name="many" value="2"></form></details></main></body>"#;

    fn sent(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        fields.iter().map(owned).collect()
    }

    #[test]
    fn what_was_sent_stands_in_the_form_that_sent_it() {
        let fields = sent(&[
            ("id", "2"),
            ("why", "a \"b\" <c>"),
            ("of", "Y"),
            ("text", "d & e"),
            ("many", "2"),
        ]);
        let page = refilled(PAGE, "/a?x=1", &fields, "<p>!</p>").unwrap();
        assert!(page.contains("<main id=\"main\"><p>!</p><h1>"), "{page}");
        assert!(page.contains("<details open>"), "{page}");
        assert!(page.contains(r#"<input name="why" value="">"#), "{page}");
        assert!(page.contains(r#"<input name="why" value="a &quot;b&quot; &lt;c&gt;">"#));
        assert!(page.contains("<option selected>Y") && page.contains("<option value=\"x\">X"));
        assert!(
            page.contains("<textarea name=\"text\">\nd &amp; e</textarea>"),
            "{page}"
        );
        assert!(page.contains(r#"name="many" value="1"><input"#), "{page}");
        assert!(page.contains(r#"name="many" value="2" checked>"#), "{page}");
    }

    #[test]
    fn of_two_forms_of_one_address_the_one_with_the_fields_is_filled() {
        let page = r#"<main><form method="post" action="/a"><button name="lift" value="1"></button></form><form method="post" action="/a"><input name="why"></form></main>"#;
        let filled = refilled(page, "/a", &sent(&[("why", "x")]), "").unwrap();
        assert!(
            filled.contains(r#"<input name="why" value="x">"#),
            "{filled}"
        );
    }

    #[test]
    fn another_form_is_not_filled() {
        assert_eq!(refilled(PAGE, "/b", &sent(&[("id", "2")]), ""), None);
        assert_eq!(refilled(PAGE, "/a", &sent(&[("id", "3")]), ""), None);
        assert_eq!(refilled("", "/a", &sent(&[]), ""), None);
    }
}
