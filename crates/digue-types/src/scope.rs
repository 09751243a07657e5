//! What gates and budgets apply to, and the states of a gate.

use crate::coded::coded;

coded!(
    /// What a gate or a budget applies to.
    Scope {
        Account = 1 "account",
        Organisation = 2 "organisation",
        Portal = 3 "portal",
        Everything = 4 "everything",
    }
);

coded!(
    /// The state of a gate, from open to closed. The order is that of strictness: the greatest one
    /// wins.
    Gate {
        Open = 1 "open",
        /// Nothing outside the caseload, on any route: no exact search, no break-glass.
        CaseloadOnly = 2 "caseload-only",
        /// A fresh proof of identity is required before the next person is shown.
        StepUp = 3 "step-up",
        Closed = 4 "closed",
    }
);
