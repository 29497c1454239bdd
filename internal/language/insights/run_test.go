package insights_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/insights"
)

const start = 1767225600000 // 2026-01-01 00:00:00

// said returns events of messages a minute apart, the first one the oldest.
func said(messages ...string) []*insights.Event {
	var all []*insights.Event
	for i, m := range messages {
		at := int64(start + i*60000)
		all = append(all, &insights.Event{Timestamp: at, IngestionTime: at + 5, Message: []byte(m), Log: "111122223333:/g", Stream: "s", Pointer: fmt.Sprintf("p%d", i)})
	}
	slices.Reverse(all)
	return all
}

// rows runs a query and writes each row as name=value, with @ptr.
func rows(tb testing.TB, query string, env insights.Env) []string {
	tb.Helper()
	q, err := insights.Parse(query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	result, err := q.Run(tb.Context(), env)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	all := []string{}
	for _, cells := range result.Rows {
		var b strings.Builder
		for i, c := range cells {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(c.Field + "=" + c.Value)
		}
		all = append(all, b.String())
	}
	return all
}

func TestFunctions(t *testing.T) {
	env := over(said(`{"n":5,"s":"text","t":true,"z":null,"l":[1,"b",[2]],"o":{"a":{"b":[7]}},"j":"[3,{\"k\":\"v\"}]","big":12345678901234567890}`), start, start+3600000)
	for expression, want := range map[string]string{
		`n + s`: "", `n / 0`: "", `-n`: "-5", `n % 3`: "2", `2 ^ 3 ^ 2`: "512", `10 - 4 - 3`: "3", `1 / 3`: "0.3333", `2 / 3`: "0.6667", `1e3`: "1e3", `1e3 + 0`: "1000",
		`n = 5`: "1", `n = "5"`: "1", `n != 5`: "0", `n = "5.0"`: "1", `s = "text"`: "1", `s > "tex"`: "1", `nope = 1`: "", `nope != 1`: "", `not nope = 1`: "", `not (n = 5)`: "0",
		`nope = 1 or n = 5`: "1", `nope = 1 and n = 4`: "0", `nope = 1 and n = 5`: "", `l = 1`: "0", `o != 1`: "0", `t`: "1", `t = true`: "1", `z`: "", `ispresent(z)`: "0",
		`big = 12345678901234567891`: "0", `big = 12345678901234567890`: "1", `n in [4, 5]`: "1", `n in ["5"]`: "1", `n not in [5]`: "0", `nope in [1]`: "", `nope not in [1]`: "",
		`s like "ex"`: "1", `s not like /^ex/`: "1", `s =~ /(?i)TEX/`: "1", `nope like "a"`: "", `l like "b"`: "",
		`l.1`: "b", `l[2][0]`: "2", `o.a.b[0]`: "7", `l`: `[1,"b",[2]]`, `jsonParse(j)[1].k`: "v", `jsonParse(s)`: "", `jsonParse("3")`: "", `jsonStringify(jsonParse(j))`: `[3,{"k":"v"}]`,
		`jsonArraySize(j)`: "2", `jsonArraySize(s)`: "", `jsonArrayContains(j, 3)`: "1", `toupper(l)`: "", `abs(l)`: "",
		`abs(s)`: "", `ceil(-1.5)`: "-1", `floor(-1.5)`: "-2", `round(2.5)`: "3", `round(-2.5)`: "-3", `round(1234.567, -2)`: "1200", `sqrt(-1)`: "", `log(0)`: "", `log(2)`: "0.6931",
		`greatest(1, "9", 3)`: "9", `least(1, s)`: "", `toInt("7.9")`: "7", `toLong(-7.9)`: "-7", `toNumber(s)`: "", `isNumeric(s)`: "0", `isNumeric(n)`: "1", `isNumeric(nope)`: "0", `isNumeric("0x1")`: "0",
		`haversine(0, 0, 0, 90)`: "10007.5434",
		`coalesce(nope, z, s)`:   "text", `coalesce(nope)`: "", `if(nope = 1, "a", "b")`: "b", `case(n = 4, "a", n = 5, "b")`: "b", `case(n = 4, "a")`: "", `case(n = 4, "a", "c")`: "c",
		`concat(s, n, "!")`: "text5!", `concat(s, nope)`: "", `ltrim("xxa", "x")`: "a", `rtrim("a  ")`: "a", `n > "a"`: "0", `n < "a"`: "0", `n = "a"`: "0", `n != "a"`: "1", `strlen("😀é")`: "2", `strlen(nope)`: "", `isempty("")`: "1", `isempty(s)`: "0", `isblank(nope)`: "1", `isblank(" x")`: "0",
		`substr("héllo", 1, 2)`: "él", `strlen(substr(s, 9))`: "0", `substr(s, -1)`: "", `replace("aXbX", "X", "")`: "ab", `replace(s, "", "x")`: "text", `regexReplace("a1b22", "([0-9])+", "<$1>")`: "a<1>b<2>", `regexReplace(s, "(", "")`: "",
		`strcontains("A", "a", 1)`: "0", `startsWith(s, "te")`: "1", `endsWith(s, "te")`: "0", `urlencode("a b&c/é")`: "a%20b%26c%2F%C3%A9", `urldecode("a+b%2")`: "", `base64decode("!")`: "", `split("a,b", ",")`: `["a","b"]`,
		`split("a,b", ",")[1]`: "b", `hexToAscii("zz")`: "", `hexToDec("10")`: "16", `hexToDec("x")`: "", `decToHex("ff")`: "", `md5("")`: "d41d8cd98f00b204e9800998ecf8427e", `messageSize("é")`: "2",
		`isValidIp("::1")`: "1", `isValidIpV4("1.2.3")`: "0", `isIpInSubnet("10.0.0.1", "10.0.0.0/33")`: "0", `isIpv6InSubnet("2001:db8::1", "2001:db8::/32")`: "1", `isIpv4InSubnet("2001:db8::1", "2001:db8::/32")`: "0",
		`isPrivateIP("8.8.8.8")`: "0", `isReservedIP("127.0.0.1")`: "1", `isPublicIP("127.0.0.1")`: "0", `isPublicIP("nope")`: "0", `ipv4ToNumber("255.255.255.255")`: "4294967295", `ipv4ToNumber("::1")`: "",
		`@timestamp`: "2026-01-01 00:00:00.000", `@timestamp = "2026-01-01 00:00:00.000"`: "0", `@timestamp = 1767225600000`: "1", `@timestamp + 1`: "1767225600001", `now()`: "1767229200", `queryStartTime()`: "1767225600000",
		`queryEndTime()`: "1767229200000", `queryTimeRange()`: "3600000", `datefloor(1767229199999, 1h)`: "2026-01-01 00:00:00.000", `dateceil(@timestamp, 1h)`: "2026-01-01 00:00:00.000", `dateceil(@timestamp + 1, 1d)`: "2026-01-02 00:00:00.000",
		`datefloor(@timestamp + 86400000 * 40, 1mo)`: "2026-02-01 00:00:00.000", `dateceil(@timestamp + 1, 1y)`: "2027-01-01 00:00:00.000", `bin(90m)`: "2026-01-01 00:00:00.000", `fromMillis(-1)`: "1969-12-31 23:59:59.999",
		`formatDate(@timestamp, "%d/%b/%Y %H:%M:%S %j %%", "Asia/Seoul")`: "01/Jan/2026 09:00:00 001 %", `strftime(@timestamp, "%Q")`: "", `formatDate(@timestamp, "%Y", "Nowhere/Else")`: "",
		`parseDate("02/Jan/2026:03:04:05 +0900", "dd/MMM/yyyy:HH:mm:ss Z")`: "1767290645000", `parseDate("2026-01-01T09:00:00.250", "yyyy-MM-dd'T'HH:mm:ss.SSS", "Asia/Seoul")`: "1767225600250", `parseDate(s, "yyyy")`: "", `parseDate("1", "Q")`: "",
		`unmask(s)`: "text", `"it's"`: "it's", `'say \"x\\'`: `say "x\`,
	} {
		got := rows(t, "fields "+expression+" as x | display x", env)
		expected := "@ptr=p0"
		if want != "" {
			expected = "x=" + want + " @ptr=p0"
		}
		if diff := cmp.Diff([]string{expected}, got); diff != "" {
			t.Errorf("%s: %s", expression, diff)
		}
	}
}

func TestRun(t *testing.T) {
	numbers := said(`{"k":"a","v":1,"d":2.5}`, `{"k":"b","v":"2"}`, `{"k":"a","v":3}`, `{"k":null,"v":"x"}`, `{"v":4}`)
	for _, tt := range []struct {
		name, query string
		events      []*insights.Event
		want        []string
	}{
		{"nothing is chosen: the time and the message", `filter v = 4`, numbers, []string{`@timestamp=2026-01-01 00:04:00.000 @message={"v":4} @ptr=p4`}},
		{"what is computed stands behind them", `parse "v\":*}" as w | limit 1`, numbers, []string{`@timestamp=2026-01-01 00:04:00.000 @message={"v":4} w=4 @ptr=p4`}},
		{"fields add up and are shown once", `fields k, v | fields v, v * 2 as w | limit 1`, numbers, []string{`v=4 w=8 @ptr=p4`}},
		{"a name is the text as it is written", `fields v  *  2 | limit 1`, numbers, []string{`v  *  2=8 @ptr=p4`}},
		{"null is not shown and is sorted first", `fields k | sort k asc, @timestamp asc`, numbers, []string{`@ptr=p3`, `@ptr=p4`, `k=a @ptr=p0`, `k=a @ptr=p2`, `k=b @ptr=p1`}},
		{"texts stand before numbers", `fields v | sort v desc`, numbers, []string{`v=4 @ptr=p4`, `v=3 @ptr=p2`, `v=2 @ptr=p1`, `v=1 @ptr=p0`, `v=x @ptr=p3`}},
		{"digits in texts count as numbers", `fields @message | sort @message`, said("a10b", "a9b", "a9", "b", "1"), []string{`@message=a9 @ptr=p2`, `@message=a9b @ptr=p1`, `@message=a10b @ptr=p0`, `@message=b @ptr=p3`, `@message=1 @ptr=p4`}},
		{"filter behind sort", `fields v | sort v asc | filter v > 1 | limit 2`, numbers, []string{`v=2 @ptr=p1`, `v=3 @ptr=p2`}},
		{"limit and then filter", `fields v | limit 2 | filter v = 4`, numbers, []string{`v=4 @ptr=p4`}},
		{"limit of none", `fields v | limit 0`, numbers, []string{}},
		{"null is a group of its own", `stats count(*) as n by k | sort n desc, k`, numbers, []string{`n=2`, `k=a n=2`, `k=b n=1`}},
		{"numbers in texts are numbers", `stats sum(v) as s, avg(v) as a, min(v) as lo, max(v) as hi, count(v) as n, stddev(v) as d`, numbers, []string{`s=10 a=2.5 lo=1 hi=4 n=5 d=1.291`}},
		{"of nothing there is nothing", `stats sum(nope) as s, avg(nope) as a, max(nope) as m, pct(nope, 50) as p, count(nope) as n, latest(nope) as l, values(nope) as u, count_distinct(nope) as d`, numbers, []string{`n=0 d=0`}},
		{"the percentile lies between values", `stats pct(v, 50) as m, pct(v, 0) as lo, pct(v, 100) as hi, pct(v, 101) as none`, numbers, []string{`m=2.5 lo=1 hi=4`}},
		{"values are listed once, in the order in which they came", `stats values(k) as all`, numbers, []string{`all=a,b`}},
		{"the earliest that has it", `stats earliest(k) as e, latest(k) as l, sortsFirst(v) as f, sortsLast(v) as z`, numbers, []string{`e=a l=a f=x z=4`}},
		{"an expression over aggregates", `stats (max(v) - min(v)) / count(*) as x, x * 10 as y`, numbers, []string{`x=0.6 y=6`}},
		{"a group by what is computed", `stats count(*) by v > 2 as large | sort large`, numbers, []string{`large=0 count(*)=3`, `large=1 count(*)=2`}},
		{"the time of a group", `stats max(@timestamp) as last by k | filter k = "a"`, numbers, []string{`k=a last=2026-01-01 00:02:00.000`}},
		{"stats of stats", `stats sum(v) as s by k | stats count(*) as n, max(s) as m`, numbers, []string{`n=3 m=4`}},
		{"a name with backticks behind stats", "stats count(*) by k | filter `count(*)` = 1", numbers, []string{`k=b count(*)=1`}},
		{"two keys whose texts run into each other", `stats count(*) as n by a, b | sort a`, said(`{"a":"x","b":"yz"}`, `{"a":"xy","b":"z"}`), []string{`a=x b=yz n=1`, `a=xy b=z n=1`}},
		{"dedup keeps each null", `fields k | dedup k`, numbers, []string{`@ptr=p4`, `@ptr=p3`, `k=a @ptr=p2`, `k=b @ptr=p1`}},
		{"wildcards take what is between", `parse @message "* - *[*]" as a, b, c | display a, b, c`, said("x - y[1]", "x - y", "- y[1]"), []string{`@ptr=p2`, `@ptr=p1`, `a=x b=y c=1 @ptr=p0`}},
		{"wildcards side by side", `parse "<**>" as a, b | display a, b`, said("<xy>"), []string{`a= b=xy @ptr=p0`}},
		{"a group that took no part is null", `parse /(?<a>x)|(?<b>y)/ | display a, b`, said("y"), []string{`b=y @ptr=p0`}},
		{"a row for each match", `parse /(?<n>\d+)/ multi | display n`, said("1 2", "none"), []string{`@ptr=p1`, `n=1 @ptr=p0`, `n=2 @ptr=p0`}},
		{"logfmt with quotes and odd words", `parse @message logfmt as lf | display lf.a, lf.b, lf.c, lf.d`, said(`a="x \"y\"\n" odd b= c=1 =2 d`), []string{"lf.a=x \"y\"\n lf.b= lf.c=1 @ptr=p0"}},
		{"logfmt is no field here", `parse logfmt as lf | display lf.a`, said(`a=1`), []string{`lf.a=1 @ptr=p0`}},
		{"commas in quotes", `parse @message csv as a, b, c | display a, b, c`, said(`"x, ""y""",2`), []string{`a=x, "y" b=2 @ptr=p0`}},
		{"json out of a field", `json field=@message "a.b[1]" as x | display x`, said(`{"a":{"b":[1,2]}}`, "none"), []string{`@ptr=p1`, `x=2 @ptr=p0`}},
		{"what is no array is one item", `fields jsonParse(@message) as j | unnest j.a into x | display x`, said(`{"a":[]}`, `{"a":{"b":1}}`, `{}`), []string{`@ptr=p2`, `x={"b":1} @ptr=p1`}},
		{"an array that a text writes", `expand a | display a`, said(`{"a":"[1,[2]]"}`), []string{`a=1 @ptr=p0`, `a=[2] @ptr=p0`}},
		{"totals of what is named", `addtotals fieldname=sum v, d | display sum | sort sum desc | limit 1`, numbers, []string{`sum=4 @ptr=p4`}},
		{"totals without a row", `fields v | addtotals row=false | limit 1`, numbers, []string{`v=4 @ptr=p4`}},
		{"a running sum passes over what is no number", `fields v | sort @timestamp asc | accum v as t`, numbers, []string{`v=1 t=1 @ptr=p0`, `v=2 t=3 @ptr=p1`, `v=3 t=6 @ptr=p2`, `v=x @ptr=p3`, `v=4 t=10 @ptr=p4`}},
		{"rows before", `sort @timestamp asc | autoregress v p=2-3 | display v_p2, v_p3 | limit 4`, numbers, []string{`@ptr=p0`, `@ptr=p1`, `v_p2=1 @ptr=p2`, `v_p2=2 v_p3=1 @ptr=p3`}},
		{"the last that was there", `fields k, d | sort @timestamp asc | filldown k d*`, numbers, []string{`k=a d=2.5 @ptr=p0`, `k=b d=2.5 @ptr=p1`, `k=a d=2.5 @ptr=p2`, `k=a d=2.5 @ptr=p3`, `k=a d=2.5 @ptr=p4`}},
		{"the most frequent first", `countFrequent k`, numbers, []string{`_approxcount=2`, `k=a _approxcount=2`, `k=b _approxcount=1`}},
		{"patterns", `pattern @message`, said("took 12 ms", "took 7 ms", "ERROR at 2026-01-01T00:00:00Z in x1"), []string{
			`@pattern=took <Token-1> ms @ratio=0.6667 @sampleCount=2`, `@pattern=ERROR at <Time-1> in <Token-2> @ratio=0.3333 @sampleCount=1 @severityLabel=ERROR`,
		}},
		{"an index is a filter", `filterIndex k = 'b', v in [2] | display k`, numbers, []string{`k=b @ptr=p1`}},
		{"another query's values", `filter k in (SOURCE 'g' | stats count(*) as n by k | filter n = 1 | fields k) | display k`, numbers, []string{`k=b @ptr=p1`}},
		{"none of another query's values", `filter k not in (SOURCE 'g' | filter k = "a" | fields k) | display k`, numbers, []string{`k=b @ptr=p1`}},
		{"joined rows", `fields k | filter d > 1 | join type=inner left=l right=r where l.k = r.k (SOURCE 'g') | fields r.v, r.@timestamp, l.d`, numbers, []string{
			`l.k=a r.v=3 r.@timestamp=2026-01-01 00:02:00.000 l.d=2.5 @ptr=p0`, `l.k=a r.v=1 r.@timestamp=2026-01-01 00:00:00.000 l.d=2.5 @ptr=p0`,
		}},
		{"rows without a match stay", `join type=left left=l right=r where r.v = l.k (SOURCE 'g') | filter !ispresent(r.v) | stats count(*) as n`, numbers, []string{`n=5`}},
		{"columns of another query", `stats count(*) as n by k | sort k | appendcols override=true max=2 (SOURCE 'g' | fields v as n, k as other)`, numbers, []string{`n=4`, `k=a n=x`, `k=b`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, rows(t, tt.query, over(tt.events, start, start+3600000))); diff != "" {
				t.Errorf("%s: %s", tt.query, diff)
			}
		})
	}
}

func TestDiscovery(t *testing.T) {
	var many strings.Builder
	for i := range 250 {
		fmt.Fprintf(&many, `"f%d":%d,`, i, i)
	}
	of := func(group, message string) []*insights.Event {
		events := said(message)
		events[0].Log = "111122223333:" + group
		events[0].Unmasked = []byte(strings.ReplaceAll(message, "*", "5"))
		events[0].System = map[string]string{"@entity.KeyAttributes.Name": "svc"}
		return events
	}
	const report = "REPORT RequestId: 11111111-2222-3333-4444-555555555555\tDuration: 100.50 ms\tBilled Duration: 101 ms\tMemory Size: 3008 MB\tMax Memory Used: 64 MB\tInit Duration: 200.00 ms\t\nXRAY TraceId: 1-5e34-a\tSegmentId: 0b8a\tSampled: true\t"
	for _, tt := range []struct {
		name, group, message, fields, want string
	}{
		{"two hundred fields and no more", "/g", "{" + many.String() + `"z":1}`, "f199, f200, z", "f199=199 @ptr=p0"},
		{"a name that begins with an at sign", "/g", `{"@m":1}`, "@@m, @m", "@@m=1 @ptr=p0"},
		{"a name with dots", "/g", `{"a.b":{"c":1}}`, "a.b.c, `a.b`.c as x", "a.b.c=1 x=1 @ptr=p0"},
		{"escapes", "/g", `{"\u0061":"\u00e9\n"}`, "a", "a=é\n @ptr=p0"},
		{"an object that is cut off has no fields", "/g", `{"a":1,"b":`, "a", "@ptr=p0"},
		{"text behind an object", "/g", `{"a":1} x`, "a", "@ptr=p0"},
		{"an array is no object", "/g", `[{"a":1}]`, "a", "@ptr=p0"},
		{"text in front of an object", "/g", `x {"a":1}`, "a", "@ptr=p0"},
		{"text in front of an object in Lambda's log", "/aws/lambda/f", `2026-01-01T00:00:00Z` + "\t" + `11111111-2222-3333-4444-555555555555` + "\t" + `INFO {"a":1} {"a":2}`, "a, @requestId", "a=1 @requestId=11111111-2222-3333-4444-555555555555 @ptr=p0"},
		{"Lambda's report", "/other", report, "@type, @requestId, @duration, @billedDuration, @initDuration, @memorySize, @maxMemoryUsed, @xrayTraceId, @xraySegmentId, @memorySize / 1000000 as mb", "@type=REPORT @requestId=11111111-2222-3333-4444-555555555555 @duration=100.5 @billedDuration=101 @initDuration=200 @memorySize=3.008E9 @maxMemoryUsed=6.4E7 @xrayTraceId=1-5e34-a @xraySegmentId=0b8a mb=3008 @ptr=p0"},
		{"Lambda's start", "/aws/lambda/f", "START RequestId: 1-2 Version: $LATEST\n", "@type, @requestId, @duration", "@type=START @requestId=1-2 @ptr=p0"},
		{"a query of Route 53", "/r53", "1.0 2026-01-01T00:00:00.000Z Z123 example.com A NOERROR UDP FRA6 192.0.2.1 198.51.100.0/24", "queryName, responseCode, protocol, resolverIp, ednsClientSubnet, version", "queryName=example.com responseCode=NOERROR protocol=UDP resolverIp=192.0.2.1 ednsClientSubnet=198.51.100.0/24 version=1.0 @ptr=p0"},
		{"a flow without data", "/v", "2 123456789010 eni-1 - - - - - - - 1 2 - NODATA", "logStatus, action, version", "logStatus=NODATA action=- version=2 @ptr=p0"},
		{"a line of fourteen words", "/v", "2 a b c d e f g h i j k l m", "version", "@ptr=p0"},
		{"what is masked and what is not", "/g", `{"card":"**"}`, "card, unmask(card) as c, unmask(@message) as m", `card=** c=55 m={"card":"55"} @ptr=p0`},
		{"fields of the event", "/g", "x", "@log, @logStream, @ingestionTime, @entity.KeyAttributes.Name, @nope", "@log=111122223333:/g @logStream=s @ingestionTime=2026-01-01 00:00:00.005 @entity.KeyAttributes.Name=svc @ptr=p0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events := of(tt.group, tt.message)
			if diff := cmp.Diff([]string{tt.want}, rows(t, "fields "+tt.fields, over(events, start, start))); diff != "" {
				t.Error(diff)
			}
			checkFields(t, events[0])
		})
	}
}

// checkFields holds Fields to what a query says of each.
func checkFields(t *testing.T, e *insights.Event) {
	t.Helper()
	for _, c := range insights.Fields(e) {
		if strings.ContainsAny(c.Field, "`") || c.Field == "@ptr" || c.Field == "" || strings.Contains(c.Field, "..") || strings.HasPrefix(c.Field, ".") || strings.HasSuffix(c.Field, ".") {
			continue
		}
		name := "`" + c.Field + "`"
		if plain := strings.TrimLeft(c.Field, "@"); plain != c.Field {
			if plain == "" || len(c.Field)-len(plain) > 2 {
				continue
			}
			name = c.Field[:len(c.Field)-len(plain)] + "`" + plain + "`"
		}
		want := c.Field + "=" + c.Value + " @ptr=" + e.Pointer
		if got := rows(t, "display "+name, over([]*insights.Event{e}, 0, 1)); !cmp.Equal(got, []string{want}) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	events := said(`{"id":"1","name":"kept"}`, `{"id":"2"}`, `{"id":"9"}`)
	env := over(events, start, start)
	env.Table = func(_ context.Context, name string) ([][]string, error) {
		if name != "users" {
			return nil, errors.New("no such table")
		}
		return [][]string{{"key", "name", "team"}, {"1", "one", "red"}, {"2", "two"}, {"1", "again", "blue"}}, nil
	}
	for query, want := range map[string][]string{
		"lookup users key as id OUTPUT name, team | display name, team":    {"@ptr=p2", "name=two team= @ptr=p1", "name=one team=red @ptr=p0"},
		"lookup users key as id OUTPUTNEW name, team | display name, team": {"@ptr=p2", "name=two team= @ptr=p1", "name=kept team=red @ptr=p0"},
	} {
		if diff := cmp.Diff(want, rows(t, query, env)); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	for query, want := range map[string]string{
		"lookup nobody key OUTPUT name": "no such table",
		"lookup users key OUTPUT nope":  "Lookup table users has no column nope: its columns are key, name, team",
		"lookup users id OUTPUT name":   "Lookup table users has no column id: its columns are key, name, team",
	} {
		q, err := insights.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Run(t.Context(), env); err == nil || err.Error() != want {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestFormatDate(t *testing.T) {
	env := over(said("x"), start, start)
	const form = "%Y %y %m %d %H %I %M %S %p %B %b %h %A %a %e %Z %z %F %T %R %D %c %x %X %r %n%t%j %k %l %u %w %s %L %f %C %V %G %%"
	want := "2026 26 01 02 15 03 04 05 PM January Jan Jan Friday Fri  2 UTC +0000 2026-01-02 15:04:05 15:04 01/02/26 Fri Jan  2 15:04:05 2026 01/02/26 15:04:05 03:04:05 PM \n\t002 15  3 5 5 1767366245 250 250000 20 01 2026 %"
	got := rows(t, `display formatDate(1767366245250, "`+form+`") as x`, env)
	if diff := cmp.Diff([]string{"x=" + want + " @ptr=p0"}, got); diff != "" {
		t.Error(diff)
	}
}

// Of many values a percentile is exact as long as there is room for them, and then a near one.
func TestPercentileOfMany(t *testing.T) {
	var events []*insights.Event
	for i := range 30001 {
		events = append(events, &insights.Event{Timestamp: start, Message: fmt.Appendf(nil, `{"n":%d}`, i*7919%30001)})
	}
	for memory, off := range map[int]float64{0: 0, 1 << 20: 0.01} {
		env := over(events, start, start)
		env.Memory = memory
		got, err := answer(t.Context(), t, "stats pct(n, 50) as p50, pct(n, 99) as p99, max(n) as m", env)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{15000, 29700, 30000} {
			n, err := strconv.ParseFloat(got.Rows[0][i].Value, 64)
			if err != nil || n < want*(1-off) || n > want*(1+off) {
				t.Errorf("with %d bytes: %v, %v", memory, got.Rows[0][i], err)
			}
		}
	}
}

// A partial result leaves no trace in the whole one.
func TestPartialResults(t *testing.T) {
	var events []*insights.Event
	for i := range 9000 {
		events = append(events, &insights.Event{Timestamp: start - int64(i), Message: fmt.Appendf(nil, `{"n":%d,"k":"%d"}`, i, i%3)})
		if i%2 == 0 {
			events[i].Message = fmt.Appendf(nil, `{"n":%d}`, i)
		}
	}
	for _, query := range []string{
		"fields n, k | sort n desc | filldown k | accum n as s | autoregress n | limit 5000", "stats count(*) as c, pct(n, 50) as p by k | sort k | accum c as s", "fields k | dedup k", "countFrequent k", "pattern k",
		"fields n | sort n desc | limit 20", "stats count(*) as c by k | stats sum(c) as s",
	} {
		env := over(events, start, start)
		env.Workers = 1
		whole := rows(t, query, env)
		parts := 0
		env.Partial = func(result func() (*insights.Result, error)) {
			parts++
			if _, err := result(); err != nil {
				t.Error(err)
			}
		}
		env.Workers = 3
		if diff := cmp.Diff(whole, rows(t, query, env)); diff != "" || parts == 0 && len(whole) == 0 {
			t.Errorf("%s: %d, %s", query, parts, diff)
		}
	}
}

// endless yields one event again and again.
func endless(seen *int) func(context.Context, insights.Read) iter.Seq2[*insights.Event, error] {
	return func(context.Context, insights.Read) iter.Seq2[*insights.Event, error] {
		return func(yield func(*insights.Event, error) bool) {
			for {
				*seen++
				if !yield(&insights.Event{Timestamp: start, Message: fmt.Appendf(nil, `{"n":%d}`, *seen), Pointer: "p"}, nil) {
					return
				}
			}
		}
	}
}

func TestRunEnds(t *testing.T) {
	run := func(ctx context.Context, query string, env insights.Env) (*insights.Result, error) {
		q, err := insights.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		return q.Run(ctx, env)
	}
	seen := 0
	env := insights.Env{Events: endless(&seen), Limit: 7}
	t.Run("with enough rows", func(t *testing.T) {
		result, err := run(t.Context(), "fields n | filter n > 10", env)
		if err != nil || len(result.Rows) != 7 || result.Statistics != (insights.Statistics{RecordsMatched: 7, RecordsScanned: 17, BytesScanned: 9*7 + 8*8}) {
			t.Errorf("%+v, %v", result, err)
		}
	})
	t.Run("with the query's own limit, and that which stands behind it", func(t *testing.T) {
		for limit, want := range map[int]int{5: 5, 9: 7} {
			result, err := run(t.Context(), fmt.Sprintf("fields n | limit %d", limit), env)
			if err != nil || len(result.Rows) != want {
				t.Errorf("%+v, %v", result, err)
			}
		}
	})
	t.Run("with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		env := env
		rows := 0
		env.Partial = func(result func() (*insights.Result, error)) {
			partial, err := result()
			if err != nil || len(partial.Rows) != 1 || partial.Rows[0][0].Value != "4096" {
				t.Errorf("%+v, %v", partial, err)
			}
			rows++
			cancel()
		}
		if _, err := run(ctx, "stats count(*) as n", env); !errors.Is(err, context.Canceled) || rows != 1 {
			t.Errorf("%v after %d", err, rows)
		}
	})
	t.Run("with its memory", func(t *testing.T) {
		env := env
		env.Memory, env.Limit = 1<<20, 0
		for _, query := range []string{"stats count(*) by n", "stats values(n)", "stats count_distinct(n)", "fields n | sort n | accum n as s", "dedup n | limit 100000", "countFrequent n"} {
			if _, err := run(t.Context(), query, env); !errors.Is(err, insights.ErrMemory) {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
	t.Run("with the memory of all queries in it, and of what it looks up", func(t *testing.T) {
		few := 0
		env := insights.Env{Memory: 1 << 20, Events: func(ctx context.Context, read insights.Read) iter.Seq2[*insights.Event, error] {
			return func(yield func(*insights.Event, error) bool) {
				n := 0
				for e, err := range endless(&few)(ctx, read) {
					if n++; n > 2000 || !yield(e, err) {
						return
					}
				}
			}
		}, Table: func(context.Context, string) ([][]string, error) {
			return append([][]string{{"k", "v"}}, slices.Repeat([][]string{{strings.Repeat("k", 100), strings.Repeat("v", 100)}}, 3000)...), nil
		}}
		one := "appendcols (SOURCE 'g' | fields n)"
		if _, err := run(t.Context(), "stats count(*) as c | "+one, env); err != nil {
			t.Error(err)
		}
		for _, query := range []string{"stats count(*) as c" + strings.Repeat(" | "+one, 5), "lookup a k OUTPUT v | lookup b k OUTPUT v"} {
			if _, err := run(t.Context(), query, env); !errors.Is(err, insights.ErrMemory) {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
	t.Run("with the memory of what is made of an event", func(t *testing.T) {
		many := func(events, of int) insights.Env {
			message := []byte(`{"a":[` + strings.Repeat("1,", of-1) + `1]}`)
			return insights.Env{Memory: 8 << 20, Workers: 2, Events: func(context.Context, insights.Read) iter.Seq2[*insights.Event, error] {
				return func(yield func(*insights.Event, error) bool) {
					for range events {
						if !yield(&insights.Event{Timestamp: start, Message: message, Pointer: "p"}, nil) {
							return
						}
					}
				}
			}}
		}
		const query = "fields jsonParse(@message) as j | unnest j.a into x | stats count(*) as n"
		for _, env := range []insights.Env{many(1, 200_000), many(100, 20_000)} {
			if _, err := run(t.Context(), query, env); !errors.Is(err, insights.ErrMemory) {
				t.Error(err)
			}
		}
		result, err := run(t.Context(), query, many(20_000, 5)) // which are taken as they are made
		if err != nil || len(result.Rows) != 1 || result.Rows[0][0].Value != "100000" {
			t.Errorf("%+v, %v", result, err)
		}
	})
	t.Run("with what its events end with", func(t *testing.T) {
		broken := errors.New("broken")
		env := env
		env.Events = func(context.Context, insights.Read) iter.Seq2[*insights.Event, error] {
			return func(yield func(*insights.Event, error) bool) { yield(nil, broken) }
		}
		for _, query := range []string{"fields n", "filter n in (SOURCE 'g' | fields n)", "join left=a right=b where a.n = b.n (SOURCE 'g')"} {
			if _, err := run(t.Context(), query, env); !errors.Is(err, broken) {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
	t.Run("without reading, where nothing would be read", func(t *testing.T) {
		if _, err := run(t.Context(), "filter n > 1 | estimate", env); err == nil {
			t.Error("it ran")
		}
	})
}

func TestFieldsOfAnotherText(t *testing.T) {
	events := said(`{"a":1,"card":"**"}`)
	events[0].Fields, events[0].Unmasked, events[0].UnmaskedFields = []byte(`{"b":2,"card":"**"}`), []byte(`{"a":1,"card":"55"}`), []byte(`{"b":2,"card":"55"}`)
	want := `b=2 card=** c=55 @message={"a":1,"card":"**"} m={"a":1,"card":"55"} @ptr=p0`
	if diff := cmp.Diff([]string{want}, rows(t, "fields a, b, card, unmask(card) as c, @message, unmask(@message) as m", over(events, start, start))); diff != "" {
		t.Error(diff)
	}
	checkFields(t, events[0])
	events[0].Unmasked = nil // who may not see it
	if diff := cmp.Diff([]string{`c=** @ptr=p0`}, rows(t, "fields unmask(card) as c", over(events, start, start))); diff != "" {
		t.Error(diff)
	}
}
