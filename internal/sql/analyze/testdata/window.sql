WITH talk AS (SELECT srcaddr, day, sum(bytes) AS b FROM flows GROUP BY 1, 2)
SELECT srcaddr, b - lag(b, 1, 0) OVER (PARTITION BY srcaddr ORDER BY day) AS delta
FROM talk
