"""awswrangler's functions for the catalog and for Athena, as notebooks use them."""

import datetime
import decimal

import awswrangler as wr
import boto3
import pandas as pd
import pytest

BUCKET = "notebook"
ROOT = f"s3://{BUCKET}/"
RESULTS = f"{ROOT}results/"
DATABASE = "notebook"


@pytest.fixture(scope="module", autouse=True)
def notebook():
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": boto3.Session().region_name})
    wr.catalog.create_database(DATABASE, description="what a notebook makes")
    wr.s3.to_parquet(frame(), f"{ROOT}trades/", dataset=True, partition_cols=["day"], database=DATABASE, table="trades",
                     glue_table_settings={"description": "what was traded", "parameters": {"team": "desk"}, "columns_comments": {"price": "in won"}})


def frame():
    return pd.DataFrame({
        "id": pd.array([1, 2, 3], dtype="Int64"), "price": [1.5, 2.5, None], "note": ["a", "값", None],
        "sold": pd.array([True, None, False], dtype="boolean"), "amount": [decimal.Decimal("1.50"), None, decimal.Decimal("-2.25")],
        "at": pd.to_datetime(["2026-03-01 12:00:00.123", None, "1999-12-31 23:59:59.000"]), "on": [datetime.date(2026, 3, 1), None, datetime.date(1999, 12, 31)],
        "day": ["2026-03-01", "2026-03-01", "2026-03-02"],
    })


def ask(sql, **kwargs):
    return wr.athena.read_sql_query(sql, DATABASE, ctas_approach=False, s3_output=RESULTS, **kwargs)


def test_types_come_back():
    got = ask('SELECT id, price, note, sold, amount, "at", "on", day FROM trades ORDER BY id')
    want = frame()
    for column in ["id", "price", "note", "sold", "amount", "on", "day"]:
        assert [None if pd.isna(x) else x for x in got[column]] == [None if pd.isna(x) else x for x in want[column]], column
    assert [None if pd.isna(x) else x for x in got["at"]] == [None if pd.isna(x) else x for x in want["at"]]


def test_parameters_chunks_and_cache():
    assert ask("SELECT count(*) AS n FROM trades WHERE day = :day", params={"day": "2026-03-01"})["n"].tolist() == [2]
    assert ask("SELECT count(*) AS n FROM trades WHERE id > ?", params=["1"], paramstyle="qmark")["n"].tolist() == [2]
    chunks = list(ask("SELECT id FROM trades ORDER BY id", chunksize=2))
    assert [chunk["id"].tolist() for chunk in chunks] == [[1, 2], [3]]
    cached = {"max_cache_seconds": 900}
    first = ask("SELECT sum(id) AS n FROM trades", athena_cache_settings=cached)
    again = ask("SELECT sum(id) AS n FROM trades", athena_cache_settings=cached)
    assert first["n"].tolist() == again["n"].tolist() == [6] and first.query_metadata["QueryExecutionId"] == again.query_metadata["QueryExecutionId"]


def test_reading_a_table():
    assert wr.athena.read_sql_table("trades", DATABASE, ctas_approach=False, s3_output=RESULTS)["id"].sum() == 6


def test_queries():
    query = wr.athena.start_query_execution("SELECT 1 AS one", DATABASE, s3_output=RESULTS)
    done = wr.athena.wait_query(query)
    assert done["Status"]["State"] == "SUCCEEDED" and wr.athena.get_query_execution(query)["QueryExecutionId"] == query
    assert wr.athena.get_query_results(query)["one"].tolist() == [1]
    assert query in wr.athena.list_query_executions()
    assert wr.athena.get_query_executions([query])["QueryExecutionId"].tolist() == [query]
    assert wr.athena.get_query_columns_types(query) == {"one": "integer"}
    assert wr.athena.get_work_group("primary")["WorkGroup"]["State"] == "ENABLED"
    with pytest.raises(wr.exceptions.QueryFailed, match="TABLE_NOT_FOUND"):
        ask("SELECT * FROM nowhere")


def test_statements():
    described = wr.athena.describe_table("trades", database=DATABASE, s3_output=RESULTS)
    assert described["Column Name"].tolist() == ["id", "price", "note", "sold", "amount", "at", "on", "day"]
    assert described[described["Column Name"] == "price"].values.tolist() == [["price", "double", False, "in won"]]
    assert described["Partition"].tolist() == [False] * 7 + [True]
    made = wr.athena.show_create_table("trades", database=DATABASE, s3_output=RESULTS)
    assert "CREATE EXTERNAL TABLE" in made and f"{ROOT}trades" in made and "PARTITIONED BY" in made
    boto3.client("s3").copy_object(Bucket=BUCKET, Key="trades/day=2026-03-03/a.parquet",
                                   CopySource={"Bucket": BUCKET, "Key": wr.s3.list_objects(f"{ROOT}trades/day=2026-03-02/")[0].split("/", 3)[3]})
    assert wr.athena.repair_table("trades", database=DATABASE, s3_output=RESULTS) == "SUCCEEDED"
    assert sorted(v[0] for v in wr.catalog.get_partitions(DATABASE, "trades").values()) == ["2026-03-01", "2026-03-02", "2026-03-03"]
    wr.athena.wait_query(wr.athena.start_query_execution("CREATE OR REPLACE VIEW few AS SELECT id FROM trades WHERE id < 3", DATABASE, s3_output=RESULTS))
    assert "SELECT id FROM trades" in wr.athena.generate_create_query("few", database=DATABASE)
    assert ask("SELECT * FROM few ORDER BY 1")["id"].tolist() == [1, 2]
    wr.catalog.delete_partitions("trades", DATABASE, [["2026-03-03"]])


def test_prepared_statements():
    wr.athena.create_prepared_statement("SELECT count(*) AS n FROM notebook.trades WHERE id < ?", "cheap")
    assert [s["StatementName"] for s in wr.athena.list_prepared_statements()] == ["cheap"]
    assert ask('EXECUTE "cheap" USING 3')["n"].tolist() == [2]
    wr.athena.delete_prepared_statement("cheap")
    assert wr.athena.list_prepared_statements() == []


def test_named_queries():
    query = boto3.client("athena").create_named_query(Name="n", Database=DATABASE, QueryString="SELECT 1")["NamedQueryId"]
    assert wr.athena.get_named_query_statement(query) == "SELECT 1"


def test_catalog_reads():
    assert DATABASE in wr.catalog.databases()["Database"].tolist() and any(d["Name"] == DATABASE for d in wr.catalog.get_databases())
    assert wr.catalog.does_table_exist(DATABASE, "trades") and not wr.catalog.does_table_exist(DATABASE, "nowhere")
    assert wr.catalog.get_table_types(DATABASE, "trades") == {
        "id": "bigint", "price": "double", "note": "string", "sold": "boolean", "amount": "decimal(3,2)", "at": "timestamp", "on": "date", "day": "string",
    }
    assert wr.catalog.get_table_location(DATABASE, "trades") == f"{ROOT}trades/"
    assert wr.catalog.get_table_description(DATABASE, "trades") == "what was traded"
    assert wr.catalog.get_table_parameters(DATABASE, "trades")["team"] == "desk"
    assert wr.catalog.get_columns_comments(DATABASE, "trades")["price"] == "in won"
    assert wr.catalog.table(DATABASE, "trades")["Column Name"].tolist()[-1] == "day"
    assert [t["Name"] for t in wr.catalog.get_tables(database=DATABASE, name_prefix="trad")] == ["trades"]
    assert [t["Name"] for t in wr.catalog.get_tables(database=DATABASE, name_contains="rade")] == ["trades"]
    assert wr.catalog.tables(database=DATABASE, name_suffix="des")["Table"].tolist() == ["trades"]
    assert [t["Name"] for t in wr.catalog.search_tables("what was traded")] == ["trades"]
    assert [t["Name"] for t in wr.catalog.search_tables("desk")] == ["trades"]
    assert list(wr.catalog.get_parquet_partitions(DATABASE, "trades", expression="day = '2026-03-01'").values()) == [["2026-03-01"]]


def test_catalog_changes():
    wr.catalog.create_parquet_table(DATABASE, "made", f"{ROOT}made/", {"id": "bigint"}, partitions_types={"part": "int"}, description="made by hand")
    wr.catalog.add_parquet_partitions(DATABASE, "made", {f"{ROOT}made/part=1/": ["1"]})
    wr.catalog.add_column(DATABASE, "made", "extra", "string", "added")
    assert wr.catalog.get_table_types(DATABASE, "made") == {"id": "bigint", "extra": "string", "part": "int"}
    wr.catalog.delete_column(DATABASE, "made", "extra")
    wr.catalog.upsert_table_parameters({"a": "1"}, DATABASE, "made", catalog_versioning=True)
    assert wr.catalog.get_table_parameters(DATABASE, "made")["a"] == "1"
    wr.catalog.overwrite_table_parameters({"b": "2"}, DATABASE, "made")
    assert wr.catalog.get_table_parameters(DATABASE, "made") == {"b": "2"}
    # Without catalog_versioning no version is kept of what the last change replaced.
    assert [v["VersionId"] for v in wr.catalog.get_table_versions(DATABASE, "made")] == ["1", "2", "3", "5"]
    assert wr.catalog.get_table_number_of_versions(DATABASE, "made") == 4
    assert wr.catalog.extract_athena_types(frame(), partition_cols=["day"])[1] == {"day": "string"}
    wr.catalog.delete_all_partitions("made", DATABASE)
    assert wr.catalog.get_partitions(DATABASE, "made") == {}
    assert wr.catalog.delete_table_if_exists(DATABASE, "made") and not wr.catalog.delete_table_if_exists(DATABASE, "made")


def test_csv_as_a_table():
    wr.s3.to_csv(pd.DataFrame({"id": [1, 2], "note": ["x", "y"]}), f"{ROOT}lines/", dataset=True, database=DATABASE, table="lines", index=False)
    assert ask("SELECT id, note FROM lines ORDER BY id").values.tolist() == [[1, "x"], [2, "y"]]


def test_projection():
    wr.s3.to_parquet(pd.DataFrame({"id": [1, 2], "year": [2025, 2026]}), f"{ROOT}years/", dataset=True, partition_cols=["year"], database=DATABASE, table="years",
                     athena_partition_projection_settings={"projection_types": {"year": "integer"}, "projection_ranges": {"year": "2020,2030"}})
    assert ask("SELECT id FROM years WHERE year = 2026")["id"].tolist() == [2]


def test_the_rest_goes():
    wr.catalog.delete_table_if_exists(DATABASE, "trades")
    wr.catalog.delete_database(DATABASE)
    assert DATABASE not in wr.catalog.databases()["Database"].tolist()
