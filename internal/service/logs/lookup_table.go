package logs

import (
	"context"
	"encoding/csv"
	"errors"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// lookupTables are the tables that queries look values up in, by name.
var lookupTables = resource.Kind[lookupTable]{
	Name: "logs/lookuptable", Missing: func(...string) error { return errMissing("The specified lookup table does not exist.") },
	Taken: func(...string) error { return errExists("The specified lookup table already exists") },
}

// lookupBodies are their texts, by the same names: what lists tables reads none of them.
var lookupBodies = resource.Kind[string]{Name: "logs/lookuptable-body", Missing: lookupTables.Missing}

// lookupTable is what is kept of a table beside its text.
type lookupTable struct {
	Name, Description string
	Fields            []string
	Records, Size     int64
	Updated           int64
}

const (
	mostTables    = 100
	mostTableSize = 10 << 20
)

func tableARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "logs", "lookup-table:"+name)
}

// tableNamed returns the name of the table of an ARN of the call's account and region.
func tableNamed(ctx context.Context, arn string) (string, error) {
	of, ok := resource.Named(cloud.CallOf(ctx).Scope(), "logs", arn)
	name, table := strings.CutPrefix(of, "lookup-table:")
	if !ok || !table || name == "" {
		return "", lookupTables.Missing()
	}
	return name, nil
}

// records reads the text of a table.
func records(body string) ([][]string, error) {
	if len(body) > mostTableSize {
		return nil, errInvalid("A lookup table has at most %d bytes, and this one has %d.", mostTableSize, len(body))
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	all, err := r.ReadAll()
	switch {
	case !utf8.ValidString(body):
		return nil, errInvalid("A lookup table is text in UTF-8.")
	case err != nil:
		return nil, errInvalid("The lookup table is no valid CSV: %v", err)
	case len(all) == 0:
		return nil, errInvalid("A lookup table begins with a row of column names.")
	}
	seen := map[string]bool{}
	for _, name := range all[0] {
		if name == "" || seen[name] {
			return nil, errInvalid("Each column of a lookup table has a name of its own, and %q is none.", name)
		}
		seen[name] = true
	}
	return all, nil
}

// fill gives a table another content.
func (t *lookupTable) fill(body string, description, key *string) error {
	if resource.Value(key) != "" {
		return errInvalid("Lookup tables cannot be encrypted by a key of their own here yet.")
	}
	all, err := records(body)
	if err != nil {
		return err
	}
	t.Size, t.Fields, t.Records, t.Updated = int64(len(body)), all[0], int64(len(all)-1), time.Now().UnixMilli()
	if description != nil {
		t.Description = *description
	}
	return nil
}

// CreateLookupTable makes a table.
func (s *Service) CreateLookupTable(ctx context.Context, in *logsapi.CreateLookupTableInput) (*logsapi.CreateLookupTableOutput, error) {
	t := lookupTable{Name: *in.LookupTableName}
	if err := t.fill(*in.TableBody, in.Description, in.KmsKeyId); err != nil {
		return nil, err
	}
	arn := tableARN(cloud.CallOf(ctx).Scope(), t.Name)
	return &logsapi.CreateLookupTableOutput{LookupTableArn: &arn, CreatedAt: &t.Updated}, s.store.Update(ctx, func(tx resource.Tx) error {
		if _, found, err := lookupTables.Find(tx, t.Name); err != nil || found {
			return errors.Join(err, lookupTables.Taken())
		}
		n := 0
		for _, err := range lookupTables.List(tx) {
			if n++; err != nil {
				return err
			}
		}
		if n >= mostTables {
			return errLimit()
		}
		return errors.Join(lookupTables.Create(tx, t, t.Name), lookupBodies.Put(tx, *in.TableBody, t.Name), tags.Add(tx, arn, maps.All(in.Tags)))
	})
}

// UpdateLookupTable replaces the content of a table.
func (s *Service) UpdateLookupTable(ctx context.Context, in *logsapi.UpdateLookupTableInput) (*logsapi.UpdateLookupTableOutput, error) {
	name, err := tableNamed(ctx, *in.LookupTableArn)
	if err != nil {
		return nil, err
	}
	var anew lookupTable // is read before the transaction, as that takes a while
	if err := anew.fill(*in.TableBody, in.Description, in.KmsKeyId); err != nil {
		return nil, err
	}
	out := &logsapi.UpdateLookupTableOutput{LookupTableArn: in.LookupTableArn, LastUpdatedTime: &anew.Updated}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		err := lookupTables.Change(tx, func(t *lookupTable) error {
			anew.Name = t.Name
			if in.Description == nil {
				anew.Description = t.Description
			}
			*t = anew
			return nil
		}, name)
		if err != nil {
			return err
		}
		return lookupBodies.Put(tx, *in.TableBody, name)
	})
}

// GetLookupTable returns a table.
func (s *Service) GetLookupTable(ctx context.Context, in *logsapi.GetLookupTableInput) (*logsapi.GetLookupTableOutput, error) {
	name, err := tableNamed(ctx, *in.LookupTableArn)
	if err != nil {
		return nil, err
	}
	out := &logsapi.GetLookupTableOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		t, err := lookupTables.Get(r, name)
		if err != nil {
			return err
		}
		body, err := lookupBodies.Get(r, name)
		if err != nil {
			return err
		}
		out.LookupTableArn, out.LookupTableName, out.TableBody = new(tableARN(r.Scope(), name)), &t.Name, &body
		out.SizeBytes, out.LastUpdatedTime = &t.Size, &t.Updated
		if t.Description != "" {
			out.Description = &t.Description
		}
		return nil
	})
}

// DescribeLookupTables lists tables by name.
func (s *Service) DescribeLookupTables(ctx context.Context, in *logsapi.DescribeLookupTablesInput) (*logsapi.DescribeLookupTablesOutput, error) {
	const most, atOnce = 100, 50
	if in.MaxResults == nil {
		in.MaxResults = new(int32(atOnce))
	}
	out := &logsapi.DescribeLookupTablesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.LookupTables, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.MaxResults, most), lookupTables.From(r), func(t lookupTable) (logsapi.LookupTable, bool, error) {
			shown := logsapi.LookupTable{
				LookupTableArn: new(tableARN(r.Scope(), t.Name)), LookupTableName: &t.Name, TableFields: t.Fields, RecordsCount: &t.Records,
				SizeBytes: &t.Size, LastUpdatedTime: &t.Updated,
			}
			if t.Description != "" {
				shown.Description = &t.Description
			}
			return shown, strings.HasPrefix(t.Name, resource.Value(in.LookupTableNamePrefix)), nil
		})
		return err
	})
}

// DeleteLookupTable removes a table.
func (s *Service) DeleteLookupTable(ctx context.Context, in *logsapi.DeleteLookupTableInput) (*logsapi.DeleteLookupTableOutput, error) {
	name, err := tableNamed(ctx, *in.LookupTableArn)
	if err != nil {
		return nil, err
	}
	return &logsapi.DeleteLookupTableOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		return errors.Join(lookupTables.Delete(tx, name), lookupBodies.Discard(tx, name), tags.Delete(tx, tableARN(tx.Scope(), name)))
	})
}

// table returns the records of a table of the call's account, for a query.
func (s *Service) table(ctx context.Context, name string) (all [][]string, err error) {
	var body string
	err = s.store.View(ctx, func(r resource.Reader) (err error) {
		body, err = lookupBodies.Get(r, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return records(body)
}
