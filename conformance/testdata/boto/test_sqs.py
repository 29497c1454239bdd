"""boto3 sends and receives, waits, and is told what is wrong, in both protocols of SQS."""

import hashlib
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from xml.etree import ElementTree

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
NS = {"q": "http://queue.amazonaws.com/doc/2012-11-05/"}


@pytest.fixture
def sqs():
    return boto3.client("sqs", endpoint_url=ENDPOINT)


@pytest.fixture
def queue(sqs, request):
    name = request.node.name.replace("[", "-").replace("]", "")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def old(url, **params):
    """Asks as clients did before SQS spoke JSON: a form, sent to the queue's own URL."""
    body = "&".join(f"{name}={urllib.parse.quote(str(value))}" for name, value in {"Version": "2012-11-05", **params}.items())
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(boto3.Session().get_credentials(), "sqs", os.environ["AWS_REGION"]).add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body.encode(), dict(request.headers))) as answer:
            return answer.status, ElementTree.fromstring(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, ElementTree.fromstring(error.read())


def test_round_trip(sqs, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="hello 한글", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}})
    assert sent["MD5OfMessageBody"] == hashlib.md5("hello 한글".encode()).hexdigest()
    got = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])["Messages"][0]
    assert (got["MessageId"], got["Body"]) == (sent["MessageId"], "hello 한글")
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=got["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_long_poll(sqs, queue):
    timer = threading.Timer(1, lambda: boto3.client("sqs", endpoint_url=ENDPOINT).send_message(QueueUrl=queue, MessageBody="late"))
    timer.start()
    begun = time.monotonic()
    got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    assert got[0]["Body"] == "late" and time.monotonic() - begun < 10
    timer.join()


def test_old_protocol(sqs, queue):
    status, answer = old(queue, Action="SendMessage", MessageBody="old", **{
        "MessageAttribute.1.Name": "a", "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "b"})
    assert status == 200 and answer.find(".//q:MD5OfMessageBody", NS).text == hashlib.md5(b"old").hexdigest()
    status, answer = old(queue, Action="SendMessageBatch", **{"SendMessageBatchRequestEntry.1.Id": "x", "SendMessageBatchRequestEntry.1.MessageBody": "two"})
    assert status == 200 and answer.find(".//q:SendMessageBatchResultEntry/q:Id", NS).text == "x"
    status, answer = old(queue, Action="ReceiveMessage", MaxNumberOfMessages=10, **{"AttributeName.1": "All", "MessageAttributeName.1": "All"})
    messages = answer.findall(".//q:Message", NS)
    assert [m.find("q:Body", NS).text for m in messages] == ["old", "two"]
    assert messages[0].find("q:MessageAttribute/q:Value/q:StringValue", NS).text == "b"
    assert "SentTimestamp" in [a.text for a in messages[0].findall("q:Attribute/q:Name", NS)]
    handle = messages[0].find("q:ReceiptHandle", NS).text
    assert old(queue, Action="DeleteMessage", ReceiptHandle=handle)[0] == 200
    assert old(ENDPOINT + "/", Action="PurgeQueue", QueueUrl=queue)[0] == 200
    status, answer = old(queue, Action="GetQueueAttributes", **{"AttributeName.1": "All"})
    assert status == 200 and "QueueArn" in [n.text for n in answer.findall(".//q:Attribute/q:Name", NS)]


def test_old_protocol_errors(sqs, queue):
    status, answer = old(queue + "x", Action="ReceiveMessage")
    error = answer.find("q:Error", NS)
    assert (status, error.find("q:Code", NS).text) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    assert error.find("q:Message", NS).text == "The specified queue does not exist for this wsdl version."
    status, answer = old(queue, Action="SendMessage")
    assert (status, answer.find("q:Error/q:Code", NS).text) == (400, "MissingParameter")
    status, answer = old(queue, Action="ReceiveMessage", MaxNumberOfMessages=11)
    assert (status, answer.find("q:Error/q:Code", NS).text) == (400, "InvalidParameterValue")


def test_errors(sqs, queue):
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as error:
        sqs.receive_message(QueueUrl=queue + "x")
    assert error.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert error.value.response["Error"]["QueryErrorCode"] == "QueueDoesNotExist"
    with pytest.raises(ClientError) as error:
        sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=11)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_ordered(sqs):
    url = sqs.create_queue(QueueName="f.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
    for n in range(30):
        sqs.send_message(QueueUrl=url, MessageBody=str(n), MessageGroupId=f"g{n % 3}")
    seen = {"g0": [], "g1": [], "g2": []}
    while True:
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=4, AttributeNames=["MessageGroupId"]).get("Messages", [])
        if not got:
            break
        for message in got:
            seen[message["Attributes"]["MessageGroupId"]].append(int(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert seen == {f"g{g}": list(range(g, 30, 3)) for g in range(3)}


@pytest.mark.parametrize("key", ["alias/aws/sqs", "own"])
def test_under_a_key(sqs, key):
    if key == "own":
        key = boto3.client("kms", endpoint_url=ENDPOINT).create_key()["KeyMetadata"]["KeyId"]
    url = sqs.create_queue(QueueName="secret" + str(len(key)), Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hidden")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hidden"


def test_objects_of_s3_are_told(sqs):
    """S3's notifications come into a queue whose policy lets S3 send, and into no other."""
    s3 = boto3.client("s3", endpoint_url=ENDPOINT)
    s3.create_bucket(Bucket="told", CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})
    arns = {}
    for name in ["open", "closed"]:
        url = sqs.create_queue(QueueName="s3-" + name)["QueueUrl"]
        arns[name] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arns["open"],
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::told"}}}]}
    sqs.set_queue_attributes(QueueUrl="s3-open", Attributes={"Policy": json.dumps(policy)})
    s3.put_bucket_notification_configuration(Bucket="told", SkipDestinationValidation=True, NotificationConfiguration={
        "QueueConfigurations": [
            {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}
            for arn, prefix in zip(arns.values(), ["a", "b"])]})
    for key in ["b key", "a key"]:
        s3.put_object(Bucket="told", Key=key, Body=b"x")
    keys = []
    while "a+key" not in keys:
        for message in sqs.receive_message(QueueUrl="s3-open", WaitTimeSeconds=20)["Messages"]:
            keys += [r["s3"]["object"]["key"] for r in json.loads(message["Body"]).get("Records", [])]
    assert "Messages" not in sqs.receive_message(QueueUrl="s3-closed")


def test_metadata_of_bodies(sqs, queue):
    """A body of 1 MiB, which is the most, comes back as it was."""
    body = "x" * (1 << 20)
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == body
