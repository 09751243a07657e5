//! The menu of each role in its four groups, the place of a page in it, and the trail that leads to
//! a page.
//!
//! It knows paths and words; who may open a page is decided by its operation.

use digue_access::Role;
use digue_locales::{Language, Value, number, text, text_with};
use digue_tasks::{TaskCount, TaskSource};

use crate::frame::PageFrame;

/// One page of the menu.
struct MenuPage {
    path: &'static str,
    /// Locale key of its name.
    key: &'static str,
    icon: MenuIcon,
    /// The source of tasks whose number stands beside it.
    counts: Option<TaskSource>,
    readers: fn(Role) -> bool,
}

/// Marks that help to find a page again; always beside its name.
#[derive(Clone, Copy)]
enum MenuIcon {
    Home,
    Pulse,
    Warning,
    Search,
    Book,
    Screen,
    Bell,
    List,
    Person,
    Flash,
    Letter,
    Shield,
    Tick,
    Clipboard,
    Building,
    Cap,
    Agreement,
    Clock,
    Key,
    Sliders,
    Calendar,
}

impl MenuIcon {
    /// An SVG path in a box of 20 by 20, drawn as a line.
    const fn path(self) -> &'static str {
        match self {
            Self::Home => "M3 9.5 10 3.5l7 6V17h-4.5v-4.5h-5V17H3z",
            Self::Pulse => "M2 10h4l2-5 4 10 2-5h4",
            Self::Warning => "M10 3 18 17H2zM10 8v4M10 14.4v.2",
            Self::Search => "M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zM13.4 13.4 17.5 17.5",
            Self::Book => "M16 3H6a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h10zM8 7h5M8 10h5",
            Self::Screen => "M2.5 4h15v10h-15zM7 17h6",
            Self::Bell => "M10 3a5 5 0 0 1 5 5v3.5l1.5 2.5h-13L5 11.5V8a5 5 0 0 1 5-5zM8.5 17h3",
            Self::List => "M4 5h12M4 10h12M4 15h8",
            Self::Person => {
                "M10 9.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5zM3.5 17a6.5 6.5 0 0 1 13 0"
            }
            Self::Flash => "M11.5 2 4.5 11.5H9L8 18l7.5-9.5H11z",
            Self::Letter => "M2.5 4.5h15v11h-15zM2.5 5l7.5 6 7.5-6",
            Self::Shield => "M10 2.5 16 5v5c0 4-2.6 6.2-6 7.5C6.6 16.2 4 14 4 10V5z",
            Self::Tick => "M3.5 10.5 8 15 16.5 5.5",
            Self::Clipboard => "M7 3h6v3H7zM7 4.5H4.5V17h11V4.5H13M7.5 11.5l2 2 3.5-4",
            Self::Building => "M4 17V4h8v13M12 8h4v9M2 17h16M7 7.5h2M7 11h2",
            Self::Cap => "M2 8l8-4 8 4-8 4zM5.5 10v4c2 2 7 2 9 0v-4",
            Self::Agreement => {
                "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.5 10l2.5 2.5 4.5-5"
            }
            Self::Clock => "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v4l3 2",
            Self::Key => "M13 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 10l-7 7M5 15l2 2",
            Self::Sliders => "M3 6h14M3 14h14M7.5 3.5v5M12.5 11.5v5",
            Self::Calendar => "M3 4.5h14V17H3zM3 8.5h14M7 2.5v3.5M13 2.5v3.5",
        }
    }
}

const fn page(
    path: &'static str,
    key: &'static str,
    icon: MenuIcon,
    readers: fn(Role) -> bool,
) -> MenuPage {
    MenuPage {
        path,
        key,
        icon,
        counts: None,
        readers,
    }
}

const fn counted(
    (path, key): (&'static str, &'static str),
    icon: MenuIcon,
    source: TaskSource,
    readers: fn(Role) -> bool,
) -> MenuPage {
    MenuPage {
        path,
        key,
        icon,
        counts: Some(source),
        readers,
    }
}

const fn everybody(_: Role) -> bool {
    true
}

const fn partners(role: Role) -> bool {
    matches!(role, Role::Agent | Role::Deputy | Role::Delegate)
}

const fn delegates(role: Role) -> bool {
    role.leads_agents()
}

/// The groups, each with the key of its name.
static GROUPS: &[(&str, &[MenuPage])] = &[
    (
        "menu-group-watch",
        &[
            page(
                "/activity",
                "menu-activity",
                MenuIcon::Pulse,
                Role::can_watch,
            ),
            counted(
                ("/watch", "menu-watch"),
                MenuIcon::Warning,
                TaskSource::Findings,
                Role::can_watch,
            ),
            page("/scope", "menu-scope", MenuIcon::Search, Role::can_watch),
            page("/journal", "menu-journal", MenuIcon::Book, Role::can_watch),
            page(
                "/portals",
                "menu-portals",
                MenuIcon::Screen,
                Role::sees_coverage,
            ),
            page("/space", "menu-space", MenuIcon::Building, partners),
        ],
    ),
    (
        "menu-group-respond",
        &[
            counted(
                ("/incidents", "menu-incidents"),
                MenuIcon::Bell,
                TaskSource::Incidents,
                Role::can_watch,
            ),
            page(
                "/own-incidents",
                "menu-incidents",
                MenuIcon::Bell,
                delegates,
            ),
            page(
                "/register",
                "menu-register",
                MenuIcon::List,
                Role::can_watch,
            ),
            counted(
                ("/requests", "menu-requests"),
                MenuIcon::Person,
                TaskSource::Requests,
                Role::can_watch,
            ),
            counted(
                ("/break-glass", "menu-break-glass"),
                MenuIcon::Flash,
                TaskSource::BreakGlass,
                Role::can_watch,
            ),
            page(
                "/classes",
                "menu-classes",
                MenuIcon::Person,
                Role::can_watch,
            ),
            page(
                "/messages/reports",
                "menu-reports",
                MenuIcon::Letter,
                Role::can_watch,
            ),
            page("/messages", "menu-messages", MenuIcon::Letter, everybody),
        ],
    ),
    (
        "menu-group-govern",
        &[
            page("/smsi", "menu-smsi", MenuIcon::Shield, Role::reads_isms),
            counted(
                ("/smsi/calendar", "smsi-calendar"),
                MenuIcon::Calendar,
                TaskSource::Registers,
                Role::reads_isms,
            ),
            counted(
                ("/smsi/checks", "smsi-checks"),
                MenuIcon::Tick,
                TaskSource::Checks,
                Role::reads_isms,
            ),
            page(
                "/smsi/registers",
                "smsi-registers",
                MenuIcon::List,
                Role::reads_isms,
            ),
            counted(
                ("/reviews", "menu-reviews"),
                MenuIcon::Clipboard,
                TaskSource::Reviews,
                Role::oversees,
            ),
            page(
                "/assessments",
                "menu-assessments",
                MenuIcon::Building,
                Role::can_watch,
            ),
            counted(
                ("/space/assessment", "menu-assessment"),
                MenuIcon::Clipboard,
                TaskSource::Assessment,
                delegates,
            ),
            counted(
                ("/awareness", "menu-awareness"),
                MenuIcon::Cap,
                TaskSource::Learning,
                everybody,
            ),
        ],
    ),
    (
        "menu-group-administer",
        &[
            counted(
                ("/approvals", "menu-approvals"),
                MenuIcon::Agreement,
                TaskSource::Approvals,
                Role::oversees,
            ),
            counted(
                ("/accounts", "menu-accounts"),
                MenuIcon::Person,
                TaskSource::Holders,
                Role::oversees,
            ),
            page(
                "/organisations",
                "menu-organisations",
                MenuIcon::Building,
                Role::oversees,
            ),
            counted(
                ("/sources", "menu-sources"),
                MenuIcon::Book,
                TaskSource::Sources,
                Role::sees_coverage,
            ),
            counted(
                ("/signals", "menu-signals"),
                MenuIcon::Pulse,
                TaskSource::Signals,
                Role::can_watch,
            ),
            page(
                "/sessions",
                "menu-sessions",
                MenuIcon::Clock,
                Role::oversees,
            ),
            page("/keys", "menu-keys", MenuIcon::Key, Role::oversees),
            page(
                "/settings",
                "menu-settings",
                MenuIcon::Sliders,
                Role::sees_coverage,
            ),
        ],
    ),
];

static HOME: MenuPage = page("/", "menu-home", MenuIcon::Home, everybody);

/// The menu as a page shows it.
#[derive(Clone, Default)]
pub struct Menu {
    pub home: Option<MenuEntry>,
    pub groups: Vec<MenuGroup>,
    /// From the group to the page above this one.
    pub trail: Vec<Crumb>,
}

#[derive(Clone)]
pub struct MenuGroup {
    pub name: String,
    pub entries: Vec<MenuEntry>,
}

#[derive(Clone)]
pub struct MenuEntry {
    pub path: &'static str,
    pub name: String,
    pub icon: &'static str,
    pub is_here: bool,
    /// As (shown, read aloud).
    pub badge: Option<(String, String)>,
}

/// One step of the trail; without a path it is only a word.
#[derive(Clone)]
pub struct Crumb {
    pub path: Option<String>,
    pub name: String,
}

impl Menu {
    pub fn new(language: Language, role: Role, frame: &PageFrame) -> Self {
        let here = here(role, &frame.path);
        let entry = |page: &'static MenuPage| MenuEntry {
            path: page.path,
            name: text(language, page.key),
            icon: page.icon.path(),
            is_here: here.is_some_and(|here| std::ptr::eq(here, page)),
            badge: badge(language, page, frame),
        };
        let groups = GROUPS.iter().map(|(key, pages)| MenuGroup {
            name: text(language, key),
            entries: pages
                .iter()
                .filter(|page| (page.readers)(role))
                .map(entry)
                .collect(),
        });
        Self {
            home: Some(entry(&HOME)),
            groups: groups.filter(|group| !group.entries.is_empty()).collect(),
            trail: trail(language, role, here, &frame.path),
        }
    }
}

/// The page of the menu that `path` lies on or below.
fn here(role: Role, path: &str) -> Option<&'static MenuPage> {
    if path == "/" {
        return Some(&HOME);
    }
    let pages = GROUPS
        .iter()
        .flat_map(|(_, pages)| pages.iter())
        .filter(|page| (page.readers)(role));
    pages
        .filter(|page| is_below(path, page.path))
        // The longest: `/smsi/checks` lies below `/smsi`, too.
        .max_by_key(|page| page.path.len())
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn badge(language: Language, page: &MenuPage, frame: &PageFrame) -> Option<(String, String)> {
    let source = page.counts?;
    match frame.counts.iter().find(|(known, _)| *known == source)?.1 {
        TaskCount::Known(count) => {
            let values = [
                ("count", Value::from(count)),
                ("shown", number(language, count as u64).into()),
            ];
            Some((
                number(language, count as u64),
                text_with(language, "menu-badge", &values),
            ))
        }
        TaskCount::Unknown => Some(("?".to_owned(), text(language, "menu-badge-unknown"))),
    }
}

/// Pages that no menu names and that others lie below.
const ABOVE: [(&str, &str); 3] = [
    ("/smsi", "menu-smsi"),
    ("/smsi/statement", "smsi-statement"),
    ("/awareness/state", "awareness-state"),
];

fn trail(
    language: Language,
    role: Role,
    here: Option<&'static MenuPage>,
    path: &str,
) -> Vec<Crumb> {
    let Some(here) = here.filter(|here| here.path != "/") else {
        return Vec::new();
    };
    let group = GROUPS
        .iter()
        .find(|(_, pages)| pages.iter().any(|page| std::ptr::eq(page, here)));
    let mut trail: Vec<Crumb> = group
        .iter()
        .map(|(key, _)| Crumb {
            path: None,
            name: text(language, key),
        })
        .collect();
    let is_above = |above: &str| path != above && is_below(path, above);
    let known = ABOVE
        .iter()
        .filter(|(above, _)| role.can_watch() && *above != here.path && is_above(above));
    let mut steps: Vec<(&str, &str)> = known.copied().collect();
    if is_above(here.path) {
        steps.push((here.path, here.key));
    }
    steps.sort_by_key(|(path, _)| path.len());
    trail.extend(steps.into_iter().map(|(path, key)| Crumb {
        path: Some(path.to_owned()),
        name: text(language, key),
    }));
    if let Some((kind, _)) = path
        .strip_prefix("/smsi/registers/")
        .and_then(|rest| rest.split_once('/'))
    {
        trail.push(Crumb {
            path: Some(format!("/smsi/registers/{kind}")),
            name: text(language, &format!("kind-{kind}")),
        });
    }
    trail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_lies_below_the_nearest_page_of_the_menu() {
        let key = |role, path| here(role, path).map(|page| page.path);
        assert_eq!(
            key(Role::Ciso, "/smsi/checks/passkeys"),
            Some("/smsi/checks")
        );
        assert_eq!(key(Role::Ciso, "/smsi/statement"), Some("/smsi"));
        assert_eq!(
            key(Role::Ciso, "/messages/reports"),
            Some("/messages/reports")
        );
        assert_eq!(key(Role::Agent, "/messages/reports"), Some("/messages"));
        assert_eq!(key(Role::Ciso, "/watchers"), None);
        assert_eq!(key(Role::Ciso, "/"), Some("/"));
    }

    #[test]
    fn every_page_of_the_menu_stands_in_it_once() {
        let mut paths: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, pages)| pages.iter())
            .map(|page| page.path)
            .collect();
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!((paths.len(), GROUPS.len()), (count, 4));
    }
}
