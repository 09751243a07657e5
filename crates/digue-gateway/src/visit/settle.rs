//! Who the caller is, where the portal says it and has only now answered.

use digue_types::RefusalReason;
use http::HeaderMap;

use super::identify::{IdentifiedVisit, object_to, reason_of};
use super::mode::RequestMode;
use super::state::{Visit, Way};
use crate::caller::IdentityFailure;
use crate::portal::SessionDemand;

impl<M: RequestMode> IdentifiedVisit<M> {
    /// Asks the portal who sent a request that it has answered by now, or whose answer is not seen.
    pub(super) async fn settle(&mut self, response: Option<&HeaderMap>) -> Result<(), M::Stop> {
        let (visit, mode) = self.parts_mut();
        settle(visit, mode, response).await
    }
}

/// As [`IdentifiedVisit::settle`], for a visit that was admitted.
pub(super) async fn settle<M: RequestMode>(
    visit: &mut Visit,
    mode: &mut M,
    response: Option<&HeaderMap>,
) -> Result<(), M::Stop> {
    let Some(login) = visit.login.take() else {
        return Ok(());
    };
    let question = login.question;
    // A redirect comes from a sign-in or a sign-out as often as from a write.
    let is_redirect = visit.answered.is_some_and(|status| status.is_redirection());
    let is_changed = response.is_some_and(|response| question.is_changed_by(response));
    if visit.may_change || is_redirect || is_changed {
        // A sign-in or a sign-out may have been among what was changed.
        question.forget(&visit.shared);
    }
    if login.is_settled {
        return match visit.caller.is_unknown() {
            true => refuse_unseen(visit, mode).await,
            false => Ok(()),
        };
    }
    match question.answer(&visit.shared, response, visit.now).await {
        Ok(caller) => {
            mode.recognise();
            visit.caller = caller;
        }
        Err(failure) if failure.is_nobody() => {
            visit.caller = mode.anonymous(visit.now);
            refuse_unseen(visit, mode).await?;
        }
        // The portal's own sign-in names whom it has just signed in: its answer must reach them.
        Err(IdentityFailure::PasskeyMissing(caller)) => {
            visit.caller = mode.anonymous(visit.now);
            visit.without_passkey = Some(caller);
        }
        Err(failure) => {
            let reason = reason_of(&failure);
            let is_objected = object_to(mode, &failure);
            visit.caller = match failure.named() {
                Some(caller) => caller,
                None => mode.anonymous(visit.now),
            };
            if is_objected {
                mode.object(visit, vec![reason]).await?;
            }
        }
    }
    Ok(())
}

/// An answer that is not seen may show anyone: only inspection tells that it shows nobody.
async fn refuse_unseen<M: RequestMode>(visit: &Visit, mode: &mut M) -> Result<(), M::Stop> {
    if visit.way == Way::ForwardAuth && visit.session_demand() == SessionDemand::Required {
        mode.object(visit, vec![RefusalReason::NoSession]).await?;
    }
    Ok(())
}
