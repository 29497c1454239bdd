WITH t AS (SELECT srcaddr FROM flows)
SELECT a.srcaddr FROM t a LEFT JOIN t b ON a.srcaddr = b.srcaddr
