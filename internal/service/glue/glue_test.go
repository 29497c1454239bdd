package glue_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/servicetest"
)

func open(tb testing.TB) (*glue.Service, context.Context) {
	tb.Helper()
	return glue.New(servicetest.Store(tb), nil), servicetest.Call(tb)
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
	for _, other := range []context.Context{servicetest.As(t, "444455556666", "ap-northeast-2"), servicetest.As(t, "111122223333", "us-east-1")} {
		_, err := s.GetDatabase(other, &glueapi.GetDatabaseInput{Name: new("d")})
		servicetest.WantCode(t, err, "EntityNotFoundException")
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
		"value that no key can hold": {func() error {
			_, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{
				DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{Values: []string{"a\x00b"}},
			})
			return err
		}, "ValidationException"},
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
		t.Run(name, func(t *testing.T) { servicetest.WantCode(t, tt.do(), tt.code) })
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
	got := servicetest.Pages(t, 1000, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := s.GetPartitions(ctx, &glueapi.GetPartitionsInput{
			DatabaseName: new("d"), TableName: new("t"), Expression: new("n >= 103"), MaxResults: size, NextToken: token,
		})
		for _, p := range out.Partitions {
			page = append(page, p.Values...)
		}
		return page, out.NextToken, err
	})
	var want []string
	for i := 103; i < 125; i++ {
		want = append(want, strconv.Itoa(i))
	}
	servicetest.Diff(t, want, got)
}

// Each listing is walked in pages of every size, and takes no token of another.
func TestListingsComeInPages(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s)
	for i := range 4 {
		servicetest.Must(s.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new(fmt.Sprint("e", i))}}))(t)
		servicetest.Must(s.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new(fmt.Sprint("u", i))}}))(t)
		servicetest.Must(s.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t")}}))(t)
	}
	databases := func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := s.GetDatabases(ctx, &glueapi.GetDatabasesInput{MaxResults: size, NextToken: token})
		for _, database := range out.DatabaseList {
			page = append(page, *database.Name)
		}
		return page, out.NextToken, err
	}
	tables := func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := s.GetTables(ctx, &glueapi.GetTablesInput{DatabaseName: new("d"), MaxResults: size, NextToken: token})
		for _, table := range out.TableList {
			page = append(page, *table.Name)
		}
		return page, out.NextToken, err
	}
	versions := func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := s.GetTableVersions(ctx, &glueapi.GetTableVersionsInput{DatabaseName: new("d"), TableName: new("t"), MaxResults: size, NextToken: token})
		for _, version := range out.TableVersions {
			page = append(page, *version.VersionId)
		}
		return page, out.NextToken, err
	}
	_, ofDatabases, err := databases(new(int32(1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		list func(*int32, *string) ([]string, *string, error)
		want []string
	}{
		"databases": {databases, []string{"d", "e0", "e1", "e2", "e3"}},
		"tables":    {tables, []string{"t", "u0", "u1", "u2", "u3"}},
		"versions":  {versions, []string{"1", "2", "3", "4", "5"}},
	} {
		t.Run(name, func(t *testing.T) {
			servicetest.Diff(t, tt.want, servicetest.Pages(t, 100, tt.list))
			if name != "databases" {
				_, _, err := tt.list(nil, ofDatabases)
				servicetest.WantCode(t, err, "InvalidInputException", "NextToken")
			}
		})
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
	servicetest.WantCode(t, err, "ConcurrentModificationException")
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

func TestTimesAreWholeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := open(t)
		withTable(t, ctx, s)
		<-time.After(2500 * time.Millisecond)
		update := &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t")}}
		servicetest.Must(s.UpdateTable(ctx, update))(t)
		table := servicetest.Must(s.GetTable(ctx, &glueapi.GetTableInput{DatabaseName: new("d"), Name: new("t")}))(t).Table
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble
		servicetest.Diff(t, []time.Time{start, start.Add(2 * time.Second)}, []time.Time{*table.CreateTime, *table.UpdateTime})
	})
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
