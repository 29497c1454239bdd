"""The client statsd for Python: what it counts is put when it is flushed."""

import os
import time
from datetime import datetime, timedelta, timezone

import boto3
import statsd


def test_what_is_counted_is_there():
    host, port = os.environ["STATSD"].rsplit(":", 1)
    client = statsd.StatsClient(host, int(port))
    for n in range(2_000):
        client.incr("orders.made")
        if n % 100 == 99:
            time.sleep(0.005)  # UDP has no answer: so many at once may not fit
    for n in (5, 5, 320):
        client.timing("load", n)
    client.gauge("level", 5)
    client.gauge("level", 3, delta=True)
    client.set("users", "alice")
    client.set("users", "bob")
    client.set("users", "alice")
    metrics = boto3.client("cloudwatch")

    def read(name, kind, *wanted):
        now = datetime.now(timezone.utc)
        points = metrics.get_metric_statistics(
            Namespace="CWAgent", MetricName=name, Dimensions=[{"Name": "metric_type", "Value": kind}], Period=3600,
            StartTime=now - timedelta(minutes=59), EndTime=now + timedelta(minutes=1), Statistics=list(wanted))["Datapoints"]
        return tuple(sum(p[w] for p in points) for w in wanted)

    for _ in range(100):
        if read("orders_made", "counter", "Sum") == (2_000,) and read("users", "set", "Sum") != (0,):
            break
        time.sleep(0.1)
    assert read("orders_made", "counter", "Sum") == (2_000,)
    assert read("load", "timing", "SampleCount", "Sum", "Maximum") == (3, 330, 320)
    assert read("level", "gauge", "Maximum") == (8,)
    assert read("users", "set", "Sum") == (2,)
