"""Data frames to Parquet in S3 as partitions of a table in Glue, and back through S3 and Athena."""

import boto3
import awswrangler as wr
import pandas as pd
import pytest

BUCKET = "wrangler"
PATH = f"s3://{BUCKET}/trades/"


def frame(day, *prices):
    return pd.DataFrame({"id": range(len(prices)), "price": list(prices), "note": ["a", None, "값"][: len(prices)], "day": day})


@pytest.fixture(scope="module", autouse=True)
def bucket():
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": boto3.Session().region_name})
    wr.catalog.create_database("market", exist_ok=True)


def write(df, mode):
    return wr.s3.to_parquet(df, PATH, dataset=True, partition_cols=["day"], database="market", table="trades", mode=mode)


def test_dataset():
    written = write(pd.concat([frame("2026-03-01", 1.5, 2.5), frame("2026-03-02", 3.5, 4.5, 5.5)]), "overwrite")
    assert sorted(written["partitions_values"].values()) == [["2026-03-01"], ["2026-03-02"]]
    write(frame("2026-03-03", 6.5), "append")
    back = wr.s3.read_parquet(PATH, dataset=True)
    assert sorted(back["price"]) == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]

    write(frame("2026-03-02", 7.5), "overwrite_partitions")
    only = wr.s3.read_parquet(PATH, dataset=True, partition_filter=lambda p: p["day"] == "2026-03-02")
    assert list(only["price"]) == [7.5]
    assert len(wr.s3.list_objects(PATH)) == 3


def test_through_athena():
    rows = wr.athena.read_sql_query("SELECT day, count(*) AS n, sum(price) AS total FROM trades GROUP BY 1 ORDER BY 1", "market",
                                    ctas_approach=False, s3_output=f"s3://{BUCKET}/results/")
    assert rows["total"].tolist() == [4.0, 7.5, 6.5]


def test_files():
    wr.s3.to_csv(frame("2026-03-01", 1.5), f"s3://{BUCKET}/a.csv", index=False)
    assert wr.s3.read_csv(f"s3://{BUCKET}/a.csv")["price"].tolist() == [1.5]
    wr.s3.copy_objects([f"s3://{BUCKET}/a.csv"], f"s3://{BUCKET}/", f"s3://{BUCKET}/copied/")
    assert wr.s3.does_object_exist(f"s3://{BUCKET}/copied/a.csv")
    assert wr.s3.size_objects(f"s3://{BUCKET}/copied/a.csv")
    wr.s3.delete_objects(f"s3://{BUCKET}/")
    assert wr.s3.list_objects(f"s3://{BUCKET}/") == []
