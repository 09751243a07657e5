# Who holds an account, and how to reach them.
holder-title = Whom to call
holder-leaders = Who answers for this organisation
holder-officers = The operator's officers
holder-holder = Holder
holder-unknown = name and telephone unknown
holder-telephone-unknown = telephone unknown
holder-line = { $name } ({ $role }), { $telephone }
holder-written = written by { $by } on { $at }
holder-written-self = written by its holder on { $at }
holder-edit = Change these details
holder-write = Write the name
holder-form-title = Name and contact details
holder-form-explain = These details stand beside the account: people call this number to verify an access, at night too. The journal keeps who wrote them and when.
holder-name = Name
holder-job = Function
holder-telephone = Telephone
holder-save = Save
holder-back = Go back without saving
own-holder-title = My contact details
own-holder-none = Your colleagues and officers see an identifier only. Give your name and a number at which you can be reached.
invalid-holder-name = Enter a name of 120 characters at most.
invalid-holder-job = Enter the function in 120 characters at most.
invalid-own-email = Your own address is changed by someone who answers for your account: by it Digue knows which accounts are one person's.
invalid-move-officer = One officer alone would be left. Add another officer first.
invalid-telephone = Enter a number of 3 to 15 digits, for example 01 99 00 12 34 or +33 1 99 00 12 34.
invalid-account-several = Several accounts match this name. Enter the account's identifier.
invalid-organisation-several = Several organisations match this name. Enter the organisation's identifier.
invalid-organisation-none = No organisation matches. Enter an identifier, a part of one, or a name.
choices-more = The lists do not suggest everything: type a part of the name or identifier, which is enough where it names only one.
invalid-account-none = No account matches. Enter an identifier, a part of one, or a name.
column-holder = Holder
act-holder-saved = contact details written
stored-holder = Contact details of
approval-waits-you = waits for your approval
approval-nobody = nobody can approve it
approval-nobody-explain = It takes a second officer or a confirmed delegate, with a passkey.
approval-nobody-yet-explain = There is only one officer. To create the account of the second, the printed recovery key is worth the agreement of the second person, at /.digue/printed-key. Otherwise a second officer or a confirmed delegate with a passkey is needed.
approval-gate = Access wanted: { $gate }
approval-percent = { $percent } % of the usual limits
approval-per-day = { $shown } { PLURAL($count, one: "added reading", other: "added readings") } a day without approval
approval-theft = theft confirmed, { $reference } still open
approval-key-signed = bound to a private key that the program holds
approval-key-directory = bound to nothing: it opens the addresses of SCIM alone
approval-route-takes-address = Will answer { $address }, so far outside the map: { $shown } recent { PLURAL($count, one: "request", other: "requests") }
approval-route-takes-nothing = No other route answers these addresses, and no response that passed outside the map came from one of them.
approval-route-takes-route = Will go before the route “{ $route }” where an address suits both: { $shown } { PLURAL($count, one: "consultation", other: "consultations") } of that route among the last { $recent } of the portal
approval-route-unfit = This route does not suit the map any more: even if granted, it would not be part of it.
approval-details-more = and { $shown } more { PLURAL($count, one: "line, which", other: "lines, which") } the file has
approval-deciders-more =
    { $count ->
        [one] or one other person
       *[other] or { $shown } other people
    }
organisation-nobody-leads = no delegate
organisation-leaders-more =
    { $count ->
        [one] and one deputy
       *[other] and { $shown } deputies
    }
organisation-no-accounts = No account. The delegate, or the CISO, requests one in “Approvals”; a second person approves it.

# The time that a chart shows.
range-title = Time shown
range-days =
    { $count ->
        [7] 7 days
        [364] one year
       *[other] { $shown } days
    }
range-all = all
range-hours =
    { $count ->
        [one] one hour
       *[other] { $shown } hours
    }
account-weeks = Distinct persons per week
column-week = Week of
minutes-title-step = Persons shown per minute; a bar is the busiest minute of { $minutes }

# The lists of an account.
account-lists-title = What the journal knows of this account
account-list-persons = Persons shown
account-list-exposures = Requests
account-list-acts = Acts
account-persons-none = This account was shown nobody. Each person that a portal shows to it appears here.
account-exposures-none = No request. What this account asks of a portal appears here, granted or refused, with its reason.
account-left-out =
    { $count ->
        [one] The list shows the last lines; one older line is in the export.
       *[other] The list shows the last lines; { $shown } older ones are in the export.
    }

person-sights = Consultations
person-left-out =
    { $count ->
        [one] The list shows the last consultations; one older consultation is in the export.
       *[other] The list shows the last consultations; { $shown } older ones are in the export.
    }
person-nobody-then = Nobody was shown this person in this time. Choose “all” to see older consultations.

# The search.
find-title = Search
find-for = Results for “{ $text }”
find-kind-accounts = Accounts
find-kind-organisations = Organisations
find-kind-incidents = Incidents
find-kind-records = Registers of the ISMS
find-kind-person = Person
find-person-known = See who was shown { $person }
find-unknown = “{ $text }” is unknown: no account, no holder, no organisation, no incident, no ISMS record and no person of the journal has this name.
find-advice = Accounts, organisations, incidents and records are found by a part of their name. A person is found by the whole identifier: the journal has no names.
find-more =
    { $count ->
        [one] One more result is not shown: be more precise.
       *[other] { $shown } more results are not shown: be more precise.
    }
find-short = Enter at least two characters.
find-unread = This list could not be read: what it contains is not known.

# The first sign-in.
own-first-title = First, your passkey
own-first-explain = The link that you have just used does not work again. Create a passkey now, with your fingerprint, your face or the code of your device: you will sign in with it. Nothing else will be asked of you.
own-first-name = my device
own-first-go = Create my passkey
own-first-until = You have until { $at }. After that it takes another link.
own-first-over = Your link is more than half an hour old and your account has no key yet: ask for another link. An officer, or the person at the server's terminal, gives you one; open it and create your key at once.
invalid-first-passkey = Your link is more than half an hour old. Ask an officer, or the person at the server's terminal, for another one, and create your key at once.
passkey-remove-explain = This key will no longer open your account. It cannot be undone: you would have to create another one.
passkey-remove-go = Remove this key

# The first hour.
first-hour-title = The first hour
first-hour-count = { $done } of { $total } steps done
first-hour-left =
    { $count ->
        [one] One step is left: { $steps }.
       *[other] { $count } steps are left: { $steps }.
    }
first-hour-done = done
first-hour-open = to do
first-hour-unknown = unknown
first-hour-rule = You are the only officer. What widens an access takes two people: until a second officer exists, the recovery key that was printed at the start counts as the approval of the second person, for that officer's account and nothing else. A person other than you keeps it. 1. Request the account in “Approvals”. 2. That person approves it in a browser in which nobody is signed in, at /.digue/printed-key, and hands the link over. 3. You confirm the holder in person.
first-step-passkeys = Have two passkeys
first-step-second-officer = Have a second officer, with a passkey of their own
first-step-contacts = Give each officer's telephone
first-step-mail = Set the mail server
first-step-portal = Put a first portal in pilot mode
first-step-backups = Back Digue up, and restore a backup for proof
first-step-why-passkeys = A lost key must not lock you out: add one on a second device.
first-step-why-second-officer = Reopening an access, returning an account and creating one take two people. An account without a passkey or a linked identity does not count: its holder could grant nothing.
first-step-why-contacts = At night, who waits for an approval must know whom to call.
first-step-why-mail = Without it no alert, invitation or notice leaves.
first-step-why-portal = A pilot changes nothing of the portal and stops nobody; it shows what the map does not describe yet.
first-step-why-backups = A copy outside the machine counts once it was restored for proof, and measured.
task-waits-for = waits for { $who }
printed-key-title = Recovery key of the second person
printed-key-explain = Until a second officer exists this key counts as the approval of the second person for that officer's account, and nothing else. The person who keeps it is not the first officer.
printed-key = Printed key
printed-key-use = See what waits
printed-key-nothing = No officer's account waits. The first officer requests it in “Approvals” first.
printed-key-signed-in = Someone is signed in in this browser. Open this page in another one: who requests an account must not see its link.
printed-key-asked = Requested by { $by }: { $reason }
printed-key-grant = Approve this account and see its link
printed-key-made = The account { $account } is approved. This is its link, shown once and valid for 72 hours:
printed-key-step-hand = Hand this link over in person, to that person only.
printed-key-step-passkey = They open it and create their passkey; their page then shows a code.
printed-key-step-confirm = They say this code in person to the first officer, who confirms their account in “Accounts”.
invalid-printed-key = This key is wrong, or a second officer exists already: the key then serves no more.

# What was just done, and the way back.
done-gate = The gate of { $about } is set, with immediate effect.
done-general-gate = The general gate is set, with immediate effect.
done-cut = The sessions of { $about } are cut. This cannot be undone: the person signs in again.
done-suspended = The access of { $about } is suspended and its sessions are cut.
done-resumed = The access of { $about } is restored.
done-requested = The request for { $about } is made. It waits for a second person for four days.
done-granted = The request is approved and carried out.
done-refused = The request is refused: nothing has changed.
done-holder = The contact details of { $about } are saved.
done-organisation = “{ $about }” is saved.
done-api-key = The API key serves no more. This cannot be undone: request another key.
done-passkey = The passkey is removed.
done-added-route = The route { $about } is withdrawn from the map.
undo-gate = See the gates, and reopen
undo-suspended = Undo: restore the access
undo-resumed = Undo: suspend the access
undo-requested = See who can approve it
gate-reach = I have checked whom this changes: everything that the scope names.
gate-reach-organisation = { $count ->
    [0] I have checked: this organisation has no account.
    [one] I have checked: this changes the only account of { $name }.
   *[other] I have checked: this changes the { $shown } accounts of { $name }.
}
gate-explain = Closing cuts the access to the portals at once. A closed account also loses its role in the console: there it is only an agent. One person may close; reopening takes the approval of a second one.
cut-explain = The person is signed out everywhere and loses what they have not saved. They can sign in again at once: to take the portals and their role in the console from them, close the gate.
account-suspend-explain = The person is signed out and cannot sign in again. Only the CISO can restore the access.
done-backups-kept = The backups of repository { $about } are kept.
done-registers = Your first registers are made.
done-record = Record { $about } is saved.
done-record-ended = Record { $about } is ended. Its history can still be read.
done-record-signed = Record { $about } is signed.
