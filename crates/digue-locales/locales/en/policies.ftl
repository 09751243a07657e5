# Templates of policies. An organisation adapts them before it approves them.

policy-topic-information-security = Information security policy
policy-topic-acceptable-use = Acceptable use of tools
policy-topic-access-control = Access to records and tools
policy-topic-sign-in = Sign-in and passwords
policy-topic-remote-work = Remote work and mobile devices
policy-topic-backups = Backup and recovery
policy-topic-incidents = Security incidents
policy-topic-suppliers = Suppliers and partners
policy-topic-personal-data = Personal data
policy-topic-encryption = Encryption
policy-topic-updates = Updates and vulnerabilities

policy-text-information-security =
    1. Why
    { $organisation } keeps records of persons who trust it. The management commits itself to protect their confidentiality, accuracy and availability, to comply with the law and with contracts, and to improve this protection continually.

    2. Where it applies
    To everyone who works for us, employed or not, and to all places and tools in the scope of the information security management system (ISMS).

    3. What we do
    - We assess risks at least once a year and at each important change. Each risk has an owner, who decides on its treatment and signs what is left.
    - We set objectives with numbers and measure them. The management reviews them at least once a year.
    - Everyone has access only to what their work needs. Consultations of records are journalled.
    - We prepare for incidents, report them within the deadlines of the law, and draw measures from them.
    - We back up, and we verify that the backups can be restored.

    4. Who does what
    The management approves this policy, gives the means and chairs the review. The security officer (CISO) runs the system and reports. The data protection officer (DPO) advises and monitors. Everyone applies the rules and reports what seems abnormal.

    5. How we verify it
    By automatic checks, by internal audits of people who do not audit their own work, and by the management review.

    Any deviation from this policy is requested in writing, with reasons and an end date, and approved by the management.

policy-text-acceptable-use =
    1. Why
    The tools of { $organisation } give access to records of persons. This charter says what you may expect, and what is expected of you.

    2. What you do
    - You use your own account and lend it to nobody, not even as a favour.
    - You open a record only because your work needs it.
    - You lock your screen as soon as you leave it.
    - You keep work documents in the places provided, not on a USB stick or in a private mailbox.
    - You report a suspicious message, a lost device or a mistake at once. Nobody is punished for reporting their own mistake.

    3. What you do not do
    - You never pass on a password or a code, by telephone or in writing. No IT service will ask you for one.
    - You install no software without the agreement of the IT service.
    - You give no data of persons to an online service, artificial intelligence included, that was not authorised.

    4. What we journal
    Sign-ins and consultations of records are journalled to protect the persons and to protect you. They do not serve to measure your activity. You can read your last connections.

    5. Private use
    Reasonable private use is accepted as long as it does not disturb the service or endanger the data.

policy-text-access-control =
    1. Why
    A stolen account must not open more records than its holder follows.

    2. The rules
    - Access is requested, another person approves it, and both are journalled.
    - Each agent has access to the persons whom they accompany. Access beyond this is refused, or justified on the spot and reviewed afterwards.
    - The number of records per hour and day is limited. The limit fits the real work.
    - Administration accounts are separate from working accounts and serve administration only.
    - A departure or a change of post closes the access on the same day.
    - Nobody uses a shared account.

    3. Reviews
    The access of each organisation is reviewed at least once a year, by a person who knows everyone's work. An account that was not used for 90 days is closed or justified.

    4. Exceptions
    Exceptional access has a reason, a duration and a person who reviews it. It does not become a permanent right.

    5. How we verify it
    By the automatic checks of the ISMS: dormant accounts, wide caseloads, late reviews, requests approved by their author.

policy-text-sign-in =
    1. Why
    Most thefts of data begin with a password that was stolen or given away.

    2. The rules
    - Sign-in uses a passkey or a hardware key wherever possible. Always for administration accounts.
    - Where a password remains necessary, it has at least twelve characters, serves one service only, and comes with a second factor. A code received by e-mail or text message is not a sufficient second factor.
    - After ten failures at most, sign-in is blocked for a time that grows.
    - A session ends after a time without activity and cannot be used from another network or device.

    3. When access is lost
    - A reset is requested through a channel that is already known, and a second person confirms it. A caller is never recognised by what they claim to know.
    - A reset ends all sessions of the account, and its recent activity is reviewed.

    4. What you keep to yourself
    Your passwords, your codes and the device you sign in with. A password manager is provided to those who need one.

policy-text-remote-work =
    1. Why
    Outside our premises a device gets lost, a screen is read over the shoulder, and the network is not ours.

    2. Devices
    - Only devices that we provided or authorised have access to records. Their disk is encrypted, they lock by themselves, and they are kept up to date.
    - A lost or stolen device is reported at once, nights and week-ends included. Its access is closed.
    - A returned device is wiped before another person receives it.

    3. The place
    - You choose a place where your screen is not read and your conversation is not overheard.
    - You print no records at home unless authorised. Paper is destroyed at the office.
    - You use a public network only with the protection provided.

    4. Other people
    Your work device is not for your family or friends.

    5. The return
    At the end of your mission you return the device, the keys and the papers.

policy-text-backups =
    1. Why
    After ransomware, a fire or a mistake, the service to the persons must resume.

    2. The rules
    - Each activity says how long it may stop and how much data it may lose. The backups follow from this.
    - We keep at least three copies on two kinds of media, one of them out of reach of a person who holds all our credentials: offline, or on a server that refuses deletion.
    - Backups are encrypted. Recovery keys are printed, split between several people and kept elsewhere.
    - Deleting backups takes two persons and a delay.

    3. Drills
    - A restore is tried automatically every month, and for real every year, on a clean machine.
    - The measured time is compared with the tolerable one. A drill that did not take place counts as failed.

    4. Recovery
    The order of the restart is written, current, and available without the computers. Everyone knows whom to call.

policy-text-incidents =
    1. Why
    The speed of the reaction decides how large an incident becomes. The law sets short deadlines.

    2. Reporting
    Everyone reports what seems abnormal, without waiting to be certain and without fear of blame.

    3. Reacting
    - The incident is recorded from the first hour on: what is known, what is assumed, who decides.
    - The sessions of the accounts concerned are cut at once. Changing a password is not enough.
    - Journals are kept. Evidence is not altered.
    - The list of the persons concerned is drawn from the journal and not estimated.

    4. Notifying and informing
    - The data protection authority is notified within 72 hours of becoming aware of a personal data breach, even if not everything is known yet.
    - The persons are informed when the risk is high: what happened, their data, the risks, what they can do, whom to contact.
    - A complaint is filed within the time that our insurance requires.

    5. Learning
    Each incident ends with dated lessons: measures, owners and due dates. An exercise takes place at least once a year.

policy-text-suppliers =
    1. Why
    Our partners and suppliers have access to records or run our tools. Their weakness is ours.

    2. Before
    - We verify their security before we open access to them, in proportion to what is entrusted to them.
    - The contract states the data, the purposes, the places, the security measures, the sub-processors, the delay for reporting an incident, the right to audit and the end.

    3. During
    - Each supplier has an owner on our side and a security contact on theirs.
    - A questionnaire is filled in every year. Its answers are compared with what is measured.
    - A partner's access is personal, limited to its own records, and reviewed.

    4. After
    At the end, access is closed, data are returned or destroyed, and the proof is kept.

    5. If they have an incident
    They tell us without delay. We can cut their access at once.

policy-text-personal-data =
    1. Why
    The persons whose records we keep have rights. Security is one of them.

    2. The rules
    - We keep the register of processing current. Each processing has a purpose, a legal basis, a retention period and an owner.
    - We collect only what is necessary and erase it when its time is over.
    - An impact assessment precedes any high-risk processing. A measure that it foresees is in place before the opening, or the management accepts the risk in writing.
    - The DPO is consulted from the beginning of a project.

    3. The rights of the persons
    Any request for access, rectification or erasure is recorded on the same day, whatever its channel. An answer is given within a month. A refusal gives its reasons and says how to appeal.

    4. Consultations
    A person can learn who consulted their record, and contest it.

    5. Transfers
    No data leave the European Union before the DPO has verified the safeguards.

policy-text-encryption =
    1. Why
    A stolen copy must teach its holder nothing.

    2. The rules
    - Exchanges are encrypted, inside and outside, with current versions of the protocols.
    - The disks of workstations, servers and removable media are encrypted.
    - Backups are encrypted with a key that is not kept beside them.
    - Only algorithms that ANSSI recommends are used. None is invented here.

    3. Keys
    - Each key has an owner, a date of renewal and a place where it is kept.
    - Recovery keys are split between several people. None is enough alone.
    - A key that may have leaked is replaced at once, and what it protected counts as read.

    4. What is not encrypted
    Any exception is listed, justified and limited in time.

policy-text-updates =
    1. Why
    Most exploited vulnerabilities have had a fix for months.

    2. The rules
    - We keep an inventory of hardware, software and versions.
    - A vulnerability that is exploited, or critical and exposed to the Internet, is fixed within 48 hours. A serious one within two weeks. The others within the quarter.
    - What cannot be fixed is isolated or stopped. A product without updates has a date of removal.
    - A change is tried before it goes into service, and can be undone.

    3. Staying informed
    The notices of CERT-FR and of vendors are read every working day by a named person, who has a deputy.

    4. Verifying
    Versions are checked at least once a month. The results are kept as evidence. A penetration test of what is exposed takes place at least every two years.
