# The help of each page: what it is for; what figures and words mean; what to do first. One line each.

help-title = Help on this page
help-what = What this page is for
help-words = What figures and words mean
help-first = What to do first

help-page-home =
    What awaits you, by your function: the present state in one sentence, the legal deadlines that run, then your tasks.
    A red task is late or concerns an incident; the figure of a deadline is the time left before what the law sets. A question mark means that the number could not be read.
    Follow the button of the first task: the list is in order of urgency.
help-page-activity =
    What happens now on the portals, minute by minute, and the gates that limit or cut access.
    A person is counted once for each window, however many pages were shown. The share is what an account has used of its limit. A gate is a setting of access for an account, an organisation, a portal or everything; one that is not open restricts something.
    Look at the accounts nearest to their limit. When in doubt, close the gate of the account before that of the portal.
help-page-findings =
    The findings: accounts whose use does not look like usual work.
    The strength adds up what speaks against honest work: the higher, the less it happens by chance. Strength 3: about one day of work of an account in 1,000; strength 4: about one in 10,000. An account-day is a day of work of an account; the rate says how many findings decided to be normal work come with 1,000 of them.
    Open the one that has waited longest and decide: theft, or normal work. A closed account stays closed until then.
help-page-finding =
    A finding: the account, what was seen, and the decision to take.
    Each signal has a strength; their sum is the total strength. “One account-day in 10,000” means: were this account working honestly, such a day would come once in 10,000 days of work. It is not the probability of a theft.
    Call the holder or their delegate at a number you already have, then decide. The decision is signed and can be read again.
help-page-scope =
    The list of persons whose data an account, an organisation or a portal showed during a period.
    Persons: each once. Consultations: each response they stood in. “At least” marks a period for which the journal is not complete.
    Choose the account and the period, then export the list if it goes with an incident.
help-page-persons =
    Who consulted the data of a person, and when.
    A consultation is a response of a portal that the person stood in. Nothing proves that it was read on a screen.
    Search for the person by their identifier, then open the account that surprises you.
help-page-journal =
    Everything that Digue recorded, in order: consultations, refusals, settings, decisions.
    An entry is sealed: it cannot be changed or taken out unseen. The receipt of an entry proves it outside Digue. Reading the journal leaves an entry, too; beyond a number of pages a day another person has to grant it.
    Filter by account and period rather than leaf through.
help-page-portals =
    The portals that Digue protects, and what it understands of each.
    In observing mode Digue counts and refuses nothing; in enforcing mode it refuses. The coverage is the share of responses of which Digue can say what persons they show.
    Open the routes that are not understood first: persons on those pages are not counted.
help-page-portal-route =
    To say how Digue reads a page of a portal, without stopping the service.
    A route is an address of the portal; its lines say where the identifiers of persons stand. A route added here adds to the configuration file and can be withdrawn.
    Copy the proposal, try it on a real response, then give the reason.
help-page-search =
    To find a person, an account, an organisation, an incident or a measure by a word.
    Capitals do not matter; a part of an identifier is enough. “Unknown” means that nothing bears the word.
    Type a name, a telephone number or an identifier you were given on the telephone.
help-page-incidents =
    The security incidents, open and closed, with their deadlines.
    The deadline is the nearest of those that the law sets: 72 hours to notify the authority after becoming aware. “Suspected”: not known yet; “confirmed”: the breach is established.
    Open the incident whose deadline is nearest, or report one at the first doubt: it can be dismissed later.
help-page-incident =
    An incident in six steps: qualify, persons, decide, authority, notices, close.
    The bar at the top says the time left and the points that are missing; each is a link to its field. The internal register is kept by itself.
    Follow the step that is marked as current. Answer “I do not know” rather than leave a gap: you can complete it.
help-page-incident-sheets =
    The sheets: what to do in the first hours, and what evidence to keep.
    Each answer has its date and its author in the log of the incident.
    First do what stops the leak, then what keeps the evidence; write down what is done as you go.
help-page-incident-affected =
    The list of persons whose data were seen during the incident.
    Each list has a number: a new one does not replace the old ones, which stay as evidence. “At least”: responses could not be read, or identifiers may be of the same person.
    Check the account and the hours, compute the list, then read the number and the categories of data.
help-page-incident-list =
    A list of persons, as it was computed and signed on that day.
    The number and the hash prove that it has not changed.
    Put this list, not an extract, into the file of the complaint.
help-page-incident-decisions =
    The decisions that the law asks for: to notify the authority or not, to inform the persons or not, and why.
    The severity is computed from the data and the number of persons; you may decide otherwise, with a reason.
    Read the proposed severity, decide, and write the reason in one sentence: the authority may ask for it.
help-page-incident-notification =
    The draft of the notification to the authority, filled in from the facts.
    A field that Digue filled in comes from the journal; one that you change keeps your answer. A notification may be an initial one, completed later.
    Complete what is missing, export the paper, copy it into the form of the authority, then write down the number you are given.
help-page-incident-notices =
    To inform the persons: by e-mail, by letter or through a third party.
    A campaign is what is sent to one list. A person without a known address gets a letter, or stands in the list that is handed to another.
    Check the text and the number of persons for each way, begin the campaign, then send.
help-page-campaign =
    A campaign of notices: what has left, what came back, what is left.
    “Exported”: the file has left Digue, which does not prove that it was sent. “Refused”: the recipient's server did not take the message.
    Send, print the letters on both sides (each begins on a sheet of its own), then deal with the refusals.
help-page-incident-closing =
    To close the incident: the causes, what changes, what stays open.
    An incident is not closed while a legal deadline runs or a declared figure contradicts the signed list. Once closed, it can be opened again.
    Deal with the points that are left, then write what changes so that it does not happen again.
help-page-check =
    To learn whether a notice you received really comes from the organisation.
    The code stands on the letter or the e-mail. It gives access to no data.
    Type the code as it is written; hyphens and capitals do not matter.
help-page-register =
    The register of personal data breaches (GDPR, article 33(5)), kept from the incidents.
    Each row is an incident; an empty column is a question without an answer. The column of the authority says the date and the number, or why nothing was notified.
    Complete the marked rows, then export the register for an inspection.
help-page-requests =
    The requests of persons: access, contest, rectification.
    The time to answer is one month from receipt. A contest says that the person does not recognise a consultation.
    Answer the oldest; a contest may hide a stolen account.
help-page-request =
    A request of a person, with the facts it takes to answer.
    The contested consultations are shown with the account that made them.
    Read the facts, call the delegate of the organisation if need be, then answer in plain sentences.
help-page-break-glass =
    Emergency accesses: a colleague opened a record outside their caseload and gave the reason.
    The access is limited in time and number of persons, and always reviewed afterwards by another person.
    Review those that wait: does the reason hold, and does the person belong to the emergency it describes?
help-page-classes =
    The persons who are watched more closely: well-known persons, colleagues, persons under threat.
    A class is a list of persons each of whose consultations is looked at. The traits say why one surprises: same name, same address, no case in progress.
    Look at consultations without a known reason, and ask the account that made them.
help-page-messages =
    To learn whether a message, a call or an e-mail is a known fraud, and to report one.
    The advice compares the message with what the organisation sends and with what was reported; it may be wrong.
    Paste the message. Click on nothing in it and do not call the number it gives.
help-page-message-reports =
    The fraudulent messages that were reported, and what others are shown of them.
    A published report is shown to everybody on the page of messages.
    Read the latest; if it may deceive others, publish it.
help-page-smsi =
    The management system for security: what is late, what does not hold, what is measured.
    A contradiction is a register that says the opposite of a fact or of another register. A failing check is a fact that Digue measured itself. Euros are the penalties that contracts set for late measures.
    Open the measure that is latest; give it a date that can be kept, or an owner.
help-page-smsi-start =
    Ten questions that fill the first registers.
    Your answers make a scope, roles, assets, risks, measures and a calendar. All of it can be changed afterwards.
    Answer from memory: ten minutes are enough.
help-page-smsi-calendar =
    Everything that is due, by date: measures, audits, reviews, deadlines.
    Days late are counted from the date in the register; euros are the penalty due today.
    Deal with the top of the list, or move the date in the register with its reason.
help-page-smsi-contradictions =
    The contradictions: what registers say and facts, or other registers, deny.
    Examples: a measure that is “done” and whose check fails, a risk accepted by no one, an incident whose processing is not in the register. It is not a fault: it is what is left to complete or to correct.
    Follow the link of each row and correct the register, or the fact.
help-page-smsi-ebios =
    The five workshops of EBIOS RM, and the registers that hold the content of each.
    The threat level of a stakeholder is (dependency × penetration) divided by (maturity × trust), each from 1 to 4: above 1, it exposes more than it protects.
    Go through the workshops in order; look first at the stakeholders with the highest level.
help-page-smsi-exchange =
    To exchange with other tools: import an impact assessment, export to MonServiceSécurisé or a spreadsheet.
    An import adds rows or completes them, and says which before it writes them.
    Export what you have first: the file serves as a model.
help-page-smsi-registers =
    All registers: risks, measures, processing, assets, audits and the others.
    The number is that of the records in force; ended ones stay in the history.
    Begin with measures and risks: the other registers hang on them.
help-page-smsi-register =
    A register as a list. Its file can be filled in with a spreadsheet and imported.
    The state is computed: a measure that is “done” and that its check denies is called contradicted. In the matrix each cell counts the risks of that likelihood and gravity.
    Filter by state or owner, then open what is contradicted or late.
help-page-smsi-record =
    A record of a register: its fields, its links, what Digue measures, and its history.
    A needed field has to be filled in. Each saving makes a revision, written to the journal; to save is not to sign. The old ones can still be read.
    Fill in the needed fields and save; the rest can wait.
help-page-smsi-samples =
    To draw a random sample for an audit.
    The seed fixes the draw: with the same seed anyone finds the same sample.
    Choose the population and the size, draw, then note the seed in the audit.
help-page-smsi-checks =
    What Digue checks itself, every day: passkeys, backups, mail, portals and the rest.
    “Unknown” is not “good”: the check could not be made. “Not applicable” says that there is nothing to check.
    Open a failing check: its page says what is missing and what to do.
help-page-smsi-check =
    A check: its result, what fails, and its past results.
    The setting is the value that Digue read on the day of the check. To disable a check takes a reason and an end.
    Correct what fails, then run the check again; it also runs by itself.
help-page-smsi-continuity =
    The restart plan: in which order your activities start again, who leads each, and what they need.
    The tolerable outage is how long you can be without an activity, the tolerable loss how old its data may be. “Unknown” was never measured.
    Enter your activities, then mend the gaps one by one; print the plan and keep it outside Digue.
help-page-smsi-privacy =
    The registers about personal data: processing, contracts, impact assessments, retention periods, and what they lack.
    “Missing”: the law asks it and the record does not say it; “not measured”: no count says whether the period is kept to.
    Open a record of the list, complete it, then print the register.
help-page-smsi-software =
    The inventory of programs, and what the catalogue of exploited vulnerabilities names of it.
    “Unknown version”: the inventory does not give it; “versions not named”: the catalogue does not say which are affected.
    Upload the inventory of one of your tools, then update what is affected.
help-page-smsi-statement =
    The statement of applicability: each control of the standard, taken or not, and what proves it.
    “Measured”: a check proves it; “declared”: someone wrote it; “not met”: a fact denies it.
    Decide what is excluded, with a reason, then sign and export.
help-page-smsi-framework =
    A framework, requirement by requirement, and what answers it in your registers.
    A requirement is covered by a measure, by a check, or by another requirement that is covered.
    Open requirements without an answer and link a measure to them.
help-page-reviews =
    The reviews of accounts: who still needs their access?
    A review takes the list of accounts of the day; each line is decided once.
    Open the review that is due next, or begin one.
help-page-review =
    A review: for each account, its access is kept or suspended.
    “As usual”: the account was used, was not suspended at the opening, and shows no more persons than its peers. What is unusual is at the top.
    Look first at what is unusual, then keep all those that are as usual at once.
help-page-awareness =
    Your short courses, and the documents to read.
    A module is done when all answers are right; you may try again.
    Take the one that is due first; it takes a few minutes.
help-page-awareness-state =
    Who took the courses, by account and organisation.
    “Due”: the course was not taken, or more than a year ago.
    Remind the organisations where most are missing.
help-page-awareness-module =
    A short course: read, then answer.
    Answers serve only to know whether the course was taken.
    Read the page, then answer; a mistake is explained.
help-page-awareness-document =
    A document to read and to confirm.
    Your confirmation is dated and holds for this version of the document.
    Open the document, read it, then confirm.
help-page-own-incidents =
    The incidents of your organisation, and the way to report one to the operator.
    A lost computer, a booby-trapped e-mail, a password given away: all of it counts. To report is not to admit a fault.
    Call the operator at the number shown, then write here what happened and since when.
help-page-space =
    The space of your organisation: its accounts, their limits, and what has to be dealt with.
    The limit is the number of different persons an account may consult in a day or an hour. A closed account was closed to verify what happened on it.
    Confirm the colleagues who wait, then remove the accounts of those who have left.
help-page-assessment =
    The security self-assessment of your organisation, theme by theme.
    A gap is an answer that a fact the operator verified contradicts. It is signed once all themes are filled in.
    Fill in one theme at a time; your answers are kept. Answer “no” rather than guess.
help-page-assessments =
    The self-assessments of partner organisations.
    A gap is an answer that facts contradict. “To do”: nothing was filled in yet.
    Open those with gaps, then remind those that are late.
help-page-person =
    Who consulted your record, when, and for which organisation.
    A consultation is a page that your record stood on. It is often normal: to prepare a meeting, to answer a letter.
    Read the list. If a consultation surprises you, say so with the link of its row: you get an answer within a month.
help-page-person-sign-in =
    To open the page that says who consulted your record.
    The code comes from the letter you received. It serves for this only, and for a limited time.
    Type the code of the letter, or ask for a new one.
help-page-person-ask =
    To ask for something about your record, or to say that a consultation surprises you.
    The answer comes within a month. You can withdraw your request until then.
    Write in your own words; no legal term is needed.
help-page-person-information =
    How your data are used here, and what your rights are.
    The controller is the organisation that decides on this use. The data protection officer answers your questions.
    With any question, write to the officer named here; you may also complain to the supervisory authority.
help-page-person-embed =
    The latest consultations of your record.
    A consultation is a page that your record stood on.
    Open the full page to see the list or to ask a question.
help-page-accessibility =
    What is accessible in these pages, what is not yet, and who to say it to.
    The criteria are those of RGAA, the French reference for accessibility.
    If a page blocks you, write to the contact named here: you will be offered another way.
help-page-accounts =
    All accounts, with their holder, their organisation and their use.
    “Without passkey”: the account has no safe way to sign in yet. “Suspended”: it can no longer sign in, its data stay.
    Search for a name or an organisation; give a holder to accounts without one.
help-page-account =
    An account: its holder, what it consulted, its limits, its sessions.
    “Usually” is its ordinary day, computed from past weeks. The limit is what Digue allows it.
    Call the holder at the number shown before you close it; in a clear theft, close it first.
help-page-holder =
    To say who uses an account: name, function, telephone, mail.
    These contacts serve to reach the person in doubt; they stand where a call is needed.
    Enter a number that you have verified: it is the one that is called at night.
help-page-organisations =
    The organisations whose accounts reach the portals.
    The delegate is the person who answers for the accounts of an organisation.
    Make sure that each organisation has a delegate and an e-mail address.
help-page-organisation =
    An organisation: its delegate, its accounts, their use.
    Use is counted in different persons a day.
    Call the delegate at the number shown with any question about an account.
help-page-sessions =
    The sign-ins that are open now.
    A session is a sign-in of an account from a device. To cut it forces a new sign-in; it does not close the account.
    Cut a session that its holder does not recognise, then close the gate of the account.
help-page-approvals =
    The acts that take the agreement of a second person.
    A request holds for four days. Who asks cannot grant.
    Verify through another channel that the request is real, then grant or refuse with a reason.
help-page-own =
    Your account: your passkeys, your sessions, your identities.
    A passkey replaces the password; it stays in your device and cannot be stolen by a false site.
    Add a second passkey: without one, a lost device locks you out.
help-page-own-identities =
    The identities of other services that are linked to your account.
    A linked identity lets you sign in through that service.
    Remove those that you no longer use.
help-page-own-password =
    The fallback password, where it is allowed.
    It is never enough alone: a code of an app is asked for, too.
    Prefer a passkey; otherwise choose a long sentence that you use nowhere else.
help-page-keys =
    The keys of programs that talk to Digue.
    A key acts for an account and has only its rights. Once revoked, it stops working at once.
    Revoke keys that have not been used for long.
help-page-sources =
    The files and directories that caseloads, accounts and classes are read from.
    A source that is held changed more at once than usual: Digue keeps the old version until you agree.
    Look at what changes in a held source, then accept it or have it corrected.
help-page-signals =
    The events that your identity provider sends: sessions revoked, accounts disabled.
    An unknown subject is a person whom Digue can link to no account. A request waits where a person must decide.
    Decide the waiting requests first, then look at unknown subjects and at streams that do not answer.
help-page-settings =
    The configuration in force, read at the start.
    What this page shows is changed in the configuration file; each change is dated and has a hash.
    Compare it with what you expected, above all after an update.
help-page-sign-in =
    To sign in.
    A passkey is a sign-in without password, kept by your telephone or computer.
    Choose “passkey” if you have one; otherwise use the link you received.
help-page-enter =
    To enter a first time with the link you received.
    The link serves once.
    Open it on the device that you will use, and make your passkey at once.
help-page-printed-key =
    To enter with the printed recovery key.
    It serves when all other ways are lost, and counts as the second person on the first day.
    Type it as it is printed; each use is written to the journal.
help-page-identity-end =
    To link an identity of another service to your account.
    Without this link the other service gives access to nothing here.
    Confirm with your usual way to sign in.
help-page-left =
    You have signed out.
    Other devices stay signed in.
    Close the window on a shared computer.
help-page-welcome =
    To make your passkey before anything else.
    The entry link no longer works: without a passkey you need another one, which your delegate or the operator sends.
    Make the passkey on this device, then add a second one.
help-page-break-glass-ask =
    To open in an emergency what your caseload does not allow.
    The access is short, limited to a few persons, and always reviewed afterwards.
    Write the emergency in one sentence: who, and why now.
help-page-record-ask =
    To open the record of a person who is not in your caseload.
    Your reason is written to the journal and may be reviewed.
    Type the identifier of the person and the reason, for example “at the desk this morning”.
help-page-smsi-clauses =
    Each clause of the standard, from 4 to 10: the registers in which it is read, and what is missing.
    "Incomplete": records exist, and what the right column says is missing. "Missing": there is no record.
    Follow the links of the right column, from top to bottom.
help-page-smsi-policies =
    The security policies by subject, with their signature and their readers.
    "Waits for a signature": the policy names who approves it, and this person has not signed yet.
    Begin from the template of the information security policy, then adapt it.
help-page-smsi-objectives =
    The objectives with their numbers, values and curve.
    "Measured": a check of Digue gives the value. "Declared": a person entered it.
    Look first at those that are not reached.
help-page-smsi-programme =
    What a programme of audits examines in three years, and what it leaves out.
    "Never planned": no audit of the programme names this clause or control among its criteria.
    Add what is missing to the criteria of an audit, and change the auditor where they are not independent.
help-page-smsi-revisions =
    All revisions of a record, the last one first, with what each of them changed.
    Struck through: what was written. Underlined: what replaced it.
    Find the revision that you need, and note its number.
help-page-awareness-text =
    The text of a document that you have to read.
    "Read" holds for this text: a changed text is read again.
    Read to the end, then confirm.
