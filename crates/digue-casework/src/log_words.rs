//! The entries of an incident log in words: the kind of each, and what it says.

use digue_locales::number;
use digue_response::IncidentNote;
use digue_response::sheet::StepEffect;
use digue_types::Timestamp;

use crate::paper_reader::PaperReader;

impl PaperReader {
    /// An entry in words: its kind and its content.
    pub fn entry(&self, note: &IncidentNote) -> (String, String) {
        let kind = |code: &str| self.say(&format!("entry-kind-{code}"));
        if let Some(fact) = self.fact_entry(note) {
            return (kind("fact"), fact);
        }
        if let Some(decision) = self.decision_entry(note) {
            return (kind("decision"), decision);
        }
        match note {
            IncidentNote::Said { kind, text, .. } => (self.say(kind.key()), text.clone()),
            IncidentNote::Corrected { entry, text } => {
                (self.say1("log-corrects", "entry", entry), text.clone())
            }
            IncidentNote::Withdrawn { entry, reason } => {
                (self.say1("log-withdraws", "entry", entry), reason.clone())
            }
            IncidentNote::Lesson { text, measure, .. } => {
                (self.say("log-lesson"), self.pair(text, measure))
            }
            // An entry that nothing here has words for is named as such, and is no empty line of
            // the log.
            _ => (
                kind("action"),
                self.action_entry(note)
                    .unwrap_or_else(|| self.say("stored-unreadable")),
            ),
        }
    }

    /// What was done.
    fn action_entry(&self, note: &IncidentNote) -> Option<String> {
        Some(match note {
            IncidentNote::TaskDone { text, task } => {
                self.pair(&self.say1("log-task-done", "task", task), text)
            }
            IncidentNote::Submitted(submission) => {
                let values = [
                    ("stage", self.say(submission.stage.key())),
                    ("at", self.moment(submission.submitted_at())),
                    ("receipt", submission.receipt.clone()),
                ];
                self.sentence("log-submitted", &values)
            }
            IncidentNote::Met {
                clock,
                at,
                to,
                receipt,
                persons,
            } => {
                // The receipt of a campaign is its identifier, which says nothing to people.
                let receipt = persons.map_or(receipt.as_str(), |_| "");
                let done = format!("{} – {to} {receipt}", self.moment_of(*at));
                self.pair(&self.say(clock.key()), done.trim())
            }
            IncidentNote::Kept { name, hash, .. } => {
                self.pair(&self.say("log-kept"), &format!("{name} ({hash})"))
            }
            IncidentNote::Reopening {
                what,
                budget_percent,
                text,
            } => {
                let budget =
                    budget_percent.map(|percent| self.say1("restart-percent", "percent", percent));
                let done = format!(
                    "{} {} {text}",
                    self.reopened(what),
                    budget.unwrap_or_default()
                );
                self.pair(&self.say("log-reopening"), &done)
            }
            _ => return None,
        })
    }

    fn moment_of(&self, micros: i64) -> String {
        self.moment(Timestamp::from_micros(micros))
    }

    /// What happened, and what is known.
    fn fact_entry(&self, note: &IncidentNote) -> Option<String> {
        Some(match note {
            IncidentNote::Opened {
                source,
                title,
                about,
            } => {
                let opened = self.say1("log-opened", "source", self.say(source.key()));
                format!("{opened} {title} ({})", self.subject(about))
            }
            IncidentNote::Seen {
                act,
                subject,
                after,
                reason,
                by,
                ..
            } => self.act(*act, subject, after, (by.as_str(), reason.as_str())),
            IncidentNote::Occurred { from, to } => match to {
                Some(to) => {
                    let values = [("from", self.moment_of(*from)), ("to", self.moment_of(*to))];
                    self.sentence("log-occurred", &values)
                }
                None => self.say1("log-occurred-since", "from", self.moment_of(*from)),
            },
            IncidentNote::Step {
                sheet,
                step,
                answer,
                text,
            } => {
                let question = self.say(&format!("{}-{step}", sheet.key()));
                let describes = sheet
                    .step(step)
                    .is_some_and(|step| step.does == StepEffect::Describes);
                // The words are the answer there, and "done" says nothing beside them.
                let answer = if describes && !text.trim().is_empty() {
                    String::new()
                } else {
                    self.say(&format!("log-answer-{}", answer.code()))
                };
                let parts = [question.as_str(), answer.as_str(), text.trim()];
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                parts.join(" ")
            }
            IncidentNote::Affected(version) => {
                let values = [
                    ("version", version.number.to_string()),
                    ("persons", self.persons(Some(version))),
                ];
                let added = self.sentence("log-affected", &values);
                match self.left_out(version) {
                    Some(fewer) => format!("{added} {fewer}"),
                    None => added,
                }
            }
            IncidentNote::FieldSet { field, value } => {
                self.pair(&self.say(field.key()), &self.value(*field, value))
            }
            IncidentNote::NoticesEnded(ended) => {
                let count = |count: u64| number(self.language, count);
                let counts = [
                    ("sent", count(ended.sent)),
                    ("listed", count(ended.listed)),
                    ("unsent", count(ended.unsent)),
                    ("unreached", count(ended.unreached)),
                ];
                self.sentence("log-notices-ended", &counts)
            }
            _ => return None,
        })
    }

    /// A decision with its reason.
    fn decision_entry(&self, note: &IncidentNote) -> Option<String> {
        let (what, why) = match note {
            IncidentNote::StateSet { state, reason } => (self.say(state.key()), reason.clone()),
            IncidentNote::RoleSet { role, .. } => return Some(self.say(role.key())),
            IncidentNote::Aware { at, reason, of } => {
                let values = [("at", self.moment_of(*at)), ("of", self.say(of.key()))];
                (self.sentence("log-aware", &values), reason.clone())
            }
            IncidentNote::SheetAdded { sheet } => {
                return Some(self.say1("log-sheet", "sheet", self.say(sheet.key())));
            }
            IncidentNote::TaskAdded { title, owner, .. } => {
                (self.say("log-task"), format!("{title} ({owner})"))
            }
            IncidentNote::SeveritySet { terms, reason } => {
                let level = self.say(terms.score().level.key());
                (self.say1("log-severity", "level", level), reason.clone())
            }
            IncidentNote::GravitySet { gravity, reason } => (
                self.say1("log-gravity", "gravity", self.say(gravity.key())),
                reason.clone(),
            ),
            IncidentNote::AuthorityDecided { notify, reason } => (
                self.say(if *notify {
                    "decided-notify"
                } else {
                    "decided-not-notify"
                }),
                reason.clone(),
            ),
            IncidentNote::PersonsDecided {
                inform,
                exemption,
                reason,
            } => {
                let what = self.say(if *inform {
                    "decided-inform"
                } else {
                    "decided-not-inform"
                });
                match exemption {
                    Some(exemption) => (what, self.pair(&self.say(exemption.key()), reason)),
                    None => (what, reason.clone()),
                }
            }
            IncidentNote::DelayExplained { clock, reason } => (
                self.say1("log-delay", "clock", self.say(clock.key())),
                reason.clone(),
            ),
            IncidentNote::LeftOpen { clock, reason } => (
                self.say1("log-left-open", "clock", self.say(clock.key())),
                reason.clone(),
            ),
            IncidentNote::DifferenceExplained {
                figure,
                declared,
                measured,
                reason,
            } => {
                let both = self.both_figures(*figure, declared, measured);
                (self.pair(&self.say(figure.key()), &both), reason.clone())
            }
            _ => return None,
        };
        Some(self.pair(&what, &why))
    }
}
