# Signals: events from identity providers.
menu-signals = Signals
file-name-signals = signals
signals-title = Signals from identity providers
signals-explain = What your identity provider cuts is cut here as well: sessions end at once, accounts close within a limit, and nothing opens without a person.
signals-none = No stream is configured. The section [[signals.receive]] of the configuration adds one.
signals-streams = Streams
signals-stream = Stream
signals-heard = Last event
signals-never = never
signals-taken = Received in 30 days
signals-unknown-count = Unknown subjects
signals-refused = Tokens refused
signals-push = the provider sends
signals-poll = Digue asks
signals-verified = verified on { $at }
signals-failing-since = no answer since { $at }
signals-event = Event
signals-outcome = What followed
signals-events = Last events
signals-events-kept = The last hundred at most, on this page and in its file.
signals-nothing = No event.
signals-unknown = Unknown subjects
signals-unknown-advice = These events are about persons who have no account here, or whom Digue cannot recognise: nothing was done. If one of them has an account, close it on its page, then link its identity or complete “identified_by” in the configuration.
signals-accounts = { $count ->
    [one] one account
   *[other] { $shown } accounts
}
signals-other-event = Another event: { $name }
signals-waiting = Requests that wait
signals-waiting-count = { $count ->
    [one] A request of a provider awaits your decision
   *[other] { $shown } requests of a provider await your decision
}
signals-waiting-advice = The sessions of these accounts have ended already where a closing is asked for. A closing waits when there are too many at once, or when the account is one of the operator's own; a reopening always waits. Ask the provider, by another channel, whether these requests are wanted.
signals-agree = { $count ->
    [one] Do what is asked for
   *[other] Make these { $shown } changes
}
signals-refuse = Leave the accounts as they are
signal-standing-failing = does not answer
signal-standing-stopped = stopped by the provider
signal-standing-unheard = nothing received yet
signal-standing-heard = connected
signal-change-close = closing
signal-change-reopen = reopening
signal-event-session-revoked = Session revoked
signal-event-token-claims-change = Attributes changed
signal-event-credential-change = Credential changed
signal-event-assurance-level-change = Assurance level changed
signal-event-device-compliance-change = Device compliance changed
signal-event-account-disabled = Account disabled
signal-event-account-enabled = Account enabled
signal-event-account-purged = Account deleted
signal-event-credential-compromise = Credential compromised
signal-event-verification = Verification of the stream
signal-event-stream-updated = State of the stream
signal-outcome-stream = noted
signal-outcome-not-handled = ignored: an event that Digue does not know
signal-outcome-unknown-subject = unknown subject: nothing was done
signal-outcome-unchanged = nothing to do
signal-outcome-withdrawn = request to close withdrawn
signal-outcome-requested = reopening requested
signal-outcome-cut = sessions ended
signal-outcome-held = sessions ended, closing to be decided
signal-outcome-closed = account closed
signal-refusal-unreadable = unreadable
signal-refusal-kind = another kind of token
signal-refusal-key = unknown signature or key
signal-refusal-issuer = another issuer
signal-refusal-audience = another audience
signal-refusal-early = dated in the future
signal-refusal-old = too old
signal-refusal-state = verification not asked for
signal-refusal-claim = contents not as specified
task-source-signals = signals from identity providers
task-signals-held = { $count ->
    [one] A request of an identity provider awaits your decision
   *[other] { $shown } requests of an identity provider await your decision
}
fault-signal-name = two streams of [[signals.receive]] are named “{ $detail }”
fault-signal-keys = “{ $name }” is missing: without it, “issuer” must be the https address of the provider, where Digue reads its configuration
fault-signal-way = “{ $name }”: a stream arrives in one way, by push (secret_file) or by poll (poll and token_file)
