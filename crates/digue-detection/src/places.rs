//! Where an account is used from: devices, networks, and sessions that move between them.
//!
//! Names are compared by 32-bit hashes and never shown; addresses are not kept.

use core::net::Ipv6Addr;
use hashbrown::HashMap;
use std::borrow::Cow;

use crate::signal::{Figures, Signal, SignalKind};

/// Devices that are remembered for an account.
const DEVICES: usize = 16;
/// Sessions that are followed at a time.
const SESSIONS: usize = 4;

/// Seconds without a request after which a session is taken for another one.
const SESSION_RESTS: u32 = 12 * 3600;
/// An account with more devices than this is used from anywhere: one more says nothing.
const OWN_DEVICES_MAX: usize = 5;
/// How many days a device is young: a theft continues with the device that it began with.
pub(crate) const YOUNG_DAYS: i32 = 14;

/// Seconds by which a session must be older than its device's first appearance to be a sign.
const OLDER_BY: u32 = 600;

/// Parts of the `User-Agent` of programs, which people do not read with; in lower case.
const PROGRAMS: [&str; 16] = [
    "python",
    "curl/",
    "wget/",
    "go-http-client",
    "okhttp",
    "java/",
    "libwww",
    "scrapy",
    "httpx",
    "aiohttp",
    "headless",
    "phantomjs",
    "selenium",
    "node-fetch",
    "axios/",
    "postmanruntime",
];

/// Network and browser of one request, as hashes; 0 where it is not known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct ClientPlace {
    pub(crate) network: u32,
    pub(crate) agent: u32,
    pub(crate) is_program: bool,
}

/// True when a client identifies itself as a program.
fn is_program(agent: &str) -> bool {
    let lower = agent.to_ascii_lowercase();
    PROGRAMS.iter().any(|name| lower.contains(name))
}

/// Cache of `is_program`: few different browsers are in use at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agents(HashMap<u32, bool>);

const AGENTS_MAX: usize = 4096;

impl Agents {
    pub(crate) fn place(&mut self, ip: &str, agent: &str) -> ClientPlace {
        let number = if agent.is_empty() {
            0
        } else {
            hash(agent).max(1)
        };
        // A client may send a different header with each request: the cache must not grow with
        // them.
        if self.0.len() >= AGENTS_MAX {
            self.0.clear();
        }
        let is_program = number != 0 && *self.0.entry(number).or_insert_with(|| is_program(agent));
        let network = if ip.is_empty() {
            0
        } else {
            hash(&network_of(ip)).max(1)
        };
        ClientPlace {
            network,
            agent: number,
            is_program,
        }
    }
}

#[cfg(test)]
impl ClientPlace {
    pub(crate) fn of(ip: &str, agent: &str) -> Self {
        Agents::default().place(ip, agent)
    }
}

/// The network as text: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one, however
/// it is written.
fn network_of(ip: &str) -> Cow<'_, str> {
    if let Ok(address) = ip.parse::<Ipv6Addr>() {
        return match address.to_ipv4_mapped() {
            Some(address) => {
                let [first, second, third, _] = address.octets();
                format!("{first}.{second}.{third}").into()
            }
            None => {
                let [first, second, third, ..] = address.segments();
                format!("{first:x}:{second:x}:{third:x}").into()
            }
        };
    }
    ip.rsplit_once('.')
        .map_or(ip, |(network, _)| network)
        .into()
}

/// FNV-1a, to compare names; it protects nothing.
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[derive(Clone, Copy, Debug, Default)]
struct SessionPlace {
    name: u32,
    place: ClientPlace,
    /// The previous place, and how often the two alternated within ten minutes of each other.
    other: ClientPlace,
    turns: u32,
    since_second: u32,
    last_second: u32,
}

/// The devices and sessions of one account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Place, day of the first use, number of days on which it was used, day of the last use.
    devices: Vec<(ClientPlace, i32, u16, i32)>,
    sessions: Vec<SessionPlace>,
    /// Evidence of today's sessions that moved, and how often one alternated.
    moved: f32,
    turns: u32,
    moved_day: i32,
    /// Age in minutes of today's session that is older than the device it came from.
    older_cookie: Option<u32>,
}

impl Places {
    /// Records a request from `place` in `session`.
    pub(crate) fn meet(&mut self, session: &str, place: ClientPlace, second: u32, day: i32) {
        if day != self.moved_day {
            (self.moved, self.turns, self.moved_day, self.older_cookie) = (0.0, 0, day, None);
        }
        // Records imported from logs may name neither: that is no device, and no move.
        if place.agent == 0 && place.network == 0 {
            return;
        }
        let is_first = self.meet_device(place, day);
        if session.is_empty() {
            return;
        }
        let name = hash(session);
        let Some(known) = self.sessions.iter_mut().find(|known| known.name == name) else {
            if self.sessions.len() >= SESSIONS {
                let oldest =
                    (0..self.sessions.len()).min_by_key(|&at| self.sessions[at].last_second);
                self.sessions
                    .swap_remove(oldest.expect("SESSIONS is not 0"));
            }
            self.sessions.push(SessionPlace {
                name,
                place,
                since_second: second,
                last_second: second,
                ..SessionPlace::default()
            });
            return;
        };
        if second.saturating_sub(known.last_second) > SESSION_RESTS {
            // Records may name sessions by their account: on another day it is another session.
            (known.place, known.other, known.turns) = (place, ClientPlace::default(), 0);
            known.since_second = second;
        }
        if known.place != place {
            if known.place.agent != place.agent {
                // A browser's name changes within a session only by an update, which is far rarer
                // than a copied cookie.
                self.moved = self.moved.max(3.0);
            } else {
                self.moved = self.moved.max(0.5);
            }
            let age = second.saturating_sub(known.since_second);
            if is_first && age >= OLDER_BY {
                self.older_cookie = Some(age / 60);
            }
            let is_back = known.other == place && second.saturating_sub(known.last_second) < 600;
            // A holder who moves between home and office comes back after hours, not within ten
            // minutes.
            known.turns = if is_back { known.turns + 1 } else { 0 };
            self.turns = self.turns.max(known.turns);
            (known.other, known.place) = (known.place, place);
        }
        known.last_second = second;
    }

    /// Records the use of a device; true when it is new to the account.
    fn meet_device(&mut self, place: ClientPlace, day: i32) -> bool {
        if let Some(known) = self.devices.iter_mut().find(|(known, ..)| *known == place) {
            if known.3 != day {
                known.2 = known.2.saturating_add(1);
                known.3 = day;
            }
            return false;
        }
        if self.devices.len() >= DEVICES {
            // By last use, not first: a thief's many devices must not push out the one the holder
            // uses daily.
            let oldest = (0..self.devices.len()).min_by_key(|&at| self.devices[at].3);
            self.devices.swap_remove(oldest.expect("DEVICES is not 0"));
        }
        self.devices.push((place, day, 1, day));
        true
    }

    /// Appends the signals of the place; `days` are the account's working days so far, `programs`
    /// is true where programs are normal.
    pub(crate) fn signals(
        &self,
        place: ClientPlace,
        today: i32,
        days: usize,
        programs: bool,
        out: &mut Vec<Signal>,
    ) {
        let mut say = |kind, evidence, seen| {
            out.push(Signal {
                kind,
                evidence,
                figures: Figures {
                    seen,
                    ..Figures::default()
                },
            });
        };
        let device = self.devices.iter().find(|(known, ..)| *known == place);
        let used = device.map_or(0, |device| device.2);
        // A device that has come on five days is a known tool of the holder.
        if place.is_program && used < 5 && !programs {
            say(SignalKind::Program, 1.5, u32::from(used));
        }
        let age = device.map_or(0, |(_, first, ..)| today - first);
        if age < YOUNG_DAYS && days >= 10 && (2..=OWN_DEVICES_MAX).contains(&self.devices.len()) {
            let knows_agent = self
                .devices
                .iter()
                .any(|(known, ..)| known.agent == place.agent && *known != place);
            let evidence = if used == 1 { 0.7 } else { 0.4 };
            say(
                SignalKind::NewDevice,
                // The holder's browser on another network says less than a browser never seen.
                if knows_agent { 0.3 } else { evidence },
                self.devices.len() as u32 - 1,
            );
        }
        if self.moved > 0.0 {
            say(SignalKind::Moved, self.moved, 1);
        }
        if let Some(minutes) = self
            .older_cookie
            .filter(|_| self.devices.len() <= OWN_DEVICES_MAX)
        {
            say(SignalKind::OlderCookie, 0.5, minutes);
        }
        if self.turns >= 2 {
            say(SignalKind::TwoPlaces, 2.0, self.turns + 1);
        }
    }

    /// Records that the gateway refused a cookie that had moved.
    pub(crate) fn refused(&mut self, day: i32) {
        if day != self.moved_day {
            (self.turns, self.moved_day) = (0, day);
        }
        self.moved = self.moved.max(2.0);
    }

    /// True when a session of today came from another browser, or was refused for moving.
    pub(crate) fn has_moved(&self) -> bool {
        self.moved >= 2.0
    }

    /// The young devices, to be remembered when the account is cut off; those used for longer are
    /// the holder's.
    pub(crate) fn recent(&self, day: i32) -> impl Iterator<Item = ClientPlace> {
        self.devices
            .iter()
            .filter(move |(_, first, ..)| day - first <= YOUNG_DAYS)
            .map(|(place, ..)| *place)
    }

    /// True when the account began to use this place within the last days.
    pub(crate) fn is_young(&self, place: ClientPlace, day: i32) -> bool {
        self.devices
            .iter()
            .any(|(known, first, ..)| *known == place && day - first <= YOUNG_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: (&str, &str) = ("192.0.2.7", "Mozilla/5.0 Firefox/140");

    fn signals(visits: &[(&str, &str, u32)]) -> Vec<SignalKind> {
        let mut places = Places::default();
        for day in 0..12 {
            places.meet(
                "old",
                ClientPlace::of(HOME.0, HOME.1),
                day * 86_400,
                day as i32,
            );
        }
        let mut last = ClientPlace::default();
        for &(ip, agent, second) in visits {
            last = ClientPlace::of(ip, agent);
            places.meet("s1", last, 12 * 86_400 + second, 12);
        }
        let mut out = Vec::new();
        places.signals(last, 12, 12, false, &mut out);
        out.iter().map(|signal| signal.kind).collect()
    }

    #[test]
    fn one_network_is_one_however_it_is_written() {
        for (one, other) in [
            ("2001:db8::1", "2001:db8:0:1::9"),
            ("2001:0DB8:0000::1", "2001:db8::ffff"),
            ("::ffff:192.0.2.7", "192.0.2.200"),
            ("192.0.2.1", "192.0.2.254"),
        ] {
            assert_eq!(network_of(one), network_of(other), "{one} {other}");
        }
        assert_ne!(network_of("2001:db8:1::1"), network_of("2001:db8:2::1"));
    }

    #[test]
    fn the_usual_device_says_nothing() {
        assert_eq!(
            signals(&[(HOME.0, HOME.1, 0), ("192.0.2.99", HOME.1, 60)]),
            vec![]
        );
    }

    #[test]
    fn another_program_in_the_same_session_is_a_copied_cookie() {
        let said = signals(&[(HOME.0, HOME.1, 0), (HOME.0, "Mozilla/5.0 Chrome/150", 60)]);
        assert!(said.contains(&SignalKind::Moved), "{said:?}");
    }

    #[test]
    fn a_session_older_than_the_device_it_comes_from_is_heard() {
        let there = "203.0.113.9";
        let said = signals(&[(HOME.0, HOME.1, 0), (there, HOME.1, 3600)]);
        assert!(said.contains(&SignalKind::OlderCookie), "{said:?}");
        let signed_in_there = signals(&[(there, HOME.1, 0), (there, HOME.1, 3600)]);
        assert!(
            !signed_in_there.contains(&SignalKind::OlderCookie),
            "{signed_in_there:?}"
        );
        let known_device = signals(&[("192.0.2.8", HOME.1, 0), (HOME.0, HOME.1, 3600)]);
        assert!(
            !known_device.contains(&SignalKind::OlderCookie),
            "{known_device:?}"
        );
    }

    #[test]
    fn turns_between_two_networks_are_two_people() {
        let there = "203.0.113.9";
        let said = signals(&[
            (HOME.0, HOME.1, 0),
            (there, HOME.1, 30),
            (HOME.0, HOME.1, 60),
            (there, HOME.1, 90),
        ]);
        assert!(said.contains(&SignalKind::TwoPlaces), "{said:?}");
        let moved_house = signals(&[(HOME.0, HOME.1, 0), (there, HOME.1, 30)]);
        assert!(!moved_house.contains(&SignalKind::TwoPlaces));
    }

    #[test]
    fn a_program_is_heard_until_it_is_known() {
        let said = signals(&[("203.0.113.9", "python-requests/2.32", 0)]);
        assert!(
            said.contains(&SignalKind::Program) && said.contains(&SignalKind::NewDevice),
            "{said:?}"
        );
        let mut places = Places::default();
        let program = ClientPlace::of("192.0.2.7", "python-requests/2.32");
        for day in 0..12 {
            places.meet("api", program, day * 86_400, day as i32);
        }
        let mut out = Vec::new();
        places.signals(program, 12, 12, false, &mut out);
        assert!(out.is_empty(), "{out:?}");
    }

    #[test]
    fn where_programs_are_the_rule_one_says_nothing() {
        let mut places = Places::default();
        let program = ClientPlace::of("192.0.2.7", "python-requests/2.32");
        places.meet("s", program, 0, 0);
        let mut out = Vec::new();
        places.signals(program, 0, 0, true, &mut out);
        assert!(out.is_empty(), "{out:?}");
    }

    #[test]
    fn a_session_name_that_lives_for_days_moves_house_by_night() {
        let mut places = Places::default();
        places.meet("a1", ClientPlace::of(HOME.0, HOME.1), 0, 0);
        places.meet(
            "a1",
            ClientPlace::of(HOME.0, "Mozilla/5.0 Chrome/150"),
            86_400,
            1,
        );
        assert!(!places.has_moved());
    }

    #[test]
    fn addresses_of_one_network_are_one_place() {
        assert_eq!(network_of("192.0.2.7"), "192.0.2");
        assert_eq!(network_of("2001:db8:1:2::9"), "2001:db8:1");
        assert_eq!(network_of("::1"), "0:0:0");
    }
}
