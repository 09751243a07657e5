//! When a certificate is ordered: pure rules over what is kept, which names are served, and what
//! failed before.

use std::collections::BTreeSet;
use std::time::Duration;

use digue_types::Timestamp;

/// After a failed order: authorities count failed validations (Let's Encrypt: five an hour for each
/// host and account), and one that has been counted out stays so for longer.
const FIRST_WAIT: Duration = Duration::from_hours(1);
const WAIT_MAX: Duration = Duration::from_hours(12);

/// What the kept certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCertificate {
    /// Its DNS names, in small letters.
    pub names: BTreeSet<String>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// Why a certificate is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalReason {
    /// None is kept, or what is kept cannot be read.
    NoCertificate,
    /// A host is served that the certificate does not name.
    OtherNames,
    /// Less than a third of its life is left, as authorities advise for lives of any length.
    Ageing,
}

/// Why a certificate for `names` is due, if it is.
pub fn reason(
    kept: Option<&KeptCertificate>,
    names: &BTreeSet<String>,
    now: Timestamp,
) -> Option<RenewalReason> {
    let Some(kept) = kept else {
        return Some(RenewalReason::NoCertificate);
    };
    // A name too many costs nothing until the next renewal.
    if !names.is_subset(&kept.names) {
        return Some(RenewalReason::OtherNames);
    }
    let life = kept.ends_at.since(kept.starts_at);
    let ages_at = kept.ends_at.minus(life / 3);
    (now >= ages_at).then_some(RenewalReason::Ageing)
}

/// The names to order alone where one for all failed: those that the kept certificate has and that are
/// still served, once it ages. A host that cannot be proved must not let it run out for the others.
pub fn known_names(
    kept: Option<&KeptCertificate>,
    names: &BTreeSet<String>,
    now: Timestamp,
) -> Option<BTreeSet<String>> {
    let known: BTreeSet<String> = kept?.names.intersection(names).cloned().collect();
    let is_part = !known.is_empty() && known.len() < names.len();
    let is_ageing = reason(kept, &known, now) == Some(RenewalReason::Ageing);
    (is_part && is_ageing).then_some(known)
}

/// Orders that failed, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailedOrders {
    count: u32,
    next_at: Option<Timestamp>,
}

impl FailedOrders {
    /// True while the next order has to wait.
    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.next_at.is_some_and(|next| now < next)
    }

    /// Notes one more; how long the next order waits.
    pub fn add(&mut self, now: Timestamp) -> Duration {
        let doubled = 1u32.checked_shl(self.count).unwrap_or(u32::MAX);
        let wait = FIRST_WAIT.saturating_mul(doubled).min(WAIT_MAX);
        self.count = self.count.saturating_add(1);
        self.next_at = Some(now.plus(wait));
        wait
    }
}

/// The hosts among `hosts` that a public authority certifies: names with a dot, and no address.
pub fn certifiable<'a>(hosts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    hosts
        .into_iter()
        .filter(|host| is_certifiable(host))
        .map(str::to_ascii_lowercase)
        .collect()
}

fn is_certifiable(host: &str) -> bool {
    let is_name = host.contains('.') && host.parse::<std::net::IpAddr>().is_err();
    // Brackets are those of an IPv6 address; the names are for one's own machine (RFC 6761, 6.3).
    is_name && !host.starts_with('[') && !host.to_ascii_lowercase().ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn names(list: &[&str]) -> BTreeSet<String> {
        list.iter().map(|&name| name.to_owned()).collect()
    }

    fn kept(days: u32) -> KeptCertificate {
        let starts_at = Timestamp::from_secs(1_800_000_000);
        KeptCertificate {
            names: names(&["portail.exemple.fr", "digue.exemple.fr"]),
            starts_at,
            ends_at: starts_at.plus(DAY * days),
        }
    }

    #[test]
    fn a_certificate_is_renewed_when_a_third_of_its_life_is_left_however_long_it_is() {
        for days in [6, 47, 90, 398] {
            let kept = kept(days);
            let served = names(&["portail.exemple.fr"]);
            let before = kept.starts_at.plus(DAY * days * 2 / 3 - DAY / 24);
            let after = kept.starts_at.plus(DAY * days * 2 / 3 + DAY / 24);
            assert_eq!(reason(Some(&kept), &served, before), None, "{days}");
            let ageing = Some(RenewalReason::Ageing);
            assert_eq!(reason(Some(&kept), &served, after), ageing, "{days}");
            let ended = kept.ends_at.plus(DAY);
            assert_eq!(reason(Some(&kept), &served, ended), ageing, "{days}");
        }
    }

    #[test]
    fn a_host_more_is_ordered_at_once_and_a_host_less_is_not() {
        let (kept, now) = (kept(90), Timestamp::from_secs(1_800_000_001));
        let more = names(&["portail.exemple.fr", "autre.exemple.fr"]);
        assert_eq!(
            reason(Some(&kept), &more, now),
            Some(RenewalReason::OtherNames)
        );
        assert_eq!(
            reason(Some(&kept), &names(&["digue.exemple.fr"]), now),
            None
        );
        assert_eq!(reason(None, &more, now), Some(RenewalReason::NoCertificate));
    }

    #[test]
    fn a_host_that_cannot_be_proved_does_not_let_the_others_run_out() {
        let kept = kept(90);
        let more = names(&["portail.exemple.fr", "autre.exemple.fr"]);
        let known = |days| known_names(Some(&kept), &more, kept.starts_at.plus(DAY * days));
        assert_eq!(
            known(59),
            None,
            "not yet ageing: the order for all is tried again"
        );
        assert_eq!(known(61), Some(names(&["portail.exemple.fr"])));
        let now = kept.starts_at.plus(DAY * 61);
        let own = names(&["portail.exemple.fr"]);
        assert_eq!(
            known_names(Some(&kept), &own, now),
            None,
            "nothing failed for more"
        );
        let other = names(&["autre.exemple.fr"]);
        assert_eq!(known_names(Some(&kept), &other, now), None);
        assert_eq!(known_names(None, &more, now), None);
    }

    #[test]
    fn failures_wait_longer_each_time_and_never_longer_than_half_a_day() {
        let (mut failed, now) = (FailedOrders::default(), Timestamp::from_secs(0));
        assert!(!failed.is_waiting(now));
        let waits: Vec<u64> = (0..40).map(|_| failed.add(now).as_secs() / 3600).collect();
        assert_eq!(waits[..5], [1, 2, 4, 8, 12]);
        assert!(waits[5..].iter().all(|&hours| hours == 12));
        assert!(failed.is_waiting(now.plus(WAIT_MAX - Duration::from_secs(1))));
        assert!(!failed.is_waiting(now.plus(WAIT_MAX)));
    }

    #[test]
    fn addresses_and_names_of_one_machine_are_certified_by_nobody() {
        let hosts = [
            "Portail.exemple.fr",
            "localhost",
            "127.0.0.1",
            "::1",
            "[2001:db8::1]",
            "portail.localhost",
            "intranet",
        ];
        assert_eq!(certifiable(hosts), names(&["portail.exemple.fr"]));
    }
}
