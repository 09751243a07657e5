# What monitoring says, and what is done.

period-minutes = { $count ->
    [one] one minute
   *[other] { $count } minutes
}
period-hours = { $count ->
    [one] one hour
   *[other] { $count } hours
}
period-days = { $count ->
    [one] one day
   *[other] { $count } days
}

signal-unexplained-persons = { $seen } { PLURAL($seen, one: "person", other: "persons") } shown in { $period } without caseload, exact search or exceptional access; usually at most { $usual }.
signal-pace = { $seen } { PLURAL($seen, one: "record", other: "records") } opened in { $period }, faster than a person can read; usually at most { $usual }.
signal-burst = { $seen } { PLURAL($seen, one: "record", other: "records") } in { $period }; usually at most { $usual }.
signal-lists = { $seen } new persons through lists in { $period }; at most { $usual } in normal use.
signal-export = One response shows { $seen } new persons; no work needs more than { $usual }.
signal-volume = { $seen } { PLURAL($seen, one: "person", other: "persons") } in { $period }; usually at most { $usual } for this account and its peers.
signal-slow-reading = { $seen } { PLURAL($seen, one: "person", other: "persons") } in { $period }, a little more each day; usually at most { $usual }.
signal-shape = The { $seen } new persons of the day are not the kind this account usually consults.
signal-hours = The account is reading records at hours when it does not usually work.
signal-ordered-identifiers = { $seen } consecutive records in identifier order; usually at most { $usual }.
signal-pages = { $seen } consecutive pages of one list; usually at most { $usual }.
signal-lists-to-the-end = { $seen } { PLURAL($seen, one: "list", other: "lists") } paged through to the end in one day; usually at most { $usual }.
signal-searches = { $seen } { PLURAL($seen, one: "search", other: "searches") } in one day; usually at most { $usual }.
signal-empty-answers = { $seen } { PLURAL($seen, one: "response that shows no one", other: "responses that show no one") } in one day; usually at most { $usual }.
signal-rhythm = Records follow each other every { $seen ->
    [one] second
   *[other] { $seen } seconds
}, with machine-like regularity.
signal-no-resources = { $seen } { PLURAL($seen, one: "record", other: "records") } without any of the style sheets, scripts or images that a browser fetches with them.
signal-program = The client identifies itself as a program, not a browser.
signal-session-moved = The session cookie comes from a different device or a different network.
signal-cookie-older-than-device = The session began { $seen } { PLURAL($seen, one: "minute", other: "minutes") } before this device or network was first seen.
signal-two-places = One session is in use from two places at once, with { $seen } { PLURAL($seen, one: "change", other: "changes") } in ten minutes.
signal-new-device = The device is new to this account, which has { $seen } { PLURAL($seen, one: "other", other: "others") }.
signal-dormant = The account is active again after { $seen } { PLURAL($seen, one: "day", other: "days") } of inactivity.
signal-new-account = The account was created { $seen ->
    [0] today
    [one] yesterday
   *[other] { $seen } days ago
}.
signal-recovered = The account was recovered { $seen ->
    [0] today
    [one] yesterday
   *[other] { $seen } days ago
}.
signal-accounts-made = The account is one of { $seen } created in a row by the same manager.
signal-decoy = { $seen ->
    [one] A fictitious person was shown
   *[other] { $seen } fictitious persons were shown
}; no one has a reason to consult them.
signal-collusion = { $seen } { PLURAL($seen, one: "account of the organisation is reading", other: "accounts of the organisation are together reading") } more records than usual today.
signal-shared-place = Same device or network as an account that was closed { $seen ->
    [0] today
    [one] yesterday
   *[other] { $seen } days ago
}.
signal-crowded-network = Accounts of { $seen } { PLURAL($seen, one: "organisation is", other: "organisations are") } reading records from the same network today.
signal-unmapped = { $seen } { PLURAL($seen, one: "request", other: "requests") } in one day to addresses that the portal's map does not know, or faster than allowed; reported from { $usual } on.
signal-refusals = { $seen } { PLURAL($seen, one: "request", other: "requests") } outside the caseload refused in one day; usually at most { $usual }.
signal-uninspected = { $seen } { PLURAL($seen, one: "response", other: "responses") } could not be inspected today; usually at most { $usual }.
reasons-together = None of these measures alone exceeds its usual level; together they are out of the ordinary.
signals-in-part = Other reasons are stored that this version of Digue cannot read.
signals-unreadable = The reasons stored with this finding cannot be read back: they are not known.

innocent-persons = Up to { $count ->
    [one] one person
   *[other] { $count } persons
} within { $period }, the first of these reasons would not have been enough for a finding by itself.
innocent-response = Up to { $count ->
    [one] one new person
   *[other] { $count } new persons
} in one response, the first of these reasons would not have been enough for a finding by itself.
innocent-sheets = Up to { $count ->
    [one] one record
   *[other] { $count } records
} within { $period }, the first of these reasons would not have been enough for a finding by itself.
innocent-run = Up to { $count ->
    [one] one record
   *[other] { $count } records in a row
} in identifier order, the first of these reasons would not have been enough for a finding by itself.
innocent-pages = Up to { $count ->
    [one] one page
   *[other] { $count } pages in a row
} of one list, the first of these reasons would not have been enough for a finding by itself.
innocent-lists = Up to { $count ->
    [one] one list
   *[other] { $count } lists
} paged through to the end in one day, the first of these reasons would not have been enough for a finding by itself.
innocent-searches = Up to { $count ->
    [one] one search
   *[other] { $count } searches
} in one day, the first of these reasons would not have been enough for a finding by itself.
innocent-responses = Up to { $count ->
    [one] one such response
   *[other] { $count } such responses
} in one day, the first of these reasons would not have been enough for a finding by itself.
innocent-requests = Up to { $count ->
    [one] one such request
   *[other] { $count } such requests
} in one day, the first of these reasons would not have been enough for a finding by itself.
innocent-never = No number, however small, would have ruled out the first of these reasons.

action-taken-observe = only observed
action-taken-lower-budget = limits lowered
action-taken-caseload-only = access limited to the caseload
action-taken-step-up = new proof of identity required
action-taken-close-account = account closed, sessions ended
action-taken-close-organisation = organisation closed
action-taken-close-portal = portal closed
action-observe = observe
action-lower-budget = lower the budgets
action-caseload-only = caseload only
action-step-up = require identity verification
action-close-account = close the account and end its sessions
action-close-organisation = close the organisation
action-close-portal = close the portal

watch-done = { $lines } { PLURAL($lines, one: "exposure", other: "exposures") }, { $accounts } { PLURAL($accounts, one: "account", other: "accounts") }: { $containments } { PLURAL($containments, one: "containment", other: "containments") }, { $alerts } { PLURAL($alerts, one: "alert", other: "alerts") }.
watch-unread = { $lines ->
    [one] { $lines } line not read:
   *[other] { $lines } lines not read:
}
watch-unread-line = line { $line }: { $reason }
watch-unread-more = and { $lines } more
watch-unread-form = not an object in the exposure format
watch-unread-instant = timestamp missing or unreadable
watch-unread-length = longer than 8 MiB
watch-unread-order = earlier than the line before it
watch-list-fault = { $file }: line { $line }{ $column }: { $reason }
watch-list-account = the account name is blank
watch-list-holder = an account or an organisation is expected
watch-list-person = the identifier of the person is blank
watch-list-date = a date (2026-11-22) or a timestamp (2026-11-22T08:30:00Z) is expected
watch-list-batch = hours and a number of persons per day are expected (01:00-05:00 600)
watch-accounts-fault-header = a header with exactly one account column is expected; organisation, created and batch are optional
watch-accounts-fault-row = a cell lies beyond the header columns, or a quotation mark is not closed
watch-caseload-fault-header = a header is expected with the columns person, and account or organisation, once each; from and until are optional
watch-caseload-fault-row = a cell lies beyond the header columns, or a quotation mark is not closed

replay-unknown = There is no scenario named { $name }; digue replay --list lists them.
replay-title-with = Caseloads enforced, { $seeds } { PLURAL($seeds, one: "seed", other: "seeds") }
replay-title-without = Without caseloads, { $seeds } { PLURAL($seeds, one: "seed", other: "seeds") }
replay-title-off = Without the signal { $signal }
replay-header = scenario | persons shown: median, p95, max | seconds: median, p95, max | contained | goal
replay-goal-persons = at most { $most } { PLURAL($most, one: "person", other: "persons") }
replay-goal-within = { $percent }% in { $days } { PLURAL($days, one: "day", other: "days") }
replay-reached = met
replay-missed = missed ({ $met } of { $runs })
replay-honest = Honest work: { $days } { PLURAL($days, one: "account-day", other: "account-days") } worked, { $containments } false containments ({ $containmentRate } per 10,000), { $alerts } false alarms ({ $alertRate } per 10,000); { $explained }% of persons explained.
replay-then = { $name }: { $then } persons at the time, { $now } with Digue (max).
replay-record-title = { $file }
replay-record-header = theft | stopped / thefts | persons shown: median, max | stopped within 1, 3, 14 days | others (stopped/median): 25 in 3 minutes | 150 per day | twice own p99 | volume-only test | goal
replay-record-variations = what changes | false containments | false alarms | thefts stopped | goals met | thefts | sum of median persons
replay-record-no-goal = no goal
replay-record-not-run = no theft could be inserted
replay-record-honest = Honest work: { $days } { PLURAL($days, one: "account-day", other: "account-days") } worked; { $containments } false containments ({ $containmentRate } per 10,000) of { $accounts } { PLURAL($accounts, one: "account", other: "accounts") }, at most { $most } in one day; { $alerts } false alarms ({ $alertRate } per 1,000).
replay-record-header-fault = { $file }: the first line must name the columns at, account and person.
replay-record-line = { $file }, line { $line }: expected a date and time such as 2026-06-01 08:00:00, an account and a person.
replay-record-short = { $file }: none of the { $accounts } { PLURAL($accounts, one: "account", other: "accounts") } (in this half) worked on { $days } { PLURAL($days, one: "day", other: "days") } with thirty more days of records afterwards; a theft cannot be inserted there.

reopen-title = Reopen access
reopen-explain = It was ordinary work, and access is still closed. Ask for its reopening: a second person grants it. The limits stay at a quarter until the end of the fourteen days.
reopen-ask = Ask for the reopening
reopen-asked = The reopening was requested: it waits for a second person.
reopen-waits = Access is still closed: the CISO can ask for its reopening.
