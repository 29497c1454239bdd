"""Objects under S3's own key, keys of KMS and keys of the client: put, copied, in parts, in ranges, signed beforehand."""

import hashlib
import base64
import itertools
import os

import boto3
import botocore.exceptions
import pytest
import urllib3
from boto3.s3.transfer import TransferConfig

http = urllib3.PoolManager(retries=False)
REGION = os.environ["AWS_REGION"]
WORD = b"correct-horse-battery-staple "
BIG = (WORD * 500_000)[: 11 << 20]
PARTS = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)


@pytest.fixture(scope="module")
def kms():
    return boto3.client("kms", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name=REGION)


@pytest.fixture
def key(kms):
    return kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def s3(client):
    return client(REGION, signature_version="s3v4")


def code(call, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as failed:
        call(**parameters)
    error = failed.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"0123456789abcdef0123456789abcdef"}
OTHER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"fedcba9876543210fedcba9876543210"}


def as_source(customer):
    return {"CopySource" + name: value for name, value in customer.items()}


def ways(key):
    """Returns how to put and how to get, by the way of encryption."""
    return {
        "none": ({}, {}),
        "s3": ({"ServerSideEncryption": "AES256"}, {}),
        "kms": ({"ServerSideEncryption": "aws:kms"}, {}),
        "kms by key": ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}, {}),
        "kms by bucket key": ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": True}, {}),
        "dsse": ({"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": key}, {}),
        "customer": (CUSTOMER, CUSTOMER),
    }


WAYS = list(ways(""))


def told(answer):
    names = ["ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "SSECustomerAlgorithm", "SSECustomerKeyMD5"]
    return {name: answer[name] for name in names if name in answer}


def expected(way, key, kms):
    if way == "customer":
        return {"SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(CUSTOMER["SSECustomerKey"]).digest()).decode()}
    if way in ("none", "s3"):
        return {"ServerSideEncryption": "AES256"}
    if way == "kms":
        own = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": own}
    more = {"BucketKeyEnabled": True} if way == "kms by bucket key" else {}
    return {"ServerSideEncryption": "aws:kms:dsse" if way == "dsse" else "aws:kms", "SSEKMSKeyId": key} | more


@pytest.mark.parametrize("way", WAYS)
def test_put_and_get(s3, bucket, kms, key, way):
    name, (put, get) = bucket(REGION), ways(key)[way]
    for size in (0, 1, 5_000, 33_000, 200_000):
        body = BIG[:size]
        there = {"Bucket": name, "Key": f"k{size}"}
        answer = s3.put_object(**there, Body=body, **put)
        want = expected(way, key, kms)
        assert told(answer) == want
        assert (answer["ETag"].strip('"') == hashlib.md5(body).hexdigest()) == (way in ("none", "s3"))
        assert told(s3.head_object(**there, **get)) == want
        got = s3.get_object(**there, **get)
        assert told(got) == want
        assert got["Body"].read() == body
        assert got["ChecksumCRC32"] == answer["ChecksumCRC32"]
        if size > 1:
            assert s3.get_object(**there, **get, Range=f"bytes={size // 3}-{size // 2}")["Body"].read() == body[size // 3 : size // 2 + 1]
            assert s3.get_object(**there, **get, Range="bytes=-7")["Body"].read() == body[-7:]


@pytest.mark.parametrize("way", [way for way in WAYS if way != "kms by bucket key"])  # which boto3 does not let through here
def test_parts(s3, bucket, kms, key, way, tmp_path):
    name, (put, get) = bucket(REGION), ways(key)[way]
    there = {"Bucket": name, "Key": "k"}
    (tmp_path / "up").write_bytes(BIG)
    s3.upload_file(str(tmp_path / "up"), name, "k", ExtraArgs=put, Config=PARTS)
    assert told(s3.head_object(**there, **get)) == expected(way, key, kms)
    s3.download_file(name, "k", str(tmp_path / "down"), ExtraArgs=get, Config=PARTS)
    assert (tmp_path / "down").read_bytes() == BIG
    edge = 5 << 20
    assert s3.get_object(**there, **get, Range=f"bytes={edge - 3}-{edge + 2}")["Body"].read() == BIG[edge - 3 : edge + 3]
    assert s3.get_object(**there, **get, PartNumber=3)["Body"].read() == BIG[10 << 20 :]


@pytest.mark.parametrize("source,target", itertools.product(WAYS, WAYS))
def test_copy(s3, bucket, kms, key, source, target):
    name = bucket(REGION)
    put, get = ways(key)[source]
    s3.put_object(Bucket=name, Key="k", Body=BIG[:100_000], **put)
    opens = as_source(get)
    put, get = ways(key)[target]
    answer = s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": "k"}, **opens, **put)
    assert told(answer) == expected(target, key, kms)
    s3.delete_object(Bucket=name, Key="k")
    assert s3.get_object(Bucket=name, Key="copy", **get)["Body"].read() == BIG[:100_000]


@pytest.mark.parametrize("source,target", [("s3", "kms by key"), ("kms by key", "s3"), ("customer", "kms"), ("kms", "customer")])
def test_parts_that_are_copied(s3, bucket, key, source, target):
    name = bucket(REGION)
    put, get = ways(key)[source]
    s3.put_object(Bucket=name, Key="k", Body=BIG, **put)
    opens = as_source(get)
    put, get = ways(key)[target]
    upload = s3.create_multipart_upload(Bucket=name, Key="copy", **put)["UploadId"]
    parts = []
    for number, span in ((1, f"bytes=0-{(6 << 20) - 1}"), (2, f"bytes={6 << 20}-{len(BIG) - 1}")):
        part = s3.upload_part_copy(Bucket=name, Key="copy", UploadId=upload, PartNumber=number, CopySource={"Bucket": name, "Key": "k"}, CopySourceRange=span, **opens, **get)
        parts.append({"PartNumber": number, "ETag": part["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(Bucket=name, Key="copy", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=name, Key="copy", **get)["Body"].read() == BIG


def test_key_that_is_disabled(s3, bucket, kms, key):
    name = bucket(REGION)
    there = {"Bucket": name, "Key": "k"}
    s3.put_object(**there, Body=b"hello", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    kms.disable_key(KeyId=key)
    assert code(s3.get_object, **there) == ("KMS.DisabledException", 400)
    assert code(s3.put_object, **there, Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key) == ("KMS.DisabledException", 400)
    kms.enable_key(KeyId=key)
    assert s3.get_object(**there)["Body"].read() == b"hello"
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert code(s3.get_object, **there) == ("KMS.KMSInvalidStateException", 400)
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    assert s3.get_object(**there)["Body"].read() == b"hello"


def test_keys_of_clients(s3, bucket):
    name = bucket(REGION)
    there = {"Bucket": name, "Key": "k"}
    s3.put_object(**there, Body=b"hello", **CUSTOMER)
    assert code(s3.get_object, **there) == ("InvalidRequest", 400)
    assert code(s3.head_object, **there) == ("400", 400)
    assert code(s3.get_object, **there, **OTHER) == ("AccessDenied", 403)
    assert code(s3.head_object, **there, **OTHER) == ("403", 403)
    assert code(s3.copy_object, Bucket=name, Key="copy", CopySource=there) == ("InvalidRequest", 400)
    assert code(s3.put_object, **there, Body=b"", SSECustomerAlgorithm="AES256", SSECustomerKey=b"short") == ("InvalidArgument", 400)
    upload = s3.create_multipart_upload(**there, **CUSTOMER)["UploadId"]
    assert code(s3.upload_part, **there, UploadId=upload, PartNumber=1, Body=b"") == ("InvalidRequest", 400)
    assert code(s3.upload_part, **there, UploadId=upload, PartNumber=1, Body=b"", **OTHER) == ("InvalidRequest", 400)
    assert s3.get_object(**there, **CUSTOMER)["Body"].read() == b"hello"


def test_default_of_a_bucket(s3, bucket, kms, key):
    name = bucket(REGION)

    def rules():
        return s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]

    own = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    assert rules() == own
    want = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": want})
    assert rules() == want
    assert told(s3.put_object(Bucket=name, Key="k", Body=b"hello")) == expected("kms by bucket key", key, kms)
    assert told(s3.put_object(Bucket=name, Key="own", Body=b"hello", ServerSideEncryption="AES256")) == expected("s3", key, kms)
    kms.disable_key(KeyId=key)
    assert code(s3.get_object, Bucket=name, Key="k") == ("KMS.DisabledException", 400)
    assert code(s3.put_object, Bucket=name, Key="k", Body=b"") == ("KMS.DisabledException", 400)
    assert s3.get_object(Bucket=name, Key="own")["Body"].read() == b"hello"
    s3.delete_bucket_encryption(Bucket=name)
    assert rules() == own
    assert told(s3.put_object(Bucket=name, Key="k", Body=b"hello")) == expected("s3", key, kms)


def test_signed_beforehand(s3, bucket, key):
    name = bucket(REGION)
    there = {"Bucket": name, "Key": "k"}
    url = s3.generate_presigned_url("put_object", Params=there | {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key})
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}
    put = http.request("PUT", url, body=b"hello", headers=headers)
    assert (put.status, put.headers["x-amz-server-side-encryption-aws-kms-key-id"]) == (200, key)
    got = http.request("GET", s3.generate_presigned_url("get_object", Params=there))
    assert (got.status, got.data, got.headers["x-amz-server-side-encryption"]) == (200, b"hello", "aws:kms")
    fields = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}
    form = s3.generate_presigned_post(name, "form", Fields=fields, Conditions=[{name: value} for name, value in fields.items()])
    posted = http.request("POST", form["url"], fields={**form["fields"], "file": ("f", b"from a form")})
    assert (posted.status, posted.headers["x-amz-server-side-encryption"]) == (204, "aws:kms")
    assert s3.get_object(Bucket=name, Key="form")["Body"].read() == b"from a form"
