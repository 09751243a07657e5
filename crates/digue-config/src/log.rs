//! `[log]`: which lines Digue writes.

use super::reader::ConfigSection;

/// The least weight of a line that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    const ALL: [(&'static str, Self); 5] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The levels of Digue's own lines, and of those of the libraries in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    pub own: LogLevel,
    /// Their lines may hold addresses, headers and texts of requests, which ours never do.
    pub danger_libraries: LogLevel,
}

impl LogSettings {
    pub const USUAL: Self = Self {
        own: LogLevel::Info,
        danger_libraries: LogLevel::Warn,
    };

    /// As `DIGUE_LOG` writes it.
    pub fn filter(self) -> String {
        let (libraries, own) = (self.danger_libraries.code(), self.own.code());
        format!("{libraries},digue={own}")
    }
}

pub(crate) fn read_log(section: &ConfigSection<'_>) -> LogSettings {
    let usual = LogSettings::USUAL;
    let level = |key: &str| section.choice(key, &LogLevel::ALL);
    LogSettings {
        own: level("level").unwrap_or(usual.own),
        danger_libraries: level("danger_libraries").unwrap_or(usual.danger_libraries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_read_by_its_code() {
        for (word, level) in LogLevel::ALL {
            assert_eq!(level.code(), word);
        }
        assert_eq!(LogSettings::USUAL.filter(), "warn,digue=info");
    }
}
