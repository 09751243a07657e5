"""Verifies the DKIM signatures of messages: a file of public key (base 64), then one message a file.

Prints how many were verified; the first that is not ends it. Uses dkimpy, a DKIM of other people.
"""

import sys

import dkim

key = open(sys.argv[1], encoding="ascii").read().strip()


def record(_name, timeout=5):
    del timeout
    return ("v=DKIM1; k=rsa; p=" + key).encode()


count = 0
for path in sys.argv[2:]:
    message = open(path, "rb").read()
    if not dkim.verify(message, dnsfunc=record):
        sys.exit("not verified: " + path)
    count += 1
print(count)
