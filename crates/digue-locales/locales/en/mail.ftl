# What Digue writes to people.
mail-invitation-subject = Your access
mail-invitation-body =
    Hello,

    An access was opened in your name ({ $account }). To make your passkey, open this address within { $hours } hours:

    { $link }

    The address works once. You will not see any record yet: your delegate will call you to make sure that it is you.

    You did not expect this message? Do not open the address, and tell your delegate.
mail-recovered-subject = An account was given back to its holder
mail-recovered-body =
    Hello,

    The account { $account } was given back to its holder, asked for by one person and granted by another. Its sessions and keys were removed, and its limits are lower for two weeks.

    You did not know of it? Open the console yourself ({ $link }) and tell the security officer.
mail-factors-changed-subject = Your ways to sign in have changed
mail-factors-changed-body =
    Hello,

    A way to sign in to the account { $account } was added or removed just now.

    It was not you? Open the console yourself ({ $link }), cut the other sessions and tell your delegate.
mail-sign-in-blocked-subject = Passwords were tried on your account
mail-sign-in-blocked-body =
    Hello,

    Somebody tried ten times in a row to enter the account { $account } with a wrong password, from a device that you never used. This way is closed; your usual devices and your passkeys go on working.

    You have nothing to do. To enter from a new device, ask your delegate.

mail-finding-subject = Digue found unusual consultation
mail-finding-body =
    Hello,

    The watch found something unusual about the account { $account }. What was seen, what was done and what is left to decide are in the console, on the page Watch.

    { $link }

mail-closings-held-subject = Digue closes no more accounts by itself
mail-closings-held-body =
    Hello,

    On the portal { $portal } the watch has closed as many accounts by itself as it may without a person deciding. It closes no more of them: further accounts are asked for a fresh proof of identity, and their findings wait for your decision in the console, on the page of the watch.

    { $link }
