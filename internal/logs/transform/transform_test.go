package transform_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/transform"
)

func compile(tb testing.TB, config string) *transform.Transformer {
	tb.Helper()
	processors, err := transform.Parse(config)
	if err != nil {
		tb.Fatal(err)
	}
	t, err := transform.Compile(processors)
	if err != nil {
		tb.Fatalf("%s: %v", config, err)
	}
	return t
}

func event(message string) transform.Event {
	return transform.Event{Message: []byte(message), Group: "/shop/web", Stream: "one", Account: "111122223333", Region: "ap-northeast-2"}
}

const (
	nested = `{"outer_key": {"inner_key": "inner_value"}}`
	pairs  = `{"outer_key": [{"inner_key": "a", "inner_value": "val-a"}, {"inner_key": "b", "inner_value": "val-b1"}, {"inner_key": "b", "inner_value": "val-b2"}, {"other": 1}, 7]}`
)

func TestProcessors(t *testing.T) {
	json := func(rest string) string { return `[{"parseJSON": {}}, ` + rest + `]` }
	for _, tt := range []struct{ name, config, message, want string }{
		{"parseJSON puts members under the root", `[{"parseJSON": {}}]`, ` {"b": [1, 2.50, {"c": null}], "a": true, "\u00e9": "\ud83d\ude00\n"} `, `{"b":[1,2.50,{"c":null}],"a":true,"é":"😀\n"}`},
		{"parseJSON puts members under a destination", `[{"parseJSON": {"destination": "new_key"}}]`, nested, `{"new_key":{"outer_key":{"inner_key":"inner_value"}}}`},
		{"parseJSON takes a source inside of the event", json(`{"parseJSON": {"source": "in.text", "destination": "out"}}`), `{"in": {"text": "{\"a\":1}"}}`, `{"in":{"text":"{\"a\":1}"},"out":{"a":1}}`},
		{"parseJSON has the last of equal members", `[{"parseJSON": {}}]`, `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{"parseJSON of half a surrogate", `[{"parseJSON": {}}]`, `{"a":"\ud800x\ud800\u0041"}`, "{\"a\":\"\uFFFDx\uFFFDA\"}"},

		{
			"grok names what patterns match", `[{"grok": {"match": "%{IP:client_ip} %{WORD:method} %{URIPATHPARAM:request} %{NUMBER:bytes}"}}]`, `192.0.2.7 GET /index.html?a=b 1234`,
			`{"client_ip":"192.0.2.7","method":"GET","request":"/index.html?a=b","bytes":"1234"}`,
		},
		{
			"grok takes quotes away", `[{"grok": {"match": "%{NUMBER:version} %{HOSTNAME:hostname} %{NOTSPACE:status} %{QUOTEDSTRING:logMsg}"}}]`, `293750 server-01.internal-network.local OK "[Thread-000] token generated"`,
			`{"version":"293750","hostname":"server-01.internal-network.local","status":"OK","logMsg":"[Thread-000] token generated"}`,
		},
		{"grok makes objects of names with dots", `[{"grok": {"match": "%{IP:client.ip} %{WORD:client.verb}"}}]`, `192.0.2.7 GET`, `{"client":{"ip":"192.0.2.7","verb":"GET"}}`},
		{"grok beside groups of the expression's own", `[{"grok": {"match": "(a|b)[(]%{INT:n}[)]\\(%{INT:m}"}}]`, `b(17)(4`, `{"n":"17","m":"4"}`},
		{"grok leaves out what did not take part", `[{"grok": {"match": "%{WORD:a}(?: %{INT:b})?$"}}]`, `x`, `{"a":"x"}`},
		{
			"grok after parseJSON", json(`{"grok": {"source": "line", "match": "%{TIMESTAMP_ISO8601:at} %{LOGLEVEL:level} %{GREEDYDATA:text}"}}`), `{"line":"2026-01-02T03:04:05.678Z WARN it is late"}`,
			`{"line":"2026-01-02T03:04:05.678Z WARN it is late","at":"2026-01-02T03:04:05.678Z","level":"WARN","text":"it is late"}`,
		},
		{
			"grok of Apache's access log", `[{"grok": {"match": "%{APACHE_ACCESS_LOG}"}}]`, `127.0.0.1 - - [03/Aug/2023:12:34:56 +0900] "GET /page.html HTTP/1.1" 200 1234`,
			`{"remote_host":"127.0.0.1","timestamp":"2023-08-03T03:34:56Z","http_method":"GET","request":"/page.html","http_version":"1.1","status_code":200,"response_size":1234}`,
		},
		{
			"grok of NGINX's access log", `[{"grok": {"match": "%{NGINX_ACCESS_LOG} %{DATA:more}$"}}]`, `192.0.2.100 - Foo [03/Aug/2023:12:34:56 +0000] "GET /a HTTP/1.1" 200 42 "https://example.com/" "curl/8" x`,
			`{"remote_addr":"192.0.2.100","auth_user":"Foo","timestamp":"2023-08-03T12:34:56Z","http_method":"GET","request":"/a","http_version":"1.1","status_code":200,"body_bytes_sent":42,"referrer":"https://example.com/","agent":"curl/8","more":"x"}`,
		},
		{
			"grok of RFC 5424", `[{"grok": {"match": "%{SYSLOG5424} %{GREEDYDATA:message}"}}]`, `<165>1 2023-10-05T12:34:56.789Z host.example.com app 1234 ID47 [a@1 b="c]\"d"][e] It is done`,
			`{"pri":165,"version":1,"timestamp":"2023-10-05T12:34:56.789Z","hostname":"host.example.com","app":"app","procid":"1234","msg_id":"ID47","structured_data":"[a@1 b=\"c]\\\"d\"][e]","message":"It is done"}`,
		},

		{"csv names columns by number", `[{"csv": {"quoteCharacter": "'"}}]`, "'Akua Mansa',28,'New York, USA'\n", `{"column_1":"Akua Mansa","column_2":"28","column_3":"New York, USA"}`},
		{"csv names columns, and the rest by number", `[{"csv": {"columns": ["who", "at.city"], "delimiter": "\\t", "destination": "row"}}]`, "\"a \"\"b\"\"\"\tSeoul\t", `{"row":{"who":"a \"b\"","at":{"city":"Seoul"},"column_3":""}}`},

		{
			"parseKeyValue with everything", `[{"parseKeyValue": {"destination": "new_key", "fieldDelimiter": "!", "keyValueDelimiter": ":", "nonMatchValue": "none", "keyPrefix": "p_"}}]`, `key1:value1!key2:v:2!!key3`,
			`{"new_key":{"p_key1":"value1","p_key2":"v:2","p_key3":"none"}}`,
		},
		{"parseKeyValue keeps what is there", json(`{"parseKeyValue": {"source": "q"}}`), `{"a":"old","q":"a=new&b=1&c"}`, `{"a":"old","q":"a=new&b=1&c","b":"1","c":null}`},
		{"parseKeyValue overwrites", json(`{"parseKeyValue": {"source": "q", "overwriteIfExists": true}}`), `{"a":"old","q":"a=new"}`, `{"a":"new","q":"a=new"}`},

		{
			"parseVPC", `[{"parseVPC": {}}]`, `2 123456789010 eni-abc123de 192.0.2.0 192.0.2.24 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK`,
			`{"version":2,"accountId":"123456789010","interfaceId":"eni-abc123de","srcAddr":"192.0.2.0","dstAddr":"192.0.2.24","srcPort":20641,"dstPort":22,"protocol":6,"packets":20,"bytes":4249,"start":1418530010,"end":1418530070,"action":"ACCEPT","logStatus":"OK"}`,
		},
		{
			"parseVPC of a window without data", `[{"parseVPC": {"source": "@message"}}]`, `2 123456789010 eni-1 - - - - - - - 1418530010 1418530070 - NODATA`,
			`{"version":2,"accountId":"123456789010","interfaceId":"eni-1","srcAddr":"-","dstAddr":"-","srcPort":"-","dstPort":"-","protocol":"-","packets":"-","bytes":"-","start":1418530010,"end":1418530070,"action":"-","logStatus":"NODATA"}`,
		},
		{
			"parseRoute53", `[{"parseRoute53": {}}]`, `1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NOERROR TCP IAD12 192.0.2.0 198.51.100.0/24`,
			`{"version":1.0,"queryTimestamp":"2017-12-13T08:15:50.235Z","hostZoneId":"Z123412341234","queryName":"example.com","queryType":"AAAA","responseCode":"NOERROR","protocol":"TCP","edgeLocation":"IAD12","resolverIp":"192.0.2.0","ednsClientSubnet":"198.51.100.0/24"}`,
		},
		{
			"parseCloudfront", `[{"parseCloudfront": {}}]`, "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.24\tGET\td1.cloudfront.net\t/index.html\t200\t-\tMozilla/5.0%20(X11)\t-\t-\tHit\tSOX4==\td1.cloudfront.net\thttps\t23\t0.001\t-\tTLSv1.2\tECDHE\tHit\tHTTP/2.0\t-\t-\t11040\t0.001\tHit\ttext/html\t78\t-\t-",
			`{"date":"2019-12-04","time":"21:02:31","x-edge-location":"LAX1","sc-bytes":392,"c-ip":"192.0.2.24","cs-method":"GET","cs(Host)":"d1.cloudfront.net","cs-uri-stem":"/index.html","sc-status":200,"cs(Referer)":"-","cs(User-Agent)":"Mozilla/5.0 (X11)","cs-uri-query":"-","cs(Cookie)":"-","x-edge-result-type":"Hit","x-edge-request-id":"SOX4==","x-host-header":"d1.cloudfront.net","cs-protocol":"https","cs-bytes":23,"time-taken":0.001,"x-forwarded-for":"-","ssl-protocol":"TLSv1.2","ssl-cipher":"ECDHE","x-edge-response-result-type":"Hit","cs-protocol-version":"HTTP/2.0","fle-status":"-","fle-encrypted-fields":"-","c-port":11040,"time-to-first-byte":0.001,"x-edge-detailed-result-type":"Hit","sc-content-type":"text/html","sc-content-len":78,"sc-range-start":"-","sc-range-end":"-"}`,
		},
		{
			"parsePostgres", `[{"parsePostgres": {}}]`, `2019-03-10 03:54:59 UTC:10.0.0.123(52834):postgres@logtestdb:[20175]:ERROR: column "wrong" does not exist at character 8`,
			`{"logTime":"2019-03-10 03:54:59 UTC","srcIp":"10.0.0.123(52834)","userName":"postgres","dbName":"logtestdb","processId":"20175","logLevel":"ERROR"}`,
		},
		{
			"parseWAF", `[{"parseWAF": {}}]`, `{"action":"BLOCK","httpRequest":{"clientIp":"192.0.2.1","headers":[{"name":"Host","value":"a.example"},{"name":"Accept","value":"*/*"}]},"labels":[{"name":"l:1"},{"name":"l:2"}]}`,
			`{"action":"BLOCK","httpRequest":{"clientIp":"192.0.2.1","headers":{"Host":"a.example","Accept":"*/*"}},"labels":{"l:1":"l:1","l:2":"l:2"}}`,
		},

		{
			"addKeys", json(`{"addKeys": {"entries": [{"key": "outer_key.new_key", "value": "v"}, {"key": "outer_key.inner_key", "value": "x"}, {"key": "made.now", "value": "y", "overwriteIfExists": true}]}}`), nested,
			`{"outer_key":{"inner_key":"inner_value","new_key":"v"},"made":{"now":"y"}}`,
		},
		{"deleteKeys", json(`{"deleteKeys": {"withKeys": ["outer_key.inner_key", "none", "outer_key.inner_key.deeper"]}}`), nested, `{"outer_key":{}}`},
		{"moveKeys moves into the target", json(`{"moveKeys": {"entries": [{"source": "a.x", "target": "b"}, {"source": "b", "target": "b"}]}}`), `{"a":{"x":1},"b":{"y":2}}`, `{"a":{},"b":{"y":2,"x":1}}`},
		{"moveKeys leaves what is there", json(`{"moveKeys": {"entries": [{"source": "x", "target": "b"}, {"source": "z", "target": "b", "overwriteIfExists": true}, {"source": "x", "target": "z"}]}}`), `{"x":1,"z":2,"b":{"x":3,"z":4}}`, `{"b":{"x":3,"z":2},"z":{"x":1}}`},
		{"renameKeys", json(`{"renameKeys": {"entries": [{"key": "outer_key", "renameTo": "new_key"}, {"key": "new_key.inner_key", "renameTo": "new_key.k"}]}}`), nested, `{"new_key":{"k":"inner_value"}}`},
		{
			"copyValue, also of where the event is from", json(`{"copyValue": {"entries": [{"source": "outer_key", "target": "copy"}, {"source": "@logGroupName", "target": "group"}, {"source": "@logGroupStream", "target": "stream"}, {"source": "@accountId", "target": "account"}, {"source": "@regionName", "target": "region"}]}}, {"deleteKeys": {"withKeys": ["copy.inner_key"]}}`), nested,
			`{"outer_key":{"inner_key":"inner_value"},"copy":{},"group":"/shop/web","stream":"one","account":"111122223333","region":"ap-northeast-2"}`,
		},
		{"listToMap keeps lists", json(`{"listToMap": {"source": "outer_key", "key": "inner_key", "valueKey": "inner_value", "target": "m"}}, {"deleteKeys": {"withKeys": ["outer_key"]}}`), pairs, `{"m":{"a":["val-a"],"b":["val-b1","val-b2"]}}`},
		{"listToMap has the first", json(`{"listToMap": {"source": "outer_key", "key": "inner_key", "valueKey": "inner_value", "flatten": true, "flattenedElement": "first"}}, {"deleteKeys": {"withKeys": ["outer_key"]}}`), pairs, `{"a":"val-a","b":"val-b1"}`},
		{"listToMap has the last, whole", json(`{"listToMap": {"source": "outer_key", "key": "inner_key", "flatten": true, "flattenedElement": "last"}}, {"deleteKeys": {"withKeys": ["outer_key"]}}`), pairs, `{"a":{"inner_key":"a","inner_value":"val-a"},"b":{"inner_key":"b","inner_value":"val-b2"}}`},

		{"typeConverter", json(`{"typeConverter": {"entries": [{"key": "a", "type": "integer"}, {"key": "b", "type": "double"}, {"key": "c", "type": "string"}, {"key": "d", "type": "boolean"}, {"key": "e", "type": "integer"}]}}`), `{"a":"200","b":"1.50","c":7,"d":"TRUE","e":"x"}`, `{"a":200,"b":1.5,"c":"7","d":true,"e":"x"}`},
		{"lowerCaseString, upperCaseString, trimString", json(`{"lowerCaseString": {"withKeys": ["a"]}}, {"upperCaseString": {"withKeys": ["b.c", "n"]}}, {"trimString": {"withKeys": ["t"]}}`), `{"a":"ÄB","b":{"c":"x"},"n":1,"t":" y\t"}`, `{"a":"äb","b":{"c":"X"},"n":1,"t":"y"}`},
		{"splitString", json(`{"splitString": {"entries": [{"source": "a", "delimiter": "__"}]}}`), `{"a":"x__y____z"}`, `{"a":["x","y","","z"]}`},
		{"substituteString", json(`{"substituteString": {"entries": [{"source": "a", "from": "(\\w+)@(\\w+)", "to": "$2 of \\$1 $1"}]}}`), `{"a":"me@home, you@work"}`, `{"a":"home of $1 me, work of $1 you"}`},

		{"dateTimeConverter by the second pattern", json(`{"dateTimeConverter": {"source": "t", "target": "at", "matchPatterns": ["yyyy", "dd/MMM/yyyy:HH:mm:ss Z"]}}`), `{"t":"02/Jan/2026:03:04:05 +0900"}`, `{"t":"02/Jan/2026:03:04:05 +0900","at":"2026-01-01T18:04:05.000Z"}`},
		{"dateTimeConverter between zones", json(`{"dateTimeConverter": {"source": "t", "target": "t", "matchPatterns": ["yyyy-MM-dd HH:mm:ss.SSS"], "sourceTimezone": "Asia/Seoul", "targetTimezone": "UTC+05:30", "targetFormat": "EEE, d MMM yyyy HH:mm XXX", "locale": "en"}}`), `{"t":"2026-01-02 09:00:00.250"}`, `{"t":"Fri, 2 Jan 2026 05:30 +05:30"}`},
		{"dateTimeConverter of seconds and milliseconds", json(`{"dateTimeConverter": {"source": "t", "target": "a", "matchPatterns": ["epoch"]}}, {"dateTimeConverter": {"source": "u", "target": "b", "matchPatterns": ["epoch"], "targetFormat": "epoch"}}`), `{"t":1767225600,"u":"1767225600250"}`, `{"t":1767225600,"u":"1767225600250","a":"2026-01-01T00:00:00.000Z","b":1767225600}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := compile(t, tt.config).Apply(event(tt.message))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEventThatCannotBeTransformed(t *testing.T) {
	for _, tt := range []struct{ name, config, message, want string }{
		{"no JSON", `[{"parseJSON": {}}]`, `{"a"`, "parseJSON (processor 1): the text is no valid JSON"},
		{"no object", `[{"parseJSON": {}}]`, `[1]`, "parseJSON (processor 1): the text is JSON, and no object"},
		{"no match", `[{"grok": {"match": "%{INT:n}"}}]`, `x`, "grok (processor 1): the text does not match the pattern"},
		{"a quote that does not end", `[{"csv": {}}]`, `a,"b`, "csv (processor 1): a quoted value does not end"},
		{"text behind a quote", `[{"csv": {}}]`, `"a"b`, "csv (processor 1): there is text between a quoted value and the next delimiter"},
		{"a source that is not there", `[{"parseJSON": {}}, {"csv": {"source": "a.b"}}]`, `{"a":{}}`, "csv (processor 2): the source a.b is not there"},
		{"a source that is no text", `[{"parseJSON": {}}, {"csv": {"source": "a"}}]`, `{"a":1}`, "csv (processor 2): the source a is no text"},
		{"a destination that is taken", `[{"parseJSON": {}}, {"csv": {"source": "a", "destination": "a"}}]`, `{"a":"1"}`, "csv (processor 2): the destination a is something else than an object"},
		{"a line of another kind", `[{"parseVPC": {}}]`, `2 x`, "parseVPC (processor 1): the line has 2 fields, and 14 were expected"},
		{"a time of no pattern", `[{"parseJSON": {}}, {"dateTimeConverter": {"source": "t", "target": "t", "matchPatterns": ["yyyy-MM-dd"]}}]`, `{"t":"x"}`, "dateTimeConverter (processor 2): t is no time of any of its matchPatterns"},
		{"what grows without end", `[{"parseJSON": {}}, {"substituteString": {"entries": [` + strings.TrimSuffix(strings.Repeat(`{"source": "a", "from": ".", "to": "`+strings.Repeat("x", 100)+`"},`, 6), ",") + `]}}]`, `{"a":"xx"}`, "substituteString (processor 2): the transformed event is too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compile(t, tt.config).Apply(event(tt.message))
			if _, ok := errors.AsType[*transform.FailureError](err); !ok || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestTransformerThatIsRefused(t *testing.T) {
	json := func(rest string) string { return `[{"parseJSON": {}}, ` + rest + `]` }
	long := strings.Repeat("k", 129)
	for _, tt := range []struct{ name, config, want string }{
		{"none", `[]`, "1 to 20 processors"},
		{"21", `[` + strings.Repeat(`{"parseJSON": {}},`, 20) + `{"parseJSON": {}}]`, "1 to 20 processors, and this one has 21"},
		{"no JSON", `{`, "no JSON array"},
		{"more behind it", `[{"parseJSON": {}}] x`, "no JSON array"},
		{"an unknown one", `[{"parseXML": {}}]`, "parseXML"},
		{"an empty one", `[{}]`, "no processor is given"},
		{"two in one", `[{"parseJSON": {}, "csv": {}}]`, "2 processors are given"},
		{"the first is no parser", `[{"deleteKeys": {"withKeys": ["a"]}}]`, "first processor of a transformer must be a parser"},
		{"a vended parser behind another", json(`{"parseVPC": {}}`), "must be the first one"},
		{"six parsers", json(strings.TrimSuffix(strings.Repeat(`{"csv": {"source": "a"}},`, 5), ",")), "at most 5 parsers"},
		{"two groks", `[{"grok": {"match": "%{INT:a}"}}, {"grok": {"source": "a", "match": "%{INT:b}"}}]`, "only one grok"},
		{"two addKeys", json(`{"addKeys": {"entries": [{"key": "a", "value": "b"}]}}, {"addKeys": {"entries": [{"key": "a", "value": "b"}]}}`), "only one addKeys"},
		{"a source of the first", `[{"parseJSON": {"source": "a"}}]`, "can only be @message"},
		{"a source of a vended one", `[{"parseWAF": {"source": "a"}}]`, "can only be @message"},
		{"OCSF", `[{"parseToOCSF": {"eventSource": "VPCFlow", "ocsfVersion": "V1.1"}}]`, "OCSF here yet"},
		{"a path of four", json(`{"deleteKeys": {"withKeys": ["a.b.c.d"]}}`), "more than 3 keys"},
		{"an empty key", json(`{"deleteKeys": {"withKeys": ["a."]}}`), "empty key"},
		{"a long key", json(`{"deleteKeys": {"withKeys": ["` + long + `"]}}`), "1 to 128 characters"},
		{"no keys", json(`{"deleteKeys": {"withKeys": []}}`), "1 to 5 elements"},
		{"six entries", json(`{"moveKeys": {"entries": [` + strings.TrimSuffix(strings.Repeat(`{"source": "a", "target": "b"},`, 6), ",") + `]}}`), "1 to 5 elements, and here it has 6"},
		{"a key into itself", json(`{"renameKeys": {"entries": [{"key": "a", "renameTo": "a.b"}]}}`), "into itself"},
		{"a type", json(`{"typeConverter": {"entries": [{"key": "a", "type": "date"}]}}`), `"date" is none`},
		{"flatten without element", json(`{"listToMap": {"source": "a", "key": "b", "flatten": true}}`), "flattenedElement must be given"},
		{"a flattened element", json(`{"listToMap": {"source": "a", "key": "b", "flattenedElement": "middle"}}`), "first or last"},
		{"a regular expression", json(`{"substituteString": {"entries": [{"source": "a", "from": "(?=x)", "to": "y"}]}}`), "RE2"},
		{"a group that is not there", json(`{"substituteString": {"entries": [{"source": "a", "from": "x", "to": "$1"}]}}`), "names group 1"},
		{"a bare dollar", json(`{"substituteString": {"entries": [{"source": "a", "from": "x", "to": "$"}]}}`), "no group"},
		{"a time zone", json(`{"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["yyyy"], "sourceTimezone": "Mars"}}`), "time zone Mars"},
		{"a path as a time zone", json(`{"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["yyyy"], "sourceTimezone": "../../etc/passwd"}}`), "time zone"},
		{"a locale", json(`{"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["yyyy"], "locale": "ko"}}`), "English alone"},
		{"a letter", json(`{"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["QQ"]}}`), "QQ"},
		{"six patterns", json(`{"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["y","y","y","y","y","y"]}}`), "1 to 5 elements"},
		{"a grok pattern that is not there", `[{"grok": {"match": "%{NONSENSE:a}"}}]`, "no grok pattern NONSENSE"},
		{"a grok type", `[{"grok": {"match": "%{INT:a:int}"}}]`, "use typeConverter"},
		{"grok without an end", `[{"grok": {"match": "%{INT"}}]`, "%{ without }"},
		{"six DATA", `[{"grok": {"match": "` + strings.Repeat("%{DATA} ", 6) + `"}}]`, "DATA more than 5 times"},
		{"six of those that match anything", `[{"grok": {"match": "%{DATA} %{DATA} %{DATA} %{SPACE} %{SPACE} %{GREEDYDATA}"}}]`, "more than 5 of the patterns"},
		{"21 patterns", `[{"grok": {"match": "` + strings.Repeat("%{INT} ", 21) + `"}}]`, "more than 20 patterns"},
		{"a whole line behind another pattern", `[{"grok": {"match": "%{INT:a} %{SYSLOG5424}"}}]`, "must be the first pattern"},
		{"a pattern behind a whole line", `[{"grok": {"match": "%{SYSLOG5424} %{INT:a}"}}]`, "only DATA, GREEDYDATA"},
		{"a named group", `[{"grok": {"match": "(?P<a>x)"}}]`, "named group"},
		{"a long match", `[{"grok": {"match": "` + strings.Repeat("x", 513) + `"}}]`, "1 to 512"},
		{"too large an expression", `[{"grok": {"match": "(?:(?:x{1000}){1000}){9}"}}]`, "match is no grok pattern"},
		{"101 columns", `[{"csv": {"columns": ["a"` + strings.Repeat(`,"a"`, 100) + `]}}]`, "at most 100"},
		{"a long delimiter", `[{"csv": {"delimiter": "abc"}}]`, "one or two"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			processors, err := transform.Parse(tt.config)
			if err == nil {
				_, err = transform.Compile(processors)
			}
			if _, ok := errors.AsType[*transform.ConfigError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestGrokPatterns(t *testing.T) {
	for pattern, texts := range map[string][2][]string{
		"IP":                {{"192.0.2.1", "::1", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "64:ff9b::192.0.2.33", "fe80::1%eth0", "1::", "::"}, {"256.1.1.1", "1:2", "x"}},
		"INT":               {{"1", "-20", "+3"}, {"1.5", "a"}},
		"NUMBER":            {{"1", "-1.5", ".5"}, {"1.", "x"}},
		"BASE16NUM":         {{"0xFF", "deadbeef"}, {"xyz"}},
		"POSINT":            {{"10"}, {"0", "-1"}},
		"QUOTEDSTRING":      {{`"a \" b"`, `'c'`}, {`"a`}},
		"UUID":              {{"01234567-89ab-cdef-0123-456789abcdef"}, {"01234567"}},
		"ARN":               {{"arn:aws:iam::111122223333:role/a", "arn:aws:s3:::bucket/key"}, {"arn:x"}},
		"MAC":               {{"00:11:22:33:44:55", "00-11-22-33-44-55", "0011.2233.4455"}, {"00:11"}},
		"HOSTNAME":          {{"a.example.com", "localhost"}, {"-a", "a b"}},
		"HOSTPORT":          {{"a.example:80", "192.0.2.1:443"}, {"a"}},
		"PATH":              {{"/var/log/a.log", `C:\a\b`}, {"a"}},
		"URI":               {{"https://me:pw@a.example:8080/b/c?d=e", "http://a"}, {"a b"}},
		"TIMESTAMP_ISO8601": {{"2026-01-02T03:04:05.678Z", "2026-01-02 03:04:05+09:00", "2026-01-02T03:04"}, {"2026-13-02T03:04"}},
		"HTTPDATE":          {{"02/Jan/2026:03:04:05 +0900"}, {"02/Foo/2026:03:04:05 +0900"}},
		"SYSLOGTIMESTAMP":   {{"Jan  2 03:04:05"}, {"Jan 2"}},
		"DATESTAMP_RFC2822": {{"Fri, 2 Jan 2026 03:04:05 +0900"}, {"Fri"}},
		"LOGLEVEL":          {{"INFO", "warning", "Err"}, {"loud"}},
		"SYSLOGPROG":        {{"sshd[123]", "cron"}, {" "}},
		"DATE":              {{"01/31/2026", "31.01.2026"}, {"2026"}},
		"TTY":               {{"/dev/pts/1", "/dev/ttyS0"}, {"/dev/null"}},
		"DATESTAMP_OTHER":   {{"Fri Jan 2 03:04:05 UTC 2026"}, {"Fri"}},
	} {
		tr := compile(t, `[{"grok": {"match": "^%{`+pattern+`:x}$"}}]`)
		for i, all := range texts {
			for _, text := range all {
				if _, err := tr.Apply(event(text)); (err == nil) != (i == 0) {
					t.Errorf("%s matches %q: %v", pattern, text, err == nil)
				}
			}
		}
	}
}

func BenchmarkApply(b *testing.B) {
	tr := compile(b, `[{"parseJSON": {}}, {"deleteKeys": {"withKeys": ["trace"]}}, {"renameKeys": {"entries": [{"key": "status", "renameTo": "http.status"}]}}]`)
	e := event(`{"level":"info","status":200,"path":"/cart/checkout","took":12.5,"user":{"id":"u-1234567","plan":"free"},"trace":"0af7651916cd43dd8448eb211c80319c"}`)
	b.SetBytes(int64(len(e.Message)))
	for b.Loop() {
		if _, err := tr.Apply(e); err != nil {
			b.Fatal(err)
		}
	}
}
