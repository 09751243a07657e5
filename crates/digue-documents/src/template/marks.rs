//! Replaces `{{content}}` and `{{title}}` in a part of a Word file. Word often splits such a
//! placeholder over several runs, so it is matched against the joined text of a paragraph.

use std::ops::Range;

const CONTENT: &str = "{{content}}";
const TITLE: &str = "{{title}}";

/// The text with its placeholders replaced, and whether `{{content}}` was found. `content` and
/// `title` are already XML.
pub(super) fn filled(text: &str, content: Option<&str>, title: &str) -> (String, bool) {
    let mut written = String::with_capacity(text.len() + content.map_or(0, str::len));
    let (mut rest, mut is_filled) = (text, false);
    while let Some(place) = paragraph(rest) {
        written.push_str(&rest[..place.start]);
        let paragraph = &rest[place.clone()];
        let words: String = texts(paragraph)
            .into_iter()
            .map(|place| &paragraph[place])
            .collect();
        match content.filter(|_| !is_filled && words.trim() == CONTENT) {
            Some(content) => {
                written.push_str(content);
                is_filled = true;
            }
            None => written.push_str(&with_title(paragraph, &words, title)),
        }
        rest = &rest[place.end..];
    }
    written.push_str(rest);
    (written, is_filled)
}

/// The next innermost paragraph: a text box holds paragraphs inside a paragraph.
fn paragraph(text: &str) -> Option<Range<usize>> {
    const CLOSE: &str = "</w:p>";
    let mut from = 0;
    while let Some(close) = text[from..].find(CLOSE).map(|close| from + close) {
        let end = close + CLOSE.len();
        if let Some(start) = last_opened(&text[from..close]) {
            return Some(from + start..end);
        }
        from = end;
    }
    None
}

/// The start of the last paragraph that is still open; `<w:p/>` closes itself, and `<w:pPr>` is not
/// a paragraph.
fn last_opened(text: &str) -> Option<usize> {
    let mut before = text;
    loop {
        let start = before
            .rfind("<w:p>")
            .into_iter()
            .chain(before.rfind("<w:p "))
            .max()?;
        if !text[start..]
            .split('>')
            .next()
            .unwrap_or_default()
            .ends_with('/')
        {
            return Some(start);
        }
        before = &before[..start];
    }
}

/// The ranges of a paragraph's texts.
fn texts(paragraph: &str) -> Vec<Range<usize>> {
    let mut texts = Vec::new();
    let mut from = 0;
    while let Some(start) = paragraph[from..].find("<w:t").map(|start| from + start) {
        from = start + "<w:t".len();
        // Also matches `<w:tab/>`, `<w:tbl>` and the like, which are not texts; `<w:t/>` is empty.
        if !paragraph[from..].starts_with(['>', ' ']) {
            continue;
        }
        let Some(open) = paragraph[from..].find('>').map(|open| from + open + 1) else {
            break;
        };
        if paragraph[..open].ends_with("/>") {
            continue;
        }
        let Some(close) = paragraph[open..].find("</w:t>").map(|close| open + close) else {
            break;
        };
        texts.push(open..close);
        from = close;
    }
    texts
}

/// The paragraph with the title at the start of each placeholder; markup between the runs that
/// share it stays.
fn with_title(paragraph: &str, words: &str, title: &str) -> String {
    let marks: Vec<Range<usize>> = words
        .match_indices(TITLE)
        .map(|(start, mark)| start..start + mark.len())
        .collect();
    if marks.is_empty() {
        return paragraph.to_owned();
    }
    let mut written = String::with_capacity(paragraph.len() + title.len());
    let (mut copied, mut before) = (0, 0);
    for place in texts(paragraph) {
        written.push_str(&paragraph[copied..place.start]);
        for (at, sign) in paragraph[place.clone()].char_indices() {
            match marks.iter().find(|mark| mark.contains(&(before + at))) {
                Some(mark) if mark.start == before + at => written.push_str(title),
                Some(_) => {}
                None => written.push(sign),
            }
        }
        before += place.len();
        copied = place.end;
    }
    written.push_str(&paragraph[copied..]);
    written
}
