command-about = Digue: a security management system that acts
command-init = Write a commented starting configuration
command-init-folder = The folder to fill; it must not hold a configuration
command-check = Say every fault of the configuration, with file and line
command-serve = Hold the door: proxy, journal and console
command-config = The digue.toml file
command-demo = Try it: a sample portal behind Digue, a working day already written
command-demo-attack = Play an attack as soon as everything runs: kairos
command-demo-port = The loopback port; 0 for a free one
command-demo-folder = Where to write; a folder that goes away at the end when not said
command-journal = Read and verify a journal
command-journal-folder = The journal's folder
command-journal-key = The public key, or the file that holds it; the neighbouring folder's when not said
command-journal-verify = Recompute every hash and say what is wrong
command-journal-verify-from = A checkpoint kept elsewhere, which the journal must continue
command-journal-show = Show entries
command-journal-show-first = The first entry
command-journal-show-count = How many entries
command-journal-tail = Show the last entries, then the new ones
command-journal-tail-follow = Keep showing new ones
command-link = Issue a one-time link for an account
command-link-account = The account
command-link-host = The host name of the portal or of the console
command-account = Save an account
command-account-organisation = Its organisation
command-account-role = Its role: agent, delegate, rssi, dpo, auditor
command-language = The language: fr or en
init-done = Configuration written to { $folder }. To read: { $file }. Then: digue check --config { $file }
init-exists = { $file } exists already: nothing was changed.
check-good = No fault: { $portals ->
    [one] one portal
   *[other] { $portals } portals
}, { $routes } addresses described.
check-bad = { $faults ->
    [one] One fault.
   *[other] { $faults } faults.
}
fault-unreadable = cannot be read: { $detail }
fault-toml = the TOML syntax is wrong: { $detail }
fault-unknown-name = "{ $name }" is not a name known here
fault-missing = "{ $name }" is missing
fault-type = "{ $name }" must be of the form { $detail }
fault-value = "{ $name }" is not right: { $detail }
fault-policy = { $detail }
fault-no-portal = no portal is described in this folder
fault-portal-twice = the portal "{ $detail }" is described in another file already
fault-host-twice = the host "{ $detail }" is taken already
fault-primary-twice = "{ $name }": only one identifier can be the primary one
fault-no-primary = one of the identifiers must say primary = true
fault-unknown-kind = "{ $name }": no identifier is called "{ $detail }"
fault-unknown-field = "{ $name }": no value of the request is called "{ $detail }"
fault-unknown-segment = "{ $name }": the path has no part "{ $detail }" in braces
fault-public-held = "{ $name }" is only for kind = "assets"
fault-sweep-binary = "{ $name }" cannot sweep a workbook
fault-token-short = "{ $name }": the token must have at least 32 characters
verify-intact = Journal intact: { $size } entries, root { $root }.
verify-unpublished = { $count } durable entries wait for the next checkpoint.
verify-tampered = JOURNAL TAMPERED WITH: { $count } findings.
verify-finding = entry { $entry }: { $kind } ({ $detail })
verify-since = last sound entry before: { $since }
verify-failed = The check could not run: { $cause }
finding-checkpoint = the checkpoint is missing or not signed by this key
finding-missing-file = a file is missing or cut
finding-unreadable-entry = an entry does not read
finding-wrong-hash = a hash does not match what it covers
finding-wrong-root = the entries lead to another root than the signed one
finding-rewritten = the journal does not continue the checkpoint that was kept
serve-ready = Digue holds the door.
serve-listener = { $scheme }://{ $address }
serve-first-admin = There is no officer yet. One-time link for the first ({ $account }), good for an hour: { $link }
serve-failed = Digue cannot start: { $cause }
serve-stopping = Digue is stopping; responses under way are finished.
serve-reloaded = Configuration read again.
serve-reload-refused = The configuration has faults: the old one stays in place.
demo-title = Digue, demonstration
demo-portal = Sample portal (20,000 made-up persons, 1,200 accounts)
demo-console = Console: what happens now
demo-links = One-time links; each opens a session:
demo-agent = agent { $account }
demo-delegate = delegate { $account }
demo-rssi = CISO
demo-day = Working day written to the journal: { $entries } entries, { $persons } persons shown.
demo-attack-start = "kairos" attack: the stolen account { $account } reads all it can.
demo-attack-line = { $requests } requests, { $refused } refused, { $shown } persons shown
demo-attack-end = End of the attack: { $shown } persons shown of { $asked } asked for. The budget of exact searches is { $limit }.
demo-stop = Ctrl-C to stop.
