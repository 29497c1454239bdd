package scalar_test

import (
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// What java.net.URI makes of these.
func TestURL(t *testing.T) {
	const url = `'https://user:pw@example.com:8443/a%20b/c;d?k1=v1&k2=a%26b+c&k3&k4=a=b#fr%C3%A9g'`
	runExpressions(t, []expression{
		{`url_extract_protocol(` + url + `)`, "https"},
		{`url_extract_host(` + url + `)`, "example.com"},
		{`url_extract_port(` + url + `)`, "8443"},
		{`url_extract_path(` + url + `)`, "/a b/c;d"},
		{`url_extract_query(` + url + `)`, "k1=v1&k2=a&b+c&k3&k4=a=b"},
		{`url_extract_fragment(` + url + `)`, "frég"},
		{`url_extract_parameter(` + url + `, 'k2')`, "a&b c"},
		{`url_extract_parameter(` + url + `, 'k3')`, ""},
		{`url_extract_parameter(` + url + `, 'k4')`, "a=b"},
		{`url_extract_parameter(` + url + `, 'k5')`, "null"},
		{`url_extract_port('http://example.com')`, "null"},
		{`url_extract_host('http://my_bucket.s3/x')`, ""},
		{`url_extract_host('http://[2001:db8::1]:80/')`, "[2001:db8::1]"},
		{`url_extract_host('/only/path')`, ""},
		{`url_extract_host('http://exa mple.com/')`, "null"},
		{`url_extract_path('mailto:a@b.c')`, ""},
		{`url_extract_path('http://ex.com/é?ü')`, "/é"},
		{`url_extract_path('http://ex.com/a|b')`, "null"},
		{`url_extract_query('http://ex.com/')`, ""},
		{`url_encode('a b/é*~')`, "a+b%2F%C3%A9*%7E"},
		{`url_decode('a+b%2F%C3%A9')`, "a b/é"},
		{`url_decode('%')`, argument + "URLDecoder: Incomplete trailing escape (%) pattern"},
		{`url_decode('%zz')`, argument + `URLDecoder: Illegal hex characters in escape (%) pattern - Error at index 0 in: "zz"`},
	})
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{"http://u@h:1/p?q#f", "http://[::1%25e]/", "a:b#c", "//h", "http://h:", "%41"} {
		f.Add(seed)
	}
	host, ok := scalar.Lookup("url_extract_host", []datatype.Type{datatype.Text()}, datatype.Text())
	if !ok {
		f.Fatal("no form")
	}
	f.Fuzz(func(t *testing.T, url string) {
		if _, err := host.Call(work.New(t.Context(), time.Time{}), []any{url}); err != nil {
			t.Error(err)
		}
	})
}

func TestNetworks(t *testing.T) {
	runExpressions(t, []expression{
		{`contains('10.0.0.0/8', IPADDRESS '10.255.0.1')`, "true"},
		{`contains('10.0.0.0/8', IPADDRESS '11.0.0.1')`, "false"},
		{`contains('10.0.0.0/8', IPADDRESS '::ffff:a01:203')`, "true"},
		{`contains('0.0.0.0/0', IPADDRESS '::1')`, "false"},
		{`contains('::/0', IPADDRESS '1.2.3.4')`, "true"},
		{`contains('0:0:0:0:0:ffff::/96', IPADDRESS '170.187.204.221')`, "true"},
		{`contains('2001:abcd:ef01:2345::1/60', IPADDRESS '2001:abcd:ef01:2340::')`, "true"},
		{`contains('2001:abcd:ef01:2345::1/60', IPADDRESS '2001:abcd:ef01:2330::')`, "false"},
		{`contains('10.0.0.1/8', IPADDRESS '10.0.0.1')`, argument + "Invalid CIDR"},
		{`contains('10.0.0.0/33', IPADDRESS '10.0.0.1')`, argument + "Invalid CIDR"},
		{`contains('10.0.0.0/-1', IPADDRESS '10.0.0.1')`, argument + "Invalid prefix length"},
		{`contains('10.0.0.0', IPADDRESS '10.0.0.1')`, argument + "Invalid CIDR"},
		{`contains('10.0.0/8', IPADDRESS '10.0.0.1')`, argument + "Invalid network IP address"},
		{`contains('10.0.0.0/x', IPADDRESS '10.0.0.1')`, `GENERIC_INTERNAL_ERROR: For input string: "x"`},
	})
	if f, ok := scalar.Lookup("uuid", nil, datatype.Of(datatype.UUID)); !ok || !f.Volatile {
		t.Errorf("uuid: %v, volatile %v", ok, f.Volatile)
	}
}
