"""Makes the buckets that moto's tests of Athena name as places of results and never make.

Each test begins with a reset, after which there is no bucket.
"""

import functools
import os

import botocore.session
from moto.core.models import ServerModeMockAWS

NAMES = ["bucket", "bucket-name"]


@functools.cache
def s3():
    return botocore.session.get_session().create_client("s3", region_name="us-east-1", endpoint_url=os.environ["TEST_SERVER_MODE_ENDPOINT"])


def reset(self, forget=ServerModeMockAWS.reset):
    forget(self)
    for name in NAMES:
        s3().create_bucket(Bucket=name)


ServerModeMockAWS.reset = reset
