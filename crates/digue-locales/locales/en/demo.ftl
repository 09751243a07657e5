# The demonstration: its first page, its roles, its mailbox.
tour-language = English
tour-name = Digue, demonstration
tour-title = The demonstration of Digue
tour-explain = France Formation is a fictitious operator: a year of registers, audits and incidents, 400 partner organisations and 20,000 invented persons. Choose a role.
tour-back = All roles
tour-enter = Enter
tour-one-role = A browser holds one role at a time: to hold two, open a private window.
tour-things = Five things to try
tour-mail = Mails sent
tour-portal = Sample portal
tour-console = Console
tour-mail-explain = The demonstration sends nothing out: what Digue sends is kept here.
tour-mail-none = No mail so far.
tour-mail-to = To
tour-mail-subject = Subject

tour-rssi = CISO
tour-rssi-who = Nora Belmont is in charge of the security of the portal and of the management system.
tour-rssi-1 = Read the home page: what awaits you, the most urgent at the top.
tour-rssi-2 = Find the promise of the impact assessment that was not kept.
tour-rssi-3 = Go on with the yearly review of all access.
tour-rssi-4 = See which partner answers otherwise than the gateway measures.
tour-rssi-5 = Start the "kairos" attack and watch the number of persons shown come to a stop.

tour-dpo = DPO
tour-dpo-who = Camille Martin is in charge of personal data, and leads incidents.
tour-dpo-1 = Read the home page: a legal deadline is running.
tour-dpo-2 = Take up the open incident where it stopped yesterday.
tour-dpo-3 = Answer the person who does not recognise a consultation.
tour-dpo-4 = Complete the register of processing: one record awaits its review.
tour-dpo-5 = Go through the register of breaches and print it.

tour-delegate = Delegate of a partner
tour-delegate-who = Is in charge of the access of one organisation, and of no other.
tour-delegate-1 = Read the home page: what the operator expects of you.
tour-delegate-2 = Read your self-assessment again: the portal contradicts several answers.
tour-delegate-3 = Decide about the access of your colleagues in the yearly review.
tour-delegate-4 = Complete an awareness module, five minutes.
tour-delegate-5 = See how to report an incident to the operator.

tour-agent = Agent
tour-agent-who = Trains people, and sees only those.
tour-agent-1 = Open the portal: your trainees, and no others.
tour-agent-2 = Search for the person with number { $stranger }, who is not in your caseload, then open the record.
tour-agent-3 = Ask for exceptional access to one person.
tour-agent-4 = Complete an awareness module.
tour-agent-5 = Check that a message really comes from the operator.

tour-person = Person
tour-person-who = Is in training. They received a letter with a code.
tour-person-1 = Enter with the code of the letter: who consulted your record?
tour-person-2 = Read what the law owes you about this processing.
tour-person-3 = Check that a notice is genuine.
tour-person-4 = Have a suspicious message examined.
tour-person-5 = Read the accessibility statement.
tour-letter = Dear Sir or Madam, here is your code. It opens once the list of those who consulted your record.
tour-letter-use = Type it at the address of the first line below.
tour-letter-new = Another letter, if this code was used already

tour-auditor = Auditor
tour-auditor-who = Ariane Sauvet verifies, and changes nothing.
tour-auditor-1 = Read the statement of applicability and its signed versions.
tour-auditor-2 = Compare what is declared with what is measured.
tour-auditor-3 = Draw a sample that anyone can draw again.
tour-auditor-4 = Open the audit of summer: one nonconformity is still open.
tour-auditor-5 = Verify an entry of the journal with its receipt.
tour-direction = Management
tour-direction-who = Philippe Rouvray decides, approves and signs.
tour-direction-1 = Read what waits for the management, and what is late.
tour-direction-2 = See, requirement by requirement, what is there and what is missing.
tour-direction-3 = Open the management review: its inputs come from facts.
tour-direction-4 = Compare each objective with what is measured.
tour-direction-5 = Look at the risks before and after their measures.
