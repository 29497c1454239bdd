package glue

import (
	"context"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// CreatePartition adds a partition to a table.
func (s *Service) CreatePartition(ctx context.Context, in *glueapi.CreatePartitionInput) (*glueapi.CreatePartitionOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		table, err := tableIn(tx, call, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return s.insertPartition(tx, call, table, *in.PartitionInput)
	})
	return &glueapi.CreatePartitionOutput{}, err
}

// GetPartition returns one partition.
func (s *Service) GetPartition(ctx context.Context, in *glueapi.GetPartitionInput) (*glueapi.GetPartitionOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	out := &glueapi.GetPartitionOutput{}
	err := s.store.View(ctx, func(r state.Reader) error {
		table, err := tableIn(r, call, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		partition, err := partitionIn(r, call, table, in.PartitionValues)
		out.Partition = &partition
		return err
	})
	return out, err
}

// GetPartitions lists a table's partitions by their values: those for which
// Expression holds, and those of the segment, where these are given.
func (s *Service) GetPartitions(ctx context.Context, in *glueapi.GetPartitionsInput) (*glueapi.GetPartitionsOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	database, name := lower(in.DatabaseName), lower(in.TableName)
	out := &glueapi.GetPartitionsOutput{}
	err = s.store.View(ctx, func(r state.Reader) error {
		table, err := tableIn(r, call, database, name)
		if err != nil {
			return err
		}
		holds, err := parsePredicate(value(in.Expression), table.PartitionKeys)
		if err != nil {
			return err
		}
		entries := state.List[glueapi.Partition](r, call.Scope(), kindPartition, state.Range{Prefix: below(database, name), After: from})
		out.Partitions, out.NextToken, err = page(entries, limit(in.MaxResults, 1000), func(p glueapi.Partition) (bool, error) {
			if !inSegment(p.Values, in.Segment) {
				return false, nil
			}
			return holds(p.Values)
		})
		return err
	})
	if in.ExcludeColumnSchema != nil && *in.ExcludeColumnSchema {
		for i := range out.Partitions {
			if out.Partitions[i].StorageDescriptor != nil {
				out.Partitions[i].StorageDescriptor.Columns = nil
			}
		}
	}
	return out, err
}

// UpdatePartition replaces a partition, which may move it to other values.
func (s *Service) UpdatePartition(ctx context.Context, in *glueapi.UpdatePartitionInput) (*glueapi.UpdatePartitionOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		table, err := tableIn(tx, call, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return s.replacePartition(tx, call, table, in.PartitionValueList, *in.PartitionInput)
	})
	return &glueapi.UpdatePartitionOutput{}, err
}

// DeletePartition removes a partition; its objects stay.
func (s *Service) DeletePartition(ctx context.Context, in *glueapi.DeletePartitionInput) (*glueapi.DeletePartitionOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	err := s.store.Update(ctx, func(tx state.Tx) error {
		table, err := tableIn(tx, call, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return removePartition(tx, call, table, in.PartitionValues)
	})
	return &glueapi.DeletePartitionOutput{}, err
}

func (s *Service) insertPartition(tx state.Tx, call cloud.Call, table glueapi.Table, in glueapi.PartitionInput) error {
	if err := checkValues(table, in.Values); err != nil {
		return err
	}
	partition := partitionOf(call, table, in)
	partition.CreationTime = s.clock()
	err := state.Insert(tx, partitionKey(call, table, in.Values), partition)
	return orConflict(err, errExists("Partition"))
}

func (s *Service) replacePartition(tx state.Tx, call cloud.Call, table glueapi.Table, values []string, in glueapi.PartitionInput) error {
	old, err := partitionIn(tx, call, table, values)
	if err != nil {
		return err
	}
	if in.Values == nil {
		in.Values = values
	}
	if err := checkValues(table, in.Values); err != nil {
		return err
	}
	partition := partitionOf(call, table, in)
	partition.CreationTime = old.CreationTime
	if slices.Equal(values, in.Values) {
		return state.Put(tx, partitionKey(call, table, values), partition)
	}
	if err := state.Insert(tx, partitionKey(call, table, in.Values), partition); err != nil {
		return orConflict(err, errExists("Partition"))
	}
	return tx.Delete(partitionKey(call, table, values))
}

func removePartition(tx state.Tx, call cloud.Call, table glueapi.Table, values []string) error {
	if _, err := partitionIn(tx, call, table, values); err != nil {
		return err
	}
	return tx.Delete(partitionKey(call, table, values))
}

func partitionIn(r state.Reader, call cloud.Call, table glueapi.Table, values []string) (glueapi.Partition, error) {
	partition, found, err := state.Find[glueapi.Partition](r, partitionKey(call, table, values))
	if err == nil && !found {
		err = cloud.Errorf(cloud.NotFound, "EntityNotFoundException", "Cannot find partition: partition values are %s.", strings.Join(values, ", "))
	}
	return partition, err
}

func partitionKey(call cloud.Call, table glueapi.Table, values []string) state.Key {
	return key(call, kindPartition, append([]string{*table.DatabaseName, *table.Name}, values...)...)
}

func partitionOf(call cloud.Call, table glueapi.Table, in glueapi.PartitionInput) glueapi.Partition {
	return glueapi.Partition{
		Values:            in.Values,
		DatabaseName:      table.DatabaseName,
		TableName:         table.Name,
		LastAccessTime:    in.LastAccessTime,
		StorageDescriptor: in.StorageDescriptor,
		Parameters:        in.Parameters,
		LastAnalyzedTime:  in.LastAnalyzedTime,
		CatalogId:         new(string(call.Account)),
	}
}

// checkValues refuses values that are not one for each partition key. A table
// without keys takes any, as Glue does for tables that crawlers made.
func checkValues(table glueapi.Table, values []string) error {
	if keys := len(table.PartitionKeys); keys > 0 && keys != len(values) {
		return errInvalid("The number of partition keys (%d) does not match the number of partition values (%d).", keys, len(values))
	}
	for _, v := range values {
		if strings.Contains(v, separator) {
			return errInvalid("A partition value may not hold a NUL byte.")
		}
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
		_, _ = h.Write([]byte(v + separator))
	}
	return int64(h.Sum32())%int64(*segment.TotalSegments) == int64(*segment.SegmentNumber)
}
