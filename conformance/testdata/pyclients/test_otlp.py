"""OpenTelemetry's exporter of logs for Python, signed as AWS's own distribution signs it: what is logged is there, once and in order."""

import json
import logging
import os

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

ENDPOINT = os.environ["AWS_ENDPOINT_URL"] + "/v1/logs"


class Signed(requests.Session):
    """Signs each request for CloudWatch Logs."""

    def __init__(self):
        super().__init__()
        session = boto3.Session()
        self.signer = SigV4Auth(session.get_credentials(), "logs", session.region_name)

    def request(self, method, url, *args, data=None, headers=None, **kwargs):
        sent = {**self.headers, **(headers or {})}
        sent.pop("Connection", None)
        signed = AWSRequest(method=method, url=url, data=data, headers=sent)
        self.signer.add_auth(signed)
        return super().request(method, url, *args, data=data, headers=dict(signed.headers), **kwargs)


def log_to(stream, compression):
    exporter = OTLPLogExporter(
        endpoint=ENDPOINT, session=Signed(), compression=compression, headers={"x-aws-log-group": "/otlp/app", "x-aws-log-stream": stream})
    provider = LoggerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter, max_queue_size=100_000, max_export_batch_size=512))
    logger = logging.getLogger(stream)
    logger.setLevel(logging.INFO)
    logger.addHandler(LoggingHandler(logger_provider=provider))
    return logger, provider


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_is_logged_is_there(compression):
    logs = boto3.client("logs")
    try:
        logs.create_log_group(logGroupName="/otlp/app")
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    stream = compression.value
    logs.create_log_stream(logGroupName="/otlp/app", logStreamName=stream)
    logger, provider = log_to(stream, compression)
    for n in range(20_000):
        logger.warning("message %d", n, extra={"order": n})
    provider.force_flush()
    provider.shutdown()
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/otlp/app", logStreamNames=[stream])
    events = [json.loads(e["message"]) for page in pages for e in page["events"]]
    assert len(events) == 20_000
    assert sorted(e["attributes"]["order"] for e in events) == list(range(20_000))
    assert all(e["body"] == f"message {e['attributes']['order']}" for e in events)
    first = events[0]
    assert first["resource"]["attributes"]["service.name"] == "shop"
    assert (first["scope"]["name"], first["severityNumber"], first["severityText"]) == (stream, 13, "WARN")
    found = logs.filter_log_events(logGroupName="/otlp/app", logStreamNames=[stream], filterPattern="{ $.attributes.order = 12345 }")["events"]
    assert [json.loads(e["message"])["body"] for e in found] == ["message 12345"]


def test_a_missing_group_is_told_and_not_repeated(caplog):
    exporter = OTLPLogExporter(endpoint=ENDPOINT, session=Signed(), headers={"x-aws-log-group": "/otlp/none", "x-aws-log-stream": "s"})
    provider = LoggerProvider()
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = logging.getLogger("missing")
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    logger.propagate = False
    logger.warning("x")
    provider.force_flush()
    logger.removeHandler(handler)
    provider.shutdown()
    assert any("400" in r.getMessage() for r in caplog.records), caplog.text
