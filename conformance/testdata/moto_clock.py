"""Signs requests with the real time in tests that freeze theirs.

A server refuses a signature of 2015, as AWS does; moto's own server does not
look. Everything else in such a test sees the frozen time.
"""

import datetime

import botocore.auth
from freezegun import api


# freezegun replaces clocks that modules hold by name, so this one is an argument.
def real_now(remove_tzinfo=True, clock=api.real_time):
    now = datetime.datetime.fromtimestamp(clock(), datetime.timezone.utc)
    return now.replace(tzinfo=None) if remove_tzinfo else now


botocore.auth.get_current_datetime = real_now
