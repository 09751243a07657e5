//! `[traces]`: where traces of requests go, and how many.

use super::reader::ConfigSection;

/// One request of a hundred shows where time goes, and costs the others nothing.
const USUAL_PER_THOUSAND: u16 = 10;

/// Traces for a collector that speaks OpenTelemetry's protocol over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSettings {
    /// The whole address, `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: String,
    /// Of a thousand requests, 1 to 1000.
    pub per_thousand: u16,
}

pub(crate) fn read_traces(section: &ConfigSection<'_>) -> Option<TraceSettings> {
    let per_thousand = match section.number("per_thousand").map(u16::try_from) {
        None => Some(USUAL_PER_THOUSAND),
        Some(Ok(number @ 1..=1000)) => Some(number),
        Some(_) => section.refuse("per_thousand", "fault-value", "1–1000"),
    };
    Some(TraceSettings {
        endpoint: section.need("endpoint", parse_endpoint)?,
        per_thousand: per_thousand?,
    })
}

/// With its path: of a bare host nobody knows whether the path is meant to be added.
fn parse_endpoint(text: &str) -> Result<String, &'static str> {
    let example = "http://127.0.0.1:4318/v1/traces";
    let uri: http::Uri = text.parse().map_err(|_| example)?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    let is_whole = uri.path().len() > 1 && uri.query().is_none();
    // An account in an address is a secret where nobody looks for one.
    let is_plain = uri
        .authority()
        .is_some_and(|authority| !authority.as_str().contains('@'));
    (is_web && is_whole && is_plain)
        .then(|| text.to_owned())
        .ok_or(example)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_whole_and_holds_no_account() {
        let good = "https://traces.exemple.fr/v1/traces";
        assert_eq!(parse_endpoint(good).as_deref(), Ok(good));
        for bad in [
            "127.0.0.1:4318",
            "http://127.0.0.1:4318",
            "http://127.0.0.1:4318/",
            "http://a:b@traces.exemple.fr/v1/traces",
            "http://traces.exemple.fr/v1/traces?key=a",
            "ftp://traces.exemple.fr/v1/traces",
        ] {
            assert!(parse_endpoint(bad).is_err(), "{bad}");
        }
    }
}
