"""PyAthena: every cursor that an endpoint can be given to, and SQLAlchemy with reflection."""

import asyncio
import datetime
import decimal
import os

import boto3
import pyarrow.fs
import pytest
import sqlalchemy as sa
from pyathena import connect
from pyathena.aio.arrow.cursor import AioArrowCursor
from pyathena.aio.connection import AioConnection
from pyathena.aio.cursor import AioCursor, AioDictCursor
from pyathena.aio.pandas.cursor import AioPandasCursor
from pyathena.aio.polars.cursor import AioPolarsCursor
from pyathena.aio.s3fs.cursor import AioS3FSCursor
from pyathena.arrow.async_cursor import AsyncArrowCursor
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor, AsyncDictCursor
from pyathena.cursor import Cursor, DictCursor
from pyathena.error import OperationalError
from pyathena.pandas.async_cursor import AsyncPandasCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.async_cursor import AsyncPolarsCursor
from pyathena.polars.cursor import PolarsCursor
from pyathena.s3fs.async_cursor import AsyncS3FSCursor
from pyathena.s3fs.cursor import S3FSCursor

BUCKET = "pyathena"
RESULTS = f"s3://{BUCKET}/results/"
REGION = boto3.Session().region_name

SALES = f"""
CREATE EXTERNAL TABLE market.sales (
  id bigint COMMENT 'of the sale', name string, price decimal(10,2), share double, sold boolean, day date, at timestamp
)
COMMENT 'what was sold'
PARTITIONED BY (part int COMMENT 'of the year')
ROW FORMAT DELIMITED FIELDS TERMINATED BY '|'
LOCATION 's3://{BUCKET}/sales/'
TBLPROPERTIES ('made.by'='pyathena')
"""

QUERY = "SELECT id, name, price, share, sold, day, at FROM sales ORDER BY id"
COLUMNS = ["id", "name", "price", "share", "sold", "day", "at"]
ROWS = [
    (1, "a, \"b\"\u00e9", decimal.Decimal("1.50"), 0.5, True, datetime.date(2026, 3, 1), datetime.datetime(2026, 3, 1, 12, 0, 0, 500000)),
    (2, "값", decimal.Decimal("-2.25"), -1e10, False, datetime.date(1999, 12, 31), datetime.datetime(1999, 12, 31, 23, 59, 59)),
    (3, None, None, None, None, None, None),
]
DATA = "1|a, \"b\"é|1.50|0.5|true|2026-03-01|2026-03-01 12:00:00.5\n2|값|-2.25|-1e10|false|1999-12-31|1999-12-31 23:59:59\n3|\\N|\\N|\\N|\\N|\\N|\\N\n"


def open_connection(**kwargs):
    return connect(s3_staging_dir=RESULTS, region_name=REGION, schema_name="market", poll_interval=0.05, **kwargs)


@pytest.fixture(scope="module", autouse=True)
def arrow_endpoint():
    """ArrowCursor opens pyarrow's own client of S3 and passes no endpoint on: it is given here."""
    theirs = pyarrow.fs.S3FileSystem
    patch = pytest.MonkeyPatch()
    patch.setattr(pyarrow.fs, "S3FileSystem", lambda **kwargs: theirs(**kwargs, endpoint_override=os.environ["AWS_ENDPOINT_URL"]))
    yield
    patch.undo()


@pytest.fixture(scope="module", autouse=True)
def market():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="sales/part=1/a.txt", Body=DATA.encode())
    with open_connection().cursor() as cursor:
        cursor.execute("CREATE DATABASE market")
        cursor.execute(SALES)
        cursor.execute("MSCK REPAIR TABLE sales")
        cursor.execute(f"CREATE EXTERNAL TABLE nested (tags array<string>, counts map<string,int>, place struct<x:int,name:string>) STORED AS PARQUET LOCATION 's3://{BUCKET}/nested/'")
        cursor.execute("CREATE VIEW dear AS SELECT id, price FROM sales WHERE price > DECIMAL '1'")


def test_cursor():
    with open_connection().cursor(Cursor) as cursor:
        cursor.execute(QUERY)
        assert [d[0] for d in cursor.description] == COLUMNS
        assert cursor.fetchone() == ROWS[0]
        assert cursor.fetchmany(1) == ROWS[1:2]
        assert cursor.fetchall() == ROWS[2:]
        assert cursor.state == "SUCCEEDED" and cursor.data_scanned_in_bytes == len(DATA.encode())
        assert cursor.execute("SELECT %(a)s || '!' AS x", {"a": "it's"}).fetchall() == [("it's!",)]
        assert cursor.execute("SELECT ? + 1 AS x", ["41"], paramstyle="qmark").fetchall() == [(42,)]
        assert cursor.execute("SHOW PARTITIONS sales").fetchall() == [("part=1",)]


def test_many_rows():
    with open_connection().cursor(arraysize=100) as cursor:
        cursor.execute("SELECT a * 1000 + b FROM UNNEST(sequence(0, 4)) AS t(a) CROSS JOIN UNNEST(sequence(0, 999)) AS u(b) ORDER BY 1")
        assert [row[0] for row in cursor] == list(range(5000))


def test_nested():
    with open_connection().cursor() as cursor:
        row = cursor.execute("SELECT ARRAY[1, 2] AS a, MAP(ARRAY['k'], ARRAY[1]) AS m, CAST(ROW(1, 'x') AS ROW(i int, s varchar)) AS r, X'00ff' AS b, "
                             "CAST('{\"a\": [1]}' AS json) AS j").fetchone()
    assert row[0] == [1, 2] and row[1] == {"k": "1"} and row[2] == {"i": "1", "s": "x"} and row[3] == b"\x00\xff"


def test_errors():
    with open_connection().cursor() as cursor:
        with pytest.raises(OperationalError, match="TABLE_NOT_FOUND"):
            cursor.execute("SELECT * FROM nowhere")
        with pytest.raises(OperationalError, match="DIVISION_BY_ZERO|Division by zero"):
            cursor.execute("SELECT 1 / 0")


def test_dict_cursor():
    with open_connection().cursor(DictCursor) as cursor:
        assert cursor.execute(QUERY).fetchall() == [dict(zip(COLUMNS, row)) for row in ROWS]


def test_result_reuse():
    with open_connection().cursor() as cursor:
        asked = {"result_reuse_enable": True, "result_reuse_minutes": 60}
        sql = "SELECT count(*) FROM sales"
        first = cursor.execute(sql, **asked)
        assert not first.reused_previous_result and first.fetchall() == [(3,)]
        again = cursor.execute(sql, **asked)
        assert again.reused_previous_result and again.fetchall() == [(3,)] and again.result_reuse_enabled
        boto3.client("s3").put_object(Bucket=BUCKET, Key="sales/part=1/b.txt", Body=b"4\n")
        after = cursor.execute(sql, **asked)
        assert not after.reused_previous_result and after.fetchall() == [(4,)]
        boto3.client("s3").delete_object(Bucket=BUCKET, Key="sales/part=1/b.txt")


@pytest.mark.parametrize("cursor_class", [AsyncCursor, AsyncDictCursor, AsyncPandasCursor, AsyncArrowCursor, AsyncPolarsCursor, AsyncS3FSCursor])
def test_async_cursors(cursor_class):
    with open_connection(cursor_class=cursor_class).cursor() as cursor:
        started = [cursor.execute(f"SELECT {n} AS n FROM sales WHERE id = 1") for n in range(4)]
        got = [list(future.result().fetchall()) for _, future in started]
    want = [[{"n": n}] if cursor_class is AsyncDictCursor else [(n,)] for n in range(4)]
    assert got == want


def test_pandas_cursor():
    with open_connection().cursor(PandasCursor) as cursor:
        frame = cursor.execute(QUERY).as_pandas()
    assert list(frame.columns) == COLUMNS and frame["id"].tolist() == [1, 2, 3]
    assert frame["name"].tolist()[:2] == [ROWS[0][1], ROWS[1][1]] and frame["name"].isna().tolist() == [False, False, True]
    assert frame["price"].tolist()[:2] == [decimal.Decimal("1.50"), decimal.Decimal("-2.25")]
    assert frame["share"].tolist()[:2] == [0.5, -1e10]
    assert [at.to_pydatetime() for at in frame["at"][:2]] == [ROWS[0][6], ROWS[1][6]]


def test_arrow_cursor():
    with open_connection().cursor(ArrowCursor) as cursor:
        table = cursor.execute(QUERY).as_arrow()
    assert table.column_names == COLUMNS and table["id"].to_pylist() == [1, 2, 3]
    assert table["price"].to_pylist()[:2] == ["1.50", "-2.25"] and table["share"].to_pylist() == [0.5, -1e10, None]
    assert table["at"].to_pylist() == [row[6] for row in ROWS]


def test_polars_cursor():
    with open_connection().cursor(PolarsCursor) as cursor:
        frame = cursor.execute(QUERY).as_polars()
    assert frame.columns == COLUMNS and frame["id"].to_list() == [1, 2, 3] and frame["share"].to_list() == [0.5, -1e10, None]


def test_s3fs_cursor():
    with open_connection().cursor(S3FSCursor) as cursor:
        assert cursor.execute(QUERY).fetchall()[:2] == ROWS[:2]


@pytest.mark.parametrize("cursor_class", [AioCursor, AioDictCursor, AioPandasCursor, AioArrowCursor, AioPolarsCursor, AioS3FSCursor])
def test_aio_cursors(cursor_class):
    async def ask():
        connection = await AioConnection.create(s3_staging_dir=RESULTS, region_name=REGION, schema_name="market", poll_interval=0.05)
        async with connection.cursor(cursor_class) as cursor:
            await cursor.execute("SELECT id FROM sales ORDER BY id")
            rows = cursor.fetchall()
            return await rows if asyncio.iscoroutine(rows) else rows

    rows = asyncio.run(ask())
    assert [row["id"] if isinstance(row, dict) else row[0] for row in rows] == [1, 2, 3]


def engine():
    return sa.create_engine(f"awsathena+rest://athena.{REGION}.amazonaws.com:443/market?s3_staging_dir={RESULTS}&poll_interval=0.05")


def test_sqlalchemy_reads():
    with engine().connect() as connection:
        sales = sa.Table("sales", sa.MetaData(), autoload_with=connection)
        assert [c.name for c in sales.columns] == COLUMNS + ["part"]
        assert isinstance(sales.c.price.type, sa.types.DECIMAL) and sales.c.price.type.scale == 2
        assert isinstance(sales.c.id.type, sa.types.BIGINT) and sales.c.id.comment == "of the sale"
        nested = sa.Table("nested", sa.MetaData(), autoload_with=connection)
        assert [type(c.type).__name__ for c in nested.columns] == ["AthenaArray", "AthenaMap", "AthenaStruct"]
        found = connection.execute(sa.select(sales.c.id, sales.c.price).where(sales.c.price > decimal.Decimal("0.5"))).fetchall()
        assert [tuple(row) for row in found] == [(1, decimal.Decimal("1.50"))]
        assert connection.execute(sa.text("SELECT count(*) FROM sales WHERE part = :part"), {"part": 1}).scalar() == 3
        assert connection.execute(sa.select(sa.func.count()).select_from(sales)).scalar() == 3


def test_sqlalchemy_inspects():
    with engine().connect() as connection:
        inspector = sa.inspect(connection)
        assert inspector.has_table("sales") and inspector.has_table("sales", schema="market") and inspector.has_table("dear")
        assert not inspector.has_table("nowhere") and not inspector.has_table("sales", schema="default") and not inspector.has_table("x", schema="nowhere")
        assert set(inspector.get_schema_names()) == {"default", "market"}
        assert inspector.get_table_names() == ["nested", "sales"] and inspector.get_view_names() == ["dear"]
        assert inspector.get_table_comment("sales") == {"text": "what was sold"}
        options = inspector.get_table_options("sales")
        assert options["awsathena_location"] == f"s3://{BUCKET}/sales/" and options["awsathena_tblproperties"]["made.by"] == "pyathena"
        assert "price > DECIMAL '1'" in inspector.get_view_definition("dear")
        columns = {c["name"]: c for c in inspector.get_columns("sales")}
        assert columns["part"]["dialect_options"]["awsathena_partition"] is True and columns["part"]["comment"] == "of the year"
        with pytest.raises(sa.exc.NoSuchTableError):
            inspector.get_columns("nowhere")
        with pytest.raises(sa.exc.NoSuchTableError):
            sa.Table("nowhere", sa.MetaData(), autoload_with=connection)


def test_sqlalchemy_makes_and_drops():
    with engine().connect() as connection:
        made = sa.Table("made", sa.MetaData(), sa.Column("id", sa.types.BIGINT, comment="its number"), sa.Column("name", sa.types.String),
                        awsathena_location=f"s3://{BUCKET}/made/", awsathena_file_format="PARQUET")
        made.create(connection)
        assert sa.inspect(connection).has_table("made")
        assert connection.execute(sa.select(made)).fetchall() == []
        made.drop(connection)
        assert not sa.inspect(connection).has_table("made")
