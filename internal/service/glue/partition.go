package glue

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/resource"
)

// CreatePartition adds a partition to a table.
func (s *Service) CreatePartition(ctx context.Context, in *glueapi.CreatePartitionInput) (*glueapi.CreatePartitionOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		table, err := tableIn(tx, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return createPartition(tx, table, *in.PartitionInput)
	})
	return &glueapi.CreatePartitionOutput{}, err
}

// GetPartition returns one partition.
func (s *Service) GetPartition(ctx context.Context, in *glueapi.GetPartitionInput) (*glueapi.GetPartitionOutput, error) {
	out := &glueapi.GetPartitionOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		table, err := tableIn(r, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		partition, err := partitions.Get(r, names(table, in.PartitionValues)...)
		out.Partition = &partition
		return err
	})
	return out, err
}

// GetPartitions lists a table's partitions by their values: those for which
// Expression holds, and those of the segment, where these are given.
func (s *Service) GetPartitions(ctx context.Context, in *glueapi.GetPartitionsInput) (*glueapi.GetPartitionsOutput, error) {
	database, name := lower(in.DatabaseName), lower(in.TableName)
	out := &glueapi.GetPartitionsOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		table, err := tableIn(r, database, name)
		if err != nil {
			return err
		}
		holds, err := parsePredicate(resource.Value(in.Expression), table.PartitionKeys)
		if err != nil {
			return err
		}
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 1000)
		out.Partitions, out.NextToken, err = resource.Page(ctx, asked, partitionsFrom(r, database, name), func(l listed) (p glueapi.Partition, keep bool, err error) {
			if !inSegment(l.values, in.Segment) {
				return p, false, nil
			}
			if keep, err = holds(l.values); err != nil || !keep {
				return p, false, err
			}
			if err := json.Unmarshal(l.document, &p); err != nil {
				return p, false, fmt.Errorf("read partition %q of %s.%s: %w", l.values, database, name, err)
			}
			if resource.Value(in.ExcludeColumnSchema) && p.StorageDescriptor != nil {
				p.StorageDescriptor.Columns = nil
			}
			return p, true, nil
		})
		return err
	})
	return out, err
}

// listed is a partition of a listing. Its values are in its name, so that what is
// not wanted is not read.
type listed struct {
	values   []string
	document json.RawMessage
}

// partitionsFrom lists the partitions of a table.
func partitionsFrom(r resource.Reader, database, table string) resource.Listing[listed] {
	unread := resource.Kind[json.RawMessage]{Name: partitions.Name}.From(r, database, table)
	return func(after string) iter.Seq2[resource.Entry[listed], error] {
		return func(yield func(resource.Entry[listed], error) bool) {
			for e, err := range unread(after) {
				if !yield(resource.Entry[listed]{Name: e.Name, Value: listed{resource.Names(e.Name), e.Value}}, err) {
					return
				}
			}
		}
	}
}

// UpdatePartition replaces a partition, which may move it to other values.
func (s *Service) UpdatePartition(ctx context.Context, in *glueapi.UpdatePartitionInput) (*glueapi.UpdatePartitionOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		table, err := tableIn(tx, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return replacePartition(tx, table, in.PartitionValueList, *in.PartitionInput)
	})
	return &glueapi.UpdatePartitionOutput{}, err
}

// DeletePartition removes a partition; its objects stay.
func (s *Service) DeletePartition(ctx context.Context, in *glueapi.DeletePartitionInput) (*glueapi.DeletePartitionOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		table, err := tableIn(tx, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return deletePartition(tx, table, in.PartitionValues)
	})
	return &glueapi.DeletePartitionOutput{}, err
}

func createPartition(tx resource.Tx, table glueapi.Table, in glueapi.PartitionInput) error {
	if err := checkValues(table, in.Values); err != nil {
		return err
	}
	partition := partitionOf(tx, table, in)
	partition.CreationTime = resource.Now(precision)
	return partitions.Create(tx, partition, names(table, in.Values)...)
}

func replacePartition(tx resource.Tx, table glueapi.Table, values []string, in glueapi.PartitionInput) error {
	old, err := partitions.Get(tx, names(table, values)...)
	if err != nil {
		return err
	}
	if in.Values == nil {
		in.Values = values
	}
	if err := checkValues(table, in.Values); err != nil {
		return err
	}
	partition := partitionOf(tx, table, in)
	partition.CreationTime = old.CreationTime
	if slices.Equal(values, in.Values) {
		return partitions.Put(tx, partition, names(table, values)...)
	}
	if err := partitions.Create(tx, partition, names(table, in.Values)...); err != nil {
		return err
	}
	return deletePartition(tx, table, values)
}

func deletePartition(tx resource.Tx, table glueapi.Table, values []string) error {
	if err := partitions.Delete(tx, names(table, values)...); err != nil {
		return err
	}
	return partitionStatistics.DeleteBelow(tx, names(table, values)...)
}

// names returns under which names a partition is kept.
func names(table glueapi.Table, values []string) []string {
	return slices.Concat([]string{*table.DatabaseName, *table.Name}, values)
}

func partitionOf(r resource.Reader, table glueapi.Table, in glueapi.PartitionInput) glueapi.Partition {
	return glueapi.Partition{
		Values:            in.Values,
		DatabaseName:      table.DatabaseName,
		TableName:         table.Name,
		LastAccessTime:    in.LastAccessTime,
		StorageDescriptor: in.StorageDescriptor,
		Parameters:        in.Parameters,
		LastAnalyzedTime:  in.LastAnalyzedTime,
		CatalogId:         catalog(r),
	}
}

// checkValues refuses values that are not one for each partition key. A table
// without keys takes any, as Glue does for tables that crawlers made.
func checkValues(table glueapi.Table, values []string) error {
	if keys := len(table.PartitionKeys); keys > 0 && keys != len(values) {
		return errInvalid("The number of partition keys (%d) does not match the number of partition values (%d).", keys, len(values))
	}
	return nil
}

// inSegment says whether values belong to segment. Segments split the
// partitions by a hash, so that several readers share them.
func inSegment(values []string, segment *glueapi.Segment) bool {
	if segment == nil {
		return true
	}
	h := fnv.New32a()
	for _, v := range values {
		_, _ = h.Write([]byte(v + "\x00"))
	}
	return int64(h.Sum32())%int64(*segment.TotalSegments) == int64(*segment.SegmentNumber)
}
