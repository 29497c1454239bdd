package api_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/glueapi"
)

// door answers one operation.
type door struct {
	answer any
	err    error
	asked  []string
}

func (d *door) Do(_ context.Context, service *api.Service, operation string, in any) (any, error) {
	if in, ok := in.(*glueapi.GetTableInput); ok {
		d.asked = append(d.asked, service.ID+":"+operation+" "+*in.Name)
	}
	return d.answer, d.err
}

func TestClient(t *testing.T) {
	failed := errors.New("denied")
	table := &glueapi.GetTableOutput{Table: &glueapi.Table{Name: new("t")}}
	for _, tt := range []struct {
		name string
		door door
		want *glueapi.GetTableOutput
		err  string
	}{
		{name: "an answer", door: door{answer: table}, want: table},
		{name: "an error of the operation", door: door{err: failed}, err: "denied"},
		{name: "another operation's answer", door: door{answer: &glueapi.GetTablesOutput{}}, err: "glue:GetTable answered a *glueapi.GetTablesOutput, want a *glueapi.GetTableOutput"},
		{name: "no answer", door: door{}, err: "glue:GetTable answered a <nil>, want a *glueapi.GetTableOutput"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := glueapi.Client{Door: &tt.door}.GetTable(t.Context(), &glueapi.GetTableInput{Name: new("t")})
			told := ""
			if err != nil {
				told = err.Error()
			}
			if told != tt.err || tt.door.err != nil && !errors.Is(err, failed) {
				t.Errorf("error %v, want %s", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, out); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"glue:GetTable t"}, tt.door.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAccessChanges(t *testing.T) {
	changes := map[api.Access]bool{}
	for _, access := range []api.Access{api.Read, api.List, api.Write, api.Tagging, api.PermissionsManagement, ""} {
		changes[access] = access.Changes()
	}
	want := map[api.Access]bool{api.Read: false, api.List: false, api.Write: true, api.Tagging: true, api.PermissionsManagement: true, "": true}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
