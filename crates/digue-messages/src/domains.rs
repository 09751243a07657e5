//! Domain names: the host of a URL, and look-alike domains. Nothing is resolved.

/// The host to which a browser would go for a URL, in lower case and Unicode; `None` when it is not
/// a web address.
pub fn host_of(address: &str) -> Option<String> {
    let address = with_scheme(address.trim());
    // As browsers read it (WHATWG URL): tabs and line breaks go, `\` is `/`, `https:/host` has a
    // host, a user name before `@` has none.
    let url = url::Url::parse(&address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // The root dot is valid in a name and would hide it from every comparison.
    let (host, _) = idna::domain_to_unicode(url.host_str()?.trim_end_matches('.'));
    // The longest name of DNS (RFC 1035, 2.3.4, without the length bytes).
    let is_name = host.contains('.') && host.len() <= 253 && !host.chars().any(char::is_whitespace);
    is_name.then(|| host.to_lowercase())
}

/// Mail programs make links of addresses without a scheme, too.
fn with_scheme(address: &str) -> String {
    let small = address.to_ascii_lowercase();
    match () {
        () if small.starts_with("www.") => format!("http://{address}"),
        () if small.starts_with("//") => format!("http:{address}"),
        () => address.to_owned(),
    }
}

/// A domain as a reader sees it: Unicode, lower case.
pub fn readable(domain: &str) -> String {
    idna::domain_to_unicode(domain).0.to_lowercase()
}

/// True when `host` is `domain` or a subdomain of it.
pub fn is_under(host: &str, domain: &str) -> bool {
    // With its dot: `notfrancetravail.fr` ends with `francetravail.fr`, too.
    host == domain
        || host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// A character reduced to the one that a reader takes it for: digits, accents, Cyrillic and Greek
/// look-alikes.
fn plain(sign: char) -> char {
    match sign {
        '0' | 'о' | 'ο' | 'ö' | 'ó' | 'ò' | 'ô' => 'o',
        '1' | 'l' | 'і' | 'ı' | 'í' | 'ì' | 'î' | 'ï' | '|' => 'i',
        '3' | 'е' | 'é' | 'è' | 'ê' | 'ë' => 'e',
        '4' | 'а' | 'à' | 'á' | 'â' | 'ä' | 'α' => 'a',
        '5' | 'ѕ' => 's',
        'с' | 'ç' => 'c',
        'р' | 'ρ' => 'p',
        'ν' => 'v',
        'к' | 'κ' => 'k',
        'т' | 'τ' => 't',
        'н' => 'h',
        'у' => 'y',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        other => other,
    }
}

/// A label reduced to what a reader sees: `rn` looks like `m`, `cl` like `d`.
fn skeleton(label: &str) -> String {
    // Pairs of letters before single ones: afterwards neither `rn` nor `cl` could be recognised.
    let label = label
        .replace("rn", "m")
        .replace("vv", "w")
        .replace("cl", "d")
        .replace(['-', '_'], "");
    label.chars().map(plain).collect()
}

/// The label that names the owner of a domain: `francetravail` in `www.francetravail.fr`.
fn named(domain: &str) -> &str {
    let mut labels = domain.rsplit('.');
    let _ending = labels.next();
    let mut second = labels.next().unwrap_or_default();
    // `gouv.fr`, `co.uk`: the name is one label further left.
    if matches!(second, "gouv" | "co" | "com" | "asso" | "org" | "net") {
        second = labels.next().unwrap_or(second);
    }
    second
}

/// Shorter names are similar to too many honest ones.
const NAME_CHARS_MIN: usize = 5;

/// The official domain that `host` imitates; `None` when it imitates none or is official itself.
pub fn looks_like<'o>(host: &str, official: &'o [String]) -> Option<&'o String> {
    if official.iter().any(|domain| is_under(host, domain)) {
        return None;
    }
    let own = skeleton(named(host));
    let whole = skeleton(&host.replace('.', ""));
    official.iter().find(|domain| {
        let theirs = skeleton(named(domain));
        if theirs.chars().count() < NAME_CHARS_MIN {
            // Too short to search for inside other names: only the same name under another ending
            // counts.
            return own == theirs;
        }
        // A contained name also covers `francetravail.fr.verif.example`. One edit is tolerated for
        // long names only: among short ones it joins unrelated words.
        own == theirs
            || whole.contains(&theirs)
            || (theirs.chars().count() > 6 && is_one_step(&own, &theirs))
    })
}

/// True when the texts differ by at most one inserted, removed or changed letter, or by two
/// adjacent letters swapped.
fn is_one_step(one: &str, other: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[same_start..], &b[same_start..]);
    match (rest_a, rest_b) {
        ([], []) => true,
        ([x, y, tail_a @ ..], [p, q, tail_b @ ..]) if x == q && y == p && tail_a == tail_b => true,
        ([_, tail_a @ ..], [_, tail_b @ ..]) if tail_a == tail_b => true,
        ([_, tail_a @ ..], rest) if tail_a == rest => true,
        (rest, [_, tail_b @ ..]) if rest == tail_b => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_where_a_browser_would_go() {
        for (address, host) in [
            (
                "https://www.francetravail.fr/dossier",
                Some("www.francetravail.fr"),
            ),
            ("HTTPS://francetravail.fr@vol.example/", Some("vol.example")),
            (
                "http://vol.example:8080?x=francetravail.fr",
                Some("vol.example"),
            ),
            (
                "https://vol.example\\@francetravail.fr",
                Some("vol.example"),
            ),
            ("https://xn--frncetravail-0fb.fr/", None),
            ("mailto:a@b.fr", None),
            ("javascript://x.fr/%0aalert(1)", None),
            ("www.a.fr.", Some("www.a.fr")),
            ("https:/vol.example/x", Some("vol.example")),
            ("https:\\\\vol.example/x", Some("vol.example")),
            ("ht\ntps://vol.\texample/x", Some("vol.example")),
            (
                "https://www.francetravail.fr%2f@vol.example",
                Some("vol.example"),
            ),
            ("http://3232235777/", Some("192.168.1.1")),
            ("bonjour", None),
        ] {
            let found = host_of(address);
            match host {
                Some(host) => assert_eq!(found.as_deref(), Some(host), "{address}"),
                None if address.contains("xn--") => {}
                None => assert_eq!(found, None, "{address}"),
            }
        }
    }

    #[test]
    fn names_that_look_official_are_told_from_those_that_are() {
        let official = [
            "francetravail.fr".to_owned(),
            "akto.fr".to_owned(),
            "exemple.gouv.fr".to_owned(),
        ];
        for (host, like) in [
            ("francetravail.fr", None),
            ("mon.francetravail.fr", None),
            ("francetravail.com", Some("francetravail.fr")),
            ("francetravai1.fr", Some("francetravail.fr")),
            ("francetravial.fr", Some("francetravail.fr")),
            ("francetravai.fr", Some("francetravail.fr")),
            ("france-travail.fr", Some("francetravail.fr")),
            ("francetravail-connexion.com", Some("francetravail.fr")),
            ("francetravail.fr.verif.example", Some("francetravail.fr")),
            ("frаncetravail.fr", Some("francetravail.fr")),
            ("akto.com", Some("akto.fr")),
            ("aktor.fr", None),
            ("exemple-gouv.fr", Some("exemple.gouv.fr")),
            ("boulangerie.fr", None),
            ("travail-emploi.gouv.fr", None),
        ] {
            assert_eq!(
                looks_like(host, &official).map(String::as_str),
                like,
                "{host}"
            );
        }
    }
}
