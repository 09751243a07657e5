//! A process without a network: what it restored, it restored from the repository alone.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Ways to start a process in a network of its own: root's, and everyone's where the system allows
/// it. Not the second one for root, who would lose its rights to the files of others.
const WAYS: [&[&str]; 2] = [&["--net"], &["--user", "--map-root-user", "--net"]];

/// True when this process reaches nothing but itself.
///
/// # Errors
/// When the system does not say.
pub fn is_isolated() -> io::Result<bool> {
    // Two lines of headings, then one for each interface.
    let interfaces = fs::read_to_string("/proc/net/dev")?;
    // The loopback interface is in every network namespace, and reaches this machine alone.
    Ok(interfaces
        .lines()
        .skip(2)
        .all(|line| line.trim_start().starts_with("lo:")))
}

/// A command that runs `program` without a network; `None` where the system does not allow it.
pub fn isolated(program: &Path) -> Option<Command> {
    let is_possible = |way: &&[&str]| {
        let mut trial = Command::new("unshare");
        trial
            .args(*way)
            .arg("true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        trial.status().is_ok_and(|status| status.success())
    };
    let way = WAYS.into_iter().find(is_possible)?;
    let mut command = Command::new("unshare");
    command.args(way).arg("--").arg(program);
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isolated_command_sees_no_network() {
        // Where the system forbids it, a drill says that it was not isolated.
        if let Some(mut command) = isolated(Path::new("cat")) {
            let seen = command.arg("/proc/net/dev").output().unwrap();
            let seen = String::from_utf8(seen.stdout).unwrap();
            let interfaces: Vec<&str> = seen
                .lines()
                .skip(2)
                .filter_map(|line| line.split(':').next())
                .collect();
            assert_eq!(
                interfaces.into_iter().map(str::trim).collect::<Vec<_>>(),
                ["lo"]
            );
        }
    }
}
