//! Sub-resources: a browser fetches style sheets, scripts and images with its pages; a program with
//! a copied cookie fetches the record pages only.
//!
//! Browsers cache, and the resources of some portals do not pass the gateway. A day without any is
//! therefore a sign only where this account, or its peers, fetch some on nearly every working day.

/// Record pages in a day without any resource from which on it is a sign.
const SHEETS_MIN: u32 = 6;
/// Days from which on the peers' share is known; also the weight of that share, in days.
const DAYS_MIN: f32 = 10.0;

/// Working days, and those with resources; old ones fade.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FetchingDays {
    all: f32,
    fetching: f32,
}

impl FetchingDays {
    const FADING: f32 = 0.98;

    pub(crate) fn learn(&mut self, has_fetched: bool) {
        self.all = self.all * Self::FADING + 1.0;
        self.fetching = self.fetching * Self::FADING + f32::from(u8::from(has_fetched));
    }
}

/// Decimal logarithm of the odds against a day of `sheets` record pages without a resource; `None`
/// where that is usual, or not known to be unusual.
pub(crate) fn evidence(sheets: u32, own: FetchingDays, peers: FetchingDays) -> Option<f32> {
    if sheets < SHEETS_MIN || peers.all < DAYS_MIN {
        return None;
    }
    // Peers weigh as much as ten days of the account's own.
    let peers = (peers.fetching + 0.5) / (peers.all + 1.0);
    let without = 1.0 - (own.fetching + DAYS_MIN * peers) / (own.all + DAYS_MIN);
    let evidence = -without.max(0.03).log10();
    (evidence > 0.5).then_some(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(all: u32, fetching: u32) -> FetchingDays {
        let mut days = FetchingDays::default();
        for day in 0..all {
            days.learn(day >= all - fetching);
        }
        days
    }

    #[test]
    fn sheets_alone_where_everybody_fetches_are_heard() {
        let evidence = evidence(20, days(20, 20), days(40, 40)).unwrap();
        assert!(evidence > 1.2, "{evidence}");
    }

    #[test]
    fn few_sheets_and_portals_without_resources_are_not() {
        assert_eq!(evidence(5, days(20, 20), days(40, 40)), None);
        assert_eq!(
            evidence(20, days(20, 0), days(40, 0)),
            None,
            "resources do not pass here"
        );
        assert_eq!(
            evidence(20, days(20, 4), days(40, 38)),
            None,
            "this one keeps what it fetched"
        );
        assert_eq!(
            evidence(20, FetchingDays::default(), FetchingDays::default()),
            None,
            "nothing is known yet"
        );
    }
}
