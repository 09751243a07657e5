"""Times pages of a running Digue with a large state. See `pages`."""

import http.client
import json
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ACCOUNTS, ORGANISATIONS, MEASURES = 10_000, 5_000, 2_000
PAGES = [
    "/smsi", "/smsi?view=dpo", "/smsi?view=top-management", "/smsi?view=auditor", "/smsi/calendar",
    "/smsi/contradictions", "/smsi/registers", "/smsi/registers/measure", "/smsi/registers/measure/ME-1500",
    "/smsi/registers/risk", "/smsi/checks", "/smsi/checks/passkeys", "/smsi/statement",
    "/smsi/frameworks/recyf", "/smsi/ebios", "/reviews", "/awareness", "/accounts", "/organisations",
    "/assessments", "/requests", "/messages", "/messages/reports", "/person/door", "/accessibility",
    "/", "/activity", "/watch", "/incidents", "/register", "/sessions", "/approvals", "/journal", "/scope", "/portals",
    "/search?q=agent", "/awareness/state", "/smsi/checks/deputies", "/smsi/checks/awareness",
    "/smsi/samples?population=accounts&seed=1&size=500", "/accounts/of-000.agent2", "/organisations/of-000", "/settings",
]
WEIGHT_KIB, SERVER_MS = 150, 100


def start(digue, folder):
    process = subprocess.Popen(
        [digue, "demo", "--language", "en", "--port", "0", "--folder", folder],
        stdout=subprocess.PIPE, text=True,
    )
    links = []
    for line in process.stdout:
        links += re.findall(r"http://(digue\.localhost:\d+)/\.digue/enter\?link=(\S+)", line)
        if "Ctrl-C" in line:
            return process, links[-1]
    raise SystemExit("digue demo did not start")


def stop(process):
    process.terminate()
    process.wait()


def fill(folder):
    """Accounts, organisations and measures beside those of the demonstration."""
    base = sqlite3.connect(f"{folder}/data/state.db")
    columns = [row[1] for row in base.execute("PRAGMA table_info(accounts)")]
    known = dict(zip(columns, base.execute("SELECT * FROM accounts WHERE role = 'agent' LIMIT 1").fetchone()))
    rows = []
    for number in range(ACCOUNTS):
        row = dict(known, id=f"grand-{number}", organisation=f"grand-of-{number % ORGANISATIONS}")
        rows.append([row[column] for column in columns])
    base.executemany(f"INSERT INTO accounts VALUES ({','.join('?' * len(columns))})", rows)
    base.executemany(
        "INSERT INTO organisations (id, name, email) VALUES (?, ?, ?)",
        [(f"grand-of-{n}", f"Organisme {n}", f"of{n}@exemple.fr") for n in range(ORGANISATIONS)],
    )
    content = {
        "title": ["Une mesure"], "priority": ["p2"], "declared": ["to-do"], "owner": ["Alex Durand"],
        "due": ["2026-01-31"], "requirements": ["iso-8.5", "anssi-13"], "checks": ["passkeys"],
        "description": ["Ce qu'il faut faire, en quelques phrases. " * 5], "penalty": ["100"],
    }
    base.executemany(
        "INSERT INTO records (kind, id, number, at, author, is_over, content) VALUES ('measure', ?, 1, 1, 'rssi', 0, ?)",
        [(f"ME-{n}", json.dumps(dict(content, title=[f"Mesure {n}"]))) for n in range(100, 100 + MEASURES)],
    )
    questions = (
        "updates antivirus rights lost backups offline restored stored exports retention providers own-accounts "
        "passkeys passwords leavers deputy procedure contacts trained"
    )
    answers = {question: ["yes"] for question in questions.split()}
    signed = {"signed-by": ["grand-0"], "signed-on": [time.strftime("%Y-%m-%d")]}
    base.executemany(
        "INSERT INTO records (kind, id, number, at, author, is_over, content) "
        "VALUES ('assessment', ?, 1, 1, 'grand-0', 0, ?)",
        [
            (f"AE-{100 + n}", json.dumps(dict(answers, organisation=[f"grand-of-{n}"], **signed)))
            for n in range(1, ORGANISATIONS)
        ],
    )
    # The demonstration has a review under way; this one is to have every account.
    base.execute("UPDATE reviews SET closed_at = 1 WHERE closed_at IS NULL")
    base.commit()


def main():
    digue, rounds = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        stop(start(digue, folder)[0])
        fill(folder)
        process, (host, token) = start(digue, folder)
        try:
            measure(host, token, rounds)
        finally:
            stop(process)


def measure(host, token, rounds):
    port = int(host.split(":")[1])
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Host": host, "User-Agent": "pages", "Accept-Language": "fr"}

    def ask(method, path, body=None):
        more = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        begun = time.perf_counter()
        connection.request(method, path, body, headers | more)
        answer = connection.getresponse()
        read = answer.read()
        return answer, read, (time.perf_counter() - begun) * 1000

    answer, _, _ = ask("POST", "/.digue/enter", f"link={token}")
    headers["Cookie"] = answer.getheader("set-cookie").split(";")[0]
    _, _, took = ask("POST", "/smsi/checks", "")
    print(f"every check once: {took:.0f} ms")
    answer, _, took = ask("POST", "/reviews", "title=Revue&due=2099-01-01T10:00")
    review = answer.getheader("location")
    print(f"a review of every account opened: {took:.0f} ms")
    print(f"{'page':52} {'median ms':>10} {'worst ms':>9} {'KiB':>7}")
    worst_of_all, heaviest = 0, 0
    for page in [*PAGES, review]:
        times = []
        for _ in range(rounds):
            answer, body, took = ask("GET", page)
            assert answer.status == 200, (page, answer.status)
            times.append(took)
        name = "/reviews/{review}" if page == review else page
        print(f"{name:52} {statistics.median(times):10.1f} {max(times):9.1f} {len(body) // 1024:7}")
        worst_of_all, heaviest = max(worst_of_all, max(times)), max(heaviest, len(body) / 1024)
    print(f"worst of all: {worst_of_all:.1f} ms (goal: {SERVER_MS}), heaviest: {heaviest:.0f} KiB (goal: {WEIGHT_KIB})")


main()
