# The start page, the menu, and what all lists have in common.

menu-home = Home
menu-close = Close the menu
danger-asynchronous = Danger: the journal is in a database that does not replicate synchronously. If that server fails, consultations can be missing from the journal.
menu-group-watch = Watch
menu-group-respond = Respond
menu-group-govern = Govern
menu-group-administer = Administer
menu-activity = Activity
menu-register = Data-breach register
menu-assessment = Self-assessment
menu-badge =
    { $count ->
        [one] 1 task awaits you
       *[other] { $shown } tasks await you
    }
menu-badge-unknown = number of tasks unknown
trail = Breadcrumb
theme = Colours
theme-device = Auto
theme-light = Light
theme-dark = Dark
activity-title = Activity

task-source-findings = findings of the monitoring
task-source-incidents = incidents
task-source-requests = requests of persons
task-source-approvals = approvals
task-source-break-glass = exceptional access
task-source-holders = holders to confirm
task-source-reviews = reviews of access
task-source-checks = checks
task-source-registers = registers of the ISMS
task-source-assessment = the self-assessment
task-source-learning = awareness training

home-title = Home
home-situation = Situation
home-contained =
    { $count ->
        [one] 1 account closed at { $at } for abnormal consultation, { $persons }: to be decided.
       *[other] { $shown } accounts closed since { $at } for abnormal consultation, { $persons }: to be decided.
    }
home-persons =
    { $count ->
        [0] no person seen
        [one] 1 person seen since the same hour the day before
       *[other] { $shown } persons seen since the same hour the day before
    }
home-persons-unknown = number of persons seen unknown
home-undecided =
    { $count ->
        [one] 1 finding awaits a decision since { $at }.
       *[other] { $shown } findings await a decision, the oldest since { $at }.
    }
home-duty-due = { $reference }: “{ $duty }”, { $time }.
home-duty-runs = { $reference }: “{ $duty }” has been waiting for { $time }.
home-theft-to-qualify = Theft confirmed: “{ $title }”. Qualify the incident: { $time } for the first deadline.
home-go-qualify = Qualify
home-overdue =
    { $count ->
        [one] 1 task is overdue.
       *[other] { $shown } tasks are overdue.
    }
home-waiting =
    { $count ->
        [one] 1 task awaits you, nothing is overdue.
       *[other] { $shown } tasks await you, nothing is overdue.
    }
home-calm = Nothing awaits you. Checked at { $at }.
home-unknown = Nothing known awaits you, but not everything could be read.
home-go-activity = See the activity of the portals
home-unread = Unknown: this could not be read, and something may await you there.
home-clocks = Running deadlines
home-clock-until = until { $at }
home-clock-until-latest = until { $at } at the latest
home-clock-since = since { $at }
home-tasks = To do
home-nothing = Nothing for you to do. Last checked at { $at }.
home-nothing-known = Nothing known to do; a part could not be read.
home-not-listed =
    { $count ->
        [one] 1 more task is not shown here.
       *[other] { $shown } more tasks are not shown here.
    }
home-more =
    { $count ->
        [one] 1 more task
       *[other] { $shown } more tasks
    }
home-others = Waiting for others

task-since = since { $at }
task-judge = Decide whether the account { $account } was stolen
task-judge-organisation = Decide whether the accounts of { $organisation } were stolen
task-judge-persons =
    { $count ->
        [0] no person requested that day up to the finding
        [one] 1 person requested that day up to the finding, withheld or shown
       *[other] { $shown } persons requested that day up to the finding, withheld or shown
    }
task-incident = Continue the incident { $reference }: { $title }
task-request = Answer a person: { $kind }
task-letters =
    { $count ->
        [one] Prepare the letter with a code for one person
       *[other] Prepare the letters with codes for { $shown } persons
    }
task-approval = Approve or refuse: { $kind }
task-asked-by = requested by { $account }
task-break-glass = Review the exceptional access of { $account }
task-holder = Confirm who holds the account { $account }
task-review =
    { $count ->
        [one] Decide about one access
       *[other] Decide about { $shown } accesses
    }
task-checks =
    { $count ->
        [one] 1 failing check
       *[other] { $shown } failing checks
    }
task-checks-old =
    { $count ->
        [one] 1 check no longer runs: its last result is too old
       *[other] { $shown } checks no longer run: their last results are too old
    }
task-record = Deal with “{ $title }”
task-owner = owned by { $owner }
task-assess = Answer the self-assessment of your organisation
task-module = Take the module “{ $title }”
task-document = Read “{ $title }”
task-go-judge = Decide
task-go-see = See
task-go-incident = Continue
task-go-answer = Answer
task-go-prepare = Prepare
task-go-read = Read
task-go-confirm = Confirm
task-go-open = Open
task-go-learn = Take it

list-filter = Filter
list-words = Words
list-any = All
list-reset = Show all
list-count =
    { $total ->
        [one] 1 row
       *[other] { $shown } rows
    }
list-count-filtered = { $matched } of { $shown } { PLURAL($shown, one: "row", other: "rows") }
list-first-of = First rows: { $shown } of { $total }.
list-nothing = No row matches this filter.
list-choose = Choose:
list-choose-all = the whole page
list-choose-none = choose none
list-chosen =
    { $count ->
        [one] 1 row chosen
       *[other] { $shown } rows chosen
    }
list-box = Choice
list-pick = Choose { $row }
list-export-chosen = Export the chosen rows
list-page = Page { $page } of { $pages }

watch-undecided-one = to be decided
organisations-none = No partner organisation. Add the first one with its address: its accounts and persons are attached to it.
sessions-cut-chosen = Cut the chosen sessions
sessions-cut-warning = Cutting ends all sessions of the chosen accounts: their holders will have to sign in again.
break-glass-reviewed = reviewed
break-glass-unreviewed = to be reviewed
requests-late = late
smsi-wrong-none = Nothing is promised and not done: what is declared and what is measured agree.
smsi-column-late = Delay
reviews-facts = What is unlike the usual
reviews-usual = as usual
reviews-undecided = to be decided
reviews-keep-chosen = Keep the chosen accesses
reviews-suspend-chosen = Suspend the chosen accesses
reviews-choose-usual = those that are as usual
reviews-usual-found = { $shown } { PLURAL($count, one: "access is", other: "accesses are") } as usual: { PLURAL($count, one: "the account was used, is not suspended and shows", other: "the accounts were used, are not suspended and show") } no more persons than { PLURAL($count, one: "its", other: "their") } peers, by the facts taken when the review was opened.
reviews-usual-left =
    { $count ->
        [0] No other is left.
        [one] 1 is left to look at.
       *[other] { $shown } are left to look at.
    }
reviews-keep-usual = { PLURAL($count, one: "Keep this access", other: "Keep these accesses, on all pages") }
reviews-usual-none =
    { $count ->
        [one] The only access left is not as usual: look at it.
       *[other] None of the { $shown } accesses left is as usual: never used, suspended, beyond their peers, or without a passkey while most have one. Look at them.
    }
reviews-chosen-explain = Suspending closes the access and the sessions of the chosen accounts at once; write why. An access can be kept without a reason.
invalid-rows-none = Choose at least one row.
reviews-doubted =
    { $count ->
        [one] 1 account is not offered with the others: something speaks against it today. It can only be kept with a written reason.
       *[other] { $shown } accounts are not offered with the others: something speaks against them today. Each can only be kept with a written reason.
    }
review-doubt-theft = theft confirmed within a year
review-doubt-finding = finding to decide
review-doubt-held-back = closed or restricted now
review-doubt-too-many = too many open findings to say that none is about it
review-doubt-reopened = reopened lately, limits reduced
invalid-review-doubts = A chosen account can only be kept with a reason: a theft, a finding to decide, a closing or a recent reopening speaks against it.
task-reopen = Ask for the reopening: { $whom }, it was ordinary work
task-go-reopen = Reopen
