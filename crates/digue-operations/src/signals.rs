//! Signals in words, for whoever decides.

use digue_detection::Signal;
use digue_locales::{Language, Value, text_with};

/// One sentence with its figures.
pub fn sentence(language: Language, signal: &Signal) -> String {
    let figures = signal.figures;
    let values = [
        ("seen", Value::from(figures.seen)),
        ("usual", Value::from(figures.usual)),
        ("period", Value::from(period(language, figures.minutes))),
        ("days", Value::from(figures.minutes / 1440)),
    ];
    text_with(language, &format!("signal-{}", signal.kind), &values)
}

/// `10 minutes`, `1 heure`, `3 jours`.
fn period(language: Language, minutes: u32) -> String {
    let (count, key) = match minutes {
        0..60 => (minutes, "period-minutes"),
        60..1440 => (minutes / 60, "period-hours"),
        _ => (minutes / 1440, "period-days"),
    };
    text_with(language, key, &[("count", Value::from(count))])
}

#[cfg(test)]
mod tests {
    use digue_detection::{Figures, SignalKind};

    use super::*;

    #[test]
    fn every_kind_has_its_sentence_in_both_languages() {
        for &kind in SignalKind::ALL {
            for language in Language::ALL {
                let figures = Figures { seen: 67, usual: 12, minutes: 4320 };
                let said = sentence(language, &Signal { kind, evidence: 4.0, figures });
                assert!(!said.contains('[') && said.ends_with('.'), "{kind}: {said}");
            }
        }
    }

    #[test]
    fn a_sentence_has_its_figures() {
        let figures = Figures { seen: 67, usual: 12, minutes: 4320 };
        let signal = Signal { kind: SignalKind::Slow, evidence: 4.0, figures };
        assert!(sentence(Language::French, &signal).contains("67"));
        assert!(sentence(Language::English, &signal).contains("3 days"));
    }
}
