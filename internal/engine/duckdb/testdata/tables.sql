SELECT name FROM own WHERE id = 7
---
SELECT c2 AS o0
FROM (SELECT c2 AS c2
FROM (SELECT * FROM (SELECT CAST("id" AS BIGINT) AS c1, CAST("name" AS VARCHAR) AS c2 FROM read_parquet(['/own/1.parquet', '/own/it''s 2.parquet'], hive_partitioning = false)) AS t1
WHERE (c1 = CAST(7 AS BIGINT))) AS t2) AS t3

SELECT port, day FROM one_form
---
SELECT c1 AS o0, c4 AS o1
FROM (SELECT c1 AS c1, c4 AS c4
FROM (SELECT coalesce(TRY_CAST("port" AS INTEGER), CASE WHEN regexp_full_match("port_text", '[+-]?[0-9]+') THEN TRY_CAST("port_text" AS INTEGER) END) AS c1, list_extract(CAST([DATE '2024-05-01', DATE '2024-05-02'] AS DATE[]), CAST(file_index AS BIGINT) + 1) AS c4 FROM read_parquet(['/shadows/a.parquet', '/shadows/b.parquet'], hive_partitioning = false)) AS t1) AS t2

SELECT caller.type, "$path" FROM one_form WHERE caller.age > 3
---
SELECT c6 AS o0, c5 AS o1
FROM (SELECT struct_extract(c2, 'type') AS c6, c5 AS c5
FROM (SELECT * FROM (SELECT "caller" AS c2, list_extract(CAST(['s3://logs/a.gz', 's3://logs/b.gz'] AS VARCHAR[]), CAST(file_index AS BIGINT) + 1) AS c5 FROM read_parquet(['/shadows/a.parquet', '/shadows/b.parquet'], hive_partitioning = false)) AS t1
WHERE (struct_extract(CASE WHEN c2 IS NULL THEN CAST(NULL AS STRUCT(f0 VARCHAR, f1 BIGINT)) ELSE struct_pack(f0 := struct_extract(c2, 'type'), f1 := coalesce(struct_extract(c2, 'age'), CASE WHEN regexp_full_match(struct_extract(c2, 'age_text'), '[+-]?[0-9]+') THEN TRY_CAST(struct_extract(c2, 'age_text') AS BIGINT) END)) END, 'f1') > CAST(3 AS BIGINT))) AS t2) AS t3

SELECT caller, tags FROM one_form
---
SELECT CASE WHEN c2 IS NULL THEN CAST(NULL AS STRUCT(f0 VARCHAR, f1 BIGINT)) ELSE struct_pack(f0 := struct_extract(c2, 'type'), f1 := coalesce(struct_extract(c2, 'age'), CASE WHEN regexp_full_match(struct_extract(c2, 'age_text'), '[+-]?[0-9]+') THEN TRY_CAST(struct_extract(c2, 'age_text') AS BIGINT) END)) END AS o0, c3 AS o1
FROM (SELECT c2 AS c2, c3 AS c3
FROM (SELECT "caller" AS c2, list_transform("tags", lambda x1: x1) AS c3 FROM read_parquet(['/shadows/a.parquet', '/shadows/b.parquet'], hive_partitioning = false)) AS t2) AS t3

SELECT port, caller.type, tags FROM two_forms WHERE day = DATE '2024-05-01'
---
SELECT c1 AS o0, c6 AS o1, c3 AS o2
FROM (SELECT c1 AS c1, struct_extract(c2, 'f0') AS c6, c3 AS c3
FROM (SELECT * FROM (SELECT coalesce(TRY_CAST("port" AS INTEGER), CASE WHEN regexp_full_match("port_text", '[+-]?[0-9]+') THEN TRY_CAST("port_text" AS INTEGER) END) AS c1, CASE WHEN "caller" IS NULL THEN CAST(NULL AS STRUCT(f0 VARCHAR, f1 BIGINT)) ELSE struct_pack(f0 := struct_extract("caller", 'type'), f1 := coalesce(struct_extract("caller", 'age'), CASE WHEN regexp_full_match(struct_extract("caller", 'age_text'), '[+-]?[0-9]+') THEN TRY_CAST(struct_extract("caller", 'age_text') AS BIGINT) END)) END AS c2, list_transform("tags", lambda x1: x1) AS c3, list_extract(CAST([DATE '2024-05-01', DATE '2024-05-02'] AS DATE[]), CAST(file_index AS BIGINT) + 1) AS c4 FROM read_parquet(['/shadows/a.parquet', '/shadows/b.parquet'], hive_partitioning = false)
UNION ALL SELECT CASE WHEN regexp_full_match("port", '[+-]?[0-9]+') THEN TRY_CAST("port" AS INTEGER) END AS c1, CAST(NULL AS STRUCT(f0 VARCHAR, f1 BIGINT)) AS c2, q_f1("tags") AS c3, CAST(NULL AS DATE) AS c4 FROM read_parquet(['/shadows/c.parquet'], hive_partitioning = false)) AS t2
WHERE (c4 = DATE '2024-05-01')) AS t3) AS t4

SELECT count(*) FROM two_forms
---
SELECT c7 AS o0
FROM (SELECT c6 AS c7
FROM (SELECT count(*) AS c6
FROM (SELECT 1 AS nothing FROM read_parquet(['/shadows/a.parquet', '/shadows/b.parquet'], hive_partitioning = false)
UNION ALL SELECT 1 AS nothing FROM read_parquet(['/shadows/c.parquet'], hive_partitioning = false)) AS t1) AS t2) AS t3

SELECT a.port FROM one_form a JOIN own b ON b.id = a.caller.age WHERE EXISTS (SELECT 1 FROM two_forms c WHERE c.port = a.port)
---
SELECT c1 AS o0
FROM (SELECT c1 AS c1
FROM (SELECT * FROM (SELECT * FROM (SELECT coalesce(TRY_CAST("port" AS INTEGER), CASE WHEN regexp_full_match("port_text", '[+-]?[0-9]+') THEN TRY_CAST("port_text" AS INTEGER) END) AS c1, "caller" AS c2 FROM read_parquet(['/shadows/a.parquet', '/shadows/b.parquet'], hive_partitioning = false)) AS t2
INNER JOIN (SELECT CAST("id" AS BIGINT) AS c6 FROM read_parquet(['/own/1.parquet', '/own/it''s 2.parquet'], hive_partitioning = false)) AS t1 ON (c6 = struct_extract(CASE WHEN c2 IS NULL THEN CAST(NULL AS STRUCT(f0 VARCHAR, f1 BIGINT)) ELSE struct_pack(f0 := struct_extract(c2, 'type'), f1 := coalesce(struct_extract(c2, 'age'), CASE WHEN regexp_full_match(struct_extract(c2, 'age_text'), '[+-]?[0-9]+') THEN TRY_CAST(struct_extract(c2, 'age_text') AS BIGINT) END)) END, 'f1'))) AS t6
WHERE EXISTS (SELECT 1 FROM (SELECT CAST(1 AS INTEGER) AS c13
FROM (SELECT * FROM (SELECT coalesce(TRY_CAST("port" AS INTEGER), CASE WHEN regexp_full_match("port_text", '[+-]?[0-9]+') THEN TRY_CAST("port_text" AS INTEGER) END) AS c8 FROM read_parquet(['/shadows/a.parquet', '/shadows/b.parquet'], hive_partitioning = false)
UNION ALL SELECT CASE WHEN regexp_full_match("port", '[+-]?[0-9]+') THEN TRY_CAST("port" AS INTEGER) END AS c8 FROM read_parquet(['/shadows/c.parquet'], hive_partitioning = false)) AS t3
WHERE (c8 = c1)) AS t4) AS t5)) AS t7) AS t8
