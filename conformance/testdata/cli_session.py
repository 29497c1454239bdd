"""Runs commands of the AWS CLI in one process, whose start would take most of their time.

They share one driver too, unless they are of s3, or leave something in it for the next:
validate-logs goes on with its counts.

Reads a list of words a line, as JSON, and writes a line for each: its exit code,
what it printed, and the answer of each JMESPath expression asked of that.
"""

import contextlib
import io
import json
import sys

import jmespath
from awscli.clidriver import create_clidriver


shared = create_clidriver()


kept = {"--region", "--endpoint-url", "--profile", "--no-sign-request", "--no-verify-ssl", "--ca-bundle"}


def driver(words):
    alone = words[0] == "s3" or "validate-logs" in words or kept & set(words)
    return create_clidriver() if alone else shared


def run(words):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver(words).main(words)
        except SystemExit as ended:
            code = ended.code
    return code, *(stream.buffer.getvalue().decode() for stream in (out, err))


def ask(text, question):
    """Returns what a question finds in an answer; a question that does not fit it finds its error."""
    try:
        return jmespath.search(question, json.loads(text) if text.strip() else {})
    except jmespath.exceptions.JMESPathError as error:
        return str(error)


for line in sys.stdin:
    command = json.loads(line)
    code, out, err = run(command["words"])
    found = [ask(out, question) for question in command.get("ask") or []] if code == 0 else []
    print(json.dumps({"code": code, "out": out, "err": err, "found": found}), flush=True)
