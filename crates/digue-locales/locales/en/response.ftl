# From containment to the last person informed.

## What incidents are

incident-state-suspected = suspected
incident-state-theft = theft confirmed
incident-state-confirmed = confirmed
incident-state-contained = contained
incident-state-resolved = resolved
incident-state-dismissed = dismissed
incident-source-containment = Digue, through a containment
incident-source-person = someone within the organisation
incident-source-partner = a partner organisation
incident-source-imported = an earlier register
incident-source-backup = Digue, by signs of encryption in a backup
incident-role-controller = controller
incident-role-processor = processor
incident-role-joint = joint controller
entry-kind-fact = fact
entry-kind-interpretation = interpretation
entry-kind-decision = decision
entry-kind-action = action
entry-kind-contact = contact
entry-kind-message = message
clock-authority = Notify the authority
clock-complement = Complete the notification to the authority
clock-public = Public communication
clock-processor = Inform the controller
clock-persons = Inform the persons
clock-complaint = File a complaint (insurance)
clock-early-warning = Early warning to ANSSI (NIS 2)
clock-nis2 = Notification to ANSSI (NIS 2)
clock-final-report = Final report to ANSSI (NIS 2)

## The CNIL's vocabulary

nature-confidentiality = loss of confidentiality
nature-integrity = loss of integrity
nature-availability = loss of availability
origin-equipment-lost = equipment lost or stolen
origin-paper-lost = paper lost, stolen or left accessible
origin-mail-lost = mail lost or opened
origin-hacking = hacking, malware, phishing
origin-paper-thrown-away = paper discarded without being destroyed
origin-device-thrown-away = device discarded without being wiped
origin-published = unintentional publication
origin-wrong-person-shown = another person's data shown on the portal
origin-wrong-recipient = data sent to the wrong recipient
origin-spoken = verbal disclosure
origin-other = other origin
cause-internal-malicious = internal, malicious
cause-internal-accidental = internal, accidental
cause-external-malicious = external, malicious
cause-external-accidental = external, accidental
cause-unknown = unknown cause
person-employees = employees
person-users = users
person-members = members
person-students = students or pupils
person-military = military personnel
person-customers = customers
person-patients = patients
person-minors = minors
person-vulnerable = vulnerable persons
person-relatives = relatives and trusted third parties
person-undetermined = not yet determined
person-other = other persons
data-civil-status = civil status
data-nir = social security number (NIR)
data-contact = contact details
data-access = identification or access data
data-financial = financial data
data-documents = official documents
data-location = location data
data-offences = offences and convictions
data-ethnic-origin = racial or ethnic origin
data-political = political opinions
data-beliefs = philosophical or religious beliefs
data-union = trade union membership
data-sexual-orientation = sexual orientation
data-health = health data
data-biometric = biometric data
data-genetic = genetic data
data-unknown = data not yet known
data-other = other data
consequence-wider-spread = data disseminated more widely than necessary
consequence-linked = data could be linked with other data
consequence-misused = data could be used for other or malicious purposes
consequence-falsified = data falsified
consequence-used-wrongly = incorrect data used
consequence-unavailable = data unavailable
consequence-service-stopped = service interrupted
harm-loss-of-control = loss of control over one's data
harm-rights-limited = limitation of rights
harm-discrimination = discrimination
harm-identity-theft = identity theft
harm-fraud = fraud
harm-reidentified = unauthorised reversal of pseudonymisation
harm-financial-loss = financial loss
harm-reputation = damage to reputation
harm-professional-secrecy = loss of professional secrecy
harm-other = other harm
gravity-negligible = negligible
gravity-limited = limited
gravity-significant = significant
gravity-maximal = maximum
exemption-risk-not-high = the risk is not high (art. 34(1))
exemption-protected = data unintelligible to anyone who has it (art. 34(3)(a))
exemption-mitigated = measures taken since (art. 34(3)(b))
exemption-disproportionate = disproportionate effort: public communication (art. 34(3)(c))
quality-exact = exact
quality-lower-bound = at least
quality-upper-bound = at most
quality-estimate = estimate
known-yes = yes
known-no = no
known-unknown = not yet known
informed-yes = yes, they have been informed
informed-later = not yet, they will be
informed-no = no
stage-initial = initial
stage-complementary = complementary
stage-complete = complete
who-dpo = the DPO
who-ciso = the CISO
who-portal-team = the portal team
who-management = management
who-partner = the partner organisation
block-controller = The controller
block-dates = Dates
block-breach = The breach
block-persons = Persons
block-data = Data
block-consequences = Consequences
block-measures = Measures
block-informing = Informing the persons
block-others = Other steps
field-controller-name = Name of the body
field-controller-number = SIREN or SIRET
field-controller-address = Address
field-controller-sector = Sector
field-controller-size = Size
field-notified-by = Person making the notification
field-contact-name = DPO or point of contact
field-contact-mail = Contact e-mail
field-contact-phone = Contact phone number
field-processors = Processors concerned
field-joint-controllers = Joint controllers
field-established = Breach confirmed
field-discovered-at = Date and time of discovery
field-aware-at = Date and time of awareness
field-started-at = Start of the breach
field-ended-at = End of the breach
field-still-going-on = Breach still ongoing
field-processor-told-at = Date and time of notification by the processor
field-circumstances = Circumstances of the discovery
field-delay-reasons = Reasons for the delay
field-natures = Nature of the breach
field-origins = Origin
field-cause = Cause
field-what = What happened
field-person-kinds = Categories of persons
field-person-count = Number of persons
field-person-count-quality = Accuracy of this number
field-identifiable = Persons directly identifiable
field-data-kinds = Categories of data
field-data-other = Other data (in words)
field-record-count = Number of records
field-support = Where the data was stored
field-measures-before = Measures in place before
field-consequences = Likely consequences
field-harms = Possible harm to the persons
field-gravity = Severity
field-measures-taken = Measures taken
field-measures-planned = Measures planned
field-informed = Have the persons been informed?
field-informed-at = Date on which they were informed
field-informed-by = Means used to inform them
field-informed-count = Number of persons informed
field-informed-text = Text of the notice
field-not-informed-why = Reason for not informing them
field-cross-border = Persons in other Member States
field-other-authorities = Other authorities informed
field-complaint-filed = Has a complaint been filed?

## ENISA's method

context-simple = simple (identity, contact, education, work)
context-behavioural = behavioural (location, traffic, habits)
context-financial = financial (income, accounts, social welfare)
context-sensitive = sensitive (health, opinions, sex life)
ease-negligible = negligible
ease-limited = limited
ease-significant = significant
ease-maximum = maximum
confidentiality-loss-none = no evidence of unlawful processing
confidentiality-loss-known-recipients = known recipients
confidentiality-loss-unknown-recipients = unknown recipients
integrity-loss-none = no alteration
integrity-loss-recoverable = altered, recoverable
integrity-loss-lost = altered, lost
availability-loss-none = no loss
availability-loss-temporary = temporary loss
availability-loss-lost = not recoverable
level-low = low
level-medium = medium
level-high = high
level-very-high = very high

## Reflex sheets

sheet-qualification = Triage
sheet-containment = Contain
sheet-data-leak = Data leak
sheet-stolen-account = Stolen account
sheet-ransomware = Ransomware
sheet-restart = Restart
log-answer-done = It is done.
log-answer-yes = Yes.
log-answer-no = No.
log-answer-unknown = Not known yet.
log-answer-not-applicable = Not applicable.
answer-done = done
answer-yes = yes
answer-no = no
answer-unknown = I don't know
answer-not-applicable = not applicable
sheet-qualification-log = The log is open; everything that is known is recorded in it, with the time.
sheet-qualification-what = What happened, in one sentence?
sheet-qualification-who-is-concerned = Which accounts and sessions are affected?
sheet-qualification-signals = Which signals did monitoring raise?
sheet-qualification-personal-data = Was personal data shown, and which?
sheet-qualification-still-going-on = Is it still going on?
sheet-qualification-other-portals = Are other portals affected?
sheet-qualification-false-alarm = Could this be a false alarm? Based on which facts?
sheet-containment-close-account = Close the account and end its sessions.
sheet-containment-sessions-cut = The account has no open sessions left.
sheet-containment-close-organisation = Close the organisation if several of its accounts are affected.
sheet-containment-evidence-kept = Preserve the evidence: signed list, receipts, journal.
sheet-containment-journal-verified = The journal is verified and witnessed.
sheet-containment-partner-called = The partner organisation has been informed through a channel other than e-mail.
sheet-data-leak-affected = Compute the exact list of affected persons.
sheet-data-leak-categories = Which categories of data were shown?
sheet-data-leak-uninspected = Were any responses released that could not be inspected?
sheet-data-leak-relatives = Does this data include relatives or trusted third parties?
sheet-data-leak-published = Has the data been published?
sheet-data-leak-sold = Is the data being offered for sale?
sheet-data-leak-withdrawn = Have the host and search engines been asked to take it down?
sheet-stolen-account-holder-called = The account holder was called at the known number, not at a number given in a message.
sheet-stolen-account-workstation = Is their workstation infected (infostealer)?
sheet-stolen-account-second-factor = Do they still have their second factor?
sheet-stolen-account-colleagues = Are the organisation's other accounts unaffected?
sheet-stolen-account-other-passwords = Have the other passwords typed on that workstation been changed?
sheet-stolen-account-created-accounts = Were any accounts created from this account?
sheet-ransomware-isolated = The affected machines are isolated from the network, but not switched off.
sheet-ransomware-backups = Are the offline backups intact?
sheet-ransomware-exfiltration = Was data copied before the encryption?
sheet-ransomware-services-stopped = Which services are down, and for whom?
sheet-ransomware-journal-elsewhere = The journal and its witnesses are out of the attacker's reach.
sheet-ransomware-ransom-note = The ransom note has been kept, and no one has replied to it.
sheet-ransomware-helped = Has a specialist or 17Cyber been called?
sheet-restart-cause-known = The cause is known and has been removed.
sheet-restart-accounts-sound = The accounts being reopened are clean: new key, new sessions.
sheet-restart-passkeys = Each reopened account has a passkey.
sheet-restart-order = The reopening order is written down: who, what, with which budget.
sheet-restart-watched = Monitoring is running, and no signals are pending.
sheet-restart-partners-told = The partner organisations know what is changing.
sheet-restart-lessons = The lessons are written down, and each has a measure.

## What cannot be done

invalid-campaign-version = The number of a version of the list is a whole number.
invalid-incident-title = Enter a title of up to 200 characters.
incident-refused-no-reason = Enter a reason of at least ten characters.
incident-refused-no-text = Enter a text.
incident-refused-no-such-entry = This entry does not exist or is already closed.
incident-refused-no-such-step = The incident cannot move to this state from its current one.
incident-refused-theft-stands = The theft was confirmed: only the CISO may dismiss this incident.
incident-refused-undecided = Both decisions must be made first: whether to notify the authority, and whether to inform the persons.
incident-refused-not-notified = The authority must be notified before closing: record the submission in the step "Authority".
incident-refused-notification-open = The last notification has unknown fields: complete them and send the complement.
incident-refused-persons-not-told = The persons must be informed before closing: send the notices, or record in the step "Notices" what was done instead.
incident-refused-notices-unsent = Some notices were not sent. End the campaigns, then record in the step "Notices" how the other persons were informed.
incident-refused-public-not-told = The chosen public communication (art. 34(3)(c)) must be made and recorded before closing.
incident-refused-controller-not-told = The controller must be informed before closing.
incident-refused-before-awareness = This time is inconsistent with the time of awareness: set that first; nothing can precede it.
incident-refused-steps-open = Mandatory checklist steps have no answer.
incident-refused-duty-open = A deadline still runs. Enter at the authority's step that it is met; a complaint that you do not file needs a written reason, at the step Close; NIS 2 has no exception.
incident-refused-future = This time is in the future.
incident-refused-backwards = The end is before the start.
incident-refused-delay-unexplained = The deadline has passed: record the reasons for the delay first (art. 33(1)).
incident-refused-exemption-needed = Not informing the persons requires an exemption; informing them requires none.
incident-refused-nobody-affected = The list of affected persons is empty or was not computed.
incident-refused-value = This value is not valid for its field.
incident-refused-opened-twice = This incident is already open.
incident-refused-closed = This incident is closed: reopen it, or write a correction.

## Sentences of the draft

breach-support-portal = portal, on a server
breach-circumstances = The incident was recorded on { $at }. It was reported by: { $source }.
breach-discovered = The breach was discovered on { $discovered }. The incident was recorded on { $at }. It was reported by: { $source }.
breach-measures-before = Portal with a check of every response; on the day of this document: { $accounts } { PLURAL($accounts, one: "account", other: "accounts") }, { $portals } { PLURAL($portals, one: "portal", other: "portals") }, { $relations } { PLURAL($relations, one: "person", other: "persons") } assigned to a caseload; budgets of persons per account; tamper-evident journal; { $passwords ->
    [0] no sign-in by password
   *[other] password with code allowed for agents
}.
menu-incidents = Incidents

## Pages of incidents

incidents-title = Incidents
incidents-open = open
incidents-late = past a deadline
incidents-none = No incidents. When a theft is confirmed in Monitoring, its incident is opened here.
incidents-open-one = Open an incident
incidents-open-go = Open
incidents-source = Reported by
incidents-account = Account affected (optional)
incidents-organisation = Organisation affected (optional)
incident-of-theft = Confirmed theft of the account { $whom }
incident-of-encryption = { $source }: signs of encryption in the backup to { $repository }
incident-log = Log
incident-notification = Notification to the authority
incident-persons = affected persons
count-incident-persons = { PLURAL($count, one: "affected person", other: "affected persons") }
incident-persons-unknown = affected persons: not yet computed
incident-no-awareness = Nobody has stated yet when the body became aware of the breach. The 72 hours run from that moment: state its hour.
incident-awareness-presumed = The deadlines run at the latest since the confirmation: the first ends on { $due }. State the hour of awareness.
incident-state-title = State
incident-state-next = Change to
incident-state-set = Change the state
column-reference = Reference
column-title = Title
column-next = Next deadline
column-due = Due
column-number = No.
column-happened = Occurred
column-aware = Awareness
column-authority = Authority
column-notified = Notified
column-delay = Reasons for the delay
column-persons-decision = Informing the persons
column-told = Informed
clock-left = { $time } left
clock-late = { $time } late
clock-left-at-most = at most { $time } left
clock-late-at-least = at least { $time } late
clocks-due-latest = at the latest on { $at }
clock-left-open = left open, with a written reason
clock-elapsed = for { $time }
duration-minutes = { $first } min
duration-hours = { $first } h { $second } min
duration-days =
    { $second ->
        [0] { $first } d
       *[other] { $first } d { $second } h
    }
log-kind = Kind
log-at = When (now if empty)
log-text = Text
log-write = Record
log-recorded = recorded on { $at }
log-journal = (journal, entry { $entry })
log-correct = Correct
log-corrects = corrects { $entry }
log-withdraws = withdraws { $entry }
log-withdrawn-by = act withdrawn by { $entry }
log-withdraw = Withdraw this act
log-withdraw-explain = For an act that was recorded by mistake and did not take place. Documents will no longer mention it and its deadline runs again; both lines stay in the log.
log-corrected-by = corrected by { $entry }
log-pair = { $what }: { $text }
log-opened = Incident opened by { $source }.
log-aware = Awareness { $of } on { $at }
log-occurred = The breach lasted from { $from } to { $to }.
log-sheet = Checklist added: { $sheet }
log-task = Task
log-task-done = Task { $task } done
log-affected = Affected persons, version { $version }: { $persons }
log-severity = Severity { $level } (ENISA)
log-gravity = Severity { $gravity } (CNIL)
log-delay = Delay explained ({ $clock })
log-left-open = Left open at closing ({ $clock })
log-notices-ended = Notices: { $sent } sent by e-mail, { $listed } by another means still to be recorded, { $unsent } not sent, { $unreached } { PLURAL($unreached, one: "person", other: "persons") } without contact details.
log-submitted = { $stage } notification sent on { $at }, receipt { $receipt }
log-lesson = lesson
log-reopening = Reopening
tasks-title = Tasks
tasks-none = No task. Note below what is left to do, who does it and by when.
tasks-what = Task
tasks-owner = Owner
tasks-due = Due
tasks-how = What was done
tasks-done = Done
tasks-add = Add the task
delays-title = Elapsed times
delays-moment = Moment
delays-after = After
delays-unknown = not yet
moment-occurred = occurred
moment-seen = discovered
moment-aware = aware
moment-contained = contained
moment-notified = notified
moment-told = persons informed
moment-after = { $time } later
restart-title = Phased reopening
restart-what = Who, what
restart-budget = Budget in % of the usual level
restart-percent = budget at { $percent }%
lessons-title = Lessons
lessons-text = What was learnt
lessons-measure = Resulting measure
lessons-write = Record the lesson
sheets-explain = Check what Digue measured: saving it puts it under your name. “I do not know” is an answer.
sheets-precision = Details
sheets-precision-add = Add detail
sheets-add = Add a checklist
sheets-add-go = Add
sheet-action-close-account = Go to the account
sheet-action-close-organisation = Go to the organisation
sheet-action-compute-affected = Compute
sheet-action-preserve = Go to the signed lists
sheet-action-reopen = Go to what is closed
fact-accounts = Accounts: { $accounts }; open sessions: { $sessions }.
fact-affected = Affected persons: { $persons }.
fact-categories = Categories shown: { $categories }.
fact-findings = Findings: { $findings }, of which { $waiting } pending.
fact-journal = Entries written to the journal: { $entries }.
fact-organisation = Accounts of the organisation: { $accounts }.
fact-unnamed = The incident names no account and no organisation: Digue does not know yet who is concerned.
fact-uninspected = Responses that could not be read: { $reason }.
affected-records = { PLURAL($count, one: "exposure", other: "exposures") }
affected-categories = By category of data
affected-category = Category
affected-compute = Compute the list
affected-compute-go = Compute a new version
affected-why-fewer = Reason, if the new list leaves persons out
affected-leaves-out =
    { $count ->
        [one] Nothing was changed: 1 person of an earlier list would not be in this one, and would not be informed. Widen the question, or write why.
       *[other] Nothing was changed: { $shown } persons of an earlier list would not be in this one, and would not be informed. Widen the question, or write why.
    }
affected-left-out =
    { $count ->
        [one] List { $version }: 1 person of an earlier list is not in it. Reason: { $reason }
       *[other] List { $version }: { $shown } persons of an earlier list are not in it. Reason: { $reason }
    }
invalid-affected-fewer = This list leaves out persons of an earlier one: write why.
affected-others = Persons who are not users
affected-others-explain = Relatives, trusted third parties, contacts named in the records: they must be counted and informed too.
affected-others-go = Add
affected-who = Who
affected-basis = Source of this number
affected-versions = Versions
affected-version = Version
affected-quality = Accuracy
affected-checkpoint = Journal entries
affected-hash = Hash
affected-list = Signed list
invalid-affected-question = Enter at least one account, organisation, portal or session.
clocks-title = Legal deadlines
clocks-duty = Duty
clocks-basis = Legal basis
clocks-due = Due
clocks-due-presumed = { $at }, counted from the confirmation: the hour of awareness is not stated yet
clocks-now = Now
clocks-met = Done
clocks-without-delay = without undue delay
clocks-tolerance = for information, Regulation 1182/71 art. 3(1): { $at }
clocks-tolerance-month = for information, Regulation 1182/71, art. 3(2)(c) and 3(4): { $at }
clocks-two-days = disputed argument, art. 3(5): { $at }; do not aim for this date
aware-line = Awareness { $of }: { $at }
aware-at = Time of awareness
aware-of = Of what
awareness-data = that personal data was affected (GDPR)
awareness-attack = of the attack (complaint, insurer)
awareness-significant = of a significant incident (NIS 2)
aware-reason = Why this time
aware-set = Set this time
occurred-from = Start of the breach
occurred-to = End (empty if ongoing)
role-title = Our role
role-insured = insured against cyber risk
role-nis2 = subject to NIS 2
role-set = Set the role
severity-title = Severity
severity-explain = ENISA's method (2013): context of the data × ease of identification + circumstances. The number of persons is not part of it.
severity-cnil = Severity (CNIL scale)
severity-at-least = at least { $level }
severity-at-least-why = Not all categories of data are known: the severity may be higher, and the draft for the CNIL does not state it yet.
severity-overridden = (set by a person)
severity-term = Term
severity-value = Value
severity-context = Context of the data
severity-ease = Ease of identification
severity-confidentiality = Loss of confidentiality
severity-integrity = Loss of integrity
severity-availability = Loss of availability
severity-malice = Malicious intent
severity-adjustment = Adjustment of the context, -3 to +3
severity-change = Change
severity-set = Set with this reason
decide = Decide
undecided = not yet decided
decide-authority = Notify the authority
decide-persons = Inform the persons
decide-exemption = Exemption, if they are not informed
decided-notify = Decision: notify the authority
decided-not-notify = Decision: do not notify the authority
decided-inform = Decision: inform the persons
decided-not-inform = Decision: do not inform the persons
met-title = Record a duty as met
met-at = When
met-to = To whom, by what means
met-receipt = Receipt number
met-set = Record
delay-title = Reasons for a delay
delay-set = Record the reasons
notification-explain = Each field comes from the facts or from a person; the others are marked unknown.
notification-sent-title = Sent
notification-changed = Changes since the last one
notification-unchanged = None.
notification-field = Field
notification-before = Before
notification-after = Now
notification-computed = filled in from facts
notification-answered = answered by a person
notification-facts-say = The facts say: { $value }
figure-declared-measured = declared: { $declared }; measured: { $measured }
figure-explained = { $both } (reason, by { $by }: { $reason })
figure-differences = Declared and measured
figure-differences-explain = What is declared says less than the signed list measures. Correct the value in its field, or write here why it is right. Both values stand on the papers; the incident is not closed before.
incident-figure-persons = Number of persons
incident-figure-records = Number of records
incident-figure-data-kinds = Categories of data
incident-figure-begin = First hour
incident-figure-end = Last hour
incident-figure-subject = Account, organisation or portal of the list
incident-refused-declared-less = What is declared says less than what is measured. Correct the value or write why it is right, at the step Authority.
incident-refused-no-such-difference = These are no longer the values of the incident. Reload the page.
notification-ask = Unknown. Who can answer: { $who }.
notification-unknown-title = Fields still unknown: { $count }
notification-unknown-one = { $field } – { $who }
notification-not-asked = not applicable for now
notification-save = Save the answers
notification-submit = Notification sent
notification-submit-explain = Copy the draft into the authority's online service, then record here that it was sent, with its receipt: what was sent is kept as is.
notification-stage = Kind
notification-submitted = Record the submission
export-json = JSON
register-title = Register of data breaches
register-page = Register on one page
register-column-violation = Breach
register-column-persons = Persons and data
register-column-effects = Effects
register-column-informed = Persons informed
register-violations = { PLURAL($count, one: "data breach", other: "data breaches") }
register-notified = notified to the authority
register-late = past a deadline
register-explain = Every data breach, notified or not, with the reasoning (GDPR art. 33(5)).
paper-stage = Kind: { $stage }.
paper-made = Draft produced by Digue on { $at }. To be copied into the authority's online service.
export-pdf = PDF
export-docx = Word
export-xlsx = Excel

## Notices to persons

act-campaign-prepared = notices prepared
act-campaign-set = notice campaign
channel-mail = e-mail
channel-letter = letter
channel-sms = text message
channel-none = none
notice-style-fr = French
notice-style-fr-easy = easy-to-read French
notice-style-en = English
notice-title-happened = What happened
notice-title-data = Your data
notice-title-risks = The risks
notice-title-steps = Do now
notice-title-check = How to check this message
notice-title-contact = How to reach us
notice-happening-stolen-account-subject = { $body }: your record was read with a stolen account
notice-happening-suspected-account-subject = { $body }: your record was read, perhaps by a third party
notice-happening-outside-reader-subject = { $body }: an outsider read your record
notice-happening-ransomware-subject = { $body }: an attack blocked your data
notice-happening-unavailable-subject = { $body }: your data was not available
notice-happening-mistake-subject = { $body }: a mistake affected your data
notice-happening-unspecified-subject = { $body }: an incident affected your data
notice-data = Your data was shown { $times ->
    [one] once
   *[other] { $times } times
}, { $same ->
    [1] on { $first }
   *[other] between { $first } and { $last }
}.
notice-data-kinds = It included: { $kinds }.
notice-data-unknown = We do not know yet which data.
notice-data-more = Other data may have been seen too: we do not know yet which.
notice-risks = People may use this data to trick you. They may write to you or call you in the name of a service you know. They may also try to open an account in your name.
notice-steps =
    Be wary of messages and calls about your file.
    Never give a password or a code.
    Check your bank accounts. Tell your bank quickly about anything you did not do.
    If someone uses your data, file a complaint. The site 17cyber.gouv.fr can help you.
notice-check = This message has no link. It asks you for nothing. To check it, type the address { $address } yourself, then this code: { $code }. The page must show: { $masked }, { $date }. If it shows something else, the message is fake.
notice-contact = Write to { $mail } or call { $phone }. Ask for { $name }. You can also complain to the CNIL, which protects data in France: cnil.fr/plaintes.
notice-code-says = Signed QR code: with the journal's public key, it proves that this letter comes from us.
notice-easy-title-happened = What happened
notice-easy-title-data = Your data
notice-easy-title-risks = What could happen
notice-easy-title-steps = What you must do
notice-easy-title-check = How to know if this message is real
notice-easy-title-contact = To talk to us
notice-easy-happening-stolen-account-subject = { $body }: someone read your record
notice-easy-happening-suspected-account-subject = { $body }: someone may have read your record without the right to
notice-easy-happening-outside-reader-subject = { $body }: someone read your record
notice-easy-happening-ransomware-subject = { $body }: hackers blocked your data
notice-easy-happening-unavailable-subject = { $body }: your data was gone
notice-easy-happening-mistake-subject = { $body }: a mistake with your data
notice-easy-happening-unspecified-subject = { $body }: a problem with your data
notice-easy-data = Someone could see your data { $times ->
    [one] once
   *[other] { $times } times
}. It was { $same ->
    [1] on { $first }
   *[other] from { $first } to { $last }
}.
notice-easy-data-kinds = It shows: { $kinds }.
notice-easy-data-unknown = We do not know yet which data.
notice-easy-data-more = Other data may have been seen. We do not know yet which.
notice-easy-risks = People may write to you. They may call you. They may lie and give a false name.
notice-easy-steps =
    Do not give your codes.
    Do not give your passwords.
    Look at your bank account.
    Not sure? Talk to someone close to you. Go to the site 17cyber.gouv.fr.
notice-easy-check = This message has no link. Type this address: { $address }. Type this code: { $code }. The page shows: { $masked }, { $date }. Does it show something else? Then the message is fake.
notice-easy-contact = Call { $phone }. Or write to { $mail }. Ask for { $name }. You can also write to the CNIL: cnil.fr/plaintes. The CNIL protects your data.
letter-phone = Tel. { $phone }
letter-place-date = { $place }, { $date }
letter-date = { $date }
letter-reference = Reference: { $reference }
letter-subject = Subject: { $subject }
letter-for = For { $body },
letter-function = Contact for data protection
notice-salutation = Dear Sir or Madam,
notice-easy-salutation = Hello,
notice-closing = Yours faithfully,
notice-easy-closing = We can help you. Call us.
notice-code-beside = This code opens no website. An adviser or a journalist can read it with a telephone and verify, with the public key of our journal, that this letter comes from us.
notice-easy-code-beside = This drawing is a code. You have nothing to do with it. It proves that the letter comes from us.
notice-sms = { $body }: there is a message for you about your data. To check it, type { $address }, then { $code }.
contacts-unmatched = { $count ->
    [one] 1 line of the file is of no affected person.
   *[other] { $shown } lines of the file are of no affected person. Check that their identifiers are those of the portal.
}
contact-fault-row = the line cannot be read
contact-fault-person = the identifier of the person is missing
contact-fault-email = the e-mail address is invalid
contact-fault-twice = this person is already in the file
contact-fault-nothing = no means of contacting this person
contact-fault-phone = the phone number cannot be used
contact-fault-column = a column of this file is unknown and is not read
contacts-empty = This contact file contains no one. Check that it is the right file, or send none to use the portal's source.
invalid-contacts = The file must have a column "person", and "email", "phone", "name" or "address".
incident-notices = Notices to persons
notices-explain = One notice for each person, without link or request.
notices-style = Language
notices-preview = Preview for one person
notices-score-good = Ease of reading: { $score } of 100.
notices-score = Readability: { $score } out of 100 (target: at least { $wanted }); { $longest } { PLURAL($longest, one: "word", other: "words") } in the longest sentence.
notices-too-hard = This text is hard to read. Use short sentences and common words.
notices-subject = Subject
notices-happened = What happened
notices-risks = The risks
notices-steps = Do now, one action per line
notices-contact = Contact
notices-address = Address to type for checking
notices-rate = Messages per minute
notices-contacts = Contacts from the portal (CSV: person, email, phone, name, address)
notices-after = Only persons added since version
notices-version = Version of the affected persons
notices-edit = Edit the text
notices-prepare = Prepare the notices
notices-none-ready = No campaign. The list is computed and the decision taken: prepare the notices below.
notices-persons = All campaigns that ended, each person counted once: { $sent } by e-mail, { $listed } by a notice delivered by other means, { $unsent } without a notice that left, { $unreached } without contact details.
notices-none = No campaign. Compute the list of persons first and decide to inform them: the campaign is prepared here.
notices-needs = First compute the list of affected persons and decide to inform them.
notices-campaigns = Campaigns
notices-state = State
notices-start = Send
notices-pause = Pause
notices-end = End and erase the addresses
notices-letters = Letters (PDF)
notices-texts = Text messages, and persons to be contacted by other means (CSV)
notices-alarm = { $count } { PLURAL($count, one: "notice was", other: "notices were") } checked from too many places: copies may be circulating.
campaign-preparing = being prepared
campaign-ready = ready
campaign-sending = being sent
campaign-paused = paused
campaign-ended = ended
notice-state-waiting = waiting
notice-state-sending = being sent
notice-state-sent = sent
notice-state-failed = rejected by the server
notice-state-uncertain = uncertain (interrupted while sending: to be sent by other means)
notice-state-listed = to be delivered by letter, text message or other means (file not yet exported)
notice-state-exported = exported, to be delivered by letter, text message or other means
notices-give-up =
    { $count ->
        [one] End the campaign although one notice was neither sent nor exported: its address will be erased and this person will get no notice.
       *[other] End the campaign although { $shown } notices were neither sent nor exported: their addresses will be erased and these persons will get no notice.
    }
notices-kept-back = Some notices were neither sent nor exported. Export the letters and the list, or tick the box to give them up.
check-title = Check a message
check-explain = Type the code from the message you received. This page shows no personal data.
check-code = Message code
check-go = Check
check-genuine = This code is ours. Compare it with your message:
check-compare = Is a line different? It is a copy: do not reply.
check-quoted = The whole message, word for word
check-unknown = We have not sent any message with this code. Unless it was mistyped, the message you received is not from us.
check-replayed = Warning: this code has been checked from many places. Your message may be a copy. Compare every line.
check-channel = Sent by
check-masked = To
check-date = On
check-subject = Subject
check-words = First words
check-official = Current official messages
check-official-explain = We never ask for a password, a code or a card number, and never ask you to click a link.
check-official-none = No messages are currently being sent.
check-official-file = The same list, signed
check-sender = Sender
check-since = Since
notices-faults = Lines of the file to review
notices-unreached =
    { $count ->
        [one] No way to reach 1 person is known. Look for their address in your other files or with their organisation, then prepare another campaign with the completed file of contacts; failing that, decide on a public communication (art. 34(3)(c)) and write it in the incident.
       *[other] No way to reach { $shown } persons is known. Look for their addresses in your other files or with their organisation, then prepare another campaign with the completed file of contacts; failing that, decide on a public communication (art. 34(3)(c)) and write it in the incident.
    }
notices-differ = The text of this campaign no longer matches the one in the journal: nothing is sent. End it and prepare another one.
notices-no-mail-server = No mail server is configured: the e-mails of this campaign cannot be sent, and none is queued. Fill in [mail] in digue.toml and restart, then send; or end the campaign and prepare one by letter or text message, without e-mail addresses.
notices-no-mail-server-yet = No mail server is configured ([mail] in digue.toml): a campaign can be prepared and its letters and lists exported, but no e-mail can be sent.
column-channel = Channel
column-destination = Destination
column-code = Code
column-text = Text
register-import = Import an earlier register (Excel or CSV)
register-import-file = Excel (.xlsx) or CSV file, with the columns of the export
register-import-go = Preview the import
register-imported = Register imported
register-taken = data breaches imported
register-would-open = data breaches to open
register-import-preview = Earlier register: import preview
register-import-undated = without a date of notification: the column “Notified” is missing or blank, and its deadline stays open; a date written in the reason is not taken
register-import-explain = A row whose reference, or title and time, are already in the register opens nothing: corrections are made on the incident's page. Nothing is written until you confirm.
register-import-outdated = The register changed in the meantime: nothing was written. This is what the file would open now.
register-import-confirm = Open these data breaches
register-import-row = Row
register-import-known-rows = Already in the register: { $references }.
register-known = already in the register
register-faults = { PLURAL($count, one: "cell to review", other: "cells to review") }
register-earlier = imported from an earlier register
register-fault-missing = a value is missing
register-fault-moment = this is not a date
register-fault-number = this is not a number
register-fault-choice = this value is not in the list
register-fault-decision = enter "yes: reason" or "no: reason"
column-exemption = Why persons are not informed
register-delay-unknown = The earlier register does not give the reason for the delay.
register-fault-ambiguous = this time or date can be read in two ways: write it with its offset, such as 2026-10-25T02:30:00+01:00
register-fault-future = this time is in the future
register-fault-exemption = state why persons are not informed: the risk is not high, or article 34(3)(a), (b) or (c)
register-fault-long = it is too long
register-fault-error = the cell contains a calculation error
register-fault-formula = the file does not contain the result of the formula, or the result is 0: replace the formula with its value
register-fault-covered = the cell is hidden beneath merged cells: unmerge them
register-fault-unit = the cell contains a percentage, another unit or another currency
register-fault-unseen = the cell contains a number in a format that Digue cannot display: enter it as text
register-fault-truth = the cell contains TRUE or FALSE: enter it as text
register-fault-computed = Digue computes this cell, and its current value differs; answer this field on the incident's page
register-fault-backwards = the end is before the start
register-fault-twice = another row of the file has this reference
register-fault-differs = the register has a different value for this data breach; change it on the incident's page
register-fault-refused = the incident rules do not allow this value
register-fault-line = row { $row } ({ $place }), { $column }: { $fault }
register-fault-line-seen = row { $row } ({ $place }), { $column }: { $fault } – read: "{ $seen }"
import-register-aware-at = Aware since | Date of awareness
import-register-notified = Notified on | Date of notification | Notification date
import-register-told = Told | Told on | Informed on | Date on which persons were told | Date on which persons were informed
import-register-exemption = Exemption | Exception
invalid-register = This file is neither an Excel workbook (.xlsx) nor a readable CSV file.
paper-link-notification = Notification
paper-link-complaint = Complaint file
paper-link-call-centre = Call centre sheet
paper-link-press = Press statement
paper-link-partner = Letter to the partner
complaint-title = Complaint file
complaint-facts = The facts
complaint-evidence = The evidence
complaint-verify-install = Unpack the archive into an empty folder, and open a terminal in that folder. The free program "digue" installs on any machine; it needs neither a network nor an installation of { $body }.
complaint-verify-key = Compare the key in the file journal.pub with the one that { $body } published: it proves nothing when it comes from the archive alone.
complaint-verify-list = Verify the signature of the list of persons:
complaint-verify-receipt = Verify, offline, that each cited entry stands in the journal:
complaint-verify-good = Each command ends with code 0 when the item is intact; any other end means that it was changed.
paper-call-centre-title = Call centre sheet
paper-call-centre =
    What happened
    { $happened } Persons concerned: { $persons }.

    The data
    { $kinds }.

    Current status
    { $claims }
    { $taken }

    If the person asks "am I affected?"
    Do not look up their record yourself. { $notices }

    If the person received a message
    Tell them to type { $address } and the code of the message themselves. We never ask for a password, a code or a card number.

    If the person lost money, or someone is using their name
    Tell them to call their bank, then to go to the site 17cyber.gouv.fr. In immediate danger only: call 17.

    For more information
    { $contact }, { $mail }, { $phone }. Reference: { $reference }.
paper-press-title = Press statement
paper-press =
    { $body } has had an incident. { $happened } Persons concerned: { $persons }.

    The data
    { $kinds }.

    Current status
    { $claims } { $check }

    Advice
    We never ask for a password, a code or a card number. Be wary of messages about your file.

    Contact
    { $mail }, { $phone }.
letter-partner-address = Postal address of the partner to be added
paper-partner-title = Letter to the partner (GDPR art. 33(2))
paper-partner =
    { $body } is informing you of a personal data breach (reference { $reference }, { $about }).

    What we know
    { $happened } Persons: { $persons }. Data: { $kinds }.

    Current status
    { $claims }
    { $taken }

    What we ask of you
    Check the workstation and the passwords of the people who use these accounts. Tell us what you find, even if you are not sure. If you are the controller for some of this data, your own 72 hours run from this message.

    To be forwarded to your own clients
    We are informing you, without delay, of a breach on a portal that we use on your behalf. The facts are above. We will provide further details as soon as we have them.

    Contact
    { $contact }, { $mail }, { $phone }.
paper-missing = [to be completed]
notices-incomplete = Some passages are incomplete: replace "[to be completed]".
paper-bundle = Complete complaint file, with the evidence and how to verify it (ZIP)
campaign-failed = failed: nothing was sent
notice-state-returned = returned: address rejected (to be contacted by other means)
notices-written-of = { $written } of { $total } notices written
notices-refresh = Check progress
notices-failed = The preparation failed: the contact source is not responding, or the file cannot be read. Nothing was sent. Prepare another campaign.
notices-source = Without a file, addresses are read from the portal's database, using the query set in the configuration.
notices-returned =
    { $count ->
        [one] One message was returned: this person must be contacted by other means.
       *[other] { $count } messages were returned: these persons must be contacted by other means.
    }
log-kept = File received
restart-explain = A second person approves each step: limits change first, then the gate opens.
restart-ask = Request this step
checked-title = Verification
checked-go = Verify the log and the lists
checked-same =
    { $count ->
        [one] The only entry matches the hash in the journal.
       *[other] All { $count } entries match the hashes in the journal.
    }
checked-changed =
    { $count ->
        [one] One entry does not match the journal: someone wrote to the database outside Digue.
       *[other] { $count } entries do not match the journal: someone wrote to the database outside Digue.
    }
checked-version-same = Version { $version } of the affected persons: recomputed, same hash.
checked-version-other = Version { $version } of the affected persons: recomputed, different hash.
files-title = Receipt and other documents
files-explain = The file is kept as is, and its hash is recorded in the journal.
files-file = File (10 MB maximum)
files-keep = Keep this file
files-bytes = bytes
own-incidents-title = Incidents of our organisation
own-incidents-none = No incident concerns your accounts. If you see one, report it below: the operator is told at once.
own-incidents-paper = What you need to know (PDF)
own-incidents-report = Report an incident
own-incidents-not-established = The operator has not established anything yet.
own-incidents-call = Urgent? Call first:
own-incidents-explain = An infected computer, a password given away, a strange call: report it at once, even if you are not sure. The operator sees your report in its console.
own-incidents-what = What happened, in one sentence
own-incidents-text = When, on which computer or account, and what you have already done
own-incidents-send = Notify the operator
paper-unknown = not yet known
notices-sent-of = { $sent } of { $total } e-mails sent
notice-state-unreached = no known means of contact
