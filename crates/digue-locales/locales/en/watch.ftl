# What the watch says, and what is done.

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

signal-unexplained-persons = { $seen } persons shown in { $period } without caseload, exact search or break-glass; usually at most { $usual }.
signal-pace = { $seen } record sheets opened in { $period }, faster than people read; usually at most { $usual }.
signal-burst = { $seen } record sheets in { $period }; usually at most { $usual }.
signal-lists = { $seen } new persons by lists in { $period }; at most { $usual } in normal use.
signal-export = One response shows { $seen } new persons; no work needs more than { $usual }.
signal-volume = { $seen } persons in { $period }; usually at most { $usual } for this account and its peers.
signal-slow-reading = { $seen } persons in { $period }, a little more each day; usually at most { $usual }.
signal-shape = The { $seen } new persons of the day are not of the kind that this account usually comes to.
signal-hours = The account reads at hours at which it does not usually work.
signal-ordered-identifiers = { $seen } record sheets one after the other in the order of their identifiers; usually at most { $usual }.
signal-pages = { $seen } pages of one list one after the other; usually at most { $usual }.
signal-lists-to-the-end = { $seen } lists walked to their last page in the day; usually at most { $usual }.
signal-searches = { $seen } searches in the day; usually at most { $usual }.
signal-empty-answers = { $seen } answers that show nobody in the day; usually at most { $usual }.
signal-rhythm = Record sheets follow each other every { $seen ->
    [one] second
   *[other] { $seen } seconds
}, as regularly as a machine.
signal-no-resources = { $seen } record sheets without any of the style sheets, scripts or images that a browser fetches with them.
signal-program = The client calls itself a program and not a browser.
signal-session-moved = The session's cookie comes from another device or another network.
signal-cookie-older-than-device = The session began { $seen } minutes before this device or network was first seen.
signal-two-places = One session is used from two places at once, { $seen } changes in ten minutes.
signal-new-device = The device is unknown to this account, which has { $seen } others.
signal-dormant = The account is back after { $seen } days of silence.
signal-new-account = The account was made { $seen ->
    [0] today
    [one] yesterday
   *[other] { $seen } days ago
}.
signal-recovered = The account was recovered { $seen ->
    [0] today
    [one] yesterday
   *[other] { $seen } days ago
}.
signal-accounts-made = The account is one of { $seen } that the same manager made in a row.
signal-decoy = { $seen ->
    [one] A person who does not exist was shown
   *[other] { $seen } persons who do not exist were shown
}; nobody has a reason to read them.
signal-collusion = { $seen } accounts of the organisation together read more than usual today.
signal-shared-place = The same device or network as an account that was closed { $seen ->
    [0] today
    [one] yesterday
   *[other] { $seen } days ago
}.
signal-crowded-network = Accounts of { $seen } organisations read from the same network today.
signal-unmapped = { $seen } requests in the day for addresses that the portal's map does not know, or faster than allowed; people are told from { $usual } on.
signal-refusals = { $seen } requests outside the caseload refused in the day; usually at most { $usual }.
signal-uninspected = { $seen } responses could not be inspected today; usually at most { $usual }.

innocent-persons = Up to { $count ->
    [one] one person
   *[other] { $count } persons
} within { $period }, nothing would have been reported for the first of these reasons.
innocent-response = Up to { $count ->
    [one] one new person
   *[other] { $count } new persons
} in one response, nothing would have been reported for the first of these reasons.
innocent-sheets = Up to { $count ->
    [one] one sheet
   *[other] { $count } sheets
} within { $period }, nothing would have been reported for the first of these reasons.
innocent-run = Up to { $count ->
    [one] one sheet
   *[other] { $count } sheets in a row
} in the order of the identifiers, nothing would have been reported for the first of these reasons.
innocent-pages = Up to { $count ->
    [one] one page
   *[other] { $count } pages in a row
} of one list, nothing would have been reported for the first of these reasons.
innocent-lists = Up to { $count ->
    [one] one list
   *[other] { $count } lists
} walked to the end in the day, nothing would have been reported for the first of these reasons.
innocent-searches = Up to { $count ->
    [one] one search
   *[other] { $count } searches
} in the day, nothing would have been reported for the first of these reasons.
innocent-responses = Up to { $count ->
    [one] one such response
   *[other] { $count } such responses
} in the day, nothing would have been reported for the first of these reasons.
innocent-requests = Up to { $count ->
    [one] one such request
   *[other] { $count } such requests
} in the day, nothing would have been reported for the first of these reasons.
innocent-never = No number, however small, would have removed the first of these reasons.

action-observe = observe
action-lower-budget = lower the budgets
action-caseload-only = caseload only
action-step-up = ask for a fresh proof of identity
action-close-account = close the account and cut its sessions
action-close-organisation = close the organisation
action-close-portal = close the portal

watch-done = { $lines } exposures, { $accounts } accounts: { $containments } containments, { $alerts } alerts.
watch-unread = { $lines ->
    [one] { $lines } line not read:
   *[other] { $lines } lines not read:
}
watch-unread-line = line { $line }: { $reason }
watch-unread-more = and { $lines } more
watch-unread-form = not an object of the format of exposures
watch-unread-instant = no readable instant
watch-unread-length = longer than 8 MiB
watch-unread-order = earlier than the line before it
watch-list-fault = { $file }: line { $line }{ $column }: { $reason }
watch-list-account = the name of the account is blank
watch-list-holder = an account or an organisation is expected
watch-list-person = the identifier of the person is blank
watch-list-date = a date (2026-11-22) or an instant (2026-11-22T08:30:00Z) is expected
watch-list-batch = hours and a number of persons a day are needed (01:00-05:00 600)
watch-accounts-fault-header = a header with the column account is expected, once; organisation, created and batch may stand beside it
watch-accounts-fault-row = a cell stands beyond the columns of the header, or a quotation mark is not closed
watch-caseload-fault-header = a header with the columns person, and account or organisation, is expected, each once; from and until may stand beside them
watch-caseload-fault-row = a cell stands beyond the columns of the header, or a quotation mark is not closed

replay-unknown = No scenario is called { $name }; digue replay --list names them.
replay-title-with = Caseloads enforced, { $seeds } seeds
replay-title-without = Without caseloads, { $seeds } seeds
replay-title-off = Without the signal { $signal }
replay-header = scenario | persons shown: median, p95, most | seconds: median, p95, most | contained | goal
replay-goal-persons = at most { $most } persons
replay-goal-within = { $percent } % in { $days } days
replay-reached = reached
replay-missed = missed ({ $met } of { $runs })
replay-honest = Honest work: { $days } account-days worked, { $containments } false containments ({ $containmentRate } per 10,000), { $alerts } false alerts ({ $alertRate } per 10,000); { $explained } % of persons explained.
replay-then = { $name }: { $then } persons then, { $now } with Digue (most).
replay-record-title = { $file }
replay-record-header = theft | stopped / thefts | persons shown: median, most | stopped within 1, 3, 14 days | others (stopped/median): 25 in 3 minutes | 150 a day | twice own p99 | volume-only test | goal
replay-record-variations = what changes | false containments | false alerts | thefts stopped | goals met | thefts | sum of medians of persons
replay-record-no-goal = no goal
replay-record-not-run = no theft could be placed
replay-record-honest = Honest work: { $days } account-days worked; { $containments } false containments ({ $containmentRate } in 10,000) of { $accounts } accounts, { $most } at most in one day; { $alerts } false alerts ({ $alertRate } in 1,000).
replay-record-header-fault = { $file }: the first line has to name the columns at, account and person.
replay-record-line = { $file }, line { $line }: expected a date and time such as 2026-06-01 08:00:00, an account and a person.
replay-record-short = { $file }: none of the { $accounts } accounts (of this half) has worked on { $days } days, with thirty days of record after them; a theft cannot be placed there.
