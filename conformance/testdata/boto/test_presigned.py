"""URLs and forms that boto3 signs beforehand, by the signer that it takes when it is told of none."""

import datetime
import re
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import pytest
import urllib3

REGIONS = ["us-east-1", "eu-west-1", "ap-northeast-1", "ap-northeast-2"]
STYLES = ["path", "virtual"]
http = urllib3.PoolManager(retries=False)
key = "a folder/값 +&=~.txt"


def code(response):
    found = re.search(r"<Code>(.*?)</Code>", response.data.decode())
    return found and found[1]


def is_old(url):
    """Whether a URL has a signature of version 2."""
    return "AWSAccessKeyId" in parse_qs(urlsplit(url).query)


@pytest.mark.parametrize("signer", [None, "s3", "s3v4"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("region", REGIONS)
def test_url(client, bucket, region, style, signer):
    name = bucket(region)
    s3 = client(region, style, **({"signature_version": signer} if signer else {}))
    there = {"Bucket": name, "Key": key}

    url = s3.generate_presigned_url("put_object", Params=there | {"ContentType": "text/plain", "Metadata": {"color": "red"}})
    put = http.request("PUT", url, body=b"hello", headers={"Content-Type": "text/plain", "x-amz-meta-color": "red"})
    assert (put.status, code(put)) == (200, None)

    got = http.request("GET", s3.generate_presigned_url("get_object", Params=there))
    assert (got.status, got.data, got.headers["Content-Type"], got.headers["x-amz-meta-color"]) == (200, b"hello", "text/plain", "red")

    url = s3.generate_presigned_url("get_object", Params=there | {"ResponseContentType": "text/csv", "ResponseContentDisposition": 'attachment; filename="a b"'})
    got = http.request("GET", url)
    assert (got.status, got.headers["Content-Type"], got.headers["Content-Disposition"]) == (200, "text/csv", 'attachment; filename="a b"')

    got = http.request("HEAD", s3.generate_presigned_url("head_object", Params=there))
    assert (got.status, got.headers["Content-Length"], got.data) == (200, "5", b"")

    got = http.request("GET", s3.generate_presigned_url("list_objects_v2", Params={"Bucket": name, "Prefix": "a folder/"}))
    assert got.status == 200 and b"<KeyCount>1</KeyCount>" in got.data

    url = s3.generate_presigned_url("delete_object", Params=there)
    assert http.request("DELETE", url).status == 204
    assert "Contents" not in s3.list_objects_v2(Bucket=name)


@pytest.mark.parametrize("region", REGIONS)
def test_signer_that_boto3_takes(client, region):
    """Says which signers the other tests meet; botocore chooses, and may choose otherwise in a later version."""
    url = client(region).generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
    assert is_old(url) == (region != "ap-northeast-2")


@pytest.mark.parametrize("signer", ["s3", "s3v4"])
def test_url_that_is_not_as_signed(client, bucket, signer):
    name = bucket("us-east-1")
    s3 = client("us-east-1", signature_version=signer)
    s3.put_object(Bucket=name, Key="a", Body=b"a")
    s3.put_object(Bucket=name, Key="b", Body=b"b")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "a"})
    for other in (url.replace("/a?", "/b?"), url.replace("Signature=", "Signature=0"), url + "&versionId=null", url + "&response-content-type=text/html"):
        got = http.request("GET", other)
        assert (got.status, code(got)) == (403, "SignatureDoesNotMatch"), other
    got = http.request("DELETE", url)
    assert (got.status, code(got)) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("signer", ["s3", "s3v4"])
def test_url_that_has_expired(client, bucket, signer, monkeypatch):
    name = bucket("us-east-1")
    s3 = client("us-east-1", signature_version=signer)
    s3.put_object(Bucket=name, Key="a", Body=b"a")
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: past.replace(tzinfo=None) if remove_tzinfo else past)
    monkeypatch.setattr(botocore.auth.time, "time", past.timestamp)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "a"}, ExpiresIn=60)
    monkeypatch.undo()
    got = http.request("GET", url)
    assert (got.status, code(got)) == (403, "AccessDenied")
    assert b"Request has expired" in got.data


def post(form, body=b"hello", name="file.txt", **more):
    return http.request("POST", form["url"], fields={**form["fields"], **more, "file": (name, body)}, redirect=False)


@pytest.mark.parametrize("signer", [None, "s3", "s3v4"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("region", REGIONS)
def test_form(client, bucket, region, style, signer):
    name = bucket(region)
    s3 = client(region, style, **({"signature_version": signer} if signer else {}))
    form = s3.generate_presigned_post(
        name, "up/${filename}", Fields={"acl": "private", "Content-Type": "text/plain", "x-amz-meta-color": "red"},
        Conditions=[{"acl": "private"}, ["starts-with", "$Content-Type", "text/"], {"x-amz-meta-color": "red"}, ["content-length-range", 1, 10]],
    )
    done = post(form)
    assert (done.status, done.data) == (204, b"")
    assert done.headers["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    got = s3.get_object(Bucket=name, Key="up/file.txt")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"hello", "text/plain", {"color": "red"})

    refused = post(form, body=b"more than ten bytes")
    assert (refused.status, code(refused)) == (400, "EntityTooLarge")
    refused = post(form, body=b"")
    assert (refused.status, code(refused)) == (400, "EntityTooSmall")
    refused = post(form | {"fields": form["fields"] | {"Content-Type": "image/png"}})
    assert (refused.status, code(refused)) == (403, "AccessDenied")
    refused = post(form | {"fields": form["fields"] | {"key": "elsewhere/${filename}"}})
    assert (refused.status, code(refused)) == (403, "AccessDenied")
    assert b"Invalid according to Policy: Policy Condition failed" in refused.data
    refused = post(form, **{"x-amz-meta-other": "not in the policy"})
    assert (refused.status, code(refused)) == (403, "AccessDenied")
    policy = form["fields"]["policy"]
    refused = post(form | {"fields": form["fields"] | {"policy": policy[:-8] + "AAAAAAA="}})
    assert refused.status in (400, 403)
    assert [c["Key"] for c in s3.list_objects_v2(Bucket=name)["Contents"]] == ["up/file.txt"]


@pytest.mark.parametrize("signer", ["s3", "s3v4"])
def test_form_that_asks_for_an_answer(client, bucket, signer):
    name = bucket("us-east-1")
    s3 = client("us-east-1", signature_version=signer)
    form = s3.generate_presigned_post(name, "a b", Fields={"success_action_status": "201"}, Conditions=[{"success_action_status": "201"}])
    done = post(form)
    assert done.status == 201
    answer = done.data.decode()
    assert f"<Bucket>{name}</Bucket>" in answer and "<Key>a b</Key>" in answer and "5d41402abc4b2a76b9719d911017c592" in answer

    to = "https://example.invalid/done?x=1"
    form = s3.generate_presigned_post(name, "a", Fields={"success_action_redirect": to}, Conditions=[{"success_action_redirect": to}])
    done = post(form)
    assert done.status == 303
    assert done.headers["Location"].startswith(to + f"&bucket={name}&key=a&etag=")


@pytest.mark.parametrize("signer", ["s3", "s3v4"])
def test_form_that_has_expired(client, bucket, signer):
    name = bucket("us-east-1")
    form = client("us-east-1", signature_version=signer).generate_presigned_post(name, "a", ExpiresIn=-60)
    refused = post(form)
    assert (refused.status, code(refused)) == (403, "AccessDenied")
    assert b"Policy expired" in refused.data
