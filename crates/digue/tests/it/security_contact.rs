//! `/.well-known/security.txt`: where `[security]` is configured, at the console's host alone.

use digue_testkit::Client;

use crate::instance::{CONSOLE_HOST, Instance, Plan, obliging};

const WHERE: &str = "/.well-known/security.txt";

#[test]
fn a_stranger_finds_whom_to_tell_where_the_operator_says_it_and_nothing_elsewhere() {
    let settings = "[security]\ncontact = [\"securite@opco.test\", \"tel:+33-1-02-03-04-05\"]\n\
                    policy = \"https://opco.test/securite\"\n";
    let instance = Instance::open(&Plan::usual().settings(settings), obliging);
    let answer = Client::new(instance.address, CONSOLE_HOST).get(WHERE);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("text/plain; charset=utf-8"));
    let text = answer.text();
    for line in [
        "Contact: mailto:securite@opco.test",
        "Contact: tel:+33-1-02-03-04-05",
        "Preferred-Languages: fr, en",
        "Policy: https://opco.test/securite",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    // RFC 9116, 2.5.5: exactly one end.
    let ends = text.lines().filter(|line| line.starts_with("Expires: "));
    assert_eq!(ends.count(), 1, "{text}");
    // A portal's own is the portal's: Digue answers nothing in its name.
    let portals = instance.stranger().get(WHERE);
    assert!(!portals.text().contains("securite@opco.test"));

    let instance = Instance::open(&Plan::usual(), obliging);
    let none = Client::new(instance.address, CONSOLE_HOST).get(WHERE);
    assert_eq!(none.status, 404, "{}", none.text());
}
