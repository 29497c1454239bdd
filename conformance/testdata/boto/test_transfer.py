"""Large files up and down with each algorithm of checksums, as boto3's transfers do it."""

import base64
import hashlib
import os

import pytest
from boto3.s3.transfer import TransferConfig

SIZE = int(os.environ["SILLOK_TRANSFER_MB"]) << 20
ALGORITHMS = {"CRC32": "COMPOSITE", "CRC32C": "COMPOSITE", "CRC64NVME": "FULL_OBJECT", "SHA1": "COMPOSITE", "SHA256": "COMPOSITE"}


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """A file whose every block is different."""
    path = tmp_path_factory.mktemp("large") / "file"
    with path.open("wb") as f:
        for n in range(SIZE >> 20):
            f.write(hashlib.sha256(b"%d" % n).digest() * (1 << 15))
    return path


def digest(path):
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_transfer(client, bucket, large, tmp_path, algorithm):
    name, s3, back = bucket(), client(), tmp_path / "back"
    config = TransferConfig(multipart_chunksize=8 << 20, max_concurrency=4)
    s3.upload_file(str(large), name, "large", ExtraArgs={"ChecksumAlgorithm": algorithm}, Config=config)
    head = s3.head_object(Bucket=name, Key="large", ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ChecksumType"]) == (SIZE, ALGORITHMS[algorithm])
    parts = -(-SIZE // config.multipart_chunksize)
    assert head["Checksum" + algorithm].endswith(f"-{parts}") == (ALGORITHMS[algorithm] == "COMPOSITE")
    s3.download_file(name, "large", str(back), Config=config)
    assert digest(back) == digest(large)
    back.unlink()
    s3.download_file(name, "large", str(back), ExtraArgs={"ChecksumMode": "ENABLED"}, Config=TransferConfig(multipart_threshold=SIZE + 1))
    assert digest(back) == digest(large)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_single_put(client, bucket, large, algorithm):
    name, s3 = bucket(), client()
    with large.open("rb") as f:
        put = s3.put_object(Bucket=name, Key="large", Body=f, ChecksumAlgorithm=algorithm)
    assert put["ChecksumType"] == "FULL_OBJECT"
    got = s3.get_object(Bucket=name, Key="large", ChecksumMode="ENABLED")
    assert got["Checksum" + algorithm] == put["Checksum" + algorithm]
    h = hashlib.sha256()
    for piece in got["Body"].iter_chunks(1 << 20):  # compares the checksum at its end
        h.update(piece)
    assert h.hexdigest() == digest(large)


def test_checksum_that_is_wrong(client, bucket):
    name, s3 = bucket(), client()
    wrong = base64.b64encode(hashlib.sha256(b"something else").digest()).decode()
    with pytest.raises(s3.exceptions.ClientError) as refused:
        s3.put_object(Bucket=name, Key="a", Body=b"a", ChecksumSHA256=wrong)
    assert refused.value.response["Error"]["Code"] == "BadDigest"
    with pytest.raises(s3.exceptions.ClientError) as refused:
        s3.put_object(Bucket=name, Key="a", Body=b"a", ContentMD5=base64.b64encode(hashlib.md5(b"b").digest()).decode())
    assert refused.value.response["Error"]["Code"] == "BadDigest"
    assert "Contents" not in s3.list_objects_v2(Bucket=name)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_multipart_with_checksum_of_the_whole(client, bucket, algorithm):
    name, s3 = bucket(), client()
    upload = s3.create_multipart_upload(Bucket=name, Key="a", ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")["UploadId"]
    parts = []
    for number, body in enumerate([b"x" * (5 << 20), b"end"], 1):
        done = s3.upload_part(Bucket=name, Key="a", UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm=algorithm)
        parts.append({"PartNumber": number, "ETag": done["ETag"], "Checksum" + algorithm: done["Checksum" + algorithm]})
    whole = s3.complete_multipart_upload(Bucket=name, Key="a", UploadId=upload, MultipartUpload={"Parts": parts}, ChecksumType="FULL_OBJECT")
    single = s3.put_object(Bucket=name, Key="b", Body=b"x" * (5 << 20) + b"end", ChecksumAlgorithm=algorithm)
    assert whole["ChecksumType"] == "FULL_OBJECT"
    assert whole["Checksum" + algorithm] == single["Checksum" + algorithm]
