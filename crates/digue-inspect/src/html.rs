//! HTML: identifiers in attributes and texts of elements chosen by CSS selectors.
//!
//! The page streams through `lol_html`, which keeps no tree: memory is bounded by the depth of
//! matching elements and their text.

use std::cell::RefCell;
use std::rc::Rc;

use digue_types::{Unread, UnreadCause};
use lol_html::html_content::{Element, TextChunk};
use lol_html::{
    AsciiCompatibleEncoding, ElementContentHandlers, HtmlRewriter, MemorySettings, Selector, Settings,
};

use crate::decode;
use crate::identifier::{Collector, Pick};
use crate::reading::{Tally, Unreadable, WhyNobody};
use crate::response::Limits;

/// Elements of a page that carry identifiers.
#[derive(Clone, Debug)]
pub struct HtmlRule {
    pub selector: Selector,
    pub take: Take,
    pub pick: Pick,
    /// Whether the identifier is the record's own; a link to somebody else is not.
    pub is_own: bool,
}

/// What the map says of one kind of page.
#[derive(Clone, Debug, Default)]
pub struct HtmlRules {
    pub rules: Vec<HtmlRule>,
    pub records: HtmlRecords,
    /// Elements that are there when the answer is empty.
    pub empty: Vec<Selector>,
    /// Parts that show nobody.
    pub no_person: Vec<Selector>,
    /// Values that an exact search is compared with.
    pub compare: Vec<HtmlRule>,
}

/// Where one person's record is.
#[derive(Clone, Debug, Default)]
pub enum HtmlRecords {
    /// The map says why it does not say.
    #[default]
    Unsaid,
    /// The page is one person's.
    Page,
    /// Each element that one of these selects, with an identifier of its own within.
    At(Vec<Selector>),
}

/// Which part of the element is the identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    Text,
    Attribute(String),
}

/// The selector is not CSS, or not the part of CSS that a stream can follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a usable CSS selector: {0}")]
pub struct SelectorError(pub String);

pub fn parse_selector(text: &str) -> Result<Selector, SelectorError> {
    text.parse().map_err(|error: lol_html::errors::SelectorError| SelectorError(error.to_string()))
}

/// Texts that rules have reached: index of the rule, and text.
type Reached = Rc<RefCell<Vec<(usize, String)>>>;

/// Texts being collected, one for each open matching element of each rule.
type Open = Rc<RefCell<Vec<String>>>;

/// Reads a page; `charset` is the one that its header declares.
pub fn read(
    rules: &HtmlRules,
    charset: Option<&str>,
    bytes: &[u8],
    limits: &Limits,
    found: &mut Collector<'_>,
) -> Result<Tally, Unreadable> {
    let charset = decode::charset(charset, bytes)?;
    let memory_bytes_max = limits.decoded_bytes_max;
    let encoding = AsciiCompatibleEncoding::new(charset)
        .ok_or_else(|| Unread::new(UnreadCause::CharacterSet).at(charset.name()))?;
    let reached: Reached = Rc::default();
    let opens: Vec<Open> = rules.rules.iter().map(|_| Open::default()).collect();
    let mut settings = Settings::new()
        .with_encoding(encoding)
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(memory_bytes_max));
    for (index, rule) in rules.rules.iter().enumerate() {
        let handlers = match &rule.take {
            Take::Attribute(name) => attribute_handler(index, name, reached.clone()),
            Take::Text => text_handler(index, opens[index].clone(), reached.clone()),
        };
        settings =
            settings.append_element_content_handler((std::borrow::Cow::Borrowed(&rule.selector), handlers));
    }
    let is_empty: Rc<std::cell::Cell<bool>> = Rc::default();
    for selector in &rules.empty {
        let seen = is_empty.clone();
        let handlers = ElementContentHandlers::default().element(move |_: &mut Element<'_, '_>| {
            seen.set(true);
            Ok(())
        });
        settings = settings.append_element_content_handler((std::borrow::Cow::Borrowed(selector), handlers));
    }
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    let parsed = rewriter.write(bytes).and_then(|()| rewriter.end());
    parsed.map_err(|error| match error {
        lol_html::errors::RewritingError::MemoryLimitExceeded(_) => Unreadable::too_large(),
        _ => Unread::new(UnreadCause::Syntax).into(),
    })?;
    for (index, open) in opens.iter().enumerate() {
        // Elements whose end tag never came.
        let left = open.borrow_mut().drain(..).map(|text| (index, text)).collect::<Vec<_>>();
        reached.borrow_mut().extend(left);
    }
    let nobody = is_empty.get().then_some(WhyNobody::DescribedAsEmpty);
    let mut tally = Tally { nobody, ..Tally::default() };
    for (index, text) in reached.borrow().iter() {
        let text = html_escape::decode_html_entities(text);
        let taken = found.take(&rules.rules[*index].pick, &text, String::new)?;
        tally.records += usize::from(taken.is_some());
    }
    found.sweep(&decode::text(Some(charset.name()), bytes)?, String::new)?;
    Ok(tally)
}

fn attribute_handler(index: usize, name: &str, reached: Reached) -> ElementContentHandlers<'static> {
    let name = name.to_owned();
    ElementContentHandlers::default().element(move |element: &mut Element<'_, '_>| {
        if let Some(value) = element.get_attribute(&name) {
            reached.borrow_mut().push((index, value));
        }
        Ok(())
    })
}

fn text_handler(index: usize, open: Open, reached: Reached) -> ElementContentHandlers<'static> {
    let texts = open.clone();
    ElementContentHandlers::default()
        .element(move |element: &mut Element<'_, '_>| {
            if !element.can_have_content() {
                return Ok(());
            }
            open.borrow_mut().push(String::new());
            let (open, reached) = (open.clone(), reached.clone());
            element.on_end_tag(Box::new(move |_| {
                if let Some(text) = open.borrow_mut().pop() {
                    reached.borrow_mut().push((index, text));
                }
                Ok(())
            }))
        })
        .text(move |chunk: &mut TextChunk<'_>| {
            for text in texts.borrow_mut().iter_mut() {
                text.push_str(chunk.as_str());
            }
            Ok(())
        })
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::identifier::IdentifierKind;

    #[track_caller]
    fn check(selector: &str, take: Take, pattern: Option<&str>, page: &str, expected: &[&str]) {
        let kinds = [IdentifierKind { name: "id".into(), steps: vec![crate::Normalise::Trim], shape: None }];
        let mut found = Collector::new(&kinds, &[], 100);
        let pattern = pattern.map(|p| Regex::new(p).unwrap());
        let rule = HtmlRule {
            selector: parse_selector(selector).unwrap(),
            take,
            pick: Pick { kind: 0, pattern, rule: selector.into() },
            is_own: true,
        };
        let rules = HtmlRules { rules: vec![rule], ..HtmlRules::default() };
        let _ = read(&rules, Some("utf-8"), page.as_bytes(), &Limits::default(), &mut found).unwrap();
        let texts: Vec<String> = found.into_identifiers().into_iter().map(|id| id.text.to_string()).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn reads_attributes_texts_links_and_options() {
        check(
            "tr[data-id]",
            Take::Attribute("data-id".into()),
            None,
            "<table><tr data-id=1><tr data-id='2'>",
            &["1", "2"],
        );
        check("td.id", Take::Text, None, "<td class='id x'> <b>12</b>34 </td><td>no</td>", &["1234"]);
        check(
            "a",
            Take::Attribute("href".into()),
            Some("^/fiche/([0-9]+)"),
            "<a href='/fiche/7?x'>a</a><a href='/aide'>b</a>",
            &["7"],
        );
        check(
            "select#p > option",
            Take::Attribute("value".into()),
            None,
            "<select id=p><option value=9>x</select>",
            &["9"],
        );
    }

    #[test]
    fn entities_are_the_characters_they_stand_for() {
        check("td", Take::Text, None, "<td>1&#50;3&amp;4</td>", &["123&4"]);
        check(
            "a",
            Take::Attribute("href".into()),
            Some("id=([0-9]+)"),
            "<a href='?a=1&amp;id=5'>x</a>",
            &["5"],
        );
    }

    #[test]
    fn text_of_an_element_that_never_ends_is_still_read() {
        check("p.id", Take::Text, None, "<div><p class=id>42", &["42"]);
    }

    #[test]
    fn text_in_comments_and_scripts_is_not_shown_text() {
        check("td", Take::Text, None, "<td>1<!-- 2 --></td>", &["1"]);
    }

    #[test]
    fn refuses_a_selector_that_a_stream_cannot_follow() {
        assert!(parse_selector("tr:has(td)").is_err());
        assert!(parse_selector("???").is_err());
    }
}
