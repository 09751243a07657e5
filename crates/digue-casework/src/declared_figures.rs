//! Declared figures beside measured ones, in words. Wherever one of them is printed and they differ,
//! both are: a paper with the declared one alone would hide what Digue knows.

use digue_response::Incident;
use digue_response::declared::{DeclaredFigure, FigureDifference};
use digue_response::notification::Field;
use digue_types::Subject;

use crate::paper_reader::PaperReader;

impl PaperReader {
    fn figure(&self, figure: DeclaredFigure, values: &[String]) -> String {
        // What the list was asked of cannot be read.
        if values.is_empty() {
            return self.say("paper-unknown");
        }
        match figure.field() {
            Some(field) => self.value(field, values),
            None => {
                let subjects = values
                    .iter()
                    .map(|text| self.subject(&Subject::parse(text)));
                subjects.collect::<Vec<_>>().join(", ")
            }
        }
    }

    pub(crate) fn both_figures(
        &self,
        figure: DeclaredFigure,
        declared: &[String],
        measured: &[String],
    ) -> String {
        let values = [
            ("declared", self.figure(figure, declared)),
            ("measured", self.figure(figure, measured)),
        ];
        self.sentence("figure-declared-measured", &values)
    }

    /// A difference in words, with the reason that a person gave.
    pub fn difference(&self, one: &FigureDifference) -> String {
        let both = self.both_figures(one.figure, &one.declared, &one.measured);
        match &one.explained {
            Some(explained) => {
                let values = [
                    ("both", both),
                    ("by", self.person(&explained.by)),
                    ("reason", explained.reason.clone()),
                ];
                self.sentence("figure-explained", &values)
            }
            None => both,
        }
    }

    /// The value of a field for readers outside the body: both values where they differ, and neither
    /// the officers' reason nor its author.
    pub(crate) fn value_outside(
        &self,
        incident: &Incident,
        field: Field,
        value: &[String],
    ) -> String {
        match incident.difference_in(field) {
            Some(one) => self.both_figures(one.figure, &one.declared, &one.measured),
            None => self.value(field, value),
        }
    }

    /// The value of a field; both values where it is declared otherwise than measured.
    pub fn value_of(&self, incident: &Incident, field: Field, value: &[String]) -> String {
        match incident.difference_in(field) {
            Some(difference) => self.difference(&difference),
            None => self.value(field, value),
        }
    }
}
