package glue

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// The system's database is in every account's catalog without being written down there:
// readers see its documents among the account's own, so that each operation shows it,
// and writers are refused where they would change it.

// systemSince is when the system's database was made, to who asks.
var systemSince = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// shown returns the system's database as the call in ctx sees it: its tables are read
// before a transaction begins. nil is none.
func (s *Service) shown(ctx context.Context) (*lake.System, error) {
	if s.system == nil || s.system.More == nil {
		return s.system, nil
	}
	all, err := s.system.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("the system's database: %w", err)
	}
	return &lake.System{Database: s.system.Database, Description: s.system.Description, Tables: all}, nil
}

// systemDocuments returns the documents of one kind of the system's database of an
// account, in the order of their names: those of a table, or of all where it is empty.
func systemDocuments(s *lake.System, scope cloud.Scope, kind, table string) ([]state.Document, error) {
	var found []state.Document
	add := func(of string, value any, names ...string) error {
		if of != kind {
			return nil
		}
		data, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("the system's database: %w", err)
		}
		key := state.Key{Scope: scope, Kind: kind, Name: strings.Join(names, "\x00")}
		found = append(found, state.Document{Key: key, Value: data})
		return nil
	}
	account := new(string(scope.Account))
	err := add(databases.Name, glueapi.Database{
		Name: &s.Database, Description: &s.Description, CatalogId: account, CreateTime: &systemSince,
		CreateTableDefaultPermissions: []glueapi.PrincipalPermissions{},
	}, s.Database)
	for i := range s.Tables {
		if table != "" && s.Tables[i].Name != table {
			continue
		}
		t := systemTable(s, &s.Tables[i], account)
		number, numberErr := versionNumber(*t.VersionId)
		err = cmp.Or(err, numberErr, add(tables.Name, t, s.Database, *t.Name), add(versions.Name, t, s.Database, *t.Name, number))
	}
	slices.SortFunc(found, func(a, b state.Document) int { return strings.Compare(a.Key.Name, b.Key.Name) })
	return found, err
}

func systemTable(s *lake.System, t *lake.SystemTable, account *string) glueapi.Table {
	return glueapi.Table{
		Name: &t.Name, DatabaseName: &s.Database, Description: &t.Description, CatalogId: account, VersionId: new("1"),
		CreateTime: &systemSince, UpdateTime: &systemSince, Retention: new(int32(0)), TableType: new("EXTERNAL_TABLE"),
		CreatedBy: new("sillok"), Parameters: map[string]string{"EXTERNAL": "TRUE", "classification": t.Kept.Format},
		PartitionKeys: glueColumns(t.PartitionKeys),
		StorageDescriptor: &glueapi.StorageDescriptor{
			Columns: glueColumns(t.Columns), Location: new(s.Database + "://" + t.Name + "/"), InputFormat: &t.InputFormat,
			OutputFormat: new("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"),
			SerdeInfo:    &glueapi.SerDeInfo{SerializationLibrary: &t.SerDe, Parameters: map[string]string{}},
		},
		IsRegisteredWithLakeFormation: new(false), IsMultiDialectView: new(false),
	}
}

func glueColumns(columns []lake.Column) []glueapi.Column {
	out := []glueapi.Column{}
	for _, c := range columns {
		out = append(out, glueapi.Column{Name: &c.Name, Type: &c.Type})
	}
	return out
}

// errSystem refuses a change of the system's database.
func errSystem(database string) error {
	return cloud.Errorf(cloud.Denied, "AccessDeniedException", "Database %s is the server's own: it can be read, and neither changed nor dropped.", database)
}

// withSystem is a reader that sees the system's documents among an account's own, which
// they hide.
type withSystem struct {
	resource.Reader

	system *lake.System
}

// Get implements state.Reader.
func (r withSystem) Get(key state.Key) ([]byte, error) {
	d, err := r.find(key)
	switch {
	case err != nil:
		return nil, err
	case d != nil:
		return d.Value, nil
	}
	return r.Reader.Get(key)
}

// inSystem says whether a document is of the system's database.
func (r withSystem) inSystem(key state.Key) bool {
	name, _, _ := strings.Cut(key.Name, "\x00")
	return name == r.system.Database && strings.HasPrefix(key.Kind, "glue/")
}

// find returns a document of the system's database; nil for any other.
func (r withSystem) find(key state.Key) (*state.Document, error) {
	if !r.inSystem(key) {
		return nil, nil
	}
	_, table, _ := strings.Cut(key.Name, "\x00")
	table, _, _ = strings.Cut(table, "\x00")
	documents, err := r.documents(key.Scope, key.Kind, table)
	if i := slices.IndexFunc(documents, func(d state.Document) bool { return d.Key == key }); i >= 0 {
		return &documents[i], nil
	}
	return nil, err
}

// documents returns those of one kind of the system's database, of a table or of all.
func (r withSystem) documents(scope cloud.Scope, kind, table string) ([]state.Document, error) {
	if scope != r.Scope() || kind != databases.Name && kind != tables.Name && kind != versions.Name {
		return nil, nil
	}
	return systemDocuments(r.system, scope, kind, table)
}

// List implements state.Reader.
func (r withSystem) List(scope cloud.Scope, kind string, within state.Range) iter.Seq2[state.Document, error] {
	if !strings.HasPrefix(within.Prefix, r.system.Database) && !strings.HasPrefix(r.system.Database, within.Prefix) {
		return r.Reader.List(scope, kind, within)
	}
	documents, failed := r.documents(scope, kind, "")
	var own []state.Document
	for _, d := range documents {
		if strings.HasPrefix(d.Key.Name, within.Prefix) && d.Key.Name > within.After {
			own = append(own, d)
		}
	}
	if len(own) == 0 && failed == nil {
		return r.Reader.List(scope, kind, within)
	}
	return func(yield func(state.Document, error) bool) {
		if failed != nil {
			yield(state.Document{}, failed)
			return
		}
		count := 0
		give := func(d state.Document, err error) bool {
			count++
			return yield(d, err) && (within.Limit == 0 || count < within.Limit)
		}
		for d, err := range r.Reader.List(scope, kind, within) {
			for err == nil && len(own) > 0 && own[0].Key.Name <= d.Key.Name {
				same := own[0].Key.Name == d.Key.Name
				if same {
					d = own[0]
				} else if !give(own[0], nil) {
					return
				}
				own = own[1:]
				if same {
					break
				}
			}
			if !give(d, err) {
				return
			}
		}
		for _, d := range own {
			if !give(d, nil) {
				return
			}
		}
	}
}

// guarded is a transaction that does not change the system's database. What an account
// had under that name before there was one can be removed.
type guarded struct {
	withSystem

	tx resource.Tx
}

// Put implements state.Tx.
func (g guarded) Put(key state.Key, value []byte) error {
	if g.inSystem(key) {
		return errSystem(g.system.Database)
	}
	return g.tx.Put(key, value)
}

// Insert implements state.Tx.
func (g guarded) Insert(key state.Key, value []byte) error {
	switch d, err := g.find(key); {
	case err != nil:
		return err
	case d != nil:
		return cloud.Errorf(cloud.Conflict, "DocumentExists", "%s %q exists already", key.Kind, key.Name)
	case g.inSystem(key):
		return errSystem(g.system.Database)
	}
	return g.tx.Insert(key, value)
}

// Delete implements state.Tx.
func (g guarded) Delete(key state.Key) error {
	d, err := g.find(key)
	switch {
	case err != nil:
		return err
	case d != nil:
		return errSystem(g.system.Database)
	}
	return g.tx.Delete(key)
}

// AfterCommit implements state.Tx.
func (g guarded) AfterCommit(fn func()) { g.tx.AfterCommit(fn) }
