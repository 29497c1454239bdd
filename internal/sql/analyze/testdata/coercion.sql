SELECT bytes * 1.5 + dstport, coalesce(NULL, dstport, bytes), CASE dstport WHEN 22 THEN 'ssh' ELSE srcaddr END,
  from_unixtime(start) + INTERVAL '9' HOUR, day BETWEEN DATE '2024-01-01' AND TIMESTAMP '2024-02-01 00:00:00'
FROM flows
