"""Asks more often than a key may, in each of boto3's ways to repeat, and without any."""

import boto3
import botocore.exceptions
from botocore.config import Config

ASKS = {
    "sts": lambda c: c.get_caller_identity(),
    "s3": lambda c: c.list_buckets(),
    "athena": lambda c: c.list_work_groups(),
    "iam": lambda c: c.list_users(),
}


def client(service, **retries):
    return boto3.client(service, config=Config(retries=retries))


for mode in ("legacy", "standard", "adaptive"):
    for service, ask in ASKS.items():
        c = client(service, mode=mode, max_attempts=12)
        for _ in range(8):
            ask(c)
        print(mode, service, "done")

for service, ask in ASKS.items():
    c = client(service, total_max_attempts=1)
    try:
        for _ in range(50):
            ask(c)
        print(service, "was never told")
    except botocore.exceptions.ClientError as e:
        print(service, e.response["ResponseMetadata"]["HTTPStatusCode"], e.response["Error"]["Code"])
