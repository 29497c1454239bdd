"""Dashboards, pictures and anomaly detectors as boto3 uses them."""

import datetime
import json
import os
import time
import urllib.parse
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.exceptions
import pytest


ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


@pytest.fixture
def cloudwatch():
    return boto3.client("cloudwatch", endpoint_url=ENDPOINT)


def test_dashboards(cloudwatch):
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "한글 é"}}], "periodOverride": "x"})
    told = cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=body)["DashboardValidationMessages"]
    assert told == [{"DataPath": "/periodOverride", "Message": 'Should match pattern "^(inherit|auto)$"'}]
    got = boto3.client("cloudwatch", endpoint_url=ENDPOINT, region_name="eu-west-1").get_dashboard(DashboardName="shop")
    assert got["DashboardBody"] == body and "::" in got["DashboardArn"]
    entry = cloudwatch.list_dashboards(DashboardNamePrefix="sh")["DashboardEntries"][0]
    assert entry["Size"] == len(body.encode()) and entry["LastModified"].tzinfo
    with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError, match="there are 1 validation errors"):
        cloudwatch.put_dashboard(DashboardName="shop", DashboardBody='{"widgets": [1]}')
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFound.*Dashboard none does not exist"):
        cloudwatch.delete_dashboards(DashboardNames=["shop", "none"])
    cloudwatch.delete_dashboards(DashboardNames=["shop"])
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []


def test_pictures(cloudwatch):
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Latency", "Value": 12}])
    widget = json.dumps({"metrics": [["Shop", "Latency"]], "width": 320, "height": 200, "title": "응답 시간"})
    picture = cloudwatch.get_metric_widget_image(MetricWidget=widget)["MetricWidgetImage"]
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(picture[16:20], "big") == 320
    with pytest.raises(botocore.exceptions.ClientError, match="/width Should be <= 2000"):
        cloudwatch.get_metric_widget_image(MetricWidget='{"metrics":[["a","b"]],"width":2001}')


def test_a_picture_alone(cloudwatch):
    widget = json.dumps({"metrics": [["Shop", "Latency"]]})
    form = urllib.parse.urlencode({"Action": "GetMetricWidgetImage", "Version": "2010-08-01", "OutputFormat": "image/png", "MetricWidget": widget})
    request = botocore.awsrequest.AWSRequest("POST", ENDPOINT + "/", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    session = boto3.Session()
    botocore.auth.SigV4Auth(session.get_credentials(), "monitoring", cloudwatch.meta.region_name).add_auth(request)
    with urllib.request.urlopen(urllib.request.Request(ENDPOINT + "/", form.encode(), dict(request.headers))) as answer:
        assert answer.headers["Content-Type"] == "image/png" and answer.read().startswith(b"\x89PNG")


def test_anomaly_detectors(cloudwatch):
    single = {"Namespace": "Shop", "MetricName": "Orders", "Stat": "Sum", "Dimensions": [{"Name": "Page", "Value": "cart"}]}
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=single, Configuration={
        "ExcludedTimeRanges": [{"StartTime": start, "EndTime": start + datetime.timedelta(days=1)}], "MetricTimezone": "Asia/Seoul"})
    found = cloudwatch.describe_anomaly_detectors(Namespace="Shop")["AnomalyDetectors"]
    assert [d["SingleMetricAnomalyDetector"]["MetricName"] for d in found] == ["Orders"] and found[0]["MetricName"] == "Orders"
    assert found[0]["StateValue"] in ("PENDING_TRAINING", "TRAINED_INSUFFICIENT_DATA")
    assert found[0]["Configuration"]["ExcludedTimeRanges"][0]["StartTime"] == start

    now = int(time.time()) // 3600 * 3600
    data = [{"MetricName": "Orders", "Dimensions": single["Dimensions"], "Timestamp": now - 300 * i, "Value": 100 + i % 5} for i in range(1, 500)]
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=data)
    results = cloudwatch.get_metric_data(StartTime=now - 7200, EndTime=now + 600, MetricDataQueries=[
        {"Id": "m1", "ReturnData": False, "MetricStat": {"Metric": {k: single[k] for k in ("Namespace", "MetricName", "Dimensions")}, "Period": 300, "Stat": "Sum"}},
        {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}])["MetricDataResults"]
    assert [r["Id"] for r in results] == ["ad1", "ad1"]
    assert all(low < 102 < high for high, low in zip(results[0]["Values"], results[1]["Values"])) and len(results[0]["Values"]) > 20
    cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=single)
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException):
        cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=single)
