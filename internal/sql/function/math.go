package function

// mathFunctions are functions of numbers.
const mathFunctions = `
abs(tinyint) tinyint
abs(smallint) smallint
abs(integer) integer
abs(bigint) bigint
abs(real) real
abs(double) double
abs(decimal(p, s)) decimal(p, s)
acos(double) double
asin(double) double
atan(double) double
atan2(double, double) double
beta_cdf(double, double, double) double
bit_count(bigint, bigint) bigint
bitwise_and(bigint, bigint) bigint
bitwise_left_shift(tinyint, integer) tinyint
bitwise_left_shift(smallint, integer) smallint
bitwise_left_shift(integer, integer) integer
bitwise_left_shift(bigint, integer) bigint
bitwise_not(bigint) bigint
bitwise_or(bigint, bigint) bigint
bitwise_right_shift(tinyint, integer) tinyint
bitwise_right_shift(smallint, integer) smallint
bitwise_right_shift(integer, integer) integer
bitwise_right_shift(bigint, integer) bigint
bitwise_right_shift_arithmetic(tinyint, integer) tinyint
bitwise_right_shift_arithmetic(smallint, integer) smallint
bitwise_right_shift_arithmetic(integer, integer) integer
bitwise_right_shift_arithmetic(bigint, integer) bigint
bitwise_xor(bigint, bigint) bigint
cbrt(double) double
ceiling(tinyint) tinyint
ceiling(smallint) smallint
ceiling(integer) integer
ceiling(bigint) bigint
ceiling(real) real
ceiling(double) double
ceiling(decimal(p, s)) decimal(r, 0); r = p - s + min(s, 1)
cos(double) double
cosh(double) double
cosine_distance(array(double), array(double)) double
cosine_similarity(map(varchar, double), map(varchar, double)) double
cosine_similarity(array(double), array(double)) double
degrees(double) double
dot_product(array(double), array(double)) double
e() double
euclidean_distance(array(double), array(double)) double
exp(double) double
floor(tinyint) tinyint
floor(smallint) smallint
floor(integer) integer
floor(bigint) bigint
floor(real) real
floor(double) double
floor(decimal(p, s)) decimal(r, 0); r = p - s + min(s, 1)
from_base(varchar(x), bigint) bigint
greatest(E...) E; E:orderable
human_readable_seconds(double) varchar
infinity() double
inverse_beta_cdf(double, double, double) double
inverse_normal_cdf(double, double, double) double
is_finite(double) boolean
is_infinite(double) boolean
is_nan(real) boolean
is_nan(double) boolean
least(E...) E; E:orderable
ln(double) double
log(double, double) double
log10(double) double
log2(double) double
mod(tinyint, tinyint) tinyint
mod(smallint, smallint) smallint
mod(integer, integer) integer
mod(bigint, bigint) bigint
mod(real, real) real
mod(double, double) double
mod(decimal(p, s), decimal(q, t)) decimal(r, u); u = max(s, t); r = min(q - t, p - s) + max(s, t)
nan() double
normal_cdf(double, double, double) double
parse_data_size(varchar(x)) decimal(38, 0)
pi() double
power(double, double) double
radians(double) double
random() double
random(tinyint) tinyint
random(smallint) smallint
random(integer) integer
random(bigint) bigint
random(tinyint, tinyint) tinyint
random(smallint, smallint) smallint
random(integer, integer) integer
random(bigint, bigint) bigint
round(tinyint) tinyint
round(smallint) smallint
round(integer) integer
round(bigint) bigint
round(real) real
round(double) double
round(decimal(p, s)) decimal(r, 0); r = min(38, p - s + min(s, 1))
round(tinyint, integer) tinyint
round(smallint, integer) smallint
round(integer, integer) integer
round(bigint, integer) bigint
round(real, integer) real
round(double, integer) double
round(decimal(p, s), integer) decimal(r, s); r = min(38, p + 1)
sign(tinyint) tinyint
sign(smallint) smallint
sign(integer) integer
sign(bigint) bigint
sign(real) real
sign(double) double
sign(decimal(p, s)) decimal(1, 0)
sin(double) double
sinh(double) double
sqrt(double) double
t_cdf(double, double) double
t_pdf(double, double) double
tan(double) double
tanh(double) double
to_base(bigint, bigint) varchar(64)
truncate(real) real
truncate(double) double
truncate(decimal(p, s)) decimal(r, 0); r = max(1, p - s)
truncate(decimal(p, s), integer) decimal(p, s)
typeof(T) varchar
uuid() uuid
version() varchar
width_bucket(double, double, double, bigint) bigint
width_bucket(double, array(double)) bigint
wilson_interval_lower(bigint, bigint, double) double
wilson_interval_upper(bigint, bigint, double) double
`
