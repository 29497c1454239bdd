"""Alarms as boto3, Grafana and YACE use them: seen to fire, listed, and read with their metrics."""

import datetime
import itertools
import json
import os

import boto3
import botocore.config
import botocore.exceptions
import pytest

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
numbers = itertools.count()


@pytest.fixture
def cloudwatch():
    """Returns a client that does not try again."""
    return boto3.client("cloudwatch", endpoint_url=ENDPOINT, config=botocore.config.Config(retries={"max_attempts": 0}))


@pytest.fixture
def name():
    """Returns a name that no other test has."""
    return f"boto-{os.getpid()}-{next(numbers)}"


def put_alarm(cloudwatch, name, **more):
    settings = {
        "AlarmName": name, "Namespace": "boto", "MetricName": name, "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 50, "ComparisonOperator": "GreaterThanThreshold",
    }
    cloudwatch.put_metric_alarm(**{**settings, **more})


def put(cloudwatch, name, value, minutes=1):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
    cloudwatch.put_metric_data(Namespace="boto", MetricData=[{"MetricName": name, "Value": value, "Timestamp": at}])


def until(cloudwatch, name, state):
    """Asks for an alarm until it is in a state."""
    deadline = datetime.datetime.now() + datetime.timedelta(seconds=80)
    while datetime.datetime.now() < deadline:
        alarm = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        alarm = (alarm["MetricAlarms"] + alarm["CompositeAlarms"])[0]
        if alarm["StateValue"] == state:
            return alarm
    raise AssertionError(f"{name} is still in {alarm['StateValue']}: {alarm['StateReason']}")


def test_an_alarm_fires(cloudwatch, name):
    topic = "arn:aws:sns:ap-northeast-2:111122223333:nobody"
    put(cloudwatch, name, 99)
    put_alarm(cloudwatch, name, AlarmActions=[topic])
    cloudwatch.put_composite_alarm(AlarmName=name + "-any", AlarmRule=f'ALARM("{name}")')
    alarm = until(cloudwatch, name, "ALARM")
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 datapoint [99.0 (")
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [99.0]
    assert until(cloudwatch, name + "-any", "ALARM")["StateUpdatedTimestamp"] == alarm["StateUpdatedTimestamp"]
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(AlarmName=name, PaginationConfig={"PageSize": 1})
    items = [item["HistorySummary"] for page in pages for item in page["AlarmHistoryItems"]]
    assert "Alarm updated from INSUFFICIENT_DATA to ALARM" in items
    assert any(topic in item for item in items), items


def test_the_next_evaluation_takes_back_what_was_set(cloudwatch, name):
    put_alarm(cloudwatch, name, Period=10)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    assert until(cloudwatch, name, "INSUFFICIENT_DATA")["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


def test_what_waits_for_alarms(cloudwatch, name):
    put_alarm(cloudwatch, name)
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=[name])
    cloudwatch.put_composite_alarm(AlarmName=name + "-c", AlarmRule="TRUE")
    cloudwatch.get_waiter("composite_alarm_exists").wait(AlarmNames=[name + "-c"], AlarmTypes=["CompositeAlarm"])


def test_a_resource_of_boto3(name):
    resource = boto3.resource("cloudwatch", endpoint_url=ENDPOINT)
    put_alarm(resource.meta.client, name)
    alarm = resource.Alarm(name)
    alarm.disable_actions()
    alarm.reload()
    assert not alarm.actions_enabled
    assert [a.name for a in resource.Metric("boto", name).alarms.all()] == [name]
    alarm.delete()
    assert not list(resource.alarms.filter(AlarmNames=[name]))


@pytest.mark.parametrize("wrong, code", [
    ({"Period": 45}, "ValidationError"),
    ({"EvaluationPeriods": 1441}, "ValidationError"),
    ({"ExtendedStatistic": "p90"}, "ValidationError"),
    ({"AlarmActions": ["nothing"]}, "ValidationError"),
    ({"TreatMissingData": "maybe"}, "ValidationError"),
    ({"Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]}, "InvalidParameterValue"),
    ({"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, "ValidationError"),
    ({"Statistic": "Median"}, "InvalidParameterValue"),
])
def test_bad_alarms(cloudwatch, name, wrong, code):
    with pytest.raises(botocore.exceptions.ClientError) as e:
        put_alarm(cloudwatch, name, **wrong)
    assert e.value.response["Error"]["Code"] == code
    assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_as_grafana_asks(cloudwatch, name):
    """Grafana's annotations: alarms by prefix or metric, and their histories; then the metric itself."""
    put(cloudwatch, name, 99)
    put_alarm(cloudwatch, name)
    until(cloudwatch, name, "ALARM")
    by_prefix = cloudwatch.describe_alarms(MaxRecords=100, AlarmNamePrefix=name)
    by_metric = cloudwatch.describe_alarms_for_metric(Namespace="boto", MetricName=name, Dimensions=[], Statistic="Average", Period=60)
    assert [a["AlarmName"] for a in by_prefix["MetricAlarms"]] == [a["AlarmName"] for a in by_metric["MetricAlarms"]] == [name]
    now = datetime.datetime.now(datetime.timezone.utc)
    history = cloudwatch.describe_alarm_history(
        AlarmName=name, StartDate=now - datetime.timedelta(hours=1), EndDate=now + datetime.timedelta(minutes=1), MaxRecords=100)
    assert {"StateUpdate", "ConfigurationUpdate"} == {i["HistoryItemType"] for i in history["AlarmHistoryItems"]}
    for item in history["AlarmHistoryItems"]:
        assert json.loads(item["HistoryData"])["version"] == "1.0"
    assert name in {m["MetricName"] for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace="boto") for m in page["Metrics"]}
    data = cloudwatch.get_metric_data(
        StartTime=now - datetime.timedelta(hours=1), EndTime=now, ScanBy="TimestampAscending",
        MetricDataQueries=[{"Id": "a", "MetricStat": {"Metric": {"Namespace": "boto", "MetricName": name}, "Period": 60, "Stat": "Average"}, "ReturnData": True}])
    assert data["MetricDataResults"][0]["Values"] == [99.0]


def test_as_yace_asks(cloudwatch, name):
    """YACE discovers what was active lately, and reads up to 500 metrics in a call."""
    for n in range(30):
        put(cloudwatch, f"{name}-{n}", n)
    found = [m for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace="boto", RecentlyActive="PT3H") for m in page["Metrics"] if m["MetricName"].startswith(name + "-")]
    assert len(found) == 30
    now = datetime.datetime.now(datetime.timezone.utc)
    queries = [{"Id": f"id_{n}", "MetricStat": {"Metric": m, "Period": 300, "Stat": "Sum"}, "ReturnData": True} for n, m in enumerate(found * 16)]
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        StartTime=now - datetime.timedelta(minutes=10), EndTime=now, MetricDataQueries=queries, ScanBy="TimestampDescending")
    results = [r for page in pages for r in page["MetricDataResults"]]
    assert len(results) == 480 and all(sum(r["Values"]) == float(r["Label"].rsplit("-", 1)[1]) for r in results)
