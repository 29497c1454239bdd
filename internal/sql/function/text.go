package function

// textFunctions are functions of strings, with those of regular expressions.
const textFunctions = `
chr(bigint) varchar(1)
codepoint(varchar(1)) integer
concat(varchar...) varchar
concat(char(x), char(y)) char(u); u = x + y
concat(varbinary...) varbinary
concat_ws(varchar, array(varchar)) varchar
concat_ws(varchar, varchar...) varchar
format_number(bigint) varchar
format_number(double) varchar
from_utf8(varbinary) varchar
from_utf8(varbinary, varchar(x)) varchar
from_utf8(varbinary, bigint) varchar
hamming_distance(varchar(x), varchar(y)) bigint
length(varchar(x)) bigint
length(char(x)) bigint
length(varbinary) bigint
levenshtein_distance(varchar(x), varchar(y)) bigint
lower(varchar(x)) varchar(x)
lower(char(x)) char(x)
lpad(varchar(x), bigint, varchar(y)) varchar
lpad(char(x), bigint, varchar(y)) varchar
lpad(varbinary, bigint, varbinary) varbinary
ltrim(varchar(x)) varchar(x)
ltrim(char(x)) varchar(x)
ltrim(varchar(x), CodePoints) varchar(x)
ltrim(char(x), CodePoints) varchar(x)
luhn_check(varchar) boolean
normalize(varchar(x), varchar(y)) varchar
replace(varchar(x), varchar(y)) varchar(x)
replace(varchar(x), varchar(y), varchar(z)) varchar(u); u = x + z * (x + 1)
reverse(varchar(x)) varchar(x)
reverse(char(x)) char(x)
reverse(varbinary) varbinary
rpad(varchar(x), bigint, varchar(y)) varchar
rpad(varbinary, bigint, varbinary) varbinary
rtrim(varchar(x)) varchar(x)
rtrim(char(x)) varchar(x)
rtrim(varchar(x), CodePoints) varchar(x)
rtrim(char(x), CodePoints) varchar(x)
soundex(varchar) varchar(4)
split(varchar(x), varchar(y)) array(varchar(x))
split(varchar(x), varchar(y), bigint) array(varchar(x))
split_part(varchar(x), varchar(y), bigint) varchar(x)
split_to_map(varchar, varchar, varchar) map(varchar, varchar)
split_to_multimap(varchar, varchar, varchar) map(varchar, array(varchar))
starts_with(varchar(x), varchar(y)) boolean
strpos(varchar(x), varchar(y)) bigint
strpos(varchar(x), varchar(y), bigint) bigint
substr(varchar(x), bigint) varchar(x)
substr(char(x), bigint) varchar(x)
substr(varchar(x), bigint, bigint) varchar(x)
substr(char(x), bigint, bigint) varchar(x)
substr(varbinary, bigint) varbinary
substr(varbinary, bigint, bigint) varbinary
to_utf8(varchar(x)) varbinary
to_utf8(char(x)) varbinary
translate(varchar(x), varchar(y), varchar(z)) varchar
trim(varchar(x)) varchar(x)
trim(char(x)) varchar(x)
trim(varchar(x), CodePoints) varchar(x)
trim(char(x), CodePoints) varchar(x)
upper(varchar(x)) varchar(x)
upper(char(x)) char(x)
word_stem(varchar(x)) varchar(x)
word_stem(varchar(x), varchar(2)) varchar(x)

regexp_count(varchar(x), JoniRegExp) bigint
regexp_extract(varchar(x), JoniRegExp) varchar(x)
regexp_extract(varchar(x), JoniRegExp, bigint) varchar(x)
regexp_extract_all(varchar(x), JoniRegExp) array(varchar(x))
regexp_extract_all(varchar(x), JoniRegExp, bigint) array(varchar(x))
regexp_like(varchar(x), JoniRegExp) boolean
regexp_position(varchar(x), JoniRegExp) integer
regexp_position(varchar(x), JoniRegExp, integer) integer
regexp_position(varchar(x), JoniRegExp, integer, integer) integer
regexp_replace(varchar(x), JoniRegExp) varchar(x)
regexp_replace(varchar(x), JoniRegExp, varchar(y)) varchar(z); z = x + max(x * y / 2, y) * (x + 1)
regexp_replace(varchar, JoniRegExp, function(array(varchar), varchar(x))) varchar
regexp_split(varchar(x), JoniRegExp) array(varchar(x))

url_decode(varchar(x)) varchar(x)
url_encode(varchar(x)) varchar(y); y = x * 12
url_extract_fragment(varchar(x)) varchar(x)
url_extract_host(varchar(x)) varchar(x)
url_extract_parameter(varchar(x), varchar(y)) varchar(x)
url_extract_path(varchar(x)) varchar(x)
url_extract_port(varchar(x)) bigint
url_extract_protocol(varchar(x)) varchar(x)
url_extract_query(varchar(x)) varchar(x)
`
