package glue_test

import (
	"context"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/servicetest"
)

var analyzed = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func statistics(column, kind string, data glueapi.ColumnStatisticsData) glueapi.ColumnStatistics {
	return glueapi.ColumnStatistics{ColumnName: &column, ColumnType: &kind, AnalyzedTime: &analyzed, StatisticsData: &data}
}

// every has statistics of each type that AWS has.
func every() []glueapi.ColumnStatistics {
	n := func(i int64) *int64 { return &i }
	return []glueapi.ColumnStatistics{
		statistics("ok", "boolean", glueapi.ColumnStatisticsData{Type: new("BOOLEAN"), BooleanColumnStatisticsData: &glueapi.BooleanColumnStatisticsData{
			NumberOfTrues: n(1), NumberOfFalses: n(2), NumberOfNulls: n(3),
		}}),
		statistics("day", "date", glueapi.ColumnStatisticsData{Type: new("DATE"), DateColumnStatisticsData: &glueapi.DateColumnStatisticsData{
			MinimumValue: &analyzed, NumberOfNulls: n(0), NumberOfDistinctValues: n(4),
		}}),
		statistics("price", "decimal(5,2)", glueapi.ColumnStatisticsData{Type: new("DECIMAL"), DecimalColumnStatisticsData: &glueapi.DecimalColumnStatisticsData{
			MinimumValue:  &glueapi.DecimalNumber{UnscaledValue: []byte{0xff, 0x01}, Scale: new(int32(2))},
			NumberOfNulls: n(0), NumberOfDistinctValues: n(5),
		}}),
		statistics("share", "double", glueapi.ColumnStatisticsData{Type: new("DOUBLE"), DoubleColumnStatisticsData: &glueapi.DoubleColumnStatisticsData{
			MinimumValue: new(-0.5), MaximumValue: new(2.5), NumberOfNulls: n(0), NumberOfDistinctValues: n(6),
		}}),
		statistics("id", "bigint", glueapi.ColumnStatisticsData{Type: new("LONG"), LongColumnStatisticsData: &glueapi.LongColumnStatisticsData{
			MinimumValue: n(-9007199254740993), MaximumValue: n(9007199254740993), NumberOfNulls: n(0), NumberOfDistinctValues: n(7),
		}}),
		statistics("name", "string", glueapi.ColumnStatisticsData{Type: new("STRING"), StringColumnStatisticsData: &glueapi.StringColumnStatisticsData{
			MaximumLength: n(10), AverageLength: new(4.5), NumberOfNulls: n(0), NumberOfDistinctValues: n(8),
		}}),
		statistics("raw", "binary", glueapi.ColumnStatisticsData{Type: new("BINARY"), BinaryColumnStatisticsData: &glueapi.BinaryColumnStatisticsData{
			MaximumLength: n(10), AverageLength: new(4.5), NumberOfNulls: n(9),
		}}),
	}
}

// kept is statistics of a table, or of one of its partitions.
type kept struct {
	get    func(columns ...string) ([]glueapi.ColumnStatistics, []glueapi.ColumnError, error)
	update func(list ...glueapi.ColumnStatistics) ([]glueapi.ColumnStatisticsError, error)
	remove func(column string) error
}

func ofTable(ctx context.Context, s *glue.Service) kept {
	return kept{
		get: func(columns ...string) ([]glueapi.ColumnStatistics, []glueapi.ColumnError, error) {
			out, err := s.GetColumnStatisticsForTable(ctx, &glueapi.GetColumnStatisticsForTableInput{DatabaseName: new("D"), TableName: new("T"), ColumnNames: columns})
			return out.ColumnStatisticsList, out.Errors, err
		},
		update: func(list ...glueapi.ColumnStatistics) ([]glueapi.ColumnStatisticsError, error) {
			out, err := s.UpdateColumnStatisticsForTable(ctx, &glueapi.UpdateColumnStatisticsForTableInput{DatabaseName: new("D"), TableName: new("T"), ColumnStatisticsList: list})
			return out.Errors, err
		},
		remove: func(column string) error {
			_, err := s.DeleteColumnStatisticsForTable(ctx, &glueapi.DeleteColumnStatisticsForTableInput{DatabaseName: new("D"), TableName: new("T"), ColumnName: &column})
			return err
		},
	}
}

func ofPartition(ctx context.Context, s *glue.Service, value string) kept {
	return kept{
		get: func(columns ...string) ([]glueapi.ColumnStatistics, []glueapi.ColumnError, error) {
			out, err := s.GetColumnStatisticsForPartition(ctx, &glueapi.GetColumnStatisticsForPartitionInput{
				DatabaseName: new("D"), TableName: new("T"), PartitionValues: []string{value}, ColumnNames: columns,
			})
			return out.ColumnStatisticsList, out.Errors, err
		},
		update: func(list ...glueapi.ColumnStatistics) ([]glueapi.ColumnStatisticsError, error) {
			out, err := s.UpdateColumnStatisticsForPartition(ctx, &glueapi.UpdateColumnStatisticsForPartitionInput{
				DatabaseName: new("D"), TableName: new("T"), PartitionValues: []string{value}, ColumnStatisticsList: list,
			})
			return out.Errors, err
		},
		remove: func(column string) error {
			_, err := s.DeleteColumnStatisticsForPartition(ctx, &glueapi.DeleteColumnStatisticsForPartitionInput{
				DatabaseName: new("D"), TableName: new("T"), PartitionValues: []string{value}, ColumnName: &column,
			})
			return err
		},
	}
}

func openMeasured(t *testing.T) (*glue.Service, context.Context) {
	t.Helper()
	s, ctx := open(t)
	servicetest.Must(s.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("d")}}))(t)
	servicetest.Must(s.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: new("d"), TableInput: measuredTable()}))(t)
	for _, value := range []string{"a", "b"} {
		servicetest.Must(s.CreatePartition(ctx, &glueapi.CreatePartitionInput{
			DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{Values: []string{value}},
		}))(t)
	}
	return s, ctx
}

func measuredTable() *glueapi.TableInput {
	columns := []glueapi.Column{
		column("ok", "boolean"), column("day", "date"), column("price", "decimal(5,2)"), column("share", "double"),
		column("id", "bigint"), column("name", "string"), column("raw", "binary"),
	}
	return &glueapi.TableInput{Name: new("t"), StorageDescriptor: &glueapi.StorageDescriptor{Columns: columns}, PartitionKeys: []glueapi.Column{column("part", "string")}}
}

func TestColumnStatistics(t *testing.T) {
	for name, of := range map[string]func(context.Context, *glue.Service) kept{
		"table":     ofTable,
		"partition": func(ctx context.Context, s *glue.Service) kept { return ofPartition(ctx, s, "a") },
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := openMeasured(t)
			k := of(ctx, s)
			want := every()
			failed, err := k.update(want...)
			if err != nil || failed != nil {
				t.Fatal(failed, err)
			}
			found, missing, err := k.get("ok", "day", "price", "share", "id", "name", "raw", "PART", "none")
			if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, want, found)
			servicetest.Diff(t, []glueapi.ColumnError{
				{ColumnName: new("PART"), Error: &glueapi.ErrorDetail{ErrorCode: new("EntityNotFoundException"), ErrorMessage: new("Statistics of column part not found.")}},
				{ColumnName: new("none"), Error: &glueapi.ErrorDetail{ErrorCode: new("EntityNotFoundException"), ErrorMessage: new("Column none not found.")}},
			}, missing)
			for _, column := range []string{"ID", "id", "none"} {
				if err := k.remove(column); err != nil {
					t.Fatal(err)
				}
			}
			if found, _, _ := k.get("id"); len(found) != 0 {
				t.Errorf("%v is left", found)
			}
		})
	}
}

func TestStatisticsThatCannotBeKeptAreNamed(t *testing.T) {
	s, ctx := openMeasured(t)
	good, none, other := every()[4], statistics("none", "int", *every()[4].StatisticsData), every()[0]
	other.StatisticsData = &glueapi.ColumnStatisticsData{Type: new("STRING"), BooleanColumnStatisticsData: other.StatisticsData.BooleanColumnStatisticsData}
	failed, err := ofTable(ctx, s).update(none, good, other)
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, []glueapi.ColumnStatisticsError{
		{ColumnStatistics: &none, Error: &glueapi.ErrorDetail{ErrorCode: new("EntityNotFoundException"), ErrorMessage: new("Column none not found.")}},
		{ColumnStatistics: &other, Error: &glueapi.ErrorDetail{
			ErrorCode:    new("InvalidInputException"),
			ErrorMessage: new("StatisticsData of type STRING needs the statistics of that type, and no others."),
		}},
	}, failed)
	found, _, err := ofTable(ctx, s).get("id", "ok")
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, []glueapi.ColumnStatistics{good}, found)
}

// What is known of columns goes with what it is of.
func TestStatisticsGoWithWhatTheyAreOf(t *testing.T) {
	for name, tt := range map[string]struct {
		do func(context.Context, *glue.Service) error
		// whether the table's, those of partition a and those of b are left
		left [3]bool
	}{
		"nothing": {func(context.Context, *glue.Service) error { return nil }, [3]bool{true, true, true}},
		"a partition made again": {func(ctx context.Context, s *glue.Service) error {
			if _, err := s.DeletePartition(ctx, &glueapi.DeletePartitionInput{DatabaseName: new("d"), TableName: new("t"), PartitionValues: []string{"a"}}); err != nil {
				return err
			}
			_, err := s.CreatePartition(ctx, &glueapi.CreatePartitionInput{
				DatabaseName: new("d"), TableName: new("t"), PartitionInput: &glueapi.PartitionInput{Values: []string{"a"}},
			})
			return err
		}, [3]bool{true, false, true}},
		"another description": {func(ctx context.Context, s *glue.Service) error {
			in := measuredTable()
			in.Description = new("new")
			_, err := s.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: in})
			return err
		}, [3]bool{true, true, true}},
		"the column of another type": {func(ctx context.Context, s *glue.Service) error {
			in := measuredTable()
			in.StorageDescriptor.Columns[4] = column("id", "string")
			_, err := s.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new("d"), TableInput: in})
			return err
		}, [3]bool{false, false, false}},
		"the database made again": {func(ctx context.Context, s *glue.Service) error {
			_, err := s.DeleteDatabase(ctx, &glueapi.DeleteDatabaseInput{Name: new("d")})
			return err
		}, [3]bool{false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := openMeasured(t)
			all := []kept{ofTable(ctx, s), ofPartition(ctx, s, "a"), ofPartition(ctx, s, "b")}
			for _, k := range all {
				if failed, err := k.update(every()[4]); err != nil || failed != nil {
					t.Fatal(failed, err)
				}
			}
			if err := tt.do(ctx, s); err != nil {
				t.Fatal(err)
			}
			var left [3]bool
			for i, k := range all {
				found, _, _ := k.get("id") // of what is gone there is an error
				left[i] = len(found) == 1
			}
			servicetest.Diff(t, tt.left, left)
		})
	}
}

func TestNumbersThatAreLeftOutAreZero(t *testing.T) {
	s, ctx := openMeasured(t)
	n := func() *int64 { return new(int64(0)) }
	list := []glueapi.ColumnStatistics{
		statistics("ok", "boolean", glueapi.ColumnStatisticsData{Type: new("BOOLEAN"), BooleanColumnStatisticsData: &glueapi.BooleanColumnStatisticsData{}}),
		statistics("day", "date", glueapi.ColumnStatisticsData{Type: new("DATE"), DateColumnStatisticsData: &glueapi.DateColumnStatisticsData{}}),
		statistics("price", "decimal(5,2)", glueapi.ColumnStatisticsData{Type: new("DECIMAL"), DecimalColumnStatisticsData: &glueapi.DecimalColumnStatisticsData{}}),
		statistics("share", "double", glueapi.ColumnStatisticsData{Type: new("DOUBLE"), DoubleColumnStatisticsData: &glueapi.DoubleColumnStatisticsData{}}),
		statistics("id", "bigint", glueapi.ColumnStatisticsData{Type: new("LONG"), LongColumnStatisticsData: &glueapi.LongColumnStatisticsData{}}),
		statistics("name", "string", glueapi.ColumnStatisticsData{Type: new("STRING"), StringColumnStatisticsData: &glueapi.StringColumnStatisticsData{}}),
		statistics("raw", "binary", glueapi.ColumnStatisticsData{Type: new("BINARY"), BinaryColumnStatisticsData: &glueapi.BinaryColumnStatisticsData{}}),
	}
	if failed, err := ofTable(ctx, s).update(list...); err != nil || failed != nil {
		t.Fatal(failed, err)
	}
	found, _, err := ofTable(ctx, s).get("ok", "day", "price", "share", "id", "name", "raw")
	if err != nil {
		t.Fatal(err)
	}
	var got []glueapi.ColumnStatisticsData
	for _, f := range found {
		got = append(got, *f.StatisticsData)
	}
	servicetest.Diff(t, []glueapi.ColumnStatisticsData{
		{Type: new("BOOLEAN"), BooleanColumnStatisticsData: &glueapi.BooleanColumnStatisticsData{NumberOfTrues: n(), NumberOfFalses: n(), NumberOfNulls: n()}},
		{Type: new("DATE"), DateColumnStatisticsData: &glueapi.DateColumnStatisticsData{NumberOfNulls: n(), NumberOfDistinctValues: n()}},
		{Type: new("DECIMAL"), DecimalColumnStatisticsData: &glueapi.DecimalColumnStatisticsData{NumberOfNulls: n(), NumberOfDistinctValues: n()}},
		{Type: new("DOUBLE"), DoubleColumnStatisticsData: &glueapi.DoubleColumnStatisticsData{NumberOfNulls: n(), NumberOfDistinctValues: n()}},
		{Type: new("LONG"), LongColumnStatisticsData: &glueapi.LongColumnStatisticsData{NumberOfNulls: n(), NumberOfDistinctValues: n()}},
		{Type: new("STRING"), StringColumnStatisticsData: &glueapi.StringColumnStatisticsData{
			MaximumLength: n(), AverageLength: new(0.0), NumberOfNulls: n(), NumberOfDistinctValues: n(),
		}},
		{Type: new("BINARY"), BinaryColumnStatisticsData: &glueapi.BinaryColumnStatisticsData{MaximumLength: n(), AverageLength: new(0.0), NumberOfNulls: n()}},
	}, got)
}

func TestNothingIsKnownOfWhatIsNotThere(t *testing.T) {
	s, ctx := openMeasured(t)
	k := ofPartition(ctx, s, "c")
	_, _, err := k.get("id")
	servicetest.WantCode(t, err, "EntityNotFoundException", "partition values are c")
	_, err = k.update(every()...)
	servicetest.WantCode(t, err, "EntityNotFoundException", "partition values are c")
	servicetest.WantCode(t, k.remove("id"), "EntityNotFoundException", "partition values are c")
	servicetest.Must(s.DeleteTable(ctx, &glueapi.DeleteTableInput{DatabaseName: new("d"), Name: new("t")}))(t)
	_, _, err = ofTable(ctx, s).get("id")
	servicetest.WantCode(t, err, "EntityNotFoundException", "Table t")
}
