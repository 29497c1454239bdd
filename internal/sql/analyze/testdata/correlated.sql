SELECT f.srcaddr, (SELECT max(g.bytes) FROM flows g WHERE g.day = f.day)
FROM flows f
WHERE EXISTS (SELECT 1 FROM talkers t WHERE t.srcaddr = f.srcaddr)
