"""CloudWatch Logs as boto3 uses it: followed, tailed live, and with batches that are bad."""

import itertools
import json
import os
import threading
import time
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.exceptions
import pytest

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
numbers = itertools.count()


@pytest.fixture
def logs():
    """Returns a client. Live tails have a host of their own, which a name of one machine has not."""
    return boto3.client("logs", endpoint_url=ENDPOINT, config=botocore.config.Config(inject_host_prefix=False, retries={"max_attempts": 0}))


@pytest.fixture
def group(logs):
    """Makes a group with a stream."""
    name = f"/boto/{next(numbers)}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def now():
    return int(time.time() * 1000)


def put(logs, group, *messages, at=None):
    at = at or now()
    return logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": at, "message": m} for m in messages])


def refused(call, code, text):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call()
    answer = error.value.response
    assert answer["Error"]["Code"] == code
    assert text in answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_tail_follow(logs, group):
    """What `aws logs tail --follow` does: it asks again from the newest time, and knows events by their IDs."""
    put(logs, group, "before", at=now() - 20 * 60 * 1000)
    seen, ids, start = [], set(), now() - 10 * 60 * 1000
    for rounds in range(6):
        put(logs, group, f"one {rounds}", f"two {rounds}")
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start, interleaved=True):
            for event in page["events"]:
                if event["eventId"] not in ids:
                    ids.add(event["eventId"])
                    seen.append(event["message"])
                    start = max(start, event["timestamp"])
    assert seen == [f"{word} {n}" for n in range(6) for word in ("one", "two")]


def test_live_tail(logs, group):
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["logGroupArn"]
    stream = logs.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="wanted")["responseStream"]
    events = iter(stream)
    assert next(events)["sessionStart"]["logGroupIdentifiers"] == [arn]
    writer = threading.Thread(target=put, args=(logs, group, "wanted 1", "other", "wanted 2"))
    writer.start()
    found = []
    while len(found) < 2:
        update = next(events)["sessionUpdate"]
        assert update["sessionMetadata"] == {"sampled": False}
        found += update["sessionResults"]
    writer.join()
    stream.close()
    assert [(e["message"], e["logStreamName"], e["logGroupIdentifier"]) for e in found] == [("wanted 1", "s", arn), ("wanted 2", "s", arn)]


def test_pages_backward(logs, group):
    put(logs, group, *(str(n) for n in range(25)))
    found, token = [], None
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName="s", limit=10, **({"nextToken": token} if token else {}))
        found = [e["message"] for e in page["events"]] + found
        if page["nextBackwardToken"] == token:
            break
        token = page["nextBackwardToken"]
    assert found == [str(n) for n in range(25)]


@pytest.mark.parametrize("messages,text", [
    (["x" * (2**20 + 1)], "Log event too large: 1048603 bytes exceeds limit of 1048576"),
    (["x" * 2**19] * 2, "Upload too large: 1048628 bytes exceeds limit of 1048576"),
    (["x"] * 10_001, "at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000"),
])
def test_batches_that_are_too_large(logs, group, messages, text):
    refused(lambda: put(logs, group, *messages), "InvalidParameterException", text)
    assert logs.filter_log_events(logGroupName=group)["events"] == []


def test_a_batch_of_10000(logs, group):
    put(logs, group, *(f"{n:078d}" for n in range(10_000)))
    found = [e["message"] for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group) for e in page["events"]]
    assert found == [f"{n:078d}" for n in range(10_000)]


def test_texts_of_every_kind(logs, group):
    texts = ["실록", "a\nb\tc", "\u0000", "𝔘𝔫𝔦", '"\\', " "]
    put(logs, group, *texts)
    assert [e["message"] for e in logs.get_log_events(logGroupName=group, logStreamName="s")["events"]] == texts


def test_bytes_that_are_no_text(logs, group):
    """What is no UTF-8 is refused as a whole, and nothing of it is kept."""
    body = json.dumps({"logGroupName": group, "logStreamName": "s", "logEvents": [{"timestamp": now(), "message": "?"}]}).encode().replace(b'"?"', b'"\xff\xfe"')
    request = botocore.awsrequest.AWSRequest("POST", ENDPOINT, {"X-Amz-Target": "Logs_20140328.PutLogEvents", "Content-Type": "application/x-amz-json-1.1"}, body)
    session = boto3.Session()
    botocore.auth.SigV4Auth(session.get_credentials(), "logs", session.region_name).add_auth(request)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(ENDPOINT, body, dict(request.headers)))
    assert error.value.code == 400
    assert "SerializationException" in error.value.read().decode()
    assert logs.filter_log_events(logGroupName=group)["events"] == []


def test_a_pattern_of_1025_characters(logs, group):
    refused(lambda: logs.filter_log_events(logGroupName=group, filterPattern="x" * 1025), "InvalidParameterException", "filterPattern")


def test_every_answer_has_a_request_id(logs, group):
    """fluent-bit takes an answer without one for a failure."""
    answer = put(logs, group, "x")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
