SELECT identity.issuer.name, r.arn, transform(map_keys(tags), k -> upper(k))
FROM trail, UNNEST(resources) WITH ORDINALITY AS r(arn, type, n)
WHERE n = 1
