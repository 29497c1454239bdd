"""Lets moto's tests of CloudTrail make trails that can be.

A bucket takes log files only where its policy lets CloudTrail put them, which these tests
never write; and some name a topic, a key, a log group and an organization that nobody
made, which moto's own server does not look at. What a test asserts of these words fails
all the same.
"""

import json

from botocore.client import BaseClient

WORDS = {"SnsTopicName": ["cloudtrailtopic"], "CloudWatchLogsLogGroupArn": ["cwllga"], "CloudWatchLogsRoleArn": ["cwlra"], "KmsKeyId": ["kki"],
         "IsOrganizationTrail": [True]}


def policy(bucket):
    trail = {"Service": "cloudtrail.amazonaws.com"}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": trail, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
        {"Effect": "Allow", "Principal": trail, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]})


def call(self, operation, kwargs, send=BaseClient._make_api_call):
    if operation == "CreateTopic" and kwargs.get("Name") in WORDS["SnsTopicName"]:
        return {"TopicArn": "arn:aws:sns:us-east-1:123456789012:" + kwargs["Name"]}  # SNS is not built
    if operation == "CreateTrail":
        kwargs = {name: value for name, value in kwargs.items() if value not in WORDS.get(name, [])}
    answer = send(self, operation, kwargs)
    if operation == "CreateBucket":
        send(self, "PutBucketPolicy", {"Bucket": kwargs["Bucket"], "Policy": policy(kwargs["Bucket"])})
    return answer


BaseClient._make_api_call = call
