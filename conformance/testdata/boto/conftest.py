"""What the tests of boto3 share: clients against the server, and a bucket in a region."""

import itertools
import os
import socket
from urllib.parse import urlsplit

import boto3
import botocore.config
import pytest

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
numbers = itertools.count()


def resolve(host, *args, ask=socket.getaddrinfo, **kwargs):
    """Resolves every name under localhost to this machine, as browsers do."""
    return ask("127.0.0.1" if str(host).endswith(".localhost") else host, *args, **kwargs)


socket.getaddrinfo = resolve


@pytest.fixture
def client():
    """Returns a client of S3. In the style "virtual" the host names the bucket."""

    def make(region=None, style="path", **config):
        endpoint = ENDPOINT
        if style == "virtual":
            endpoint = f"http://localhost:{urlsplit(ENDPOINT).port}"
        config = botocore.config.Config(s3={"addressing_style": style}, **config)
        return boto3.client("s3", region_name=region, endpoint_url=endpoint, config=config)

    return make


@pytest.fixture
def bucket(client):
    """Makes buckets, each with a name of its own."""

    def make(region=None, **settings):
        name = f"boto-{os.getpid()}-{next(numbers)}"
        region = region or os.environ["AWS_REGION"]
        if region != "us-east-1":
            settings["CreateBucketConfiguration"] = {"LocationConstraint": region}
        client(region).create_bucket(Bucket=name, **settings)
        return name

    return make
