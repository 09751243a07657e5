//! A person at a page without script: the forms as a browser sends them, and how long it takes by
//! the keystroke model (Card, Moran and Newell 1980).

use crate::html::{Element, Node};

/// A form of a page, with the values that it shows.
#[derive(Clone, Debug)]
pub(crate) struct PageForm {
    pub(crate) action: String,
    /// As (name, value), in the order of the page.
    pub(crate) fields: Vec<(String, String)>,
    /// Names of fields that a person can change.
    open: Vec<String>,
}

impl PageForm {
    /// The form of a page that is sent to an address.
    #[track_caller]
    pub(crate) fn at(root: &Element, action: &str) -> Self {
        let forms = root.all().into_iter().filter(|element| element.is("form"));
        let mut found = forms.filter(|form| {
            form.attribute("action") == Some(action) && form.attribute("method") == Some("post")
        });
        let form = found.next();
        Self::of(form.unwrap_or_else(|| panic!("no form is sent to {action}")))
    }

    pub(crate) fn of(form: &Element) -> Self {
        let mut read = Self {
            action: form.attribute("action").unwrap_or_default().to_owned(),
            fields: Vec::new(),
            open: Vec::new(),
        };
        for element in form.all() {
            read.take(element);
        }
        read
    }

    fn take(&mut self, element: &Element) {
        let Some(name) = element.attribute("name").map(ToOwned::to_owned) else {
            return;
        };
        let kind = element.attribute("type").unwrap_or_default();
        match element.name.as_str() {
            "input" if kind == "hidden" => {
                self.fields.push((
                    name,
                    element.attribute("value").unwrap_or_default().to_owned(),
                ));
            }
            "input" if kind == "checkbox" => {
                if element.attribute("checked").is_some() {
                    let value = element.attribute("value").unwrap_or("on").to_owned();
                    self.fields.push((name.clone(), value));
                }
                self.open.push(name);
            }
            "input" => {
                let value = element.attribute("value").unwrap_or_default().to_owned();
                self.fields.push((name.clone(), value));
                self.open.push(name);
            }
            "textarea" => {
                self.fields.push((name.clone(), own_text(element)));
                self.open.push(name);
            }
            "select" => {
                let options: Vec<&Element> = element
                    .all()
                    .into_iter()
                    .filter(|one| one.is("option"))
                    .collect();
                let chosen = options
                    .iter()
                    .find(|one| one.attribute("selected").is_some());
                let chosen = chosen.or(options.first()).expect("a list has a choice");
                let value = chosen
                    .attribute("value")
                    .map_or_else(|| chosen.text(), ToOwned::to_owned);
                self.fields.push((name.clone(), value));
                self.open.push(name);
            }
            _ => {}
        }
    }

    /// Types a value, or chooses it.
    #[track_caller]
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        assert!(
            self.open.iter().any(|known| known == name),
            "{name} is no field of {}",
            self.action
        );
        self.fields
            .retain(|(known, old)| known != name || old.is_empty());
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => value.clone_into(&mut field.1),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

fn own_text(element: &Element) -> String {
    let texts = element.children.iter().map(|node| match node {
        Node::Text(text) => text.clone(),
        Node::Element(_) => String::new(),
    });
    texts.collect::<String>().trim().to_owned()
}

/// What a journey costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JourneyCost {
    /// Pages shown.
    pub(crate) loads: usize,
    /// Files saved.
    pub(crate) files: usize,
    pub(crate) forms: usize,
    /// Fields that were typed or chosen.
    pub(crate) fields: usize,
    /// Of these, choices that only a person can make.
    pub(crate) decisions: usize,
    seconds: f64,
}

/// Seconds of the operators of the keystroke model: a keystroke of an average typist, pointing with
/// the mouse, a click, the hand between mouse and keyboard, thinking before an act.
const KEY: f64 = 0.28;
const POINT: f64 = 1.1;
const CLICK: f64 = 0.2;
const HAND: f64 = 0.4;
const THINK: f64 = 1.35;
/// Words read in a second, aloud in one's head.
const WORDS: f64 = 4.0;
/// The answer of the server, and the page drawn.
const ANSWER: f64 = 0.5;

impl JourneyCost {
    pub(crate) fn minutes(&self) -> f64 {
        self.seconds / 60.0
    }

    /// A page was shown: every heading, label, button and note that stands open is read.
    pub(crate) fn shown(&mut self, root: &Element) {
        self.loads += 1;
        self.seconds += ANSWER + read_words(root) as f64 / WORDS;
    }

    pub(crate) fn file(&mut self) {
        self.files += 1;
        self.seconds += POINT + CLICK + ANSWER;
    }

    pub(crate) fn click(&mut self) {
        self.seconds += THINK + POINT + CLICK;
    }

    pub(crate) fn chose(&mut self) {
        self.fields += 1;
        self.decisions += 1;
        self.seconds += 2.0 * THINK + 2.0 * (POINT + CLICK);
    }

    pub(crate) fn typed(&mut self, text: &str) {
        self.fields += 1;
        self.seconds += THINK + POINT + CLICK + 2.0 * HAND + KEY * text.chars().count() as f64;
    }

    pub(crate) fn sent(&mut self) {
        self.forms += 1;
        self.click();
    }
}

/// The words that somebody reads on a page.
pub(crate) fn read_words(page: &Element) -> usize {
    words(page.first("main").expect("a page has a main part"))
}

/// Words of headings, labels, legends, buttons, links in the steps, and the notes beside fields;
/// nothing of what is folded, and nothing of tables.
fn words(element: &Element) -> usize {
    let is_folded = element.is("details") && element.attribute("open").is_none();
    if is_folded {
        return element
            .elements()
            .filter(|inner| inner.is("summary"))
            .map(own_words)
            .sum();
    }
    if matches!(element.name.as_str(), "table" | "select" | "svg" | "nav") {
        return 0;
    }
    own_words_here(element) + element.elements().map(words).sum::<usize>()
}

fn own_words(element: &Element) -> usize {
    element.text().split_whitespace().count()
}

fn own_words_here(element: &Element) -> usize {
    let texts = element.children.iter().filter_map(|node| match node {
        Node::Text(text) => Some(text.split_whitespace().count()),
        Node::Element(_) => None,
    });
    if element.is("textarea") {
        0
    } else {
        texts.sum()
    }
}
