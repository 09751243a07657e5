# Sources: caseloads and identifiers that are read again and again.
menu-sources = Data sources
sources-title = Data sources
sources-explain = Digue reads these sources by itself. A source that fails changes nothing: the last data stay in force, with their age. A source that loses or gains too many rows waits for a person.
sources-none = No source is configured: caseloads are uploaded by hand or by the API. The [[sources]] section of the configuration adds some.
source-feeds = Feeds
source-good-at = Up to date at
source-rows = Rows
source-never = never
source-line = Line { $shown }:
source-standing-held = awaits a decision
source-standing-late = out of date
source-standing-failing = failing
source-standing-unread = not read yet
source-standing-fresh = up to date
source-held-title = { $name }: a change awaits your decision
source-held = The source now has { $rows } { PLURAL($rows, one: "row", other: "rows") }: { $removed } { PLURAL($removed, one: "row in force is no longer", other: "rows in force are no longer") } in it, { $added } { PLURAL($added, one: "is", other: "are") } new. Read at { $at }. Nothing was changed.
source-held-advice = First check in the application it comes from whether this change is meant. What widens access will still wait for a second person.
source-release = Put this change in force
source-read-title = Read now
source-read = Read { $name }
source-fault-unreachable = the database, file or server does not answer, or refuses the query
source-fault-refused = the answer is not the expected one: a column is missing or is not text, or the server refuses
source-fault-large = the answer exceeds 1 GiB
source-fault-slow = reading takes more than ten minutes
source-fault-account = the account of this source does not exist, is suspended, or may not load these data
source-fault-empty = the source gives no row, and nothing is in force
source-fault-approval = part of the rows awaits a second person (page Approvals)
source-fault-target = the population or the portal no longer exists
source-fault-waiting = too many requests of this source already await approval
source-fault-unknown = what was in effect cannot be read: all of the rows await a second person (page Approvals)
source-accounts = Accounts
source-fault-accounts-none = the source names no current account: nothing was changed
source-fault-accounts-many = the list has more than 100,000 accounts
account-list-fault-header = the header must include "account" and "organisation", each once
account-list-fault-row = the row has the wrong number of columns
account-list-fault-account = the account has the wrong format
account-list-fault-organisation = the organisation is missing or has the wrong format
account-list-fault-role = a list gives the role "agent" only: deputies and delegates are appointed in Digue by two persons
account-list-fault-date = the date cannot be read
account-list-fault-twice = the same account is in the list already
fault-scim-list = "[scim]" and a source of accounts both say who works here: keep one of them
task-source-sources = data sources
task-source-held = The source { $name } loses or gains too many rows: decide
task-source-late = The source { $name } is out of date
fault-source-name = two sources are called “{ $detail }”
fault-source-target = two sources feed “{ $detail }”: each would replace the other
fault-source-one-target = “{ $name }”: a source feeds one thing: a caseload, aliases, classes or the accounts (target = "accounts")
fault-source-lookup = “{ $name }”: “lookup” is a query of a source of caseloads by “query”, with $1 (the person) and $2 (the account) or $3 (the organisation)
fault-source-one-origin = “{ $name }”: a source has one origin (query, file or address)
fault-source-late = “{ $name }” must be longer than “every”
directory-title = Directory (SCIM)
directory-heard = Last request on { $at }.
directory-standing-held = Changes from the directory are waiting for a decision.
directory-standing-late = The directory has been silent for too long: Digue no longer learns who has left.
directory-standing-unheard = The directory has not sent anything yet.
directory-standing-fresh = The directory is connected.
directory-waiting = Waiting changes
directory-nothing = No change of an account is waiting.
directory-change = Change
directory-since = Since
directory-waiting-count = { $count ->
    [one] One change is waiting.
   *[other] { $shown } changes are waiting.
}
directory-advice = The directory (or the list of accounts) closes accounts by itself, within the limits of a day, and opens none. First check at its origin that these changes are intended; if not, undo them there. A new account begins in quarantine: other people hand over its invitation and confirm its holder.
directory-release = { $count ->
    [one] Make this change
   *[other] Make these { $shown } changes
}
wanted-change-open = new account
wanted-change-reopen = reopening
wanted-change-move = another organisation or role
wanted-change-close = closing
task-directory-held = { $count ->
    [one] A change from the directory is waiting for your decision
   *[other] { $shown } changes from the directory are waiting for your decision
}
task-directory-late = The directory has stopped sending anything
fault-scim-group-name = two groups of [scim] are called “{ $detail }”
fault-scim-group-place = “{ $detail }”: another group of [scim] already leads to this organisation with this role

menu-classes = Classes of persons
classes-title = Classes of persons
classes-explain = Archived, protected, deceased, or named by the operator: what each portal's map decides for them, and what was shown of them in the last 30 days.
classes-none = No class is declared. A class holds the persons whose records need more care: protected, archived, deceased. The portal's team gives the list through a data source, and the portal's map says what is shown of them (portal guide, section [classes]).
classes-class = Class
classes-held = Persons
classes-rules = Rules of the portals
classes-shown = Consultations in 30 days
classes-agreed = With agreement
classes-unknown = unknown
classes-unknown-entries = { $count ->
    [one] For one response of the last 30 days, the classes were not known.
   *[other] For { $shown } responses of the last 30 days, the classes were not known.
}
classes-incomplete = The journal of before the last start is still being read: the numbers are minimums.
classes-watched = Consultations of the watched classes
classes-watched-none = No consultation of a watched class in 30 days.
classes-cut = Only the last 5,000 consultations of each class are shown; the journal has them all.
class-rule-mark = noted
class-rule-watch = watched
class-rule-agreement = another person's agreement
class-rule-refuse = refused
record-ask-title = Ask for a record to be opened
record-explain = The record of an archived person, or of another class that the portal protects, opens for some hours once another person has agreed. Your reason is journalled.
record-person = Identifier of the person
record-ask = Send the request
record-asked = The request is sent. Open the record again once it is agreed to.
record-continue = Back to the portal
record-own = Your recent requests
record-request-waits = waiting
record-request-open = agreed to: the record can be opened
record-request-ended = agreed to, and over
record-request-refused = refused
record-request-expired = left without an answer
source-retention = Terms of retention
source-fault-retention-none = the source gives no row: nothing was counted
source-fault-retention-rule = the source names a term of retention that the register does not have: nothing was counted
source-fault-retention-many = more than four thousand million records of one term: nothing was counted
retention-list-fault-header = the header must include "rule" and "since", each once
retention-list-fault-row = the row has the wrong number of columns
retention-list-fault-rule = the term of retention is missing
retention-list-fault-date = the date cannot be read
retention-list-fault-count = the number of records is not a whole number
