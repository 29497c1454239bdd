"""Python's logging into CloudWatch Logs by watchtower: what is logged is there, once and in order."""

import logging

import boto3
import watchtower


def test_what_is_logged_is_there():
    logs = boto3.client("logs")
    # While watchtower makes a stream itself it drops what is logged.
    logs.create_log_group(logGroupName="/watchtower/app")
    logs.create_log_stream(logGroupName="/watchtower/app", logStreamName="s")
    handler = watchtower.CloudWatchLogHandler(
        log_group_name="/watchtower/app", log_stream_name="s", boto3_client=logs, send_interval=1, log_group_retention_days=7, log_group_tags={"team": "a"})
    logger = logging.getLogger("watchtower test")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    for n in range(20_000):
        logger.info("message %d", n)
    handler.flush()
    handler.close()
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/watchtower/app")
    assert [e["message"] for page in pages for e in page["events"]] == [f"message {n}" for n in range(20_000)]
    group = logs.describe_log_groups()["logGroups"][0]
    assert group["retentionInDays"] == 7
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"team": "a"}


def test_objects_are_json():
    logs = boto3.client("logs")
    handler = watchtower.CloudWatchLogHandler(log_group_name="/watchtower/json", log_stream_name="s", boto3_client=logs, send_interval=1)
    logger = logging.getLogger("watchtower objects")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.info({"took": 31, "path": "/cart"})
    logger.info({"took": 5, "path": "/cart"})
    handler.flush()
    handler.close()
    events = logs.filter_log_events(logGroupName="/watchtower/json", filterPattern="{ $.took > 30 }")["events"]
    assert [e["message"] for e in events] == ['{"took": 31, "path": "/cart"}']
