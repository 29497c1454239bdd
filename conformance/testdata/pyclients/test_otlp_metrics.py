"""OpenTelemetry's exporter of metrics for Python, signed as AWS's own distribution signs it: what is counted is there."""

import os
import time
from datetime import datetime, timedelta, timezone

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

ENDPOINT = os.environ["AWS_ENDPOINT_URL"] + "/v1/metrics"


class Signed(requests.Session):
    """Signs each request for CloudWatch."""

    def __init__(self):
        super().__init__()
        session = boto3.Session()
        self.signer = SigV4Auth(session.get_credentials(), "monitoring", session.region_name)

    def request(self, method, url, *args, data=None, headers=None, **kwargs):
        sent = {**self.headers, **(headers or {})}
        sent.pop("Connection", None)
        signed = AWSRequest(method=method, url=url, data=data, headers=sent)
        self.signer.add_auth(signed)
        return super().request(method, url, *args, data=data, headers=dict(signed.headers), **kwargs)


def statistics(namespace, name, *wanted):
    now = datetime.now(timezone.utc)
    points = boto3.client("cloudwatch").get_metric_statistics(
        Namespace=namespace, MetricName=name, Dimensions=[{"Name": "page", "Value": "cart"}], Period=3600,
        StartTime=now - timedelta(minutes=59), EndTime=now + timedelta(minutes=1), Statistics=list(wanted))["Datapoints"]
    return tuple(sum(p[w] for p in points) for w in wanted)


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
@pytest.mark.parametrize("temporality", [AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE])
def test_what_is_counted_is_there(compression, temporality):
    namespace = f"shop/{compression.value}-{temporality.name.lower()}"
    exporter = OTLPMetricExporter(
        endpoint=ENDPOINT, session=Signed(), compression=compression, preferred_temporality={Counter: temporality, Histogram: temporality})
    provider = MeterProvider(
        resource=Resource.create({"service.namespace": "shop", "service.name": namespace.removeprefix("shop/")}),
        metric_readers=[PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)])
    meter = provider.get_meter("test")
    orders, took = meter.create_counter("orders", unit="{order}"), meter.create_histogram("took", unit="ms")
    level = meter.create_gauge("level", unit="By")
    for round in range(3):
        for n in range(1_000):
            orders.add(1, {"page": "cart"})
            took.record(n, {"page": "cart"})
        level.set(7 + round, {"page": "cart"})
        assert provider.force_flush()
        time.sleep(0.01)
    provider.shutdown()
    # Of totals the first one tells nothing.
    told = 3 if temporality == AggregationTemporality.DELTA else 2
    assert statistics(namespace, "orders", "Sum") == (1_000 * told,)
    assert statistics(namespace, "took", "SampleCount", "Sum") == (1_000 * told, 499_500 * told)
    assert statistics(namespace, "level", "Minimum", "Maximum")[1] >= 9
