SELECT 1 + 2 * -3 - -x || 'it''s', a AND b AND NOT (c OR d OR e), -9223372036854775808;
SELECT x BETWEEN 1 AND 2, x NOT IN (1, 2), x IN (SELECT 1), x NOT LIKE 'a%' ESCAPE '\', x IS NOT NULL, x IS DISTINCT FROM y, x >= ALL (SELECT 1), x != any(y);
SELECT ts AT TIME ZONE 'UTC' + INTERVAL '1' DAY, INTERVAL -'1-2' YEAR TO MONTH, DATE '2024-05-01', double precision '1', decimal '1.0', U&'\00e9#' , X'0a 0B', 1.5, .5e-3, 0x1F, 1_000, ?, TRUE, NULL;
SELECT (1), (1, 'a'), ROW(1, 2), ARRAY[1, 2][1], a.b."c d"[1].e, m['k'], (SELECT 1), EXISTS (SELECT 1), ((SELECT 1) UNION (SELECT 2));
SELECT x -> x + 1, (a, b) -> a, () -> 1, reduce(a, 0, (s, x) -> s + x, s -> s);
SELECT count(*), count(t.*), count(DISTINCT x) FILTER (WHERE x > 0), array_agg(x ORDER BY y DESC NULLS FIRST), lag(x, 1) IGNORE NULLS OVER w, sum(x) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), "from_unixtime"("start"), a.b(1);
SELECT listagg(DISTINCT x, ',' ON OVERFLOW TRUNCATE '…' WITH COUNT) WITHIN GROUP (ORDER BY x);
SELECT CASE x WHEN 1 THEN 'a' ELSE 'b' END, CASE WHEN x THEN 1 WHEN y THEN 2 END, CAST(x AS decimal(10, 2)), TRY_CAST(x AS array(row(a bigint, timestamp(3) with time zone, interval day to second)));
SELECT EXTRACT(year FROM d), TRIM(LEADING 'x' FROM y), TRIM(y), TRIM('x' FROM y), POSITION('a' IN b), SUBSTRING(a FROM 2 FOR 3), NORMALIZE(a, NFD), GROUPING(a, t.b), CURRENT_TIMESTAMP(6), current_date, CURRENT_USER;
SELECT JSON_VALUE(a FORMAT JSON, 'lax $.b' PASSING c AS "d" RETURNING bigint DEFAULT 0 ON EMPTY NULL ON ERROR), JSON_QUERY(a, '$' WITH CONDITIONAL ARRAY WRAPPER OMIT QUOTES EMPTY OBJECT ON ERROR), JSON_EXISTS(a, '$' TRUE ON ERROR), JSON_OBJECT(KEY 'a' VALUE 1, 'b' : 2 ABSENT ON NULL WITH UNIQUE KEYS), JSON_ARRAY(1, 2 NULL ON NULL RETURNING varchar)
