package function

import (
	"slices"
	"strings"
)

// elsewhere says what Athena has in place of functions of other databases.
var elsewhere = map[string]string{
	"ifnull": "write coalesce(x, y)", "nvl": "write coalesce(x, y)", "nvl2": "write if(x IS NOT NULL, y, z)",
	"isnull": "write x IS NULL, or coalesce(x, y)", "iff": "write if(condition, x, y)", "decode": "write CASE x WHEN … END",
	"getdate": "write now() or current_timestamp", "sysdate": "write now() or current_timestamp", "curdate": "write current_date",
	"curtime": "write current_time", "unix_timestamp": "write to_unixtime(x)", "datediff": "write date_diff('day', x, y)",
	"dateadd": "write date_add('day', n, x)", "timestampdiff": "write date_diff('unit', x, y)", "date_sub": "write date_add('day', -n, x)",
	"datepart": "write extract(unit FROM x)", "date_part": "write extract(unit FROM x)", "adddate": "write date_add('day', n, x)",
	"string_agg":   "write listagg(x, ',') WITHIN GROUP (ORDER BY x), or array_join(array_agg(x), ',')",
	"group_concat": "write listagg(x, ',') WITHIN GROUP (ORDER BY x), or array_join(array_agg(x), ',')",
	"collect_list": "write array_agg(x)", "collect_set": "write array_agg(DISTINCT x)", "list_agg": "write listagg(x, ',') WITHIN GROUP (ORDER BY x)",
	"to_char": "write date_format(x, '%Y-%m-%d') for a time, CAST(x AS varchar) for a number", "to_number": "write CAST(x AS decimal(p, s))",
	"strftime": "write date_format(x, '%Y-%m-%d')", "strptime": "write date_parse(x, '%Y-%m-%d')",
	"str_to_date": "write date_parse(x, '%Y-%m-%d')", "from_timestamp": "write date_format(x, '%Y-%m-%d')",
	"len": "write length(x)", "charindex": "write strpos(text, part)", "instr": "write strpos(text, part)", "locate": "write strpos(text, part)",
	"position": "write position(part IN text), or strpos(text, part)", "left": "write substr(x, 1, n)", "right": "write substr(x, -n)",
	"mid": "write substr(x, start, n)", "lcase": "write lower(x)", "ucase": "write upper(x)", "space": "write lpad('', n, ' ')",
	"regexp_substr": "write regexp_extract(x, pattern)", "regexp_instr": "write regexp_position(x, pattern)", "rlike": "write regexp_like(x, pattern)",
	"get_json_object": "write json_extract_scalar(x, path)", "json_extract_path_text": "write json_extract_scalar(x, path)",
	"parse_json": "write json_parse(x)", "to_json": "write json_format(CAST(x AS json))", "array_contains": "write contains(x, y)",
	"array_length": "write cardinality(x)", "size": "write cardinality(x)", "explode": "write CROSS JOIN UNNEST(x)",
	"array_to_string": "write array_join(x, ',')", "split_to_array": "write split(x, ',')", "median": "write approx_percentile(x, 0.5)",
	"percentile": "write approx_percentile(x, p)", "percentile_cont": "write approx_percentile(x, p)", "approx_count_distinct": "write approx_distinct(x)",
	"countif": "write count_if(condition)", "any": "write any_value(x)", "first": "write any_value(x), or min_by(x, y)", "last": "write max_by(x, y)",
	"md5sum": "write to_hex(md5(to_utf8(x)))", "inet_aton": "write CAST(x AS ipaddress)", "safe_cast": "write TRY_CAST(x AS type)",
	"try_to_number": "write TRY_CAST(x AS double)", "generate_series": "write UNNEST(sequence(x, y))", "uuid_generate_v4": "write uuid()",
	"newid": "write uuid()", "gen_random_uuid": "write uuid()",
}

// Hint returns what to write in place of a function that there is not: what Athena
// has for one of another database, or the names that are spelled almost like it. It
// is empty where nothing comes close.
func Hint(name string) string {
	name = strings.ToLower(name)
	if hint := elsewhere[name]; hint != "" {
		return hint
	}
	if near := nearest(name); near != "" {
		return "did you mean '" + near + "'?"
	}
	return ""
}

// nearest returns the name that takes the fewest changes to become name, if these are
// few for its length; of several the first by the alphabet.
func nearest(name string) string {
	const shortest, longest = 3, 40
	if len(name) < shortest || len(name) > longest {
		return ""
	}
	var names []string
	for known := range registry() {
		if !strings.HasPrefix(known, "$") {
			names = append(names, known)
		}
	}
	for alias := range aliases {
		names = append(names, alias)
	}
	slices.Sort(names)
	best, fewest := "", max(1, len(name)/4)+1
	for _, known := range names {
		if n := changes(name, known); n < fewest {
			best, fewest = known, n
		}
	}
	return best
}

// changes returns how many letters must be put in, left out, changed, or swapped with
// the next one to make b of a.
func changes(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
