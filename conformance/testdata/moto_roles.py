"""Lets moto's tests of IAM make roles that can be.

Most of them give a role a word for its trust policy, and a path without slashes, which
IAM refuses and moto's own server does not look at. What a test asserts of these words
fails all the same.
"""

import json

from botocore.client import BaseClient

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


PATHS = ("CreateRole", "CreateInstanceProfile", "CreateUser", "CreateGroup", "CreatePolicy")


def is_policy(text):
    try:
        return "Statement" in json.loads(text)
    except (TypeError, ValueError):
        return False


def call(self, operation, kwargs, send=BaseClient._make_api_call):
    if operation == "CreateRole" and isinstance(kwargs.get("AssumeRolePolicyDocument"), str):
        if not is_policy(kwargs["AssumeRolePolicyDocument"]):
            kwargs = dict(kwargs, AssumeRolePolicyDocument=TRUST)
    if operation in PATHS and kwargs.get("Path"):
        path = kwargs["Path"].strip("/")
        kwargs = dict(kwargs, Path=f"/{path}/" if path else "/")
    return send(self, operation, kwargs)


BaseClient._make_api_call = call
