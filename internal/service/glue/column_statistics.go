package glue

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// columnStatistics is what is known of a column's values.
type columnStatistics struct {
	glueapi.ColumnStatistics
	// Of is the type that the column had then: of a column that was dropped and
	// made again as another, what is known is worth nothing.
	Of string
}

// measured is what has columns with statistics: a table, or one of its partitions.
type measured struct {
	kind    resource.Kind[columnStatistics]
	names   []string // of the table or the partition
	columns []glueapi.Column
}

func measuredTable(r resource.Reader, database, table *string) (measured, error) {
	found, err := tableIn(r, lower(database), lower(table))
	if err != nil {
		return measured{}, err
	}
	return measured{tableStatistics, names(found, nil), columnsOf(found)}, nil
}

func measuredPartition(r resource.Reader, database, table *string, values []string) (measured, error) {
	found, err := tableIn(r, lower(database), lower(table))
	if err != nil {
		return measured{}, err
	}
	partition, err := partitions.Get(r, names(found, values)...)
	if err != nil {
		return measured{}, err
	}
	columns := columnsOf(found)
	if partition.StorageDescriptor != nil { // a partition may have columns that its table has no more
		columns = append(columns, partition.StorageDescriptor.Columns...)
	}
	return measured{partitionStatistics, names(found, values), columns}, nil
}

// columnsOf returns a table's columns and partition keys.
func columnsOf(table glueapi.Table) []glueapi.Column {
	return slices.Concat(resource.Value(table.StorageDescriptor).Columns, table.PartitionKeys)
}

// column returns a column's name and type as the catalog has them.
func (m measured) column(name string) (own, kind string, err error) {
	i := columnNamed(m.columns, name)
	if i < 0 {
		return "", "", errMissing("Column %s not found.", name)
	}
	return strings.ToLower(*m.columns[i].Name), resource.Value(m.columns[i].Type), nil
}

// get returns the statistics of columns, and of the others why there are none.
func (m measured) get(ctx context.Context, r resource.Reader, columns []string) (found []glueapi.ColumnStatistics, failed []glueapi.ColumnError, err error) {
	found, err = resource.Batch(columns, func(column string) (glueapi.ColumnStatistics, error) {
		if err := ctx.Err(); err != nil {
			return glueapi.ColumnStatistics{}, err
		}
		name, kind, err := m.column(column)
		if err != nil {
			return glueapi.ColumnStatistics{}, err
		}
		kept, err := m.kind.Get(r, append(m.names, name)...)
		if err == nil && kept.Of != kind {
			err = errNoStatistics(name)
		}
		return kept.ColumnStatistics, err
	}, func(column string, why *cloud.Error) {
		failed = append(failed, glueapi.ColumnError{ColumnName: new(column), Error: detail(why)})
	})
	return found, failed, err
}

// update keeps statistics of columns, and returns those that it could not keep.
func (m measured) update(ctx context.Context, tx resource.Tx, list []glueapi.ColumnStatistics) (failed []glueapi.ColumnStatisticsError, err error) {
	err = resource.Each(list, func(statistics glueapi.ColumnStatistics) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		name, kind, err := m.column(*statistics.ColumnName)
		if err != nil {
			return err
		}
		if err := checkStatistics(*statistics.StatisticsData); err != nil {
			return err
		}
		fillStatistics(statistics.StatisticsData)
		return m.kind.Put(tx, columnStatistics{statistics, kind}, append(m.names, name)...)
	}, func(statistics glueapi.ColumnStatistics, why *cloud.Error) {
		failed = append(failed, glueapi.ColumnStatisticsError{ColumnStatistics: &statistics, Error: detail(why)})
	})
	return failed, err
}

// remove forgets a column's statistics. That there are none is no error, as Trino
// takes for granted before it writes.
func (m measured) remove(tx resource.Tx, column string) error {
	return m.kind.Discard(tx, append(m.names, strings.ToLower(column))...)
}

// checkStatistics refuses numbers of another type than Type says.
func checkStatistics(data glueapi.ColumnStatisticsData) error {
	given := map[string]bool{
		"BOOLEAN": data.BooleanColumnStatisticsData != nil,
		"DATE":    data.DateColumnStatisticsData != nil,
		"DECIMAL": data.DecimalColumnStatisticsData != nil,
		"DOUBLE":  data.DoubleColumnStatisticsData != nil,
		"LONG":    data.LongColumnStatisticsData != nil,
		"STRING":  data.StringColumnStatisticsData != nil,
		"BINARY":  data.BinaryColumnStatisticsData != nil,
	}
	count := 0
	for _, is := range given {
		if is {
			count++
		}
	}
	if count != 1 || !given[*data.Type] {
		return errInvalid("StatisticsData of type %s needs the statistics of that type, and no others.", *data.Type)
	}
	return nil
}

// fillStatistics sets the numbers that a client left out to zero.
func fillStatistics(data *glueapi.ColumnStatisticsData) {
	var counts []**int64
	if d := data.BooleanColumnStatisticsData; d != nil {
		counts = append(counts, &d.NumberOfTrues, &d.NumberOfFalses, &d.NumberOfNulls)
	}
	if d := data.DateColumnStatisticsData; d != nil {
		counts = append(counts, &d.NumberOfNulls, &d.NumberOfDistinctValues)
	}
	if d := data.DecimalColumnStatisticsData; d != nil {
		counts = append(counts, &d.NumberOfNulls, &d.NumberOfDistinctValues)
	}
	if d := data.DoubleColumnStatisticsData; d != nil {
		counts = append(counts, &d.NumberOfNulls, &d.NumberOfDistinctValues)
	}
	if d := data.LongColumnStatisticsData; d != nil {
		counts = append(counts, &d.NumberOfNulls, &d.NumberOfDistinctValues)
	}
	if d := data.StringColumnStatisticsData; d != nil {
		counts = append(counts, &d.MaximumLength, &d.NumberOfNulls, &d.NumberOfDistinctValues)
		d.AverageLength = new(resource.Value(d.AverageLength))
	}
	if d := data.BinaryColumnStatisticsData; d != nil {
		counts = append(counts, &d.MaximumLength, &d.NumberOfNulls)
		d.AverageLength = new(resource.Value(d.AverageLength))
	}
	for _, count := range counts {
		*count = new(resource.Value(*count))
	}
}

// GetColumnStatisticsForTable returns what is known of a table's columns, and
// names the columns of which nothing is.
func (s *Service) GetColumnStatisticsForTable(ctx context.Context, in *glueapi.GetColumnStatisticsForTableInput) (*glueapi.GetColumnStatisticsForTableOutput, error) {
	out := &glueapi.GetColumnStatisticsForTableOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		m, err := measuredTable(r, in.DatabaseName, in.TableName)
		if err != nil {
			return err
		}
		out.ColumnStatisticsList, out.Errors, err = m.get(ctx, r, in.ColumnNames)
		return err
	})
	return out, err
}

// UpdateColumnStatisticsForTable keeps what is known of a table's columns, and
// says which could not be.
func (s *Service) UpdateColumnStatisticsForTable(ctx context.Context, in *glueapi.UpdateColumnStatisticsForTableInput) (*glueapi.UpdateColumnStatisticsForTableOutput, error) {
	out := &glueapi.UpdateColumnStatisticsForTableOutput{}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		m, err := measuredTable(tx, in.DatabaseName, in.TableName)
		if err != nil {
			return err
		}
		out.Errors, err = m.update(ctx, tx, in.ColumnStatisticsList)
		return err
	})
	return out, err
}

// DeleteColumnStatisticsForTable forgets what is known of one column of a table.
func (s *Service) DeleteColumnStatisticsForTable(ctx context.Context, in *glueapi.DeleteColumnStatisticsForTableInput) (*glueapi.DeleteColumnStatisticsForTableOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		m, err := measuredTable(tx, in.DatabaseName, in.TableName)
		if err != nil {
			return err
		}
		return m.remove(tx, *in.ColumnName)
	})
	return &glueapi.DeleteColumnStatisticsForTableOutput{}, err
}

// GetColumnStatisticsForPartition returns what is known of a partition's
// columns, and names the columns of which nothing is.
func (s *Service) GetColumnStatisticsForPartition(ctx context.Context, in *glueapi.GetColumnStatisticsForPartitionInput) (*glueapi.GetColumnStatisticsForPartitionOutput, error) {
	out := &glueapi.GetColumnStatisticsForPartitionOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		m, err := measuredPartition(r, in.DatabaseName, in.TableName, in.PartitionValues)
		if err != nil {
			return err
		}
		out.ColumnStatisticsList, out.Errors, err = m.get(ctx, r, in.ColumnNames)
		return err
	})
	return out, err
}

// UpdateColumnStatisticsForPartition keeps what is known of a partition's
// columns, and says which could not be.
func (s *Service) UpdateColumnStatisticsForPartition(ctx context.Context, in *glueapi.UpdateColumnStatisticsForPartitionInput) (*glueapi.UpdateColumnStatisticsForPartitionOutput, error) {
	out := &glueapi.UpdateColumnStatisticsForPartitionOutput{}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		m, err := measuredPartition(tx, in.DatabaseName, in.TableName, in.PartitionValues)
		if err != nil {
			return err
		}
		out.Errors, err = m.update(ctx, tx, in.ColumnStatisticsList)
		return err
	})
	return out, err
}

// DeleteColumnStatisticsForPartition forgets what is known of one column of a partition.
func (s *Service) DeleteColumnStatisticsForPartition(ctx context.Context, in *glueapi.DeleteColumnStatisticsForPartitionInput) (*glueapi.DeleteColumnStatisticsForPartitionOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		m, err := measuredPartition(tx, in.DatabaseName, in.TableName, in.PartitionValues)
		if err != nil {
			return err
		}
		return m.remove(tx, *in.ColumnName)
	})
	return &glueapi.DeleteColumnStatisticsForPartitionOutput{}, err
}
