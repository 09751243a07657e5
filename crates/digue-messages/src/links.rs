//! Text and links of HTML and of plain text, as a reader would see them. Nothing is followed.

use crate::domains;
use crate::message::MessageLink;

/// The most links that are read in one message.
pub(crate) const LINKS_MAX: usize = 200;

/// The text that a reader would see, approximately: HTML without its tags.
pub(crate) fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(if begins_a_line(&rest[open + 1..]) {
            '\n'
        } else {
            ' '
        });
        // The first `>`, also inside an attribute: text that is shown too much is searched for
        // lies, text that is lost is not.
        rest = match rest[open..].find('>') {
            Some(close) => &rest[open + close + 1..],
            None => "",
        };
    }
    text.push_str(rest);
    html_escape::decode_html_entities(&text).into_owned()
}

/// True for a tag that starts a new line.
fn begins_a_line(tag: &str) -> bool {
    let name: String = tag
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    matches!(
        name.to_ascii_lowercase().as_str(),
        "br" | "p" | "div" | "tr" | "li" | "hr" | "table" | "blockquote"
    )
}

/// Links of HTML with the text shown for each.
pub(crate) fn links_of_html(html: &str) -> Vec<MessageLink> {
    // ASCII lower case keeps byte positions, so that a place found here is valid in `html`.
    let small = html.to_ascii_lowercase();
    let mut links = Vec::new();
    let mut from = 0;
    // Any attribute of this name in any element: what a mail program makes clickable is not a
    // matter of the standard.
    while let Some(found) = small[from..].find("href") {
        let at = from + found + 4;
        from = at;
        let rest = html[at..].trim_start();
        let Some(rest) = rest.strip_prefix('=') else {
            continue;
        };
        let rest = rest.trim_start();
        let target = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next(),
            _ => rest
                .split(|sign: char| sign.is_ascii_whitespace() || sign == '>')
                .next(),
        };
        // Decoded before the host is read: `&#46;` in an address is a dot to a browser.
        let target = html_escape::decode_html_entities(target.unwrap_or_default()).into_owned();
        let Some(host) = domains::host_of(&target) else {
            continue;
        };
        let shown = html[at..].split_once('>').map_or("", |(_, rest)| rest);
        let shown = without_tags(shown.split("</a").next().unwrap_or_default());
        let shown: String = shown
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(200)
            .collect();
        links.push(MessageLink { shown, host });
        if links.len() == LINKS_MAX {
            break;
        }
    }
    links
}

/// Web addresses in plain text.
pub(crate) fn links_of_text(text: &str) -> Vec<MessageLink> {
    let words = text.split(|sign: char| sign.is_whitespace() || "<>\"'()[]{}".contains(sign));
    words.filter_map(link_of_word).take(LINKS_MAX).collect()
}

fn link_of_word(word: &str) -> Option<MessageLink> {
    // The full stop of the sentence, which mail programs leave out of the link.
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let is_link = word.contains("://") || word.to_ascii_lowercase().starts_with("www.");
    if !is_link {
        return None;
    }
    Some(MessageLink {
        shown: word.chars().take(200).collect(),
        host: domains::host_of(word)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_with_what_is_shown_for_them() {
        let html = "<p>Cliquez <a class=x HREF='https://Vol.example/ft?a=1'><b>www.francetravail.fr</b></a> \
                    <a href=\"mailto:a@b.fr\">ici</a> <a href=\"&#104;ttps://x.example\">là</a>";
        let links = links_of_html(html);
        let unquoted =
            links_of_html("<a href=https://vol.example\nstyle=x>www.francetravail.fr</a>");
        assert_eq!(unquoted[0].host, "vol.example");
        let link = |shown: &str, host: &str| MessageLink {
            shown: shown.to_owned(),
            host: host.to_owned(),
        };
        assert_eq!(
            links,
            [
                link("www.francetravail.fr", "vol.example"),
                link("là", "x.example")
            ]
        );
        assert_eq!(
            links_of_text("voir (https://a.example/x), ou www.b.example."),
            [
                link("https://a.example/x", "a.example"),
                link("www.b.example", "www.b.example"),
            ]
        );
    }

    #[test]
    fn a_line_of_a_page_is_a_line() {
        let html = "<div><b>De&nbsp;:</b> Portail &lt;a@b.fr&gt;<br>Objet : x</div>fin";
        let lines: Vec<String> = without_tags(html)
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(lines, ["", "De : Portail <a@b.fr>", "Objet : x", "fin"]);
    }
}
