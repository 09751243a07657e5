//! The facts of `digue-learn` in the reader's language.

use std::path::Path;

use digue_learn::merge::{DifferencePart, LearntDifference};
use digue_learn::report::{ConstantIdentifier, ReportKey, RouteReport};
use digue_learn::{LearntFinding, LineReason, MapHeading, MapReport, Wording};
use digue_locales::{Language, Value, text, text_with};
use digue_survey::alias::AliasPlace;
use digue_survey::evidence::RuleEvidence;
use digue_survey::reading::ReadingSign;
use digue_survey::{BodyGap, Telling};
use digue_types::{ReadFailure, UnreadCause};

use digue_terminal::Output;

pub(super) struct Sentences {
    pub(super) language: Language,
}

/// The most places of one finding that are named.
const PLACES_SHOWN: usize = 6;

type SentenceValues = Vec<(&'static str, Value)>;

impl Wording for Sentences {
    fn reason(&self, reason: &LineReason) -> String {
        let (key, values): (&str, SentenceValues) = match reason {
            LineReason::KindGiven { values, telling } => (
                "learn-reason-kind-given",
                vec![
                    ("values", Value::from(*values)),
                    ("telling", self.telling(*telling)),
                ],
            ),
            LineReason::KindBeside { persons } => (
                "learn-reason-kind-beside",
                vec![("persons", Value::from(*persons))],
            ),
            LineReason::KindInferred { values } => (
                "learn-reason-kind-inferred",
                vec![("values", Value::from(*values))],
            ),
            LineReason::Asked {
                exchanges,
                without_body: 0,
            } => (
                "learn-reason-asked",
                vec![("exchanges", Value::from(*exchanges))],
            ),
            LineReason::Asked {
                exchanges,
                without_body,
            } => (
                "learn-reason-asked-gaps",
                vec![
                    ("exchanges", Value::from(*exchanges)),
                    ("gaps", Value::from(*without_body)),
                ],
            ),
            LineReason::Hits(evidence) => ("learn-reason-hits", self.evidence(evidence)),
            LineReason::SomeTables { tables, of } => (
                "learn-reason-some-tables",
                vec![("tables", Value::from(*tables)), ("of", Value::from(*of))],
            ),
            LineReason::AlwaysEmpty { responses } => (
                "learn-reason-always-empty",
                vec![("responses", Value::from(*responses))],
            ),
            LineReason::Read { responses } => (
                "learn-reason-read",
                vec![("responses", Value::from(*responses))],
            ),
            LineReason::NobodyKnown { responses } => (
                "learn-reason-nobody",
                vec![("responses", Value::from(*responses))],
            ),
            LineReason::RecordsUnclear { .. } => ("learn-reason-unclear", vec![]),
            LineReason::Resources { files } => (
                "learn-reason-resources",
                vec![("files", Value::from(*files))],
            ),
            LineReason::Failures { responses } => (
                "learn-reason-failures",
                vec![("responses", Value::from(*responses))],
            ),
            LineReason::Writes { exchanges } => (
                "learn-reason-writes",
                vec![("exchanges", Value::from(*exchanges))],
            ),
            LineReason::Reads { exchanges, sign } => (
                "learn-reason-reads",
                vec![
                    ("exchanges", Value::from(*exchanges)),
                    ("sign", self.sign(*sign)),
                ],
            ),
        };
        text_with(self.language, key, &values)
    }

    fn no_records(&self, reason: &LineReason) -> String {
        self.reason(reason)
    }

    fn heading(&self, heading: MapHeading) -> String {
        let key = match heading {
            MapHeading::Whole => "learn-heading-whole",
            MapHeading::Upstream => "learn-heading-upstream",
            MapHeading::Writes => "learn-heading-writes",
        };
        text(self.language, key)
    }
}

impl Sentences {
    /// What speaks for a request that only reads.
    fn sign(&self, sign: ReadingSign) -> Value {
        let key = match sign {
            ReadingSign::GraphQlQuery => "learn-sign-graphql",
            ReadingSign::MethodNamed => "learn-sign-method-named",
            ReadingSign::MethodName => "learn-sign-method",
            ReadingSign::Address => "learn-sign-address",
            ReadingSign::File => "learn-sign-file",
            ReadingSign::SamePage => "learn-sign-page",
            ReadingSign::Repeated { times } => {
                return self.text("learn-sign-repeated", &[("times", Value::from(times))]);
            }
        };
        self.text(key, &[])
    }

    fn text(&self, key: &str, values: &[(&str, Value)]) -> Value {
        Value::from(text_with(self.language, key, values))
    }

    fn telling(&self, telling: Telling) -> Value {
        self.text(&format!("learn-telling-{}", telling.code()), &[])
    }

    fn cause(&self, cause: UnreadCause) -> Value {
        self.text(&format!("unread-{}", cause.code()), &[])
    }

    fn gap(&self, gap: BodyGap) -> Value {
        self.text(&format!("learn-gap-{}", gap.code()), &[])
    }

    fn evidence(&self, evidence: &RuleEvidence) -> SentenceValues {
        let confidence = self.text(
            &format!("learn-confidence-{}", evidence.confidence.code()),
            &[],
        );
        vec![
            ("confidence", confidence),
            ("hits", Value::from(evidence.hits)),
            ("persons", Value::from(evidence.persons)),
            ("confirmed", Value::from(evidence.confirmed)),
            ("alike", Value::from(evidence.alike)),
        ]
    }

    /// The cause and place of the first failure; empty without one.
    fn first_failure(&self, failure: Option<&ReadFailure>) -> Value {
        let Some(known) = failure else {
            return Value::from("");
        };
        let values = [
            ("cause", self.cause(known.cause)),
            ("place", self.place(failure)),
        ];
        self.text("learn-first-failure", &values)
    }

    /// Where a failure was, and by which rule; empty when it says neither.
    fn place(&self, failure: Option<&ReadFailure>) -> Value {
        let Some(failure) = failure.filter(|failure| !failure.place.as_str().is_empty()) else {
            return Value::from("");
        };
        let written = failure.place.as_str();
        let outside = written.strip_suffix(" outside of records");
        let place = match outside.and_then(|count| count.parse::<usize>().ok()) {
            Some(count) => self.text("report-outside", &[("count", Value::from(count))]),
            None => Value::from(format!(", {written}")),
        };
        match failure.rule.as_str() {
            "" => place,
            rule => self.text(
                "report-at",
                &[("place", place), ("rule", Value::from(rule))],
            ),
        }
    }

    /// One thing to review.
    pub(super) fn finding(&self, finding: &LearntFinding) -> String {
        text_with(
            self.language,
            &format!("learn-finding-{}", finding.code()),
            &self.finding_values(finding),
        )
    }

    fn finding_values(&self, finding: &LearntFinding) -> SentenceValues {
        let said = |text: &str| Value::from(text);
        let count = |count: &usize| Value::from(*count);
        match finding {
            LearntFinding::WriteNotProposed {
                method,
                path,
                exchanges,
            } => {
                vec![
                    ("method", said(method)),
                    ("path", said(path)),
                    ("exchanges", count(exchanges)),
                ]
            }
            LearntFinding::TakenForReading { method, path, sign } => vec![
                ("method", said(method)),
                ("path", said(path)),
                ("sign", self.sign(*sign)),
            ],
            LearntFinding::MayOnlyRead {
                method,
                path,
                exchanges,
                sign,
            } => vec![
                ("method", said(method)),
                ("path", said(path)),
                ("exchanges", count(exchanges)),
                ("sign", self.sign(*sign)),
            ],
            LearntFinding::NameWithoutIdentifier {
                path,
                responses,
                of,
            } => {
                vec![
                    ("path", said(path)),
                    ("responses", count(responses)),
                    ("of", count(of)),
                ]
            }
            LearntFinding::UnreadType {
                path,
                media_type,
                responses,
                bytes,
            } => vec![
                ("path", said(path)),
                ("type", said(media_type)),
                ("responses", count(responses)),
                ("bytes", Value::from(*bytes)),
            ],
            LearntFinding::UnreadableAnswers {
                path,
                cause,
                responses,
            } => {
                vec![
                    ("path", said(path)),
                    ("cause", self.cause(*cause)),
                    ("responses", count(responses)),
                ]
            }
            LearntFinding::BodiesNotRecorded {
                path,
                gap,
                responses,
            } => {
                vec![
                    ("path", said(path)),
                    ("gap", self.gap(*gap)),
                    ("responses", count(responses)),
                ]
            }
            LearntFinding::NoType { path, responses }
            | LearntFinding::PersonsInResources { path, responses } => {
                vec![("path", said(path)), ("responses", count(responses))]
            }
            LearntFinding::PicturesNotRead { path, responses } => {
                vec![("path", said(path)), ("responses", count(responses))]
            }
            LearntFinding::PicturesIgnored { path, files } => {
                vec![("path", said(path)), ("files", count(files))]
            }
            LearntFinding::UnreadPart { path, name, parts } => vec![
                ("path", said(path)),
                ("name", said(name)),
                ("parts", count(parts)),
            ],
            LearntFinding::ColumnNotEverywhere {
                path,
                column,
                tables,
                of,
            } => vec![
                ("path", said(path)),
                ("column", said(column)),
                ("tables", count(tables)),
                ("of", count(of)),
            ],
            LearntFinding::TableWithoutIdentifiers {
                path,
                format,
                tables,
            } => {
                vec![
                    ("path", said(path)),
                    ("format", said(format.code())),
                    ("tables", count(tables)),
                ]
            }
            LearntFinding::RecordsUnclear {
                path,
                format,
                responses,
                first,
            } => vec![
                ("path", said(path)),
                ("format", said(format.code())),
                ("responses", count(responses)),
                ("first", self.first_failure(first.as_ref())),
            ],
            LearntFinding::TextsOutsideRecords {
                path,
                format,
                first,
            } => vec![
                ("path", said(path)),
                ("format", said(format.code())),
                ("first", self.first_failure(first.as_ref())),
            ],
            LearntFinding::NotReadWhole {
                path,
                format,
                cause,
                responses,
            } => vec![
                ("path", said(path)),
                ("format", said(format.code())),
                ("cause", self.cause(*cause)),
                ("responses", count(responses)),
            ],
            LearntFinding::DoubtfulPlaces {
                path,
                places,
                kind,
                hits,
            } => {
                let path = if path.is_empty() {
                    self.text("learn-addresses", &[])
                } else {
                    said(path)
                };
                let shown: Vec<&str> = places
                    .iter()
                    .take(PLACES_SHOWN)
                    .map(String::as_str)
                    .collect();
                let more = if places.len() > PLACES_SHOWN {
                    ", …"
                } else {
                    ""
                };
                let places = said(&format!("{}{more}", shown.join(", ")));
                vec![
                    ("path", path),
                    ("places", places),
                    ("kind", said(kind)),
                    ("hits", count(hits)),
                ]
            }
            LearntFinding::KeyedByIdentifier { path, objects } => {
                vec![("path", said(path)), ("objects", count(objects))]
            }
            LearntFinding::OddMemberNames {
                path,
                place,
                objects,
            } => {
                vec![
                    ("path", said(path)),
                    ("place", said(place)),
                    ("objects", count(objects)),
                ]
            }
            LearntFinding::IdentifiersInScripts { path, pages } => {
                vec![("path", said(path)), ("pages", count(pages))]
            }
            LearntFinding::AlwaysEmpty { path, place } => {
                vec![("path", said(path)), ("place", said(place))]
            }
            LearntFinding::FetchedLater {
                issued_by,
                asked_of,
            } => {
                vec![("from", said(issued_by)), ("to", said(asked_of))]
            }
            LearntFinding::AliasTableNeeded {
                kind,
                place,
                persons,
            } => {
                vec![
                    ("kind", said(kind)),
                    ("place", self.alias_place(place)),
                    ("persons", count(persons)),
                ]
            }
            LearntFinding::KindsOfOnePerson { kind, primary } => {
                vec![("kind", said(kind)), ("primary", said(primary))]
            }
            LearntFinding::OtherOrigin {
                origin,
                exchanges,
                with_known,
            } => {
                vec![
                    ("origin", said(origin)),
                    ("exchanges", count(exchanges)),
                    ("known", count(with_known)),
                ]
            }
            LearntFinding::NoSweep { kind, telling } => {
                vec![("kind", said(kind)), ("telling", self.telling(*telling))]
            }
            LearntFinding::NoPersonSeen {
                path,
                format,
                responses,
                ..
            } => {
                vec![
                    ("path", said(path)),
                    ("format", said(format.code())),
                    ("responses", count(responses)),
                ]
            }
            LearntFinding::SearchNarrowed {
                path,
                format,
                values,
            } => {
                vec![
                    ("path", said(path)),
                    ("format", said(format.code())),
                    ("values", count(values)),
                ]
            }
            LearntFinding::FreeSearch { path, parameter } => {
                vec![("path", said(path)), ("parameter", said(parameter))]
            }
            LearntFinding::RefusedPath { path, exchanges } => {
                vec![("path", said(path)), ("exchanges", count(exchanges))]
            }
            LearntFinding::MixedContent { path, media_type } => {
                vec![("path", said(path)), ("type", said(media_type))]
            }
            LearntFinding::TooManyRoutes { exchanges } => vec![("exchanges", count(exchanges))],
            LearntFinding::TooManyPlaces { path } => vec![("path", said(path))],
            LearntFinding::IdentifiersInferred { kind, values } => {
                vec![("kind", said(kind)), ("values", count(values))]
            }
        }
    }

    fn alias_place(&self, place: &AliasPlace) -> Value {
        let (key, name) = match place {
            AliasPlace::Member(name) => ("learn-place-member", name),
            AliasPlace::Path(name) => ("learn-place-path", name),
        };
        self.text(key, &[("name", Value::from(name.as_str()))])
    }

    /// Takes out what stands in a comment of the given map, whatever its figures: who reviewed it
    /// left the sentence there.
    pub(super) fn take_reviewed(&self, findings: &mut Vec<String>, map: &str) -> usize {
        let plain = |text: &str| -> String {
            // Figures may change, those of an address or a name do not.
            let is_figure = |word: &&str| {
                let has_digit = word.contains(|c: char| c.is_ascii_digit());
                !has_digit || word.contains(['/', '"', '?', '$'])
            };
            let words = text.trim().trim_start_matches("- ").split_whitespace();
            words.filter(is_figure).collect()
        };
        let comments = map
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix('#'));
        let comments: Vec<String> = comments.map(plain).collect();
        let before = findings.len();
        // As a whole: that of `/eleves` ends that of `/api/eleves`.
        findings.retain(|finding| !comments.contains(&plain(finding)));
        before - findings.len()
    }

    pub(super) fn findings(&self, out: &Output, findings: &[String], reviewed: usize) {
        if reviewed > 0 {
            out.complain("learn-reviewed", &[("count", Value::from(reviewed))]);
        }
        if findings.is_empty() {
            return out.complain("learn-nothing-to-review", &[]);
        }
        out.complain("learn-to-review", &[("count", Value::from(findings.len()))]);
        findings
            .iter()
            .for_each(|finding| out.complain_line(&format!("- {finding}")));
    }

    pub(super) fn differences(&self, out: &Output, path: &Path, differences: &[LearntDifference]) {
        if differences.is_empty() {
            return out.say("learn-same", &[]);
        }
        let file = Value::from(path.display().to_string());
        out.say(
            "learn-differences",
            &[("file", file), ("count", Value::from(differences.len()))],
        );
        for difference in differences {
            self.difference(out, difference);
        }
    }

    fn difference(&self, out: &Output, difference: &LearntDifference) {
        let change = self.text(&format!("learn-change-{}", difference.change.code()), &[]);
        let part = self.part(&difference.part);
        let (change, part) = (("change", change), ("part", part));
        match difference.route.as_str() {
            "" => out.say("learn-difference-map", &[change, part]),
            route => {
                let route = ("route", Value::from(route));
                out.say("learn-difference", &[change, route, part]);
            }
        }
    }

    fn part(&self, part: &DifferencePart) -> Value {
        let said = |text: &str| Value::from(text);
        let (key, values): (&str, SentenceValues) = match part {
            DifferencePart::Kind { name } => ("learn-part-kind", vec![("name", said(name))]),
            DifferencePart::Shape { values } => {
                ("learn-part-shape", vec![("values", Value::from(*values))])
            }
            DifferencePart::Route { path } => ("learn-part-route", vec![("path", said(path))]),
            DifferencePart::Block { format } => {
                ("learn-part-block", vec![("format", said(format.code()))])
            }
            DifferencePart::Rule { format, at } => (
                "learn-part-rule",
                vec![("format", said(format.code())), ("at", said(at))],
            ),
            DifferencePart::Sweep { format } => {
                ("learn-part-sweep", vec![("format", said(format.code()))])
            }
            DifferencePart::Parameter { name } => {
                ("learn-part-parameter", vec![("name", said(name))])
            }
            DifferencePart::Proposal { path } => {
                ("learn-part-proposal", vec![("path", said(path))])
            }
            DifferencePart::RequestRule { at } => ("learn-part-request", vec![("at", said(at))]),
            DifferencePart::Persons { more } => {
                ("learn-part-persons", vec![("more", Value::from(*more))])
            }
            DifferencePart::Unreadable {
                cause,
                responses,
                first,
            } => (
                "learn-part-unreadable",
                vec![
                    ("cause", self.cause(*cause)),
                    ("responses", Value::from(*responses)),
                    ("place", self.place(first.as_ref())),
                ],
            ),
            DifferencePart::RequestsUnreadable { cause, requests } => (
                "learn-part-requests",
                vec![
                    ("cause", self.cause(*cause)),
                    ("requests", Value::from(*requests)),
                ],
            ),
            DifferencePart::Resources { responses } => (
                "learn-part-resources",
                vec![("responses", Value::from(*responses))],
            ),
        };
        self.text(key, &values)
    }

    /// The persons of all routes together.
    pub(super) fn totals(&self, out: &Output, report: &MapReport) {
        let totals = &report.totals;
        let values = [
            ("persons", totals.known_persons),
            ("others", totals.persons - totals.known_persons),
            ("known", totals.sightings),
            ("found", totals.sightings_found),
            ("named", totals.sightings_named),
            ("refused", totals.refused),
        ];
        // Short numbers are not looked for in the bytes: none known there is no statement about the
        // map.
        let key = if totals.known_shown > 0 {
            "learn-found"
        } else {
            "learn-found-by-map"
        };
        out.complain(key, &values.map(|(name, count)| (name, Value::from(count))));
    }

    /// What only the whole traffic shows, for a person to look at.
    pub(super) fn constants(&self, report: &MapReport) -> Vec<String> {
        let sentence = |constant: &ConstantIdentifier| {
            let values = [
                ("kind", Value::from(constant.kind.as_str())),
                ("pages", Value::from(constant.pages)),
                ("of", Value::from(constant.of)),
            ];
            text_with(self.language, "learn-finding-constant", &values)
        };
        report.constant.iter().map(sentence).collect()
    }

    /// Each route with its figures; zeros are not printed.
    pub(super) fn report(&self, out: &Output, report: &MapReport) {
        for (key, line) in &report.routes {
            report_heading(out, key, line.exchanges);
            self.report_line(out, line);
        }
    }

    fn report_line(&self, out: &Output, line: &RouteReport) {
        if line.with_persons > 0 {
            let values = [
                ("rule", line.by_rule),
                ("request", line.by_request),
                ("sweep", line.by_sweep),
            ];
            out.say(
                "report-persons",
                &values.map(|(name, count)| (name, Value::from(count))),
            );
        }
        for (key, count) in [
            ("report-not-known", line.not_known),
            ("report-missed", line.missed),
            ("report-names", line.name_only),
            ("report-by-name", line.by_name),
        ] {
            if count > 0 {
                out.say(key, &[("count", Value::from(count))]);
            }
        }
        if line.nobody > 0 {
            let bytes = ("bytes", Value::from(line.nobody_bytes));
            out.say(
                "report-nobody",
                &[("count", Value::from(line.nobody)), bytes],
            );
        }
        for (cause, unread) in &line.unreadable {
            let place = ("place", self.place(unread.first.as_ref()));
            let count = ("count", Value::from(unread.responses));
            out.say(
                "report-unreadable",
                &[count, ("cause", self.cause(*cause)), place],
            );
        }
        for (cause, count) in &line.requests_unreadable {
            out.say(
                "report-requests",
                &[
                    ("count", Value::from(*count)),
                    ("cause", self.cause(*cause)),
                ],
            );
        }
        for (name, count) in &line.strangers {
            let name = Value::from(name.as_str());
            out.say(
                "report-stranger",
                &[("name", name), ("count", Value::from(*count))],
            );
        }
        for (gap, count) in &line.gaps {
            out.say(
                "report-gap",
                &[("count", Value::from(*count)), ("gap", self.gap(*gap))],
            );
        }
        if line.uninspected > 0 {
            let known = ("known", Value::from(line.uninspected_with_known));
            out.say(
                "report-uninspected",
                &[("count", Value::from(line.uninspected)), known],
            );
        }
    }
}

fn report_heading(out: &Output, key: &ReportKey, exchanges: usize) {
    let exchanges = ("exchanges", Value::from(exchanges));
    match key {
        ReportKey::Route(route) => {
            let route = ("route", Value::from(route.as_str()));
            out.say("report-route", &[route, exchanges]);
        }
        ReportKey::Unmapped { method, template } => {
            let method = ("method", Value::from(method.as_str()));
            let path = ("path", Value::from(template.as_str()));
            out.say("report-unmapped", &[method, path, exchanges]);
        }
    }
}
