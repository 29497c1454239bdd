package lake_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake"
)

// A table may see a place of CloudTrail's records in whatever shape it likes, at
// whatever depth.
func TestTrailInAnotherShape(t *testing.T) {
	const body = `{"Records":[
		{"eventName":"A","userIdentity":{"type":"X","novel":{"a":1},"sessionContext":{"attributes":{"mfaAuthenticated":"true"},
			"webIdFederationData":{"federatedProvider":"p", "attributes":{"k":"v"}}}},"resources":[{"ARN":"r","type":"t"}],"tlsDetails":{"tlsVersion":"1.3"}},
		{"eventName":"B","userIdentity":{"type":"Y","sessionContext":{"webIdFederationData":{}}},"resources":[],"tlsDetails":"-"},
		{"eventName":"C","userIdentity":null}]}`
	for _, tt := range []struct {
		name   string
		column lake.Column
		want   []string
	}{
		{
			name: "a struct as a map, as in AWS's own table", column: lake.Column{Name: "userIdentity", Type: "struct<type:string,sessioncontext:struct<webidfederationdata:map<string,string>>>"},
			want: []string{`{X, {{attributes={"k":"v"}, federatedProvider=p}}}`, "{Y, {{}}}", "NULL"},
		},
		{
			name: "a struct within as text", column: lake.Column{Name: "useridentity", Type: "struct<sessioncontext:string,type:string>"},
			want: []string{`{{"attributes":{"mfaAuthenticated":"true"},"webIdFederationData":{"federatedProvider":"p","attributes":{"k":"v"}}}, X}`, `{{"webIdFederationData":{}}, Y}`, "NULL"},
		},
		{
			name: "a whole struct as text", column: lake.Column{Name: "useridentity", Type: "string"},
			want: []string{
				`{"type":"X","novel":{"a":1},"sessionContext":{"attributes":{"mfaAuthenticated":"true"},"webIdFederationData":{"federatedProvider":"p","attributes":{"k":"v"}}}}`,
				`{"type":"Y","sessionContext":{"webIdFederationData":{}}}`, "NULL",
			},
		},
		{
			name: "a whole struct as a map", column: lake.Column{Name: "tlsdetails", Type: "map<string,string>"},
			want: []string{"{tlsVersion=1.3}", "NULL", "NULL"},
		},
		{
			name: "a struct with members that the log's own has not", column: lake.Column{Name: "useridentity", Type: "struct<novel:struct<a:int>,type:string,none:string>"},
			want: []string{"{{1}, X, NULL}", "{NULL, Y, NULL}", "NULL"},
		},
		{
			name: "a map as a struct", column: lake.Column{Name: "useridentity", Type: "struct<sessioncontext:struct<webidfederationdata:struct<attributes:struct<k:string>>>>"},
			want: []string{"{{{{v}}}}", "{{{NULL}}}", "NULL"},
		},
		{
			name: "structs in an array as maps", column: lake.Column{Name: "resources", Type: "array<map<string,string>>"},
			want: []string{"[{ARN=r, type=t}]", "[]", "NULL"},
		},
		{
			name: "structs in an array as text", column: lake.Column{Name: "resources", Type: "array<string>"},
			want: []string{`[{"ARN":"r","type":"t"}]`, "[]", "NULL"},
		},
		{
			name: "an array as text", column: lake.Column{Name: "resources", Type: "string"},
			want: []string{`[{"ARN":"r","type":"t"}]`, "[]", "NULL"},
		},
		{
			name: "what is no struct, as text", column: lake.Column{Name: "tlsdetails", Type: "string"},
			want: []string{`{"tlsVersion":"1.3"}`, "-", "NULL"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, files := load(t, open(t, memory{"a.json": body}), trail(append(texts("eventname"), tt.column)...), nil)
			var got []string
			for _, row := range rows(t, files) {
				got = append(got, row[1])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Two tables that see the same shape share what was decoded; another shape is
// decoded anew, and beside it.
func TestShapesAreDecodedApart(t *testing.T) {
	l := open(t, memory{"a.json": record("A")})
	names := map[string]bool{}
	for _, kind := range []string{"struct<type:string>", "struct<arn:string,type:string>", "string", "map<string,string>", "string"} {
		_, files := load(t, l, trail(lake.Column{Name: "useridentity", Type: kind}), nil)
		names[files.Groups[0].Files[0].Path] = true
	}
	if len(names) != 3 {
		t.Errorf("decoded into %v", names)
	}
}
