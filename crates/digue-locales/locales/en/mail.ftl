# What Digue writes to people.
mail-invitation-subject = Your account access
mail-invitation-body =
    Hello,

    An account has been opened in your name ({ $account }). To create your passkey, open this address within { $hours } { PLURAL($hours, one: "hour", other: "hours") }:

    { $link }

    The address works only once. You will not see any records yet: your delegate will call you to confirm your identity.

    Not expecting this message? Do not open the address, and tell your delegate.
mail-recovered-subject = An account was returned to its holder
mail-recovered-body =
    Hello,

    The account { $account } was returned to its holder, at the request of one person and with the approval of another. Its sessions and passkeys were removed, and its limits are lower for two weeks.

    Did you not know about this? Open the console yourself ({ $link }) and tell the security officer.
mail-factors-changed-subject = Your sign-in methods have changed
mail-factors-changed-body =
    Hello,

    A sign-in method was just added to or removed from the account { $account }.

    Was this not you? Open the console yourself ({ $link }), end the other sessions and tell your delegate.
mail-sign-in-blocked-subject = Password attempts on your account
mail-sign-in-blocked-body =
    Hello,

    Someone tried to sign in to the account { $account } ten times in a row with a wrong password, from a device that you have never used. Password sign-in from unknown devices is now blocked; your usual devices and your passkeys still work.

    You do not need to do anything. To sign in from a new device, ask your delegate.

mail-finding-subject = Digue found unusual activity
mail-finding-body =
    Hello,

    Monitoring found unusual activity on the account { $account }. What was seen, what was done and what remains to be decided are in the console, on the Monitoring page.

    { $link }

mail-closings-held-subject = Digue has stopped closing accounts automatically
mail-closings-held-body =
    Hello,

    On the portal { $portal }, monitoring has automatically closed as many accounts as it may without a person's decision. It will not close any more: further accounts are asked to verify their identity again, and their findings await your decision in the console, on the Monitoring page.

    { $link }

mail-backup-deletion-subject = Digue will delete backups in seventy-two hours
mail-backup-deletion-body =
    Hello,

    Two persons agreed to delete backups of the repository { $repository }. Nothing is deleted for seventy-two hours. If this surprises you, stop it on your own in the console, on the Approvals page, and check who requested it.

    { $link }

mail-organisation-finding-subject = Digue found abnormal consultations in an organisation
mail-organisation-finding-body =
    Hello,

    The monitor found abnormal activity on accounts of the organisation { $organisation }. What was seen, what was done and what remains to be decided is in the console, on the Monitoring page.

    { $link }

mail-reported-subject = A partner reports a suspicion
mail-reported-body =
    Hello,

    The organisation { $organisation } reported a suspicion about its accounts or its computers. An incident is open: read what it wrote in the console, on the Incidents page, and qualify it. For a processor, this report may start the period of 72 hours.

    { $link }
