//! Lists read page by page, and to their end: people look at the first pages and search again.
//!
//! Only pages with a person who is new and unexplained count: going through one's own caseload is
//! work.

/// Pages further apart, in seconds, belong to two walks.
const APART: u32 = 120;
/// Full pages after which a shorter one is the end of a list.
const FULL_PAGES: u32 = 2;

/// The facts of a response that matter for a walk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListPage {
    pub(crate) second: u32,
    /// Hash of the route's action.
    pub(crate) action: u32,
    pub(crate) persons: usize,
    pub(crate) is_list: bool,
    /// Shows a person new to the account and unexplained.
    pub(crate) is_strange: bool,
}

/// The walk in progress of one account.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paging {
    action: u32,
    size: usize,
    pages: u32,
    last_second: u32,
}

impl Paging {
    /// Adds a response; returns the pages of the walk so far, and true when it is the last page.
    pub(crate) fn next(&mut self, page: ListPage) -> (u32, bool) {
        let goes_on = self.pages > 0
            && self.action == page.action
            && page.second.saturating_sub(self.last_second) <= APART;
        // Before the test for a list: the last page may hold a single person, or none.
        if goes_on && self.pages >= FULL_PAGES && page.persons < self.size {
            let pages = self.pages + 1;
            *self = Self::default();
            return (pages, true);
        }
        if !page.is_list {
            // A record page opened from a list does not interrupt the walk.
            return (0, false);
        }
        if !page.is_strange {
            *self = Self::default();
            return (0, false);
        }
        let pages = if goes_on && page.persons == self.size {
            self.pages + 1
        } else {
            1
        };
        *self = Self {
            action: page.action,
            size: page.persons,
            pages,
            last_second: page.second,
        };
        (pages, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of these sizes, so many seconds apart.
    fn walk(sizes: &[usize], apart: u32, is_strange: bool) -> (u32, u32) {
        let mut paging = Paging::default();
        let (mut most, mut ends) = (0, 0);
        for (place, &persons) in sizes.iter().enumerate() {
            let second = 1000 + place as u32 * apart;
            let page = ListPage {
                second,
                action: 1,
                persons,
                is_list: persons > 2,
                is_strange,
            };
            let (pages, is_end) = paging.next(page);
            most = most.max(pages);
            ends += u32::from(is_end);
        }
        (most, ends)
    }

    #[test]
    fn full_pages_and_a_short_one_are_a_walk_to_the_end() {
        assert_eq!(walk(&[50, 50, 50, 50, 12], 5, true), (5, 1));
        assert_eq!(
            walk(&[50, 50, 50, 0], 5, true),
            (4, 1),
            "an empty page is an end, too"
        );
        assert_eq!(walk(&[20, 20, 7, 20, 20, 20, 1], 5, true), (4, 2));
    }

    #[test]
    fn one_page_now_and_then_is_not() {
        assert_eq!(walk(&[50, 12, 50, 7], 5, true), (1, 0));
        assert_eq!(walk(&[50, 50, 50, 12], 300, true), (1, 0), "minutes apart");
        assert_eq!(
            walk(&[50, 50, 50, 50, 12], 5, false),
            (0, 0),
            "the own caseload"
        );
    }

    #[test]
    fn sheets_opened_on_the_way_do_not_hide_it() {
        let mut paging = Paging::default();
        let mut most = 0;
        for place in 0..12_u32 {
            let is_list = place % 2 == 0;
            let (action, persons) = if is_list { (1, 50) } else { (2, 1) };
            let page = ListPage {
                second: place * 5,
                action,
                persons,
                is_list,
                is_strange: true,
            };
            most = most.max(paging.next(page).0);
        }
        assert_eq!(most, 6);
    }
}
