## What was done, is to be done, or is not done: each sentence has its act

claims-title = What has been done and what remains to be done
claim-authority-done = The data protection authority was notified on { $at }.
claim-authority-due = The data protection authority will be notified by { $at }.
claim-authority-soon = The data protection authority will be notified without undue delay.
claim-authority-undone = No notification of the data protection authority is recorded.
claim-persons-done = The persons concerned were informed, by { $at } at the latest.
claim-persons-due = The persons concerned will be informed by { $at }.
claim-persons-soon = The persons concerned will be informed without undue delay.
claim-persons-undone = No information of the persons concerned is recorded.
claim-public-done = A public communication was made on { $at }.
claim-public-due = A public communication must be made by { $at }.
claim-public-soon = A public communication must be made without undue delay.
claim-public-undone = No public communication is recorded.
claim-access-done = The access in question was closed on { $at }.
claim-access-due = The access in question will be closed by { $at }.
claim-access-soon = The access in question will be closed without undue delay.
claim-access-undone = The access in question is not closed.
claim-complaint-done = A complaint was filed on { $at }.
claim-complaint-due = No complaint is recorded; the insurer asks for one by { $at }.
claim-complaint-soon = No complaint is recorded.
claim-complaint-undone = No complaint is recorded.
claim-controller-done = The controller was informed on { $at }.
claim-controller-due = The controller must be informed by { $at }.
claim-controller-soon = The controller must be informed without undue delay.
claim-controller-undone = No information of the controller is recorded.
claim-early-warning-done = The early warning was sent to ANSSI on { $at }.
claim-early-warning-due = The early warning must be sent to ANSSI by { $at }.
claim-early-warning-soon = The early warning must be sent to ANSSI without undue delay.
claim-early-warning-undone = No early warning to ANSSI is recorded.
claim-nis2-done = The incident was notified to ANSSI on { $at }.
claim-nis2-due = The incident must be notified to ANSSI by { $at }.
claim-nis2-soon = The incident must be notified to ANSSI without undue delay.
claim-nis2-undone = No notification of ANSSI is recorded.
claim-final-report-done = The final report was submitted to ANSSI on { $at }.
claim-final-report-due = The final report must be submitted to ANSSI by { $at }.
claim-final-report-soon = The final report must be submitted to ANSSI without undue delay.
claim-final-report-undone = No final report to ANSSI is recorded.

claim-stated = { $claim } Declared by { $by }, receipt: { $receipt }.
claim-stated-bare = { $claim } Declared by { $by }, without a receipt.
claim-notices-differ = Digue's own records differ, each person counted once: { $sent } { PLURAL($sent, one: "e-mail", other: "e-mails") } sent, { $listed } { PLURAL($listed, one: "notice", other: "notices") } to be delivered by other means, { $unsent } { PLURAL($unsent, one: "notice", other: "notices") } not sent, { $unreached } { PLURAL($unreached, one: "person", other: "persons") } without contact details.
claim-notices-rest = Sent by Digue, each person counted once – e-mails: { $sent }; notices delivered by other means: { $listed }; notices not sent: { $unsent }; persons without contact details: { $unreached }. The statement is about the others.
claim-notices-otherwise = Notices prepared by Digue and delivered by other means (letter, message, call): { $listed }. E-mails sent by Digue: { $sent }.

## The same for easy reading

claim-easy-authority-done = We told the CNIL. It was on { $at }.
claim-easy-authority-due = We will tell the CNIL. It will be before { $at }.
claim-easy-authority-soon = We will tell the CNIL.
claim-easy-authority-undone = The CNIL does not know yet.
claim-easy-access-done = We closed this access. It was on { $at }.
claim-easy-access-due = We will close this access. It will be before { $at }.
claim-easy-access-soon = We will close this access.
claim-easy-access-undone = This access is not closed.

## What happened

happening-stolen-account = { $when }, a stolen account was used to read records.
happening-suspected-account = { $when }, an account was used for unusual consultations. It has not been established that the account was stolen.
happening-outside-reader = { $when }, an outsider consulted records with an account, without the right to do so.
happening-ransomware = { $when }, malicious software encrypted files.
happening-unavailable = { $when }, data became unavailable.
happening-mistake = { $when }, a mistake affected personal data.
happening-unspecified = { $when }, an incident affected personal data. Its nature has not been established yet.
when-between = From { $from } to { $to }
when-since = Since { $from }
when-on = On { $from }
when-unknown = On a date that has not been established yet
notice-happening-stolen-account = { $when }, someone read records with a stolen account. Your record is one of them.
notice-happening-suspected-account = { $when }, records were read with an account. This account may have been stolen. Your record is one of them.
notice-happening-outside-reader = { $when }, an outsider read records without the right to do so. Your record is one of them.
notice-happening-ransomware = { $when }, an attack blocked files. Your data is among them.
notice-happening-unavailable = { $when }, data was not available. Your data is part of it.
notice-happening-mistake = { $when }, a mistake affected data. Your data is part of it.
notice-happening-unspecified = { $when }, an incident affected data. Your data is part of it.
notice-easy-happening-stolen-account = Someone stole an account. They read records. They read your record.
notice-easy-happening-suspected-account = Someone read records. They read your record. They may have stolen an account.
notice-easy-happening-outside-reader = Someone read records. They had no right to. They read your record.
notice-easy-happening-ransomware = Hackers blocked files. Your data is in these files.
notice-easy-happening-unavailable = Some data was gone. Your data is part of it.
notice-easy-happening-mistake = There was a mistake. It affects your data.
notice-easy-happening-unspecified = There was a problem. It affects your data.
notice-easy-when-between = It was from { $from } to { $to }.
notice-easy-when-since = It started on { $from }.
notice-easy-when-on = It was on { $from }.
notice-easy-when-unknown = We are still looking for the date.
notice-easy-fault = It is not your fault.

## How many persons

persons-exact = { $shown }
persons-lower-bound = at least { $shown }
persons-upper-bound = at most { $shown }
persons-estimate = about { $shown } (an estimate: some responses were not seen)
persons-unknown = number not yet established

## Acts in words

subject-account = account { $name }
subject-organisation = organisation { $name }
subject-portal = portal { $name }
subject-incident = an incident
subject-finding = a finding
subject-campaign = a campaign of notices
subject-review = a review of access
subject-report = a reported message
subject-person = a person
subject-accounts = several accounts ({ $count })
subject-session = a session
subject-file = an attached file
subject-rules = the rules in force
subject-everything = every access
subject-policies = the access rules
subject-proxies = the trusted proxies
subject-template = the template of Word documents
subject-journal = the journal
subject-administration = the acts of administration
subject-complaint = complaint file { $name }
subject-statement = statement of applicability, version { $count }
subject-entries = entries { $first } to { $last } of the journal
subject-receipt = receipt of entry { $name }
subject-history = consultations of the account { $name }
subject-scope = scope question (persons: { $count })
subject-requests = requests of persons ({ $count })
subject-other = this incident
taken-closed = Access closed: { $who }
taken-step-up = Identity verification required in each session: { $who }
taken-caseload-only = Access limited to the caseload: { $who }
taken-open = Access reopened: { $who }
taken-other = { $act }: { $who }
taken-at = On { $at }: { $what }
account-of = { $name } of { $organisation }
acted-account = { $act ->
    [closed] The account { $name } was closed on { $at }
    [step-up] The account { $name } has had to verify its identity in each session since { $at }
    [caseload-only] The account { $name } has been limited to its caseload since { $at }
    [open] The account { $name } was reopened on { $at }
    [suspended] The account { $name } was suspended on { $at }
    [resumed] The account { $name } was restored on { $at }
   *[cut] The sessions of the account { $name } were cut on { $at }
}
acted-organisation = { $act ->
    [closed] The accounts of { $name } were closed on { $at }
    [step-up] The accounts of { $name } have had to verify their identity in each session since { $at }
    [caseload-only] The accounts of { $name } have been limited to their caseloads since { $at }
   *[open] The accounts of { $name } were reopened on { $at }
}
acted-portal = { $act ->
    [closed] The portal { $name } was closed on { $at }
    [step-up] The portal { $name } has required identity verification in each session since { $at }
    [caseload-only] The portal { $name } has been limited to caseloads since { $at }
   *[open] The portal { $name } was reopened on { $at }
}
acted-by-digue = { $done }, automatically.
acted-by-digue-because = { $done }, automatically: { $why }
acted-by = { $done }, by { $by }.
acted-by-because = { $done }, by { $by }. Reason: { $why }.

## Dates in sentences

date-spelled = { $day } { $month } { $year }
moment-spelled = { $date } at { $hour }:{ $minute }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
paper-zone = Times are those of the zone { $zone }.
act-cited = { $what } [{ $entry }]

## The rest of the papers

complaint-by-stolen-account = Complainant: { $body }. Fraudulent access to an automated data processing system (French Criminal Code, art. 323-1 et seq.).
complaint-by-suspected-account = Complainant: { $body }. Suspected fraudulent access to an automated data processing system (French Criminal Code, art. 323-1 et seq.).
complaint-by-outside-reader = Complainant: { $body }. Fraudulent access to an automated data processing system (French Criminal Code, art. 323-1 et seq.).
complaint-by-ransomware = Complainant: { $body }. Fraudulent access to an automated data processing system and obstruction of its operation (French Criminal Code, art. 323-1 and 323-2).
complaint-by-unspecified = Complainant: { $body }. Facts to be legally classified by the authority that receives the complaint.
complaint-evidence-receipts = Enclosed: the journal's public key and the receipts of the journal entries cited in brackets.
complaint-evidence-with-list = Enclosed: the signed list of affected persons, the journal's public key and the receipts of the journal entries cited in brackets.
call-centre-told = A notice was sent to each person concerned. If the person has no notice, ask the contact below before you answer.
call-centre-none-told = No notices are recorded as sent so far. Do not tell anyone that they are not affected.
call-centre-not-told = Not all notices have been sent. Do not tell anyone that they are not affected.
complaint-holder = The holder of the account
complaint-holder-unknown = The holder of the account { $account } is not recorded in Digue.
complaint-holder-none = The incident is not about an account.
complaint-name = Name
complaint-job = Function
complaint-organisation = Organisation
complaint-telephone = Telephone
complaint-mail = E-mail
complaint-account = Account
complaint-plaintiff = The complainant
complaint-represented = Represented by
complaint-addresses = The addresses seen
complaint-addresses-explain = Network addresses that read records with this account { $when }, according to the journal. That of the holder may be among them.
complaint-between = from { $from } to { $to }
complaint-addresses-some = Only the last consultations of the period were read: { $count }.
complaint-addresses-none = No address is established: the journal has no consultation by this account in the period.
complaint-addresses-no-period = No address is established: the period of the facts is not recorded yet.
complaint-address = Network address
complaint-visits = Consultations
complaint-first = First
complaint-last = Last
complaint-agent = Software as announced
complaint-entries = Journal entries
complaint-times = The times
complaint-losses = The losses
complaint-losses-records = Consultations of records
complaint-losses-kinds = Data seen
complaint-losses-notices = Persons with a notice, sent or prepared
complaint-losses-amount = Amount of the losses
complaint-losses-amount-unknown = Not assessed yet: to be completed by the complainant.
complaint-persons = The persons
complaint-persons-listed = The list of the persons is enclosed: { $list }. It holds their identifiers only.
complaint-persons-unlisted = No list of persons is established.
complaint-commands = All commands, one for each item, are in { $file }.
notice-address = A notice can be checked at { $address }.

## Why a number is not exact

doubt-uninspected = This number is a minimum: { $shown } { PLURAL($shown, one: "response was", other: "responses were") } released without being read.
doubt-unseen = This number is a minimum: { $shown } { PLURAL($shown, one: "response was", other: "responses were") } not seen.
doubt-presumed = This number is an estimate: { $shown } { PLURAL($shown, one: "response was not seen, and its request", other: "responses were not seen, and their requests") } named persons. { PLURAL($shown, one: "It", other: "They") } may have shown others, or nobody.
doubt-swept = This number is a maximum: in { $shown } { PLURAL($shown, one: "case", other: "cases") }, a person was recognised by the format of a number, outside what the map describes.
doubt-unmerged = { $shown } { PLURAL($shown, one: "identifier is", other: "identifiers are") } not linked to any known person: some persons may be counted twice. Load the table of identifiers.
doubt-stated = This number was declared: no list was computed.
invalid-period = The period is empty: its end must come after its beginning. This does not mean that no one was shown.
invalid-period-future = The period has not begun yet: no one can know what will be shown in it.
invalid-period-forgotten = The period ends before the first consultations that the journal still holds: Digue cannot say who was shown. This does not mean that no one was.
unknown-subject = One of the names (account, organisation, portal, page or session) is unknown to both the journal and the directory. Check it: this does not mean that no one was shown.
person-unknown = This identifier is not in any journal entry. Check it: a name is not an identifier, and nothing here says that no one consulted this person.
scope-unknown = Not known to this journal: { $name }. Check the name: this does not mean that no one was shown.
seen-unknown = This identifier is not in any entry of this journal: { $name }. Check it: this does not mean that no one consulted this person.
scope-unmatched = { $count } { PLURAL($count, one: "identifier", other: "identifiers") } of another kind: some persons may be counted twice.
complaint-uncovered = Cited entries without a receipt, because no signed checkpoint covers them yet: { $entries }. Ask for this file again in a minute.
complaint-pruned = Cited entries without a receipt, because they were erased at the end of their retention: { $entries }.
complaint-beyond = Cited entries without a receipt in this file, because there are too many: { $entries }. Each receipt can be asked for on the page of the journal.
not-yet-covered = The last entries of the journal are not covered by a signed checkpoint yet: nothing proves them for now. Try again in a minute.
