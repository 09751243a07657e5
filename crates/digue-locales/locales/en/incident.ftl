# The guided line of an incident: its steps, what is missing, what was saved.

incident-steps = The steps of the incident
incident-step-qualify = Qualify
incident-step-persons = Persons
incident-step-decide = Decide
incident-step-authority = Authority
incident-step-notices = Notices
incident-step-close = Close
step-done = done
step-waits = later
step-ready = to do
step-not-needed = not applicable
step-open = { $count ->
    [one] one point left
   *[other] { $shown } points left
}
step-unsure = { $count ->
    [one] one point not known yet
   *[other] { $shown } points not known yet
}
line-title = Where the incident stands
line-next = To do now – { $step }: { $what }
line-next-close = To do now – everything is decided and done: close the incident
line-over = Nothing is left to do: the incident is over.
line-over-dismissed = The incident was dismissed.
line-over-open = { $count ->
    [one] The incident is closed, and one point is left to do: open the list below.
   *[other] The incident is closed, and { $shown } points are left to do: open the list below.
}
line-over-left = Left open at closing, with a reason: { $duties }.
line-over-unsure = { $count ->
    [one] One point was never known; the file says so.
   *[other] { $shown } points were never known; the file says so.
}
line-clocks = { $count ->
    [one] One other deadline runs
   *[other] { $shown } other deadlines run
}
line-missing = { $count ->
    [one] One point is left
   *[other] { $shown } points are left
}
line-who = { $who } ({ $accounts })
line-waits = { $count ->
    [one] Waiting for { $who }: one point.
   *[other] Waiting for { $who }: { $shown } points.
}
gap-verdict = { $count ->
    [one] Say whether a finding is theft or work
   *[other] Say whether { $shown } findings are theft or work
}
gap-awareness = State when the organisation knew that data were affected
gap-unsure = Not known yet: { $question }
gap-confirmation = State whether the incident is established
gap-containment = State that the incident is contained
gap-affected-set = Compute the list of affected persons
gap-nobody-affected = The list of persons to inform is empty: compute it, or state other persons
gap-authority-decision = Decide whether to notify the authority
gap-persons-decision = Decide whether to inform the persons
gap-delay-reasons = Enter the reasons for the delay: { $duty }
gap-submission = Send the notification to the authority and enter it
gap-complement = Send the complement to the authority and enter it
gap-difference = Correct or explain what is declared below what is measured: { $figure }
gap-notices = Prepare the notices to the persons
gap-campaign = Bring the notices to their end ({ $state })
gap-others-uninformed = Enter how the persons who did not receive an e-mail were informed
gap-public-notice = Make the public communication and enter it
saved-theft = Theft confirmed. The incident is open, and the list of the persons shown is computed where it could be.
saved-also = { $count ->
    [one] Another finding about the same account is decided with it.
   *[other] { $shown } other findings about the same account are decided with it.
}
saved-qualify = Qualification saved.
saved-persons = Answers about the persons saved.
saved-decide = Decisions saved.
saved-authority = Answers for the authority saved.
saved-notices = Notices saved.
saved-close = State of the incident saved.
saved-unchanged = No answer has changed: nothing was saved.
saved-entry = Entered.
saved-list = List computed.
saved-work = Decided: it was normal work.
sheet-times = When
sheet-state = What it is
sheet-reopening = Reopen the incident
sheet-closing = Close
closing-held-up = Not possible yet: see what is still open.
closing-open = What is still open
closing-nothing-open = Nothing.
closing-first = To do before closing:
closing-unsure = Nobody knows; it will stay unknown:
closing-complement = Complement to send to the authority
left-open = Reason, if you do not do it: { $duty }
state-again-contained = it has to be looked at again: reopen the incident
state-again-suspected = the suspicion returns: reopen the incident
affected-closed = The incident is closed: its list does not change any more. To compute a new version, reopen the incident at the step
sheet-save = Save and continue
sheet-missing = to fill in
sheet-proposed = proposed
sheet-confirm-facts = I have read these proposals and confirm them.
sheet-confirm-aware = The body became aware of the breach at this hour; I confirm the period.
sheet-confirm-period = I confirm this period.
sheet-confirm-first = Nothing was saved: what Digue proposes is an answer only when you confirm it. Tick the box under this part.
sheet-state-first = Nothing was saved: say first what became of the incident.
sheet-filled = { $count ->
    [one] (one field filled in)
   *[other] ({ $shown } fields filled in)
}
sheet-optional = { $count ->
    [one] (one optional point)
   *[other] ({ $shown } optional points)
}
sheet-faults = { $count ->
    [one] Nothing is saved: one point is to be corrected
   *[other] Nothing is saved: { $shown } points are to be corrected
}
error-prefix = Error:
sheets-answered = Answered by { $by }, { $at }.
sheets-answer-missing = Choose an answer, too.
aware-reason-theft = The theft of the account was confirmed at this hour.
moment-theft = theft confirmed
occurred-from-list = Proposed from the signed list: the first and the last exposure.
state-what = What do you establish?
reason-ten = Reason (at least ten characters)
state-is-confirmed = the incident is established and goes on
state-is-contained = the incident is established and contained: access is closed
state-is-dismissed = it is a false alarm
state-is-resolved = everything is done: close the incident
state-is-suspected = it is a suspicion, to be checked
state-access-shut = The access in question is closed.
state-access-open = The access in question is not closed: only the CISO can close it.
decided-by = Decided by { $by }, { $at }.
decide-authority-law = GDPR art. 33: the authority is notified within 72 hours, unless the breach is unlikely to result in a risk to persons.
decide-persons-law = GDPR art. 34: the persons are informed if the risk to them is high.
decide-more = Change an hour or our role
affected-compute-explain = The question is filled in from the incident. A new version does not replace the earlier one.
affected-session = Only the session in which the account was found
notification-to-answer = To answer
notification-since-sent = Since it was sent
notification-whole = The notification sent to the authority is complete.
notification-complement = Since then this has changed or was added: send it as a complement (GDPR art. 33(4)), then enter the submission below.
notification-left = { $count ->
    [0] All fields are filled in.
    [one] One field is left.
   *[other] { $shown } fields are left.
}
notices-proof = Notices contain personal data and a file. Confirm your identity first: nothing that you write afterwards will be lost.
notices-proof-go = Confirm my identity
notices-otherwise = Informed in another way
notices-otherwise-explain = Letters posted, calls, public communication: enter what was done outside Digue.
closing-papers = The papers
closing-register = The row of the data-breach register
closing-register-row = Read the row, filled by the facts of the file
breach-what = { $happened } Affected persons: { $persons }. Data: { $kinds }.
log-occurred-since = The breach has lasted since { $from }.
verdict-who = The CISO ({ $cisos }) confirms a theft; the DPO ({ $dpos }) stands in. Only the CISO can say that it was work.
verdict-nobody = no active account
verdict-sisters = { $count ->
    [one] Another finding about the same account on the same day will be decided with this one if you confirm the theft:
   *[other] { $shown } other findings about the same account on the same day will be decided with this one if you confirm the theft:
}
finding-incident = Go to the incident
entry-refused = It is not entered
entry-refused-explain = What you wrote is below: correct it and send it again.
entry-refused-again = Send again
entry-refused-back = Go back without entering it
entry-field-text = Text
entry-field-reason = Reason
entry-field-at = When
entry-field-from = Beginning
entry-field-to = End, or to whom
entry-field-receipt = Receipt
entry-field-title = Title
entry-field-owner = Owner
entry-field-due = Due
entry-field-persons = Number of persons
entry-field-basis = Source of this number
entry-field-measure = Measure
verdict-consequences = What each decision changes
affected-again = Compute a new version
notification-other-duties = Other duties and delays
