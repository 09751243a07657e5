# From containment to the last person told.

## What incidents are

incident-state-suspected = suspected
incident-state-confirmed = confirmed
incident-state-contained = contained
incident-state-resolved = resolved
incident-state-dismissed = dismissed
incident-source-containment = Digue, by a containment
incident-source-person = somebody of the house
incident-source-partner = a partner organisation
incident-source-imported = an earlier register
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
clock-processor = Tell the controller
clock-persons = Tell the persons
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
origin-paper-thrown-away = paper thrown away undestroyed
origin-device-thrown-away = device thrown away unwiped
origin-published = unintended publication
origin-wrong-person-shown = another person's data shown on the portal
origin-wrong-recipient = data sent to the wrong recipient
origin-spoken = oral disclosure
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
person-relatives = relatives and trusted third persons
person-undetermined = not determined yet
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
data-unknown = data not known yet
data-other = other data
consequence-wider-spread = data spread wider than needed
consequence-linked = data can be linked with others
consequence-misused = data can be used for other or malicious ends
consequence-falsified = data falsified
consequence-used-wrongly = false data used
consequence-unavailable = data unavailable
consequence-service-stopped = service stopped
harm-loss-of-control = loss of control over one's data
harm-rights-limited = limitation of rights
harm-discrimination = discrimination
harm-identity-theft = identity theft
harm-fraud = fraud
harm-reidentified = undoing of pseudonymisation
harm-financial-loss = financial loss
harm-reputation = harm to reputation
harm-professional-secrecy = loss of professional secrecy
harm-other = other harm
gravity-negligible = negligible
gravity-limited = limited
gravity-significant = significant
gravity-maximal = maximal
exemption-risk-not-high = the risk is not high (art. 34(1))
exemption-protected = data unintelligible to whoever has them (art. 34(3)(a))
exemption-mitigated = measures taken since (art. 34(3)(b))
exemption-disproportionate = disproportionate effort: public communication (art. 34(3)(c))
quality-exact = exact
quality-lower-bound = at least
quality-upper-bound = at most
known-yes = yes
known-no = no
known-unknown = not known yet
informed-yes = yes, they are told
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
block-informing = Telling the persons
block-others = Other steps
field-controller-name = Name of the body
field-controller-number = SIREN or SIRET
field-controller-address = Address
field-controller-sector = Sector
field-controller-size = Size
field-notified-by = Person who notifies
field-contact-name = DPO or point of contact
field-contact-mail = Contact's e-mail
field-contact-phone = Contact's telephone
field-processors = Processors concerned
field-joint-controllers = Joint controllers
field-established = Breach established
field-discovered-at = Date and hour of discovery
field-aware-at = Date and hour of awareness
field-started-at = Beginning of the breach
field-ended-at = End of the breach
field-still-going-on = The breach still goes on
field-processor-told-at = Date and hour of the processor's notice
field-circumstances = Circumstances of the discovery
field-delay-reasons = Reasons for the delay
field-natures = Nature of the breach
field-origins = Origin
field-cause = Cause
field-what = What happened
field-person-kinds = Categories of persons
field-person-count = Number of persons
field-person-count-quality = How sure this number is
field-identifiable = Persons directly identifiable
field-data-kinds = Categories of data
field-data-other = Other data, in words
field-record-count = Number of records
field-support = Where the data were
field-measures-before = Measures in place before
field-consequences = Likely consequences
field-harms = Possible harm to persons
field-gravity = Severity
field-measures-taken = Measures taken
field-measures-planned = Measures planned
field-informed = Are the persons told
field-informed-at = Date of telling
field-informed-by = Means of telling
field-informed-count = Number of persons told
field-informed-text = Text of the notice
field-not-informed-why = Why they are not
field-cross-border = Persons of other Member States
field-other-authorities = Other authorities told
field-complaint-filed = Was a complaint lodged?

## ENISA's method

context-simple = simple (identity, contact, education, work)
context-behavioural = behavioural (location, traffic, habits)
context-financial = financial (income, accounts, social welfare)
context-sensitive = sensitive (health, opinions, sex life)
ease-negligible = negligible
ease-limited = limited
ease-significant = significant
ease-maximum = maximum
confidentiality-loss-none = no sign of processing
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

sheet-qualification = Find out
sheet-containment = Contain
sheet-data-leak = Data leak
sheet-stolen-account = Stolen account
sheet-ransomware = Ransomware
sheet-restart = Restart
answer-done = done
answer-yes = yes
answer-no = no
answer-unknown = I do not know
answer-not-applicable = does not apply
sheet-qualification-log = The log is open; all that is known is written in it, with its hour.
sheet-qualification-what = What happened, in one sentence?
sheet-qualification-who-is-concerned = Which accounts and sessions are concerned?
sheet-qualification-signals = Which signals did the watch find?
sheet-qualification-personal-data = Were personal data shown, and which?
sheet-qualification-still-going-on = Does it still go on?
sheet-qualification-other-portals = Are other portals concerned?
sheet-qualification-false-alarm = May it be a false alarm? On which facts?
sheet-containment-close-account = Close the account and cut its sessions.
sheet-containment-sessions-cut = No session of the account is open any more.
sheet-containment-close-organisation = Close the organisation when several of its accounts are concerned.
sheet-containment-evidence-kept = Keep the evidence: signed list, receipts, journal.
sheet-containment-journal-verified = The journal is verified and witnessed.
sheet-containment-partner-called = The partner organisation is told by another channel than e-mail.
sheet-data-leak-affected = Compute the exact list of affected persons.
sheet-data-leak-categories = Which categories of data were shown?
sheet-data-leak-uninspected = Did responses leave that nobody could look into?
sheet-data-leak-relatives = Are relatives or trusted third persons in these data?
sheet-data-leak-published = Were the data published?
sheet-data-leak-sold = Are the data offered for sale?
sheet-data-leak-withdrawn = Were host and search engines asked to take them down?
sheet-stolen-account-holder-called = The holder of the account was called at the known number, not at that of a message.
sheet-stolen-account-workstation = Is their workstation infected (infostealer)?
sheet-stolen-account-second-factor = Is their second factor still in their hands?
sheet-stolen-account-colleagues = Are the other accounts of the organisation sound?
sheet-stolen-account-other-passwords = Were the other passwords typed on that workstation changed?
sheet-stolen-account-created-accounts = Were accounts made from this account?
sheet-ransomware-isolated = The machines are cut off from the network, and not switched off.
sheet-ransomware-backups = Are the offline backups sound?
sheet-ransomware-exfiltration = Were data copied before the encryption?
sheet-ransomware-services-stopped = Which services are stopped, and for whom?
sheet-ransomware-journal-elsewhere = The journal and its witnesses are out of reach.
sheet-ransomware-ransom-note = The ransom note is kept, and nobody answered it.
sheet-ransomware-helped = Was a specialist or 17Cyber called?
sheet-restart-cause-known = The cause is known and gone.
sheet-restart-accounts-sound = The accounts that open again are sound: new key, new sessions.
sheet-restart-passkeys = Each account that opens again has a passkey.
sheet-restart-order = The order of reopening is written: who, what, with which budget.
sheet-restart-watched = The watch runs, and no signal waits.
sheet-restart-partners-told = The partner organisations know what changes.
sheet-restart-lessons = The lessons are written, and each has its measure.

## What cannot be done

invalid-incident-title = A title is needed, of 200 characters at most.
incident-refused-no-reason = A reason of at least ten characters is needed.
incident-refused-no-text = A text is needed.
incident-refused-no-such-entry = There is no such entry, or it is done already.
incident-refused-no-such-step = This state does not follow from the present one.
incident-refused-undecided = Both decisions come first: to notify the authority or not, to tell the persons or not.
incident-refused-not-notified = The authority is to be notified before the end: write down in "Notification" that it was sent.
incident-refused-notification-open = The last notification has fields that are unknown: complete them and send the complement.
incident-refused-persons-not-told = The persons are to be informed before the end: send the notices, or write down in "Decisions" what was done otherwise.
incident-refused-notices-unsent = Some notices did not leave. End the campaigns, then write down in "Decisions" how the other persons were informed.
incident-refused-public-not-told = The public communication that was chosen (art. 34(3)(c)) is to be made and written down before the end.
incident-refused-controller-not-told = The controller is to be informed before the end.
incident-refused-before-awareness = This hour does not fit the hour of awareness: set that one first, and nothing comes before it.
incident-refused-steps-open = Mandatory steps of the sheets have no answer.
incident-refused-future = This hour has not come yet.
incident-refused-backwards = The end is before the beginning.
incident-refused-delay-unexplained = The time is over: write the reasons for the delay first (art. 33(1)).
incident-refused-exemption-needed = Not telling needs an exemption; telling has none.
incident-refused-nobody-affected = The list of affected persons is empty or was not computed.
incident-refused-value = This value does not fit its field.
incident-refused-opened-twice = This incident is open already.
incident-refused-closed = This incident is closed: open it again, or write a correction.

## Sentences of the draft

breach-support-portal = portal, on a server
breach-circumstances = Incident opened on { $at } (local time) by: { $source }. { $title }.
breach-discovered = Discovered on { $discovered }. Incident opened on { $at } (local time) by: { $source }. { $title }.
breach-measures-before = Portal behind a check of every response; { $accounts } accounts, { $portals } portals, { $relations } persons assigned to a caseload; budgets of persons per account; tamper-evident journal; { $passwords ->
    [0] passkeys required
   *[other] passkeys, or password with code for agents
}.
menu-incidents = Incidents

## Pages of incidents

incidents-title = Incidents
incidents-open = open
incidents-late = with a time limit passed
incidents-none = No incident. When a theft is confirmed in the watch, its incident opens here.
incidents-open-one = Open an incident
incidents-open-go = Open
incidents-source = Reported by
incidents-account = Account concerned (optional)
incidents-organisation = Organisation concerned (optional)
incident-of-theft = { $whom }: account theft confirmed
incident-rooms = Rooms of the incident
incident-log = Log
incident-sheets = Reflex sheets
incident-affected = Affected persons
incident-decisions = Clocks and decisions
incident-notification = Notification to the authority
incident-persons = affected persons
incident-persons-unknown = affected persons: not computed yet
incident-open-steps = mandatory steps without an answer
incident-no-awareness = Nobody has said yet when the body became aware of the breach: no clock runs.
incident-set-awareness = Say when
incident-state-title = State
incident-state-next = Change to
incident-state-set = Change the state
column-reference = Reference
column-title = Title
column-next = Next clock
column-due = Due
column-number = No.
column-happened = Happened
column-aware = Awareness
column-authority = Authority
column-notified = Notified
column-delay = Reasons for the delay
column-persons-decision = Telling the persons
column-told = Told
clock-left = { $time } left
clock-late = { $time } late
clock-elapsed = for { $time }
duration-minutes = { $first } min
duration-hours = { $first } h { $second } min
duration-days = { $first } d { $second } h
log-kind = Kind
log-at = When (now if empty)
log-text = Text
log-write = Write down
log-recorded = written down { $at }
log-journal = (journal, entry { $entry })
log-correct = Correct
log-corrects = corrects { $entry }
log-withdraws = takes back { $entry }
log-withdrawn-by = act taken back by { $entry }
log-withdraw = Take back this act
log-withdraw-explain = For an act that was entered by mistake and was not done. No paper says it any more, its clock runs again; both lines stay in the log.
log-corrected-by = corrected by { $entry }
log-pair = { $what }: { $text }
log-opened = Incident opened by { $source }.
log-aware = Awareness { $of } on { $at }
log-occurred = The breach went from { $from } to { $to }.
log-sheet = Sheet added: { $sheet }
log-task = Task
log-task-done = Task { $task } done
log-affected = Affected persons, version { $version }: { $quality } { $persons }
log-severity = Severity { $level } (ENISA)
log-gravity = Severity { $gravity } (CNIL)
log-delay = Delay explained ({ $clock })
log-notices-ended = Notices: { $sent } left by e-mail, { $listed } by another means that is to be written down, { $unsent } did not leave, { $unreached } persons without a means of contact.
log-submitted = { $stage } notification sent on { $at }, receipt { $receipt }
log-lesson = lesson
log-reopening = Reopening
tasks-title = Tasks
tasks-none = No task.
tasks-what = Task
tasks-owner = Owner
tasks-due = Due
tasks-how = What was done
tasks-done = Done
tasks-add = Add the task
delays-title = Delays
delays-moment = Moment
delays-after = After
delays-unknown = not yet
moment-occurred = occurred
moment-seen = discovered
moment-aware = aware
moment-contained = contained
moment-notified = notified
moment-told = persons told
moment-after = { $time } later
restart-title = Progressive reopening
restart-what = Who, what
restart-budget = Budget in % of the usual
restart-percent = budget at { $percent } %
lessons-title = Lessons
lessons-text = What was learnt
lessons-measure = The measure that follows
lessons-write = Write down the lesson
sheets-change = Change the answer
sheets-explain = Answer in order, without waiting. "I do not know" is an answer: it stays visible until somebody knows.
sheets-open = { $count } to answer
sheets-complete = complete
sheets-mandatory = mandatory
sheets-answer = Answer
sheets-precision = Details
sheets-add = Add a sheet
sheets-add-go = Add
sheet-action-close-account = Go to the account
sheet-action-close-organisation = Go to the organisation
sheet-action-compute-affected = Compute
sheet-action-preserve = Go to the signed lists
sheet-action-reopen = Go to what is closed
fact-accounts = Accounts: { $accounts }; open sessions: { $sessions }.
fact-affected = Affected persons: { $persons }.
fact-categories = Categories shown: { $categories }.
fact-findings = Findings: { $findings }, of which { $waiting } wait.
fact-gates = Gates that are not open: { $gates }.
fact-journal = The journal has { $entries } entries.
fact-organisation = Accounts of the organisation: { $accounts }.
fact-uninspected = Responses that could not be read: { $reason }.
affected-records = exposures
affected-categories = By category of data
affected-category = Category
affected-compute = Compute the list
affected-compute-go = Compute a new version
affected-others = Persons who are not users
affected-others-explain = Relatives, trusted third persons, contacts named in the records: they must be counted and told, too.
affected-others-go = Add
affected-who = Who
affected-basis = Where this number comes from
affected-versions = Versions
affected-version = Version
affected-quality = How sure
affected-checkpoint = Entries of the journal
affected-hash = Hash
affected-list = Signed list
invalid-affected-question = At least an account, an organisation, a portal or a session is needed.
clocks-title = Clocks of the law
clocks-duty = Duty
clocks-basis = Text
clocks-due = Due
clocks-now = Now
clocks-met = Done
clocks-without-delay = without undue delay
clocks-tolerance = for information, Regulation 1182/71 art. 3(1): { $at }
clocks-tolerance-month = for information, Regulation 1182/71, art. 3(2)(c) and 3(4): { $at }
clocks-two-days = disputed argument, art. 3(5): { $at }; never a target
aware-line = Awareness { $of }: { $at }
aware-at = Hour of awareness
aware-of = Of what
awareness-data = that personal data were touched (GDPR)
awareness-attack = of the attack (complaint, insurer)
awareness-significant = of a significant incident (NIS 2)
aware-reason = Why this hour
aware-set = Set this hour
occurred-from = Beginning of the breach
occurred-to = End (empty while it goes on)
occurred-set = Set these dates
role-title = Our part
role-insured = insured against cyber risk
role-nis2 = under NIS 2
role-set = Set the part
severity-title = Severity
severity-explain = ENISA's method (2013): context of the data × ease of identification + circumstances. The number of persons is not part of it.
severity-cnil = Severity (CNIL scale)
severity-overridden = (set by somebody)
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
undecided = not decided yet
decide-authority = Notify the authority
decide-persons = Tell the persons
decide-exemption = Exemption, when they are not
decided-notify = Decision: notify the authority
decided-not-notify = Decision: do not notify the authority
decided-inform = Decision: inform the persons
decided-not-inform = Decision: do not inform the persons
met-title = A duty is met
met-at = When
met-to = To whom, by which means
met-receipt = Receipt number
met-set = Write down
delay-title = Reasons for a delay
delay-set = Write down the reasons
notification-unknown = fields still unknown
notification-sent = notifications sent
notification-explain = Each field is filled by facts, by somebody, or marked unknown with who can answer.
notification-who = Who can answer
notification-sent-title = Sent
notification-changed = What changed since the last one
notification-unchanged = Nothing.
notification-field = Field
notification-before = Then
notification-after = Now
notification-computed = filled by facts
notification-answered = answered by somebody
notification-facts-say = The facts say: { $value }
notification-ask = Unknown. Who can answer: { $who }.
notification-not-asked = does not apply for now
notification-save = Save the answers
notification-submit = Notification sent
notification-submit-explain = Copy the draft into the authority's service, then write down here that it was sent, and its receipt: what was sent is kept as it was.
notification-stage = Kind
notification-submitted = Write down
export-json = JSON
register-title = Register of violations
register-violations = violations
register-notified = notified to the authority
register-late = with a time limit passed
register-explain = Every violation, notified or not, with the reasoning (GDPR art. 33(5)).
paper-stage = Kind: { $stage }.
paper-made = Draft made by Digue on { $at } (local time). To be copied into the authority's service.
export-pdf = PDF
export-docx = Word
export-xlsx = Excel

## Notices to persons

act-campaign-prepared = notices prepared
act-campaign-set = campaign of notices
channel-mail = e-mail
channel-letter = letter
channel-sms = text message
channel-none = no means
notice-style-fr = French
notice-style-fr-easy = easy-to-read French
notice-style-en = English
notice-title-happened = What happened
notice-title-data = Your data
notice-title-risks = The risks
notice-title-steps = Do now
notice-title-check = How to check this message
notice-title-contact = How to reach us
notice-subject = { $body }: your personal data
notice-data = Your data were displayed { $times } times, { $same ->
    [1] on { $first }
   *[other] between { $first } and { $last }
}. They included: { $kinds }.
notice-risks = People may use these data to trick you. They may write to you or call you in the name of a service you know. They may also try to open an account in your name.
notice-steps =
    Be wary of messages and calls about your file.
    Never give a password or a code.
    Look at your accounts. Tell your bank soon about what is not yours.
    If someone uses your data, file a complaint. The site 17cyber.gouv.fr helps you.
notice-check = This message has no link. It asks you for nothing. To check it, type the address { $address } yourself, then this code: { $code }. The page must show: { $masked }, { $date }. If it shows something else, the message is false.
notice-contact = Write to { $mail } or call { $phone }. Ask for { $name }.
notice-code-says = Signed QR code: with the journal's public key, it shows that this letter comes from us.
notice-easy-title-happened = What happened
notice-easy-title-data = Your data
notice-easy-title-risks = What may come
notice-easy-title-steps = What you must do
notice-easy-title-check = To know if this message is true
notice-easy-title-contact = To talk to us
notice-easy-subject = { $body }: your data
notice-easy-data = They could see your data { $times } times. It was { $same ->
    [1] on { $first }
   *[other] from { $first } to { $last }
}. It shows: { $kinds }.
notice-easy-risks = They may write to you. They may call you. They may lie and give a false name.
notice-easy-steps =
    Do not give your codes.
    Do not give your passwords.
    Look at your bank account.
    In doubt? Talk to someone close to you. Go to the site 17cyber.gouv.fr.
notice-easy-check = This message has no link. Type this address: { $address }. Type this code: { $code }. The page shows: { $masked }, { $date }. Does it show something else? Then the message is false.
notice-easy-contact = Call { $phone }. Or write to { $mail }. Ask for { $name }.
notice-sms = { $body }: a message about your data waits for you. To check it, type { $address }, then { $code }.
contact-fault-row = the line does not read
contact-fault-person = the identifier of the person is missing
contact-fault-email = the e-mail address is none
contact-fault-twice = this person is in the file already
contact-fault-nothing = no means to reach this person
contact-fault-phone = the telephone number cannot be used
contact-fault-column = a column of this file is not known and is not read
contacts-empty = This file of contacts has nobody in it. Check that it is the right one, or send none so that the portal's source is asked.
invalid-contacts = The file must have a column "person", and "email", "phone", "name" or "address".
incident-notices = Notices to persons
notices-explain = One notice for each affected person: what happened, their data, the risks, what to do, how to check. No link, and no request.
notices-style = Language
notices-preview = As one person reads it
notices-score = Ease of reading: { $score } of 100 (wanted: { $wanted } at least), { $longest } words in the longest sentence.
notices-too-hard = This text is hard to read. Make short sentences of common words.
notices-subject = Subject
notices-happened = What happened
notices-risks = The risks
notices-steps = Do now, one thing a line
notices-contact = Contact
notices-address = Address to type to check
notices-rate = Messages a minute
notices-contacts = Contacts from the portal (CSV: person, email, phone, name, address)
notices-after = Only persons who are new since version
notices-version = Version of the affected persons
notices-prepare = Prepare the notices
notices-none = No campaign.
notices-needs = The list of affected persons and the decision to tell them come first.
notices-campaigns = Campaigns
notices-state = State
notices-start = Send
notices-pause = Pause
notices-end = End and forget the addresses
notices-letters = Letters (PDF)
notices-texts = Text messages, and persons to be reached otherwise (CSV)
notices-alarm = { $count } notices were checked from too many places: copies may be going round.
campaign-preparing = being prepared
campaign-ready = ready
campaign-sending = being sent
campaign-paused = paused
campaign-ended = ended
notice-state-waiting = waiting
notice-state-sending = on their way
notice-state-sent = sent
notice-state-failed = refused by the server
notice-state-uncertain = uncertain (stopped while sending: to be sent otherwise)
notice-state-listed = to be handed over by letter, text message or otherwise (file not exported yet)
notice-state-exported = exported, to be handed over by letter, text message or otherwise
notices-give-up =
    { $count ->
        [one] I end it although one notice neither left nor was exported: its address will be forgotten, this person gets no notice.
       *[other] I end it although { $shown } notices neither left nor were exported: their addresses will be forgotten, these persons get no notice.
    }
notices-kept-back = Some notices neither left nor were exported. Export the letters and the list, or tick the box to give them up.
check-title = Check a message
check-explain = Type the code that is in the message you received. This page shows no personal data.
check-code = Code of the message
check-go = Check
check-genuine = This code is ours. Compare with your message:
check-compare = A line differs? It is a copy: do not answer it.
check-unknown = We have sent no message with this code. Unless it was mistyped, the message that you received is not from us.
check-replayed = Careful: this code was checked from many places. Your message may be a copy. Compare every line.
check-channel = Sent by
check-masked = To
check-date = On
check-subject = Subject
check-words = First words
check-official = Official messages
check-official-explain = We never ask for a password, a code or a card number, nor to click on a link.
check-official-none = No message is being sent.
check-official-file = The same list, signed
check-sender = Sender
check-since = Since
notices-faults = Lines of the file to be looked at
notices-unreached = Some persons cannot be reached: write to them otherwise, or decide on a public communication (art. 34(3)(c)).
notices-differ = The text of this campaign is no longer the one that the journal holds: nothing is sent. End it and prepare another one.
notices-no-mail-server = No mail server is configured: the mails of this campaign cannot leave, and none is waiting. Fill in [mail] in digue.toml and restart, then send; or end the campaign and prepare one by letter or text message, without mail addresses.
notices-no-mail-server-yet = No mail server is configured ([mail] in digue.toml): a campaign can be prepared, its letters and lists exported, but no mail will be able to leave.
column-channel = Channel
column-destination = Destination
column-code = Code
column-text = Text
register-import = Take over an earlier register (Excel or CSV)
register-import-file = Excel (.xlsx) or CSV file, with the columns of the export
register-import-go = See what would be taken over
register-imported = Register taken over
register-taken = violations taken over
register-would-open = breaches to open
register-import-preview = Earlier register: what would be taken over
register-import-explain = A row whose reference, or title and hour, are in the register already opens nothing: the register is corrected on the page of the incident. Nothing is written before you agree.
register-import-outdated = The register changed in the meantime: nothing was written. This is what the file would open now.
register-import-confirm = Open these breaches
register-import-row = Row
register-import-known-rows = In the register already: { $references }.
register-known = in the register already
register-faults = cells to be looked at
register-earlier = taken over from an earlier register
register-fault-missing = a value is missing
register-fault-moment = this is no date
register-fault-number = this is no number
register-fault-choice = this word is not in the list
register-fault-decision = it takes "yes: reason" or "no: reason"
column-exemption = Why persons are not told
register-delay-unknown = The earlier register does not say why it was late.
register-fault-ambiguous = this hour or day can be read in two ways: write it with its offset, such as 2026-10-25T02:30:00+01:00
register-fault-future = this moment has not come yet
register-fault-exemption = say why persons are not told: the risk is not high, or article 34(3)(a), (b) or (c)
register-fault-long = it is too long
register-fault-error = the cell holds an error of calculation
register-fault-formula = the file does not hold the result of the formula, or the result is 0: put the value in place of the formula
register-fault-covered = the cell is hidden below merged cells: split them
register-fault-unit = the cell holds a percentage, another unit or another currency
register-fault-unseen = the cell holds a number with a format that Digue cannot show: write it as a text
register-fault-truth = the cell holds TRUE or FALSE: write it as a text
register-fault-computed = Digue computes this cell, and it says otherwise today; answer this field on the page of the incident
register-fault-backwards = the end comes before the beginning
register-fault-twice = another row of the file bears this reference
register-fault-differs = the register says otherwise about this breach; change it on the page of the incident
register-fault-refused = the rules of incidents do not allow to take this
register-fault-line = row { $row } ({ $place }), { $column }: { $fault }
register-fault-line-seen = row { $row } ({ $place }), { $column }: { $fault } – read: “{ $seen }”
import-register-aware-at = Aware since | Date of awareness
import-register-notified = Notified on | Date of notification | Notification date
import-register-told = Told on | Date on which persons were told
import-register-exemption = Exemption | Exception
invalid-register = This file is no Excel workbook (.xlsx) and no CSV that can be read.
paper-link-notification = Notification
paper-link-complaint = File for a complaint
paper-link-call-centre = Sheet for the call centre
paper-link-press = Text for the press
paper-link-partner = Letter to the partner
complaint-title = File for a complaint
complaint-facts = The facts
complaint-evidence = The evidence
complaint-verify =
    Install the program "digue", which is free, on any machine.
    Verify the list: digue scope check { $list } --key journal.pub.
    Verify each receipt, offline: digue journal receipt receipts/NUMBER.txt --key journal.pub.
    Compute the hash of the list again (SHA-256 of the persons' lines) and compare it with this one.
paper-call-centre-title = Sheet for the call centre
paper-call-centre =
    What happened
    { $happened } Persons concerned: { $persons }.

    The data
    { $kinds }.

    Where we stand
    { $claims }
    { $taken }

    When the person asks "am I concerned?"
    Do not look up their record yourself. { $notices }

    When the person received a message
    Tell them to type { $address } and the code of the message themselves. We never ask for a password, a code or a card number.

    When the person lost money, or somebody uses their name
    Tell them to call their bank, then to go to the site 17cyber.gouv.fr. In immediate danger only: dial 17.

    To know more
    { $contact }, { $mail }, { $phone }. Reference: { $reference }.
paper-press-title = Text for the press
paper-press =
    { $body } has had an incident. { $happened } Persons concerned: { $persons }.

    The data
    { $kinds }.

    Where we stand
    { $claims } { $check }

    Advice
    We never ask for a password, a code or a card number. Be wary of messages about your file.

    Contact
    { $mail }, { $phone }.
paper-partner-title = Letter to the partner (GDPR art. 33(2))
paper-partner =
    { $body } tells you of a personal data breach (reference { $reference }, { $about }).

    What we know
    { $happened } Persons: { $persons }. Data: { $kinds }.

    Where we stand
    { $claims }
    { $taken }

    What we ask of you
    Look at the workstation and the passwords of those who use these accounts. Tell us what you find, even when you are not sure. If you are the controller of some of these data, your own 72 hours run from this message.

    To be sent on to those you work for
    We tell you, without delay, of a breach on a portal that we use for you. The facts are above. We will say more as soon as we know more.

    Contact
    { $contact }, { $mail }, { $phone }.
paper-missing = [to be filled in]
notices-incomplete = Some passages are not complete: replace "[to be filled in]".
paper-bundle = Whole file for a complaint, with the evidence and how to verify it (ZIP)
campaign-failed = failed: nothing was sent
notice-state-returned = returned: address refused (to be reached otherwise)
notices-written-of = { $written } notices written of { $total }
notices-refresh = See how far it is
notices-failed = The preparation failed: the source of contacts does not answer, or the file does not read. Nothing was sent. Prepare another campaign.
notices-source = Without a file, addresses are read from the portal's database, by the query set in the configuration.
notices-returned =
    { $count ->
        [one] One message came back: this person is to be reached otherwise.
       *[other] { $count } messages came back: these persons are to be reached otherwise.
    }
log-kept = File handed in
restart-explain = A second person grants each step: limits change first, then the gate opens.
restart-ask = Ask for this step
checked-title = Check
checked-go = Check the log and the lists
checked-same =
    { $count ->
        [one] The only entry is the one that the journal keeps the hash of.
       *[other] The { $count } entries are those that the journal keeps the hashes of.
    }
checked-changed =
    { $count ->
        [one] One entry is not the one that the journal knows: somebody wrote into the database beside Digue.
       *[other] { $count } entries are not those that the journal knows: somebody wrote into the database beside Digue.
    }
checked-version-same = Version { $version } of the affected persons: computed again, the same hash.
checked-version-other = Version { $version } of the affected persons: computed again, another hash.
files-title = Receipt and other papers
files-explain = The file is kept as it is, its hash is written in the journal.
files-file = File (10 MB at most)
files-keep = Keep this file
files-bytes = bytes
own-incidents-title = Incidents of our organisation
own-incidents-none = No incident concerns your accounts.
own-incidents-paper = What you need to know (PDF)
own-incidents-report = Report an incident
own-incidents-not-established = The operator has established nothing yet.
own-incidents-explain = An infected computer, a password given away, a strange call: say it at once, even if you are not sure. The operator sees your report in its console.
own-incidents-what = What happened, in one sentence
own-incidents-text = When, on which computer or account, and what you have done already
own-incidents-send = Tell the operator
paper-unknown = not known yet
notices-sent-of = { $sent } mails sent of { $total }
notice-state-unreached = without any known way
