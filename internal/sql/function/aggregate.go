package function

// aggregateFunctions are the aggregates. listagg is called with its separator
// as the second argument.
const aggregateFunctions = `
$internal$max_data_size_for_stats(T) bigint
$internal$sum_data_size_for_stats(T) bigint
any_value(T) T
approx_distinct(T) bigint; T:comparable
approx_distinct(T, double) bigint; T:comparable
approx_most_frequent(bigint, bigint, bigint) map(bigint, bigint)
approx_most_frequent(bigint, varchar, bigint) map(varchar, bigint)
approx_percentile(bigint, double) bigint
approx_percentile(real, double) real
approx_percentile(double, double) double
approx_percentile(bigint, array(double)) array(bigint)
approx_percentile(real, array(double)) array(real)
approx_percentile(double, array(double)) array(double)
approx_percentile(bigint, double, double) bigint
approx_percentile(real, double, double) real
approx_percentile(double, double, double) double
approx_percentile(bigint, double, array(double)) array(bigint)
approx_percentile(real, double, array(double)) array(real)
approx_percentile(double, double, array(double)) array(double)
array_agg(T) array(T)
avg(bigint) double
avg(double) double
avg(real) real
avg(decimal(p, s)) decimal(p, s)
avg(interval day to second) interval day to second
avg(interval year to month) interval year to month
bitwise_and_agg(bigint) bigint
bitwise_or_agg(bigint) bigint
bitwise_xor_agg(bigint) bigint
bool_and(boolean) boolean
bool_or(boolean) boolean
checksum(T) varbinary; T:comparable
corr(double, double) double
corr(real, real) real
count() bigint
count(T) bigint
count_if(boolean) bigint
covar_pop(double, double) double
covar_pop(real, real) real
covar_samp(double, double) double
covar_samp(real, real) real
geometric_mean(bigint) double
geometric_mean(double) double
geometric_mean(real) real
histogram(T) map(T, bigint); T:comparable
kurtosis(bigint) double
kurtosis(double) double
listagg(varchar(v)) varchar
listagg(varchar(v), varchar(d)) varchar
map_agg(K, V) map(K, V); K:comparable
map_union(map(K, V)) map(K, V); K:comparable
max(T) T; T:orderable
max(E, bigint) array(E); E:orderable
max_by(V, K) V; K:orderable
max_by(V, K, bigint) array(V); K:orderable
min(T) T; T:orderable
min(E, bigint) array(E); E:orderable
min_by(V, K) V; K:orderable
min_by(V, K, bigint) array(V); K:orderable
multimap_agg(K, V) map(K, array(V)); K:comparable
numeric_histogram(bigint, double) map(double, double)
numeric_histogram(bigint, double, double) map(double, double)
numeric_histogram(bigint, real) map(real, real)
numeric_histogram(bigint, real, double) map(real, real)
reduce_agg(T, S, function(S, T, S), function(S, S, S)) S
regr_avgx(double, double) double
regr_avgy(double, double) double
regr_count(double, double) double
regr_intercept(double, double) double
regr_intercept(real, real) real
regr_r2(double, double) double
regr_slope(double, double) double
regr_slope(real, real) real
regr_sxx(double, double) double
regr_sxy(double, double) double
regr_syy(double, double) double
skewness(bigint) double
skewness(double) double
stddev_pop(bigint) double
stddev_pop(double) double
stddev_samp(bigint) double
stddev_samp(double) double
sum(bigint) bigint
sum(double) double
sum(real) real
sum(decimal(p, s)) decimal(38, s)
sum(interval day to second) interval day to second
sum(interval year to month) interval year to month
var_pop(bigint) double
var_pop(double) double
var_samp(bigint) double
var_samp(double) double
`

// windowFunctions are the functions that need OVER.
const windowFunctions = `
cume_dist() double
dense_rank() bigint
first_value(T) T
lag(T) T
lag(T, bigint) T
lag(T, bigint, T) T
last_value(T) T
lead(T) T
lead(T, bigint) T
lead(T, bigint, T) T
nth_value(T, bigint) T
ntile(bigint) bigint
percent_rank() double
rank() bigint
row_number() bigint
`
