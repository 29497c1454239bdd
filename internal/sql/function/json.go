package function

// jsonFunctions are the functions of JSON that are called by name; the
// standard's special forms are the analyzer's.
const jsonFunctions = `
is_json_scalar(json) boolean
is_json_scalar(varchar(x)) boolean
json_array_contains(json, boolean) boolean
json_array_contains(json, bigint) boolean
json_array_contains(json, double) boolean
json_array_contains(json, varchar(x)) boolean
json_array_contains(varchar(y), boolean) boolean
json_array_contains(varchar(y), bigint) boolean
json_array_contains(varchar(y), double) boolean
json_array_contains(varchar(y), varchar(x)) boolean
json_array_get(json, bigint) json
json_array_get(varchar(x), bigint) json
json_array_length(json) bigint
json_array_length(varchar(x)) bigint
json_extract(json, JsonPath) json
json_extract(varchar(x), JsonPath) json
json_extract_scalar(json, JsonPath) varchar
json_extract_scalar(varchar(x), JsonPath) varchar(x)
json_format(json) varchar
json_parse(varchar(x)) json
json_size(json, JsonPath) bigint
json_size(varchar(x), JsonPath) bigint
`
