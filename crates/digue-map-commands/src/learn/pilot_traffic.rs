//! The traffic of a portal in pilot mode, as the running Digue hands it over.
//!
//! What was read is gone: each reading is of the exchanges that pass next.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use digue_locales::Value;
use digue_survey::{Exchange, ExchangeSource};

use crate::arguments::PilotArguments;
use crate::live_traffic::{HandedExchange, ReaderAnswer, ask, read_exchange, socket_path};
use digue_terminal::Output;

/// Exchanges that wait between the socket and the reading.
const WAITING_MAX: usize = 16;

/// Exchanges as they pass.
pub(super) struct PilotTraffic {
    exchanges: Receiver<io::Result<HandedExchange>>,
    /// The most exchanges, and the longest time, of one reading.
    exchanges_max: usize,
    time_max: Duration,
    /// Exchanges of each reading so far.
    readings: Vec<usize>,
    missed: u64,
}

/// Why there is no more traffic.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PilotFault {
    #[error("the running Digue closed the connection")]
    Closed,
    #[error("the traffic cannot be read")]
    Io(#[source] io::Error),
}

impl PilotTraffic {
    /// `None` when Digue does not run or has no such pilot, which has been reported. `origin`: what
    /// addresses begin with.
    pub(super) fn open(
        out: &Output,
        data_folder: &Path,
        origin: &str,
        arguments: &PilotArguments,
    ) -> Option<Self> {
        let path = socket_path(data_folder);
        let asked = UnixStream::connect(&path).and_then(|mut stream| {
            ask(&mut stream, &arguments.portal).map(|answer| (stream, answer))
        });
        let (stream, answer) = match asked {
            Ok(asked) => asked,
            Err(error) => {
                let place = Value::from(path.display().to_string());
                let detail = Value::from(error.to_string());
                out.complain(
                    "learn-pilot-not-running",
                    &[("file", place), ("detail", detail)],
                );
                return None;
            }
        };
        let portal = ("portal", Value::from(arguments.portal.as_str()));
        match answer {
            ReaderAnswer::Begun => {}
            ReaderAnswer::NoPortal => {
                out.complain("decoys-no-portal", &[portal]);
                return None;
            }
            ReaderAnswer::NotPilot => {
                out.complain("learn-pilot-not-pilot", &[portal]);
                return None;
            }
            ReaderAnswer::Busy => {
                out.complain("learn-pilot-busy", &[portal]);
                return None;
            }
        }
        out.complain(
            "learn-pilot-begun",
            &[portal, ("count", Value::from(arguments.exchanges))],
        );
        Some(Self {
            exchanges: reader(stream, origin.to_owned()),
            exchanges_max: arguments.exchanges,
            time_max: Duration::from_secs(60 * arguments.minutes),
            readings: Vec::new(),
            missed: 0,
        })
    }

    /// Says what was read.
    pub(super) fn report(&self, out: &Output) {
        let values = [
            ("readings", Value::from(self.readings.len())),
            (
                "exchanges",
                Value::from(self.readings.iter().sum::<usize>()),
            ),
            ("missed", Value::from(self.missed)),
        ];
        out.complain("learn-pilot-tally", &values);
    }
}

/// Reads the socket on a thread of its own, which ends with either side.
fn reader(mut stream: UnixStream, origin: String) -> Receiver<io::Result<HandedExchange>> {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    std::thread::spawn(move || {
        loop {
            let read = read_exchange(&mut stream, &origin);
            let is_last = read.is_err();
            if sender.send(read).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

impl ExchangeSource for PilotTraffic {
    type Fault = PilotFault;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), PilotFault> {
        let (begun, mut count) = (Instant::now(), 0);
        while count < self.exchanges_max {
            let left = self.time_max.saturating_sub(begun.elapsed());
            match self.exchanges.recv_timeout(left) {
                Ok(Ok(handed)) => {
                    self.missed += handed.missed;
                    count += 1;
                    take(&handed.exchange.as_exchange());
                }
                Ok(Err(error)) => {
                    return Err(match error.kind() {
                        io::ErrorKind::UnexpectedEof => PilotFault::Closed,
                        _ => PilotFault::Io(error),
                    });
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Err(PilotFault::Closed),
            }
        }
        self.readings.push(count);
        Ok(())
    }
}
