//! Where the traffic of a command comes from: recordings, or a portal in pilot mode.

use digue_locales::Value;
use digue_survey::{Exchange, ExchangeSource};

use super::har_files::{HarFiles, HarFilesFault};
use super::pilot_traffic::{PilotFault, PilotTraffic};
use digue_terminal::Output;

pub(super) enum TrafficSource<'f> {
    Har(HarFiles<'f>),
    Pilot(Box<PilotTraffic>),
}

/// The traffic was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrafficFault {
    #[error(transparent)]
    Har(#[from] HarFilesFault),
    #[error(transparent)]
    Pilot(#[from] PilotFault),
}

impl TrafficSource<'_> {
    /// `each`, reporting a fault.
    pub(super) fn each_reported(
        &mut self,
        out: &Output,
        take: &mut dyn FnMut(&Exchange<'_>),
    ) -> Option<()> {
        match self.each(take) {
            Ok(()) => Some(()),
            Err(fault) => {
                fault.report(out);
                None
            }
        }
    }

    pub(super) fn report(&self, out: &Output) {
        match self {
            Self::Har(files) => files.report(out),
            Self::Pilot(traffic) => traffic.report(out),
        }
    }
}

impl ExchangeSource for TrafficSource<'_> {
    type Fault = TrafficFault;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), TrafficFault> {
        match self {
            Self::Har(files) => Ok(files.each(take)?),
            Self::Pilot(traffic) => Ok(traffic.each(take)?),
        }
    }
}

impl TrafficFault {
    pub(super) fn report(&self, out: &Output) {
        match self {
            Self::Har(fault) => fault.report(out),
            Self::Pilot(PilotFault::Closed) => out.complain("learn-pilot-closed", &[]),
            Self::Pilot(PilotFault::Io(error)) => {
                let detail = ("detail", Value::from(error.to_string()));
                out.complain("learn-pilot-broken", &[detail]);
            }
        }
    }
}
