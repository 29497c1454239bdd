SELECT day, srcaddr, grouping(day, srcaddr), count(DISTINCT dstport) FILTER (WHERE bytes > 0)
FROM flows
GROUP BY CUBE (day, srcaddr)
