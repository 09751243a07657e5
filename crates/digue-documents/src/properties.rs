//! The core properties of an Office file: title, language, author and date (ISO/IEC 29500-2).

use crate::text::escaped;

/// A date and time parsed from RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MadeAt {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    /// Hours and minutes east of UTC; the minutes take the sign of the hours.
    pub(crate) offset: (i8, u8),
}

impl MadeAt {
    /// `None` for text that is not a date and time: a file carries no date rather than an invented
    /// one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_at_checked(10)?;
        let time = time.strip_prefix('T')?;
        let (clock, zone) = time.split_at_checked(8)?;
        let fraction = zone.strip_prefix('.').map_or(0, |rest| {
            1 + rest.bytes().take_while(u8::is_ascii_digit).count()
        });
        let zone = &zone[fraction..];
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        let offset = match zone.split_at_checked(1)? {
            ("Z", "") => (0, 0),
            (sign @ ("+" | "-"), rest) => {
                let [hours, minutes] = numbers(rest, ':', [2, 2])?;
                let hours = i8::try_from(hours).ok().filter(|hours| *hours <= 14)?;
                (
                    if sign == "-" { -hours } else { hours },
                    small(minutes, 0, 59)?,
                )
            }
            _ => return None,
        };
        Some(Self {
            year,
            month: small(month, 1, 12)?,
            day: small(day, 1, 31)?,
            hour: small(hour, 0, 23)?,
            minute: small(minute, 0, 59)?,
            second: small(second, 0, 59)?,
            offset,
        })
    }

    /// In the format of the core properties (W3CDTF), to the second.
    fn written(&self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            offset: (hours, minutes),
        } = self;
        let zone = match (hours, minutes) {
            (0, 0) => "Z".to_owned(),
            (hours, minutes) => format!("{hours:+03}:{minutes:02}"),
        };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
    }
}

fn small(number: u16, from: u8, to: u8) -> Option<u8> {
    u8::try_from(number)
        .ok()
        .filter(|number| (from..=to).contains(number))
}

/// `N` numbers between separators, each of exactly the given number of digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u16; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The language with its country: Word chooses a spelling dictionary by both.
pub(crate) fn with_country(language: &str) -> &str {
    match language {
        "fr" => "fr-FR",
        "en" => "en-GB",
        other => other,
    }
}

/// `docProps/core.xml`; the dates are left out when `made_at` is absent or cannot be parsed.
pub(crate) fn core(title: &str, language: &str, made_at: Option<&str>) -> String {
    let made = made_at.and_then(MadeAt::parse).map(|at| at.written());
    let day = |name: &str| {
        let day = |at: &String| {
            format!("<dcterms:{name} xsi:type=\"dcterms:W3CDTF\">{at}</dcterms:{name}>")
        };
        made.as_ref().map(day).unwrap_or_default()
    };
    let language = match language {
        "" => String::new(),
        language => format!("<dc:language>{}</dc:language>", escaped(language)),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><cp:coreProperties \
         xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title>\
         <dc:creator>Digue</dc:creator>{language}<cp:lastModifiedBy>Digue</cp:lastModifiedBy>{}{}\
         </cp:coreProperties>",
        escaped(title),
        day("created"),
        day("modified"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_it_was_or_not_at_all() {
        let written = |text: &str| MadeAt::parse(text).map(|at| at.written());
        for (text, expected) in [
            ("2026-11-28T10:00:00Z", "2026-11-28T10:00:00Z"),
            ("2026-11-28T11:33:36.682119Z", "2026-11-28T11:33:36Z"),
            ("2026-11-28T10:00:00-03:30", "2026-11-28T10:00:00-03:30"),
        ] {
            assert_eq!(written(text).as_deref(), Some(expected));
        }
        for text in [
            "",
            "hier",
            "2026-13-01T10:00:00Z",
            "2026-11-28",
            "2026-11-28T10:00:00",
            "é026-11-28T10:00:00Z",
        ] {
            assert_eq!(written(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_file_says_about_itself_is_escaped_and_never_1970() {
        let said = core("Registre & <risques>", "fr", Some("2026-11-28T10:00:00Z"));
        assert!(
            said.contains("<dc:title>Registre &amp; &lt;risques&gt;</dc:title>"),
            "{said}"
        );
        assert!(
            said.contains("<dc:language>fr</dc:language>")
                && said.contains(">2026-11-28T10:00:00Z<")
        );
        let said = core("t", "", None);
        assert!(
            !said.contains("dcterms:created")
                && !said.contains("1970")
                && !said.contains("dc:language")
        );
    }
}
