"""S3 as a file system of fsspec, which pandas, Dask and others read through."""

import itertools
import os

import pytest
import s3fs

numbers = itertools.count()


@pytest.fixture
def fs():
    return s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], skip_instance_cache=True)


@pytest.fixture
def bucket(fs):
    name = f"fsspec-{next(numbers)}"
    fs.mkdir(name, region_name=os.environ["AWS_REGION"])
    return name


def test_files(fs, bucket):
    with fs.open(f"{bucket}/a/b c.txt", "wb") as f:
        f.write(b"hello")
    assert fs.cat(f"{bucket}/a/b c.txt") == b"hello"
    assert fs.info(f"{bucket}/a/b c.txt")["size"] == 5
    assert fs.exists(f"{bucket}/a") and not fs.exists(f"{bucket}/b")
    with fs.open(f"{bucket}/a/b c.txt", "ab") as f:
        f.write(b", world")
    assert fs.cat_file(f"{bucket}/a/b c.txt", start=7) == b"world"
    fs.touch(f"{bucket}/a/empty")
    assert fs.ls(f"{bucket}/a") == [f"{bucket}/a/b c.txt", f"{bucket}/a/empty"]
    assert fs.glob(f"{bucket}/**/*.txt") == [f"{bucket}/a/b c.txt"]
    fs.rm(bucket, recursive=True)
    assert not fs.exists(bucket)


def test_large(fs, bucket, tmp_path):
    block = bytes(range(256)) * 4096
    with fs.open(f"{bucket}/large", "wb", block_size=5 << 20) as f:
        for _ in range(12):
            f.write(block)
    fs.cp_file(f"{bucket}/large", f"{bucket}/copy")
    fs.get(f"{bucket}/copy", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == block * 12
    fs.mv(f"{bucket}/copy", f"{bucket}/moved")
    assert sorted(fs.find(bucket)) == [f"{bucket}/large", f"{bucket}/moved"]
    with fs.open(f"{bucket}/moved") as f:
        f.seek(5 << 20)
        assert f.read(256) == bytes(range(256))


def test_many(fs, bucket):
    fs.pipe({f"{bucket}/many/{n:04}": b"%d" % n for n in range(1100)})
    assert len(fs.find(f"{bucket}/many")) == 1100
    fs.rm(f"{bucket}/many", recursive=True)
    assert fs.find(bucket) == []


def test_versions(bucket):
    fs = s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], version_aware=True, skip_instance_cache=True)
    fs.make_bucket_versioned(bucket)
    for text in (b"one", b"two"):
        fs.pipe_file(f"{bucket}/a", text)
    versions = fs.object_version_info(f"{bucket}/a")
    assert [v["IsLatest"] for v in versions] == [True, False]
    with fs.open(f"{bucket}/a", version_id=versions[1]["VersionId"]) as f:
        assert f.read() == b"one"


def test_metadata_and_tags(fs, bucket):
    fs.pipe_file(f"{bucket}/a", b"a")
    fs.setxattr(f"{bucket}/a", color="red")
    assert fs.metadata(f"{bucket}/a") == {"color": "red"}
    fs.put_tags(f"{bucket}/a", {"k": "v"})
    assert fs.get_tags(f"{bucket}/a") == {"k": "v"}
    url = fs.sign(f"{bucket}/a")
    assert "Signature=" in url
