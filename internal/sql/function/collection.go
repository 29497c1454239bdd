package function

// collectionFunctions are functions of arrays, maps and rows, those that take
// lambdas among them.
const collectionFunctions = `
current_groups() array(varchar)
features(double...) map(bigint, double)
all_match(array(T), function(T, boolean)) boolean
any_match(array(T), function(T, boolean)) boolean
array_distinct(array(E)) array(E); E:comparable
array_except(array(E), array(E)) array(E); E:comparable
array_histogram(array(T)) map(T, bigint); T:comparable
array_intersect(array(E), array(E)) array(E); E:comparable
array_join(array(E), varchar) varchar
array_join(array(E), varchar, varchar) varchar
array_max(array(T)) T; T:orderable
array_min(array(T)) T; T:orderable
array_position(array(T), T) bigint; T:comparable
array_remove(array(E), E) array(E); E:comparable
array_sort(array(E)) array(E); E:orderable
array_sort(array(T), function(T, T, integer)) array(T)
array_union(array(E), array(E)) array(E); E:comparable
arrays_overlap(array(E), array(E)) boolean; E:comparable
cardinality(array(E)) bigint
cardinality(map(K, V)) bigint
combinations(array(T), integer) array(array(T))
concat(array(E)...) array(E)
concat(array(E), E) array(E)
concat(E, array(E)) array(E)
contains(array(T), T) boolean; T:comparable
contains_sequence(array(T), array(T)) boolean; T:comparable
element_at(array(E), bigint) E
element_at(map(K, V), K) V; K:comparable
filter(array(T), function(T, boolean)) array(T)
flatten(array(array(E))) array(E)
map() map(unknown, unknown)
map(array(K), array(V)) map(K, V); K:comparable
map_concat(map(K, V)...) map(K, V); K:comparable
map_entries(map(K, V)) array(row(K, V))
map_filter(map(K, V), function(K, V, boolean)) map(K, V)
map_from_entries(array(row(K, V))) map(K, V); K:comparable
map_keys(map(K, V)) array(K)
map_values(map(K, V)) array(V)
map_zip_with(map(K, V1), map(K, V2), function(K, V1, V2, V3)) map(K, V3)
multimap_from_entries(array(row(K, V))) map(K, array(V)); K:comparable
ngrams(array(T), integer) array(array(T))
none_match(array(T), function(T, boolean)) boolean
reduce(array(T), S, function(S, T, S), function(S, R)) R
repeat(T, bigint) array(T)
reverse(array(E)) array(E)
sequence(bigint, bigint) array(bigint)
sequence(bigint, bigint, bigint) array(bigint)
sequence(date, date) array(date)
sequence(date, date, interval day to second) array(date)
sequence(date, date, interval year to month) array(date)
sequence(timestamp(p), timestamp(p), interval day to second) array(timestamp(p))
sequence(timestamp(p), timestamp(p), interval year to month) array(timestamp(p))
shuffle(array(E)) array(E)
slice(array(E), bigint, bigint) array(E)
transform(array(T), function(T, U)) array(U)
transform_keys(map(K1, V), function(K1, V, K2)) map(K2, V)
transform_values(map(K, V1), function(K, V1, V2)) map(K, V2)
trim_array(array(E), bigint) array(E)
zip(array(T1), array(T2)) array(row(T1, T2))
zip(array(T1), array(T2), array(T3)) array(row(T1, T2, T3))
zip(array(T1), array(T2), array(T3), array(T4)) array(row(T1, T2, T3, T4))
zip(array(T1), array(T2), array(T3), array(T4), array(T5)) array(row(T1, T2, T3, T4, T5))
zip_with(array(T), array(U), function(T, U, R)) array(R)
`
