SELECT dstport / 100 AS class, count(*) AS n, avg(bytes)
FROM flows
WHERE srcaddr LIKE '10.%' AND day = DATE '2024-05-01'
GROUP BY 1
HAVING sum(bytes) > 1000
ORDER BY n DESC, max(start)
LIMIT 5
