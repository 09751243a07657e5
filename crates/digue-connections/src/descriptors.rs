//! How many files and sockets the system lets this process have open.
//!
//! A limit on connections above the system's own is useless: what fails then is not the surplus
//! connection but one to a portal, or the journal's next file.

/// Files of the store, the journal and the index, with room to spare.
const RESERVED: usize = 256;

/// Client connections that fit, when each may need one to a portal; `None` when the system does not
/// say.
pub fn connections_max() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/limits").inspect_err(
        |error| tracing::debug!(error = %error, "The limit on open files is not known"),
    );
    fitting(&text.ok()?)
}

fn fitting(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    let soft: usize = line.split_whitespace().next()?.parse().ok()?;
    Some((soft.saturating_sub(RESERVED) / 2).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_the_system_allows_is_for_clients() {
        let text = |soft: &str| {
            format!("Max core file size 0 0 bytes\nMax open files   {soft}   524288   files\n")
        };
        assert_eq!(fitting(&text("20256")), Some(10_000));
        assert_eq!(fitting(&text("100")), Some(1));
        assert_eq!(fitting(&text("unlimited")), None);
        assert_eq!(fitting(""), None);
    }
}
