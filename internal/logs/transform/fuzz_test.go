package transform_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/sillok/sillok/internal/logs/transform"
)

// A transformer of any text is refused or works; what it makes of any message is JSON,
// and the same twice.
func FuzzTransformer(f *testing.F) {
	for _, config := range []string{
		`[{"parseJSON": {}}, {"copyValue": {"entries": [{"source": "a", "target": "b.c"}]}}, {"moveKeys": {"entries": [{"source": "b", "target": "a"}]}}]`,
		`[{"grok": {"match": "%{IP:a} %{DATA:b.c}"}}, {"typeConverter": {"entries": [{"key": "a", "type": "double"}]}}]`,
		`[{"csv": {"columns": ["a", "b.c"], "delimiter": ";"}}, {"splitString": {"entries": [{"source": "a", "delimiter": "x"}]}}]`,
		`[{"parseKeyValue": {}}, {"substituteString": {"entries": [{"source": "a", "from": "x*", "to": "y$0"}]}}]`,
		`[{"parseWAF": {}}, {"listToMap": {"source": "a", "key": "b"}}]`, `[{"parsePostgres": {}}]`, `[{"parseCloudfront": {}}]`,
		`[{"parseJSON": {}}, {"dateTimeConverter": {"source": "a", "target": "a", "matchPatterns": ["epoch", "yyyy"]}}]`,
	} {
		for _, message := range []string{`{"a":"xax","b":{"c":[1,"\ud83d"]}}`, `192.0.2.1 x`, `a;"b;c"`, `a=1&b`, "\xff\x00", `{"a":[{"b":1},{"b":"c"}],"labels":[{"name":"l"}]}`} {
			f.Add(config, []byte(message))
		}
	}
	f.Fuzz(func(t *testing.T, config string, message []byte) {
		processors, err := transform.Parse(config)
		if err != nil {
			return
		}
		tr, err := transform.Compile(processors)
		if err != nil {
			if _, ok := errors.AsType[*transform.ConfigError](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		got, err := tr.Apply(transform.Event{Message: message})
		again, err2 := tr.Apply(transform.Event{Message: message})
		if string(got) != string(again) || (err == nil) != (err2 == nil) {
			t.Fatalf("%s, then %s", got, again)
		}
		if err == nil && !json.Valid(got) {
			t.Fatalf("no JSON: %s", got)
		}
	})
}
