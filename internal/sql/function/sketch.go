package function

// sketchFunctions are functions of sketches: HyperLogLog, digests of quantiles and of sets.
const sketchFunctions = `
cardinality(HyperLogLog) bigint
cardinality(SetDigest) bigint
empty_approx_set() HyperLogLog
hash_counts(SetDigest) map(bigint, smallint)
intersection_cardinality(SetDigest, SetDigest) bigint
jaccard_index(SetDigest, SetDigest) double
quantile_at_value(qdigest(bigint), bigint) double
quantile_at_value(qdigest(double), double) double
quantile_at_value(qdigest(real), real) double
quantile_at_value(tdigest, double) double
value_at_quantile(qdigest(bigint), double) bigint
value_at_quantile(qdigest(double), double) double
value_at_quantile(qdigest(real), double) real
value_at_quantile(tdigest, double) double
values_at_quantiles(qdigest(bigint), array(double)) array(bigint)
values_at_quantiles(qdigest(double), array(double)) array(double)
values_at_quantiles(qdigest(real), array(double)) array(real)
values_at_quantiles(tdigest, array(double)) array(double)
`

// sketchAggregates are the aggregates that yield sketches.
const sketchAggregates = `
approx_set(bigint) HyperLogLog
approx_set(double) HyperLogLog
approx_set(varchar(x)) HyperLogLog
approx_set(unknown) HyperLogLog
make_set_digest(T) SetDigest; T:comparable
merge(HyperLogLog) HyperLogLog
merge(qdigest(V)) qdigest(V)
merge(tdigest) tdigest
merge_set_digest(SetDigest) SetDigest
qdigest_agg(bigint) qdigest(bigint)
qdigest_agg(real) qdigest(real)
qdigest_agg(double) qdigest(double)
qdigest_agg(bigint, bigint) qdigest(bigint)
qdigest_agg(real, bigint) qdigest(real)
qdigest_agg(double, bigint) qdigest(double)
qdigest_agg(bigint, bigint, double) qdigest(bigint)
qdigest_agg(real, bigint, double) qdigest(real)
qdigest_agg(double, bigint, double) qdigest(double)
tdigest_agg(double) tdigest
tdigest_agg(double, double) tdigest
`
