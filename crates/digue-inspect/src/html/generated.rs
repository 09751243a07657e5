//! Pages made up with the truth beside: the reader finds exactly the persons that are in them, or
//! says that it cannot read the page.

#[cfg(test)]
use proptest::prelude::*;

use digue_html::selector::parse_selector;

use super::*;
use digue_identifiers::identifier::{IdentifierKind, Normalise};
use digue_identifiers::pattern::SearchPattern;
use digue_identifiers::shape::IdentifierShape;

/// How a page lays out its persons.
#[derive(Clone, Copy, Debug)]
enum PageLayout {
    Rows,
    Cards,
    List,
    Definitions,
}

/// How one person is written.
#[derive(Clone, Debug)]
struct WrittenPerson {
    number: u32,
    /// One for each character of the identifier.
    codes: Vec<u8>,
    ends: bool,
    noise: usize,
    /// A list of names, a nested table, a tutor.
    inner: u8,
    has_identifier: bool,
    quote: u8,
}

#[derive(Clone, Debug)]
struct GeneratedPage {
    layout: PageLayout,
    persons: Vec<WrittenPerson>,
    is_attribute: bool,
    has_doctype: bool,
    is_upper: bool,
    charset: u8,
    in_noscript: bool,
}

/// The identifier in the comment of `NOISE`.
const ASIDE: &str = "9999999Z";

/// What a careless or hostile portal writes between others: none of it swallows what follows.
const NOISE: [&str; 16] = [
    "",
    "<!-- <td class=id>9999999Z -->",
    "<b>",
    "</i>",
    "<font color=red>",
    "<p>",
    "</p>",
    "<a name=x>",
    "<br/>",
    "&",
    "<script>if (1 < 2) { '</td>' }</script>",
    "<",
    "<span>",
    "</span></b>",
    "<i><p></i>",
    "<style>td > b {}</style>",
];

fn written() -> impl Strategy<Value = WrittenPerson> {
    (
        1_000_000u32..9_000_000,
        proptest::collection::vec(0u8..9, 8),
        any::<bool>(),
        0..NOISE.len(),
        0u8..4,
        prop::bool::weighted(0.97),
        0u8..3,
    )
        .prop_map(
            |(number, codes, ends, noise, inner, has_identifier, quote)| WrittenPerson {
                number,
                codes,
                ends,
                noise,
                inner,
                has_identifier,
                quote,
            },
        )
}

fn page() -> impl Strategy<Value = GeneratedPage> {
    let layout = prop::sample::select(vec![
        PageLayout::Rows,
        PageLayout::Cards,
        PageLayout::List,
        PageLayout::Definitions,
    ]);
    let persons = proptest::collection::vec(written(), 0..6);
    (
        layout,
        persons,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        0u8..4,
        prop::bool::weighted(0.1),
    )
        .prop_map(
            |(layout, persons, is_attribute, has_doctype, is_upper, charset, in_noscript)| {
                GeneratedPage {
                    layout,
                    persons,
                    is_attribute,
                    has_doctype,
                    is_upper,
                    charset,
                    in_noscript,
                }
            },
        )
}

impl WrittenPerson {
    fn identifier(&self) -> String {
        format!("{}K", self.number)
    }

    fn coded(&self, is_attribute: bool) -> String {
        let mut text = String::new();
        for (c, code) in self.identifier().chars().zip(&self.codes) {
            let number = u32::from(c);
            match code {
                0 => text.push_str(&format!("&#{number};")),
                1 => text.push_str(&format!("&#x{number:x};")),
                2 => text.push_str(&format!("&#{number:06};")),
                3 if !is_attribute => text.push_str(&format!("<b>{c}</b>")),
                4 if !is_attribute => text.push_str(&format!("{c}<!-- - -->")),
                5 if !is_attribute => text.push_str(&format!("{c}<wbr>")),
                6 => text.push_str(&format!("{c}&shy;")),
                _ => text.push(c),
            }
        }
        text
    }

    fn quoted(&self, value: &str) -> String {
        match self.quote {
            0 => format!("\"{value}\""),
            1 => format!("'{value}'"),
            _ => value.to_owned(),
        }
    }

    fn inner(&self) -> &'static str {
        match self.inner {
            0 => "<ul><li>un<li>deux</ul>",
            1 => "<table><tr><td>Formation<td>Soudure</table>",
            2 => "<select><option>x<option selected>y</select>",
            _ => "",
        }
    }

    /// The person's record, as the layout writes it.
    fn record(&self, page: &GeneratedPage) -> String {
        let id = if self.has_identifier {
            self.coded(page.is_attribute)
        } else {
            String::new()
        };
        let (attribute, text) = match page.is_attribute {
            true => (
                format!(
                    " data-id={}",
                    self.quoted(if id.is_empty() { "&nbsp;" } else { &id })
                ),
                String::new(),
            ),
            false => (String::new(), id),
        };
        let (noise, inner) = (NOISE[self.noise], self.inner());
        let end = |tag: &str| {
            if self.ends {
                format!("</{tag}>")
            } else {
                String::new()
            }
        };
        let name = "L\u{e9}a Martin";
        match page.layout {
            PageLayout::Rows => format!(
                "<tr class=person{attribute}><td class=id>{text}{}<td>{name}{noise}{inner}{}{}",
                end("td"),
                end("td"),
                end("tr")
            ),
            PageLayout::Cards => {
                format!(
                    "<div class=person{attribute}><p class=id>{text}{}<div>{name}{noise}{inner}</div></div>",
                    end("p")
                )
            }
            PageLayout::List => {
                format!(
                    "<li class=person{attribute}><span class=id>{text}</span> {name}{noise}{inner}{}",
                    end("li")
                )
            }
            PageLayout::Definitions => format!(
                "<dd class=person{attribute}><span class=id>{text}</span> <em>{name}</em>{noise}{inner}{}",
                end("dd")
            ),
        }
    }
}

impl GeneratedPage {
    fn text(&self) -> String {
        let records: String = self
            .persons
            .iter()
            .map(|person| person.record(self))
            .collect();
        let (open, close) = match self.layout {
            PageLayout::Rows => (
                "<table><thead><tr><th>Num\u{e9}ro<th>Nom</thead><tbody>",
                "</table>",
            ),
            PageLayout::Cards => ("<main>", "</main>"),
            PageLayout::List => ("<ul>", "</ul>"),
            PageLayout::Definitions => ("<dl>", "</dl>"),
        };
        let doctype = if self.has_doctype {
            "<!doctype html>"
        } else {
            ""
        };
        let body = format!("{open}{records}{close}");
        let body = if self.in_noscript {
            format!("<noscript>{body}</noscript>")
        } else {
            body
        };
        let text = format!("{doctype}<title>Personnes</title><h1>Liste</h1>{body}<p>Fin");
        if self.is_upper {
            upper_tags(&text)
        } else {
            text
        }
    }

    fn bytes(&self) -> (Option<&'static str>, Vec<u8>) {
        let text = self.text();
        match self.charset {
            0 => (Some("utf-8"), text.into_bytes()),
            1 => (None, text.into_bytes()),
            2 => (Some("ISO-8859-1"), text.chars().map(|c| c as u8).collect()),
            _ => (
                None,
                format!("\u{feff}{text}")
                    .encode_utf16()
                    .flat_map(u16::to_be_bytes)
                    .collect(),
            ),
        }
    }

    fn rules(&self) -> HtmlRules {
        let rule = match self.is_attribute {
            true => HtmlRule {
                selector: parse_selector(".person").unwrap(),
                take: IdentifierPart::Attribute("data-id".into()),
                pick: Pick::whole(0, "person"),
                is_own: true,
            },
            false => HtmlRule {
                selector: parse_selector(".person .id").unwrap(),
                take: IdentifierPart::Text,
                pick: Pick::whole(0, "id"),
                is_own: true,
            },
        };
        let records = HtmlRecords::At(vec![parse_selector(".person").unwrap()]);
        HtmlRules {
            rules: vec![rule],
            records,
            ..HtmlRules::default()
        }
    }
}

/// The names of tags in upper case, which is the same page.
fn upper_tags(text: &str) -> String {
    let mut is_name = false;
    let mut upper = String::new();
    for c in text.chars() {
        is_name = c == '<' || is_name && (c.is_ascii_alphanumeric() || c == '/');
        upper.push(if is_name { c.to_ascii_uppercase() } else { c });
    }
    upper
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_persons_of_a_page_are_found(page in page()) {
        let shape = Some(IdentifierShape::new("^[0-9]{7}[A-Z]$").unwrap());
        let kinds = [IdentifierKind { name: "id".into(), steps: vec![Normalise::Trim], shape }];
        let (charset, bytes) = page.bytes();
        let mut found = Collector::new(&kinds, &[], 100);
        let read = read(&page.rules(), charset, &bytes, &InspectionLimits::default(), &mut found);
        let is_whole = page.persons.iter().all(|person| person.has_identifier);
        match read {
            Ok(tally) => {
                prop_assert!(is_whole, "a person without identifier went unseen: {}", page.text());
                let mut expected: Vec<String> = page.persons.iter().map(WrittenPerson::identifier).collect();
                prop_assert_eq!(tally.records, expected.len(), "{}", page.text());
                // In a comment: no record, and shown all the same.
                if page.persons.iter().any(|person| NOISE[person.noise].contains(ASIDE)) {
                    expected.push(ASIDE.to_owned());
                }
                let mut actual: Vec<String> = found.into_identifiers().into_iter().map(|id| id.text.to_string()).collect();
                expected.sort();
                expected.dedup();
                actual.sort();
                prop_assert_eq!(actual, expected, "{}", page.text());
            }
            Err(unreadable) => prop_assert!(!is_whole, "{unreadable}: {}", page.text()),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[<>/!a-t=\"' &#;\\-\\[\\]x0]{0,200}") {
        let kinds = [IdentifierKind { name: "id".into(), steps: vec![], shape: None }];
        let sweep = [Pick::by_pattern(0, SearchPattern::new("[0-9]+").unwrap(), "sweep")];
        let rule = HtmlRule {
            selector: parse_selector("a, td:nth-of-type(2n+1) ~ *").unwrap(),
            take: IdentifierPart::Text,
            pick: Pick::whole(0, "a"),
            is_own: true,
        };
        let rules = HtmlRules { rules: vec![rule], ..HtmlRules::default() };
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let mut found = Collector::new(&kinds, &sweep, 1000);
            let _ = read(&rules, None, bytes, &InspectionLimits::default(), &mut found);
        }
    }
}
