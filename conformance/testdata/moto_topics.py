"""Lets queues of moto's tests get what is published to topics.

A queue takes messages of a topic only where its policy lets SNS send them, which these
tests never write; and what is published arrives a moment later, where moto has it in the
queue before it answers. What a test asserts of the messages is left to it.
"""

import json
import time

from botocore.client import BaseClient


def policy():
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})


def call(self, operation, kwargs, send=BaseClient._make_api_call):
    if operation == "ReceiveMessage" and "WaitTimeSeconds" not in kwargs:
        kwargs = {**kwargs, "WaitTimeSeconds": 1}
    answer = send(self, operation, kwargs)
    if operation.startswith("Publish"):
        time.sleep(0.1)
    if operation == "CreateQueue":
        send(self, "SetQueueAttributes", {"QueueUrl": answer["QueueUrl"], "Attributes": {"Policy": policy()}})
    return answer


BaseClient._make_api_call = call
