//! What all pages share: words, dates and numbers in the reader's language, and security headers.

use std::fmt::Display;
use std::time::Duration;

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use digue_access::{Reach, Role};
use digue_app::Actor;
use digue_app::act_contents::AccountPlace;
use digue_app::names::VisibleNames;
use digue_evidence::completeness::CompleteSince;
use digue_evidence::table::csv_line_by;
use digue_locales::{Language, Value, number, text, text_with};
use digue_response::clock::{DueTime, TimeToDue};
use digue_types::{AccountId, Act, Administration, Gate, GateReason, Subject, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::done::ShownDone;
use crate::frame::ColourTheme;
use crate::help::PageHelp;
use crate::menu::Menu;
use crate::state::Console;
use crate::visitor::Visitor;

impl Console {
    /// The words of the visitor's language, with times in the zone of the console.
    pub fn words(&self, visitor: &Visitor) -> Localizer {
        Localizer::in_zone(visitor, &self.zone)
    }
}

/// The reader's language and time zone; `w` in every template.
#[derive(Clone)]
pub struct Localizer {
    language: Language,
    zone: TimeZone,
    pub account: Option<String>,
    /// The role's name; empty without one.
    pub role: String,
    /// True on the console's host, where the menu works.
    pub has_menu: bool,
    pub menu: Menu,
    pub theme: ColourTheme,
    /// True for officers and the auditor, who may search.
    pub watches: bool,
    /// Records on this page that differ from the journal or cannot be read, under their headings
    /// (`differences`).
    pub faulty: Vec<(String, Vec<String>)>,
    /// What the reader has just done.
    pub done: Option<ShownDone>,
    pub help: Option<PageHelp>,
    pub danger_asynchronous: bool,
    names: VisibleNames,
}

impl Localizer {
    pub fn new(visitor: &Visitor) -> Self {
        let language = visitor.language;
        let has_menu = visitor.portal.is_none() && visitor.session.is_some();
        let role = visitor.role.filter(|_| has_menu);
        Self {
            done: visitor
                .frame
                .done
                .as_ref()
                .map(|done| done.in_words(language)),
            help: PageHelp::of(language, &visitor.frame.path),
            language,
            zone: TimeZone::UTC,
            account: visitor
                .session
                .as_ref()
                .map(|session| session.account.to_string()),
            role: role
                .map(|role| text(language, &format!("role-{}", role.code())))
                .unwrap_or_default(),
            menu: role
                .map(|role| Menu::new(language, role, &visitor.frame))
                .unwrap_or_default(),
            theme: visitor.frame.theme,
            has_menu,
            watches: visitor.role.is_some_and(Role::can_watch),
            faulty: Vec::new(),
            danger_asynchronous: has_menu && visitor.frame.danger_asynchronous,
            names: visitor.frame.names.clone(),
        }
    }

    pub fn in_zone(visitor: &Visitor, zone: &TimeZone) -> Self {
        Self {
            zone: zone.clone(),
            ..Self::new(visitor)
        }
    }

    /// Since when consultations are complete in the journal, as a sentence.
    pub fn complete_since(&self, since: &CompleteSince) -> String {
        match since {
            CompleteSince::Empty => self.say("person-since-unknown"),
            CompleteSince::NothingLeft => self.say("person-since-nothing"),
            CompleteSince::Since(at) => self.with1("person-since", "at", self.moment(at)),
        }
    }

    /// The reader, for documents.
    pub fn reader(&self) -> digue_casework::paper_reader::PaperReader {
        digue_casework::paper_reader::PaperReader {
            language: self.language,
            zone: self.zone.clone(),
            names: self.names.clone(),
        }
    }

    pub fn code(&self) -> &'static str {
        self.language.code()
    }

    pub fn other(&self) -> &'static str {
        match self.language {
            Language::French => "en",
            Language::English => "fr",
        }
    }

    pub fn other_name(&self) -> String {
        let other = Language::parse(self.other()).unwrap_or_default();
        text(other, "language-name")
    }

    /// The themes to choose from, and whether each is the chosen one.
    pub fn themes(&self) -> Vec<(&'static str, bool)> {
        ColourTheme::ALL
            .iter()
            .map(|theme| (theme.code(), *theme == self.theme))
            .collect()
    }

    /// For form fields and scroll bars, which the style sheet does not draw.
    pub const fn color_scheme(&self) -> &'static str {
        match self.theme {
            ColourTheme::Device => "light dark",
            ColourTheme::Light => "light",
            ColourTheme::Dark => "dark",
        }
    }

    pub fn say(&self, key: &str) -> String {
        text(self.language, key)
    }

    /// The text of a key made of a prefix and a code: `gate-` and `closed`.
    pub fn coded(&self, prefix: &str, code: &str) -> String {
        text(self.language, &format!("{prefix}-{code}"))
    }

    /// The same for a code that may be unreadable.
    pub fn maybe_coded(&self, prefix: &str, code: Option<&str>) -> String {
        code.map_or_else(
            || self.say("stored-unreadable"),
            |code| self.coded(prefix, code),
        )
    }

    pub fn with(&self, key: &str, values: impl AsRef<[(&'static str, Value)]>) -> String {
        text_with(self.language, key, values.as_ref())
    }

    /// A sentence with one value.
    pub fn with1(&self, key: &str, name: &str, value: impl Display) -> String {
        text_with(
            self.language,
            key,
            &[(name, Value::from(value.to_string()))],
        )
    }

    /// A sentence about one number.
    pub fn counted(&self, key: &str, count: impl ShownCount) -> String {
        let shown = number(self.language, count.count());
        self.with(
            key,
            [
                ("count", Value::from(count.count())),
                ("shown", Value::from(shown)),
            ],
        )
    }

    pub fn number(&self, count: impl ShownCount) -> String {
        number(self.language, count.count())
    }

    /// One decimal, with the decimal separator of the language.
    pub fn decimal(&self, number: f64) -> String {
        self.number_text(&format!("{number:.1}"))
    }

    /// The name of an account's holder; the identifier where the reader knows no name. Digue itself
    /// has the name of the product.
    pub fn person(&self, account: impl Display) -> String {
        let account = account.to_string();
        if account == Actor::digue().account.as_str() {
            return self.say("product");
        }
        let name = self.names.person(&account).map(ToOwned::to_owned);
        name.unwrap_or(account)
    }

    /// What a gate reaches: a holder, an organisation, or a portal by its identifier.
    pub fn reach_name(&self, reach: &Reach) -> String {
        match reach {
            Reach::Account(account) => self.person(account),
            Reach::Organisation(organisation) => self.organisation(organisation),
            Reach::Portal(portal) => portal.to_string(),
            Reach::Everything => String::new(),
        }
    }

    /// True where `person` says a name.
    pub fn is_named(&self, account: impl Display) -> bool {
        self.names.person(&account.to_string()).is_some()
    }

    /// The name of an organisation; the identifier where the reader knows no name.
    pub fn organisation(&self, id: impl Display) -> String {
        let id = id.to_string();
        let name = self.names.organisation(&id).map(ToOwned::to_owned);
        name.unwrap_or(id)
    }

    /// `3.25` with the decimal separator of the language.
    pub fn number_text(&self, text: &str) -> String {
        match self.language {
            Language::French => text.replace('.', ","),
            Language::English => text.to_owned(),
        }
    }

    /// `2 j 3 h`, `12 h 05 min`, `4 min`.
    pub fn duration(&self, time: Duration) -> String {
        let minutes = time.as_secs() / 60;
        let (days, hours, rest) = (minutes / 1440, minutes / 60, minutes % 60);
        let values = |first: u64, second: u64| [("first", first.into()), ("second", second.into())];
        match (days, hours) {
            (0, 0) => self.with("duration-minutes", values(rest, 0)),
            (0..4, _) => self.with("duration-hours", values(hours, rest)),
            _ => self.with("duration-days", values(days, hours % 24)),
        }
    }

    /// `il reste 3 h 05 min`, `il reste au plus 2 h`, `1 h de retard`.
    pub fn time_to(&self, due: DueTime, now: Timestamp) -> String {
        let (key, time) = match due.time_from(now) {
            TimeToDue::Left(time) => ("clock-left", time),
            TimeToDue::LeftAtMost(time) => ("clock-left-at-most", time),
            TimeToDue::Late(time) => ("clock-late", time),
            TimeToDue::LateAtLeast(time) => ("clock-late-at-least", time),
        };
        self.with1(key, "time", self.duration(time))
    }

    pub fn time(&self, at: impl ShownInstant) -> String {
        self.format(at.moment(), "%H:%M:%S")
    }

    pub fn minute(&self, at: impl ShownInstant) -> String {
        self.format(at.moment(), "%H:%M")
    }

    pub fn moment(&self, at: impl ShownInstant) -> String {
        let pattern = match self.language {
            Language::French => "%d/%m/%Y %H:%M:%S",
            Language::English => "%d %b %Y, %H:%M:%S",
        };
        self.format(at.moment(), pattern)
    }

    /// The time of today, the date and time of another day.
    pub fn moment_short(&self, at: impl ShownInstant, now: Timestamp) -> String {
        let is_today = self.date(at.moment()) == self.date(now);
        if is_today {
            self.minute(at)
        } else {
            format!("{} {}", self.date(at.moment()), self.minute(at))
        }
    }

    pub fn date(&self, at: impl ShownInstant) -> String {
        let pattern = match self.language {
            Language::French => "%d/%m/%Y",
            Language::English => "%d %b %Y",
        };
        self.format(at.moment(), pattern)
    }

    /// A date.
    pub fn day(&self, day: impl ShownDay) -> String {
        let pattern = match self.language {
            Language::French => "%d/%m/%Y",
            Language::English => "%d %b %Y",
        };
        day.day().strftime(pattern).to_string()
    }

    /// The form of `datetime-local` fields.
    pub fn form_time(&self, at: Timestamp) -> String {
        self.format(at, "%Y-%m-%dT%H:%M")
    }

    /// The day of a moment in the installation's zone, as files write days: in Universal Time a day that
    /// people wrote down is the one before.
    pub fn file_date(&self, at: impl ShownInstant) -> String {
        self.format(at.moment(), "%Y-%m-%d")
    }

    fn format(&self, at: Timestamp, pattern: &str) -> String {
        match jiff::Timestamp::from_microsecond(at.micros()) {
            Ok(time) => time
                .to_zoned(self.zone.clone())
                .strftime(pattern)
                .to_string(),
            Err(_) => at.to_string(),
        }
    }

    /// A text, encoded for the query of a link.
    pub fn query(&self, text: impl ToString) -> String {
        query_part(&text.to_string())
    }

    /// The subject of an act and its result, in words where there are any.
    pub fn act_about(&self, act: &Administration) -> String {
        let about = match act.subject.account() {
            Some(account) if self.is_named(&account) => self.person(account),
            Some(_) | None => self.reader().named(&act.subject),
        };
        let became = match act.act {
            Act::GateSet => Gate::parse(&act.after).map(|gate| self.coded("gate", gate.code())),
            Act::AccountSaved | Act::AccountMoved => AccountPlace::parse(&act.after).map(|place| {
                let organisation = self.reader().named(&Subject::from(place.organisation));
                format!("{organisation}, {}", self.coded("role", place.role.code()))
            }),
            _ => None,
        };
        match became {
            Some(became) => format!("{about} → {became}"),
            None => about,
        }
    }

    /// Why a gate was set: a person's words unchanged; what Digue wrote for programs as a link to
    /// its finding.
    pub fn why(&self, by: &AccountId, reason: &GateReason) -> ShownReason {
        match reason {
            GateReason::Monitor { finding, .. } | GateReason::Cleared(finding) => ShownReason {
                text: self.say("why-finding"),
                finding: finding.to_string(),
            },
            GateReason::Quarantine => ShownReason {
                text: self.say("account-quarantined"),
                finding: String::new(),
            },
            GateReason::Officer(reason) => self.written_reason(by, reason),
        }
    }

    /// The reason of an act.
    pub fn act_why(&self, act: &Administration) -> ShownReason {
        if act.act == Act::GateSet {
            self.why(&act.actor, &GateReason::parse(&act.reason))
        } else {
            self.written_reason(&act.actor, &act.reason)
        }
    }

    fn written_reason(&self, by: &AccountId, reason: &str) -> ShownReason {
        // Detection gives a finding's figures as a reason; the page of the finding has them in
        // words.
        let is_for_programs = *by == Actor::digue().account && !reason.is_empty();
        let text = if is_for_programs {
            self.say("why-watch")
        } else {
            reason.to_owned()
        };
        ShownReason {
            text,
            finding: String::new(),
        }
    }

    /// A reason in one sentence.
    pub fn reason(&self, reason: &digue_types::RefusalReason) -> String {
        text(self.language, &format!("reason-{}", reason.family()))
    }
}

/// A reason as a page shows it.
pub struct ShownReason {
    pub text: String,
    /// The finding that it links to; empty without one.
    pub finding: String,
}

/// A number that a template shows.
pub trait ShownCount {
    fn count(&self) -> u64;
}

macro_rules! counts {
    ($($integer:ty),+) => {
        $(impl ShownCount for $integer {
            fn count(&self) -> u64 {
                *self as u64
            }
        })+
    };
}
counts!(u64, u32, usize);

impl<C: ShownCount> ShownCount for &C {
    fn count(&self) -> u64 {
        (*self).count()
    }
}

/// A time that a template shows.
pub trait ShownInstant {
    fn moment(&self) -> Timestamp;
}

impl ShownInstant for Timestamp {
    fn moment(&self) -> Timestamp {
        *self
    }
}

impl<M: ShownInstant> ShownInstant for &M {
    fn moment(&self) -> Timestamp {
        (*self).moment()
    }
}

/// A day that a template shows.
pub trait ShownDay {
    fn day(&self) -> Date;
}

impl ShownDay for Date {
    fn day(&self) -> Date {
        *self
    }
}

impl<D: ShownDay> ShownDay for &D {
    fn day(&self) -> Date {
        (*self).day()
    }
}

/// A rendered template.
pub fn page<T: Template>(template: &T) -> Html<String> {
    // Templates are checked when they are compiled; only the formatting of a value can still fail.
    match template.render() {
        Ok(html) => Html(html),
        Err(error) => {
            tracing::error!(%error, "Rendering a template failed; empty page sent");
            Html(String::new())
        }
    }
}

const STYLE_SHEET: &str = include_str!("../assets/digue.css");

pub async fn style_sheet() -> impl IntoResponse {
    let headers =
        // Minutes only: the address carries no version, and after an update browsers must not keep
        // the old sheet.
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, STYLE_SHEET)
}

/// A value as it stands in the query of a link.
pub fn query_part(value: &str) -> String {
    let bytes = value.bytes().map(|byte| match byte {
        // The unreserved signs of RFC 3986, 2.3.
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}

/// The name of a file in the reader's language, as ASCII letters: a header has no others.
pub fn file_name(language: Language, name: &str) -> String {
    let key = format!("file-name-{name}");
    if digue_locales::has(language, &key) {
        text(language, &key)
    } else {
        name.to_owned()
    }
}

/// A table as CSV, safe to open in a spreadsheet of the reader's language: with a byte-order mark,
/// without which accents are read as Windows-1252, and with the semicolons that a French one
/// expects.
pub fn csv(
    language: Language,
    name: &str,
    header: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) -> Response {
    let separator = match language {
        Language::French => ';',
        Language::English => ',',
    };
    let line = |cells: &[String]| csv_line_by(separator, cells.iter().map(String::as_str));
    let mut out = format!("\u{feff}{}", line(header));
    for row in rows {
        out.push_str(&line(&row));
    }
    kept(
        &format!("{}.csv", file_name(language, name)),
        Media("text/csv; charset=utf-8"),
        out.into_bytes(),
    )
}

/// The same, with the warning that the page of these rows has at its head as the last lines: a file
/// that leaves the console must not say less than the page.
pub fn csv_beside(
    w: &Localizer,
    name: &str,
    header: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) -> Response {
    let warning = w.faulty.iter().flat_map(|(heading, records)| {
        let more = records.iter().map(|record| format!("– {record}"));
        std::iter::once(heading.clone()).chain(more)
    });
    let empty = header.len().saturating_sub(1);
    let warning = warning.map(|said| {
        let rest = std::iter::repeat_n(String::new(), empty);
        std::iter::once(said).chain(rest).collect()
    });
    csv(w.reader().language, name, header, rows.chain(warning))
}

/// A media type, so that no name of a file is taken for one.
#[derive(Clone, Copy, Debug)]
pub struct Media(pub &'static str);

/// A file to be saved, never opened by the browser in Digue's own place.
pub fn kept(name: &str, media: Media, bytes: Vec<u8>) -> Response {
    let is_plain =
        |sign: char| sign.is_ascii_graphic() && !matches!(sign, '"' | '\\') || sign == ' ';
    // Quotes, line ends and letters outside ASCII would break the header; the file's own content
    // keeps its name.
    let name: String = name
        .chars()
        .map(|sign| if is_plain(sign) { sign } else { '_' })
        .collect();
    let headers = [
        (header::CONTENT_TYPE, media.0.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, bytes).into_response()
}

const PASSKEY_SCRIPT: &str = include_str!("../assets/passkey.js");

pub async fn passkey_script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, PASSKEY_SCRIPT)
}

const MARK: &str = include_str!("../assets/mark.svg");

/// The sign of the product, for the tab of a browser.
pub async fn mark() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, MARK)
}

/// The typeface of all pages: Inter, under the SIL Open Font License 1.1
/// (`assets/inter-latin.LICENSE.txt`), cut to Latin script.
const TYPEFACE: &[u8] = include_bytes!("../assets/inter-latin.woff2");

pub async fn typeface() -> ([(HeaderName, HeaderValue); 2], &'static [u8]) {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("font/woff2")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    (headers, TYPEFACE)
}

const LIVE_SCRIPT: &str = include_str!("../assets/live.js");

pub async fn live_script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, LIVE_SCRIPT)
}

/// The policy of most pages: no script, nothing from elsewhere.
const NO_SCRIPT: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// The policy of a page with a passkey ceremony: our one script, and forms that may lead to
/// `forms`, too (an origin; may be empty).
pub fn ceremony_policy(forms: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; font-src 'self'; \
         img-src 'self'; \
         form-action 'self' {forms}; base-uri 'none'; frame-ancestors 'none'"
    );
    // An origin that makes no header is a fault of the configuration: the strictest policy, not
    // none.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// A page whose forms first ask for a proof by passkey.
pub fn with_ceremony(page: Html<String>) -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))];
    (policy, page).into_response()
}

/// Headers of every page of ours: no script but our own, no frame, no cache of personal data.
pub async fn protect(request: Request, next: Next) -> Response {
    // A portal's host is the portal's to bind to TLS; over plain HTTP nothing may be said (RFC 6797,
    // 7.2).
    let is_ours_over_tls = request
        .extensions()
        .get::<Visitor>()
        .is_some_and(|visitor| visitor.is_secure && visitor.portal.is_none());
    let mut response = next.run(request).await;
    let fixed: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: a change of language returns to its page by this header.
        (header::REFERRER_POLICY, "same-origin"),
        // A page of another site that opened this one must keep no handle on it.
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), publickey-credentials-create=(self), \
             publickey-credentials-get=(self)",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_ours_over_tls {
        // Without subdomains: they may be portals, or others'.
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    // Only where the handler set none: ceremonies bring a policy that allows the one script.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(NO_SCRIPT);
    // Pages show personal data on shared machines; style sheet and scripts set a header of their
    // own.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_a_header() {
        let response = kept(
            "reçu \"1\"\r\nx: y.pdf",
            Media("application/pdf"),
            Vec::new(),
        );
        assert_eq!(
            response.headers()[header::CONTENT_DISPOSITION],
            "attachment; filename=\"re_u _1___x: y.pdf\""
        );
    }
}
