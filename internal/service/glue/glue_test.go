package glue_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/store/state"
)

func open(tb testing.TB) (*glue.Service, context.Context) {
	tb.Helper()
	db, err := state.Open(tb.Context(), filepath.Join(tb.TempDir(), "state.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	now := time.Date(2026, 3, 2, 1, 2, 3, 456, time.UTC)
	return glue.New(db, func() time.Time { return now }), as(tb, "111122223333", "ap-northeast-2")
}

func as(tb testing.TB, account cloud.Account, region cloud.Region) context.Context {
	tb.Helper()
	return cloud.WithCall(tb.Context(), cloud.Call{Account: account, Region: region, Principal: cloud.RootOf(account)})
}

// withTable makes database d and a table named t with the partition keys.
func withTable(tb testing.TB, ctx context.Context, s *glue.Service, keys ...glueapi.Column) { //nolint:revive // the test comes first
	tb.Helper()
	if _, err := s.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("D")}}); err != nil {
		tb.Fatal(err)
	}
	_, err := s.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{
		Name: new("T"), PartitionKeys: keys, StorageDescriptor: &glueapi.StorageDescriptor{Location: new("s3://b/t/")},
	}})
	if err != nil {
		tb.Fatal(err)
	}
}

func column(name, kind string) glueapi.Column { return glueapi.Column{Name: &name, Type: &kind} }

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Code != code {
		t.Errorf("error is %v, want code %s", err, code)
	}
}

func TestNamesAreLowerCase(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s)
	out, err := s.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: new("D"), Name: new("t")})
	if err != nil {
		t.Fatal(err)
	}
	if got := *out.Table.DatabaseName + "." + *out.Table.Name; got != "d.t" {
		t.Errorf("table is %s, want d.t", got)
	}
}

func TestAccountsAndRegionsDoNotSeeEachOther(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s)
	for _, other := range []context.Context{as(t, "444455556666", "ap-northeast-2"), as(t, "111122223333", "us-east-1")} {
		_, err := s.GetDatabase(other, &glueapi.GetDatabaseInput{Name: new("d")})
		wantCode(t, err, "EntityNotFoundException")
	}
}

func TestWhatIsThereAlreadyOrIsMissing(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s, column("day", "string"))
	partition := &glueapi.PartitionInput{Values: []string{"a"}}
	if _, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInput: partition}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		do   func() error
		code string
	}{
		"database twice": {func() error {
			_, err := s.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("d")}})
			return err
		}, "AlreadyExistsException"},
		"table twice": {func() error {
			_, err := s.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t")}})
			return err
		}, "AlreadyExistsException"},
		"partition twice": {func() error {
			_, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInput: partition})
			return err
		}, "AlreadyExistsException"},
		"too few values": {func() error {
			_, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{}})
			return err
		}, "InvalidInputException"},
		"table of no database": {func() error {
			_, err := s.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: new("x"), Name: new("t")})
			return err
		}, "EntityNotFoundException"},
		"no partition": {func() error {
			_, err := s.DeletePartition(ctx, &glueapi.DeletePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionValues: []string{"b"}})
			return err
		}, "EntityNotFoundException"},
		"another catalog": {func() error {
			_, err := s.GetDatabases(ctx, &glueapi.GetDatabasesInput{CatalogId: new("444455556666")})
			return err
		}, "EntityNotFoundException"},
		"a token of nobody's": {func() error {
			_, err := s.GetDatabases(ctx, &glueapi.GetDatabasesInput{NextToken: new("!")})
			return err
		}, "InvalidInputException"},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.do(), tt.code) })
	}
}

func TestPartitionsComeInPages(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s, column("n", "int"))
	in := &glueapi.BatchCreatePartitionInput{DatabaseName: new("d"), TableName: new("t")}
	for i := range 25 {
		in.PartitionInputList = append(in.PartitionInputList, glueapi.PartitionInput{Values: []string{strconv.Itoa(100 + i)}})
	}
	if out, err := s.BatchCreatePartition(ctx, in); err != nil || out.Errors != nil {
		t.Fatal(out, err)
	}
	var got []string
	var token *string
	for pages := 0; ; pages++ {
		out, err := s.GetPartitions(ctx, &glueapi.GetPartitionsInput{
			DatabaseName: new("d"), TableName: new("t"), Expression: new("n >= 103"), MaxResults: new(int32(10)), NextToken: token,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Partitions {
			got = append(got, p.Values...)
		}
		if token = out.NextToken; token == nil {
			if pages != 2 {
				t.Errorf("%d pages, want 3", pages+1)
			}
			break
		}
	}
	var want []string
	for i := 103; i < 125; i++ {
		want = append(want, strconv.Itoa(i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUpdatingATableKeepsItsVersions(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s)
	for range 2 {
		if _, err := s.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t"), Description: new("new")}}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t")}, VersionId: new("1")})
	wantCode(t, err, "ConcurrentModificationException")
	out, err := s.GetTableVersions(ctx, &glueapi.GetTableVersionsInput{DatabaseName: new("d"), TableName: new("t")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range out.TableVersions {
		got = append(got, *v.VersionId)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDeletingADatabaseDeletesWhatIsInIt(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s, column("day", "string"))
	if _, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{Values: []string{"a"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteDatabase(ctx, &glueapi.DeleteDatabaseInput{Name: new("d")}); err != nil {
		t.Fatal(err)
	}
	withTable(t, ctx, s, column("day", "string"))
	out, err := s.GetPartitions(ctx, &glueapi.GetPartitionsInput{DatabaseName: new("d"), TableName: new("t")})
	if err != nil || len(out.Partitions) != 0 {
		t.Errorf("%d partitions, error %v; want none", len(out.Partitions), err)
	}
}

func TestSegmentsShareThePartitions(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s, column("n", "string"))
	for i := range 40 {
		if _, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{Values: []string{strconv.Itoa(i)}}}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for segment := range int32(3) {
		out, err := s.GetPartitions(ctx, &glueapi.GetPartitionsInput{
			DatabaseName: new("d"), TableName: new("t"), Segment: &glueapi.Segment{SegmentNumber: &segment, TotalSegments: new(int32(3))},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Partitions {
			seen[p.Values[0]]++
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d partitions in all segments, want each of 40 once", len(seen))
	}
}
