//! The signals of a finding: as they are stored, as the journal keeps them, and as sentences for
//! those who decide about it.
//!
//! It takes no step: what follows a finding belongs to `containment`.

use digue_detection::{Figures, Signal, SignalKind, Surroundings};
use digue_locales::{Language, Value, text, text_with};
use digue_store::FindingRecord;
use digue_types::Subject;

/// What a finding is about, as its acts name it: its account, or its organisation.
pub fn subject_of(record: &FindingRecord) -> Subject {
    match &record.account {
        Some(account) => account.into(),
        None => (&record.organisation).into(),
    }
}

/// The signals with their figures (seen/usual), as the journal keeps them: `pace 43/9 in 1 min`.
pub fn reason_of(signals: &[Signal]) -> String {
    let texts = signals.iter().map(|signal| {
        let figures = signal.figures;
        let within = if figures.minutes > 0 {
            format!(" in {} min", figures.minutes)
        } else {
            String::new()
        };
        format!("{} {}/{}{within}", signal.kind, figures.seen, figures.usual)
    });
    texts.collect::<Vec<_>>().join("; ")
}

/// The signals in a text of `reason_of`; `None` for a text of another form. The journal keeps no
/// evidence.
pub fn journalled_signals(text: &str) -> Option<Vec<Signal>> {
    let signal = |said: &str| {
        let (said, minutes) = match said.strip_suffix(" min") {
            Some(said) => {
                let (said, minutes) = said.split_once(" in ")?;
                (said, minutes.parse().ok()?)
            }
            None => (said, 0),
        };
        let (kind, counts) = said.split_once(' ')?;
        let (seen, usual) = counts.split_once('/')?;
        let figures = Figures {
            seen: seen.parse().ok()?,
            usual: usual.parse().ok()?,
            minutes,
        };
        Some(Signal {
            kind: SignalKind::parse(kind)?,
            evidence: 0.0,
            figures,
        })
    };
    if text.is_empty() {
        None
    } else {
        text.split("; ").map(signal).collect()
    }
}

/// The signals of a stored finding.
#[derive(Clone, Debug, PartialEq)]
pub enum StoredSignals {
    /// The strongest first.
    Kept(Vec<Signal>),
    /// Those that this version knows, the strongest first; there are others, of kinds that only a
    /// later version knows.
    InPart(Vec<Signal>),
    /// What is stored cannot be read: it must not pass for a finding without signals.
    Unreadable,
}

impl StoredSignals {
    /// The signals; `None` when not all of them can be read.
    pub fn known(&self) -> Option<&[Signal]> {
        match self {
            Self::Kept(signals) => Some(signals),
            Self::InPart(_) | Self::Unreadable => None,
        }
    }

    /// The signals that can be read.
    pub fn readable(&self) -> &[Signal] {
        match self {
            Self::Kept(signals) | Self::InPart(signals) => signals,
            Self::Unreadable => &[],
        }
    }

    /// What cannot be read, as one sentence.
    pub fn unread(&self, language: Language) -> Option<String> {
        match self {
            Self::Kept(_) => None,
            Self::InPart(_) => Some(text(language, "signals-in-part")),
            Self::Unreadable => Some(text(language, "signals-unreadable")),
        }
    }

    /// The reasons as sentences, and last what cannot be read.
    pub fn in_words(&self, language: Language) -> Vec<String> {
        let mut texts = sentences(language, self.readable());
        texts.extend(self.unread(language));
        texts
    }
}

/// The signals of a finding, as they are stored.
pub fn signals_of(record: &FindingRecord) -> StoredSignals {
    #[derive(serde::Deserialize)]
    struct StoredSignal {
        kind: String,
        evidence: f32,
        figures: StoredFigures,
    }
    #[derive(serde::Deserialize)]
    struct StoredFigures {
        seen: u32,
        usual: u32,
        minutes: u32,
    }
    let stored: Vec<StoredSignal> = match serde_json::from_str(&record.signals) {
        Ok(stored) => stored,
        Err(error) => {
            tracing::error!(%error, finding = %record.id, "Stored signals cannot be read; shown as unreadable");
            return StoredSignals::Unreadable;
        }
    };
    let count = stored.len();
    let signals = stored.into_iter().filter_map(|signal| {
        let StoredFigures {
            seen,
            usual,
            minutes,
        } = signal.figures;
        let figures = Figures {
            seen,
            usual,
            minutes,
        };
        Some(Signal {
            kind: SignalKind::parse(&signal.kind)?,
            evidence: signal.evidence,
            figures,
        })
    });
    let signals: Vec<Signal> = signals.collect();
    if signals.len() == count {
        StoredSignals::Kept(signals)
    } else {
        StoredSignals::InPart(signals)
    }
}

/// The signals that are reasons by themselves. One whose count stays within the usual level that
/// its sentence states is none: it only adds to the sum, together with others.
pub fn reasons(signals: &[Signal]) -> impl Iterator<Item = &Signal> {
    signals
        .iter()
        .filter(|signal| !states_usual(signal.kind) || signal.figures.seen > signal.figures.usual)
}

/// The reasons as sentences, the strongest first. Signals of which none is a reason by itself have
/// one sentence together.
pub fn sentences(language: Language, signals: &[Signal]) -> Vec<String> {
    let texts: Vec<String> = reasons(signals)
        .map(|signal| sentence(language, signal))
        .collect();
    if texts.is_empty() && !signals.is_empty() {
        vec![text(language, "reasons-together")]
    } else {
        texts
    }
}

/// A signal as one sentence with its figures.
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

/// The counterfactual: how much less would not have raised the finding's leading signal.
pub fn innocence(language: Language, around: &Surroundings, lead: &Signal) -> String {
    let Some((key, count)) = unit_of(lead.kind).zip(around.innocent.filter(|count| *count > 0))
    else {
        return text(language, "innocent-never");
    };
    // A rise over days would have ended with a smaller last day; what has no window is counted by
    // the day.
    let is_by_day = lead.kind == SignalKind::Slow || lead.figures.minutes == 0;
    let minutes = if is_by_day {
        1440
    } else {
        lead.figures.minutes
    };
    text_with(
        language,
        key,
        &[
            ("count", Value::from(count)),
            ("period", Value::from(period(language, minutes))),
        ],
    )
}

/// True for the kinds whose sentence compares the count with a usual level.
const fn states_usual(kind: SignalKind) -> bool {
    match kind {
        SignalKind::Unexplained
        | SignalKind::Pace
        | SignalKind::Burst
        | SignalKind::Lists
        | SignalKind::Export
        | SignalKind::Volume
        | SignalKind::Slow
        | SignalKind::Order
        | SignalKind::Pages
        | SignalKind::ListsEnded
        | SignalKind::Searches
        | SignalKind::Empty
        | SignalKind::Refusals
        | SignalKind::Uninspected => true,
        // Its sentence states the number from which it is reported.
        SignalKind::Unmapped
        | SignalKind::Shape
        | SignalKind::Hours
        | SignalKind::Rhythm
        | SignalKind::NoResources
        | SignalKind::Program
        | SignalKind::Moved
        | SignalKind::TwoPlaces
        | SignalKind::NewDevice
        | SignalKind::OlderCookie
        | SignalKind::Dormant
        | SignalKind::NewAccount
        | SignalKind::Recovered
        | SignalKind::AccountsMade
        | SignalKind::Decoy
        | SignalKind::Collusion
        | SignalKind::SharedPlace
        | SignalKind::CrowdedNetwork => false,
    }
}

/// What the number of a signal counts, where a smaller one would have been no reason.
const fn unit_of(kind: SignalKind) -> Option<&'static str> {
    match kind {
        SignalKind::Unexplained | SignalKind::Volume | SignalKind::Slow | SignalKind::Lists => {
            Some("innocent-persons")
        }
        SignalKind::Export => Some("innocent-response"),
        SignalKind::Pace | SignalKind::Burst => Some("innocent-sheets"),
        SignalKind::Order => Some("innocent-run"),
        SignalKind::Pages => Some("innocent-pages"),
        SignalKind::ListsEnded => Some("innocent-lists"),
        SignalKind::Searches => Some("innocent-searches"),
        SignalKind::Empty | SignalKind::Uninspected => Some("innocent-responses"),
        SignalKind::Refusals | SignalKind::Unmapped => Some("innocent-requests"),
        SignalKind::Shape
        | SignalKind::Hours
        | SignalKind::Rhythm
        | SignalKind::NoResources
        | SignalKind::Program
        | SignalKind::Moved
        | SignalKind::TwoPlaces
        | SignalKind::NewDevice
        | SignalKind::OlderCookie
        | SignalKind::Dormant
        | SignalKind::NewAccount
        | SignalKind::Recovered
        | SignalKind::AccountsMade
        | SignalKind::Decoy
        | SignalKind::Collusion
        | SignalKind::SharedPlace
        | SignalKind::CrowdedNetwork => None,
    }
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
    use super::*;

    #[test]
    fn signals_in_the_journal_are_read_as_they_were_written() {
        let figures = [(51, 15, 0), (1, 0, 1440), (43, 9, 1)];
        let figures = figures.map(|(seen, usual, minutes)| Figures {
            seen,
            usual,
            minutes,
        });
        for &kind in SignalKind::ALL {
            let signals: Vec<Signal> = figures
                .map(|figures| Signal {
                    kind,
                    evidence: 0.0,
                    figures,
                })
                .to_vec();
            assert_eq!(
                journalled_signals(&reason_of(&signals)),
                Some(signals),
                "{kind}"
            );
        }
        for other in [
            "",
            "vol probable",
            "pace 43",
            "pace 43/9; et le reste",
            "fi-1",
        ] {
            assert_eq!(journalled_signals(other), None, "{other}");
        }
    }

    #[test]
    fn every_kind_has_its_sentence_in_both_languages() {
        for &kind in SignalKind::ALL {
            for language in Language::ALL {
                let figures = Figures {
                    seen: 67,
                    usual: 12,
                    minutes: 4320,
                };
                let shown = sentence(
                    language,
                    &Signal {
                        kind,
                        evidence: 4.0,
                        figures,
                    },
                );
                assert!(
                    !shown.contains('[') && shown.ends_with('.'),
                    "{kind}: {shown}"
                );
            }
        }
    }

    fn signal(kind: SignalKind, seen: u32, usual: u32) -> Signal {
        Signal {
            kind,
            evidence: 1.0,
            figures: Figures {
                seen,
                usual,
                minutes: 1440,
            },
        }
    }

    #[test]
    fn a_count_within_the_usual_level_is_no_reason() {
        let volume = |seen| signal(SignalKind::Volume, seen, 28);
        let device = signal(SignalKind::NewDevice, 3, 0);
        let kinds = |signals: &[Signal]| -> Vec<(SignalKind, u32)> {
            reasons(signals)
                .map(|one| (one.kind, one.figures.seen))
                .collect()
        };
        assert_eq!(kinds(&[volume(10), device]), [(SignalKind::NewDevice, 3)]);
        assert_eq!(kinds(&[volume(28)]), []);
        assert_eq!(kinds(&[volume(29)]), [(SignalKind::Volume, 29)]);
        assert_eq!(
            kinds(&[signal(SignalKind::Unmapped, 1000, 1000)]),
            [(SignalKind::Unmapped, 1000)]
        );
    }

    #[test]
    fn the_kinds_that_state_a_usual_level_are_those_whose_sentence_has_it() {
        for &kind in SignalKind::ALL {
            let shown = sentence(Language::French, &signal(kind, 67, 4321));
            let states = shown.contains("4\u{202f}321") || shown.contains("4321");
            assert_eq!(
                states_usual(kind) || kind == SignalKind::Unmapped,
                states,
                "{kind}: {shown}"
            );
        }
    }

    #[test]
    fn signals_without_any_reason_by_itself_have_one_sentence_together() {
        for language in Language::ALL {
            let shown = sentences(language, &[signal(SignalKind::Volume, 10, 28)]);
            assert_eq!(shown, [text(language, "reasons-together")]);
            assert!(sentences(language, &[]).is_empty());
        }
    }

    #[test]
    fn every_kind_says_what_would_have_been_innocent_in_both_languages() {
        for &kind in SignalKind::ALL {
            for language in Language::ALL {
                for (minutes, innocent) in [
                    (0, Some(1)),
                    (10, Some(12)),
                    (4320, Some(9)),
                    (10, Some(0)),
                    (0, None),
                ] {
                    let lead = Signal {
                        kind,
                        evidence: 4.0,
                        figures: Figures {
                            seen: 67,
                            usual: 12,
                            minutes,
                        },
                    };
                    let shown = innocence(
                        language,
                        &Surroundings {
                            innocent,
                            ..Surroundings::default()
                        },
                        &lead,
                    );
                    assert!(
                        !shown.contains('[') && shown.ends_with('.'),
                        "{kind}: {shown}"
                    );
                    assert!(!shown.contains(" 0 "), "{kind}: {shown}");
                }
            }
        }
    }

    #[test]
    fn a_sentence_has_its_figures() {
        let figures = Figures {
            seen: 67,
            usual: 12,
            minutes: 4320,
        };
        let signal = Signal {
            kind: SignalKind::Slow,
            evidence: 4.0,
            figures,
        };
        assert!(sentence(Language::French, &signal).contains("67"));
        assert!(sentence(Language::English, &signal).contains("3 days"));
    }

    fn finding(signals: &str) -> FindingRecord {
        FindingRecord {
            id: "fi-1".parse().unwrap(),
            at: digue_types::Timestamp::ZERO,
            account: None,
            organisation: digue_types::OrganisationId::parse("of-1").unwrap(),
            portal: digue_types::PortalId::parse("kairos").unwrap(),
            weight: "alert".to_owned(),
            evidence: 3000,
            signals: signals.to_owned(),
            persons: 12,
            action: "observe".to_owned(),
            intended: "observe".to_owned(),
            is_fused: false,
            around: String::new(),
            verdict: None,
        }
    }

    #[test]
    fn signals_that_cannot_be_read_are_not_taken_for_none() {
        assert_eq!(signals_of(&finding("[]")), StoredSignals::Kept(Vec::new()));
        for stored in [
            "",
            "{}",
            "[{\"kind\":\"pace\"}]",
            "[{\"kind\":\"pace\",\"evidence\":1.0,\"figures\":7}]",
        ] {
            let read = signals_of(&finding(stored));
            assert_eq!(read, StoredSignals::Unreadable, "{stored}");
            for language in Language::ALL {
                let shown = read.in_words(language).join(" ");
                assert!(
                    shown.ends_with('.') && !shown.contains('['),
                    "{stored}: {shown}"
                );
            }
        }
    }

    #[test]
    fn signals_of_a_later_version_are_told_and_not_left_out() {
        let one = r#"{"kind":"pace","evidence":4.0,"figures":{"seen":43,"usual":9,"minutes":1}}"#;
        let later = one.replace("pace", "telepathy");
        let whole = signals_of(&finding(&format!("[{one}]")));
        assert_eq!(whole.known().map(<[Signal]>::len), Some(1));
        assert_eq!(whole.in_words(Language::French).len(), 1);
        let in_part = signals_of(&finding(&format!("[{one},{later}]")));
        assert_eq!((in_part.known(), in_part.readable().len()), (None, 1));
        for language in Language::ALL {
            assert_eq!(in_part.in_words(language).len(), 2, "{in_part:?}");
        }
    }
}
