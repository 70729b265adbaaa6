"""Holds a really running server to the description of its API.

    check.py PLAUDIT SITE

Starts the server with the built-in arena in a folder of its own, votes, hands in what a judge said, and lets schemathesis ask
whatever the description allows and what it does not: nothing may be answered with a 5xx, and every answer has to be one that the
description knows. Bounded in examples, and the same ones each time.
"""

import html
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

VOTES = 12
EXAMPLES = 60
SECONDS_PER_REQUEST = 10
CONFIGURATION = """
# Most random names are no arena and no export; that those are 404 is known after one.
[parameters]
"path.arena" = "text"
"path.id" = "{export}"

[auth.openapi]
judge_token = {{ bearer = "{token}" }}

# 422 is for what a schema cannot say: fields that do not fit each other, a day that no calendar has.
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429"]

# Of a list of judgments the good ones are taken; those that are not as described are told in the receipt.
[[operations]]
include-name = "POST /api/v1/arenas/{{arena}}/judgments"
checks.negative_data_rejection.enabled = false
"""


def vote(address: str, number: int) -> None:
    """Votes as a new visitor without JavaScript."""
    session = requests.Session()
    page = session.get(f"{address}/arena/text", headers={"Accept": "text/html"}, timeout=SECONDS_PER_REQUEST)
    page.raise_for_status()
    tag = next(tag for tag in re.findall(r"<input[^>]*>", page.text) if 'name="ticket"' in tag)
    ticket = html.unescape(re.search(r'value="([^"]*)"', tag)[1])
    outcome = ["left", "right", "tie", "both_bad"][number % 4]
    answer = session.post(
        f"{address}/api/vote",
        data={"ticket": ticket, "outcome": outcome},
        headers={"Origin": address, "Accept": "application/json"},
        timeout=SECONDS_PER_REQUEST,
    )
    answer.raise_for_status()


def main(plaudit: str, site: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        data = ["--data", folder]
        serve = [plaudit, "serve", *data, "--site", site, "--listen", "127.0.0.1:0", "--api-rate", "0"]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        try:
            line = server.stdout.readline()
            address = re.search(r"http://\S+", line)[0]
            for number in range(VOTES):
                vote(address, number)
            judge = [plaudit, "judge"]
            subprocess.run([*judge, "add", *data, "outsider", "--version", "1"], check=True)
            told = subprocess.run([*judge, "token", *data, "outsider"], check=True, stdout=subprocess.PIPE, text=True)
            token = told.stdout.split()[-1]
            pairs = requests.get(f"{address}/api/v1/arenas/text/pairs", timeout=SECONDS_PER_REQUEST).json()["pairs"]
            judged = requests.post(
                f"{address}/api/v1/arenas/text/judgments",
                json={"judgments": [{"battle": pair["battle"], "answer": "left"} for pair in pairs]},
                headers={"Authorization": f"Bearer {token}"},
                timeout=SECONDS_PER_REQUEST,
            )
            judged.raise_for_status()
            ordered = requests.post(
                f"{address}/api/v1/exports", json={"arena": "text", "format": "csv"}, timeout=SECONDS_PER_REQUEST
            )
            ordered.raise_for_status()
            configuration = Path(folder, "schemathesis.toml")
            configuration.write_text(CONFIGURATION.format(export=ordered.json()["id"], token=token))
            program = str(Path(sys.executable).with_name("schemathesis"))
            ask = [program, "--config-file", str(configuration), "run", f"{address}/api/v1/openapi.json"]
            ask += ["--max-examples", str(EXAMPLES), "--seed", "1", "--generation-deterministic"]
            ask += ["--request-timeout", str(SECONDS_PER_REQUEST), "--suppress-health-check", "all", "--no-color"]
            asked = subprocess.run(ask, cwd=folder, env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": folder})
            if server.poll() is not None:
                print(f"the server ended with {server.returncode}", file=sys.stderr)
                return 1
            return asked.returncode
        finally:
            server.terminate()
            server.wait(timeout=SECONDS_PER_REQUEST)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
