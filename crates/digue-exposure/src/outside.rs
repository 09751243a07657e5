//! The addresses of a portal that its map does not describe, as entries name them: what is to be
//! added to the map.
//!
//! Bounded: a client that tries addresses adds no memory, and what found no place is counted.

use std::collections::BTreeMap;

use digue_types::{AddressMethod, Exposure, PortalId, UnmappedAddress};

/// Addresses of one portal that are kept apart; the first ones, so that a flood displaces none.
const ADDRESSES_MAX: usize = 500;

/// What was asked for at one address, and answered with one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideRow {
    pub address: UnmappedAddress,
    /// The portal's; 0 where it did not answer or was not seen.
    pub status: u16,
    pub requests: u64,
    /// Bytes of the bodies of all its answers together.
    pub bytes: u64,
}

/// The addresses outside the map of one portal.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutsideAddresses {
    /// By address and status: requests, and bytes.
    rows: BTreeMap<(UnmappedAddress, u16), (u64, u64)>,
    /// Requests for addresses that found no place.
    others: u64,
}

impl OutsideAddresses {
    pub(crate) fn add(&mut self, exposure: &Exposure) {
        let Some(address) = &exposure.unmapped else {
            return;
        };
        let key = (address.clone(), exposure.status);
        if self.rows.len() >= ADDRESSES_MAX && !self.rows.contains_key(&key) {
            self.others = self.others.saturating_add(exposure.requests());
            return;
        }
        let (requests, bytes) = self.rows.entry(key).or_default();
        *requests = requests.saturating_add(exposure.requests());
        *bytes = bytes.saturating_add(exposure.body_bytes);
    }

    /// The most requested first, and the requests for others.
    pub(crate) fn rows(&self) -> (Vec<OutsideRow>, u64) {
        let row =
            |((address, status), (requests, bytes)): (&(UnmappedAddress, u16), &(u64, u64))| {
                OutsideRow {
                    address: address.clone(),
                    status: *status,
                    requests: *requests,
                    bytes: *bytes,
                }
            };
        let mut rows: Vec<OutsideRow> = self.rows.iter().map(row).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.requests));
        (rows, self.others)
    }

    /// As lines of the manifest: a template has no space, and neither has a media type.
    pub(crate) fn to_lines(&self, portal: &PortalId) -> String {
        let mut text = String::new();
        for ((address, status), (requests, bytes)) in &self.rows {
            let UnmappedAddress {
                method,
                template,
                media_type,
            } = address;
            let media_type = if media_type.is_empty() {
                "-"
            } else {
                media_type
            };
            text.push_str(&format!(
                "outside {portal} {} {template} {media_type} {status} {requests} {bytes}\n",
                method.code()
            ));
        }
        if self.others > 0 {
            text.push_str(&format!("outside {portal} - {}\n", self.others));
        }
        text
    }

    /// Reads the rest of a line after the portal; `None` when it cannot be parsed.
    pub(crate) fn read_words<'l>(
        &mut self,
        words: &mut impl Iterator<Item = &'l str>,
    ) -> Option<()> {
        let method = words.next()?;
        if method == "-" {
            self.others = words.next()?.parse().ok()?;
            return Some(());
        }
        let method = AddressMethod::parse(method)?;
        let template = words.next()?.to_owned();
        let media_type = words
            .next()
            .map(|text| if text == "-" { "" } else { text })?
            .to_owned();
        let status = words.next()?.parse().ok()?;
        let counts = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        self.rows.insert(
            (
                UnmappedAddress {
                    method,
                    template,
                    media_type,
                },
                status,
            ),
            counts,
        );
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use digue_types::Event;

    use super::*;

    fn asked(template: &str, content_type: Option<&str>, status: u16) -> Exposure {
        let Event::Exposure(exposure) = digue_testkit::events::shown(1, "unknown", "P1") else {
            panic!("an exposure")
        };
        let unmapped = Some(UnmappedAddress::new("GET", template, content_type));
        Exposure {
            unmapped,
            status,
            body_bytes: 10,
            ..*exposure
        }
    }

    #[test]
    fn addresses_are_counted_bounded_and_read_back() {
        let mut outside = OutsideAddresses::default();
        for _ in 0..3 {
            outside.add(&asked("/b/{x}", Some("text/html"), 200));
        }
        outside.add(&asked("/b/{x}", None, 404));
        for number in 0..ADDRESSES_MAX + 40 {
            outside.add(&asked(&format!("/flood-{number}"), None, 200));
        }
        let (rows, others) = outside.rows();
        assert_eq!((rows.len(), others), (ADDRESSES_MAX, 42));
        let first = UnmappedAddress::new("GET", "/b/{x}", Some("text/html"));
        assert_eq!(
            rows[0],
            OutsideRow {
                address: first,
                status: 200,
                requests: 3,
                bytes: 30
            }
        );
        let portal = PortalId::parse("portail").unwrap();
        let mut again = OutsideAddresses::default();
        for line in outside.to_lines(&portal).lines() {
            let mut words = line.split(' ').skip(2);
            again.read_words(&mut words).unwrap();
            assert_eq!(words.next(), None, "{line}");
        }
        assert_eq!(again.rows(), outside.rows());
    }
}
