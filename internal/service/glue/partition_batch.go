package glue

import (
	"context"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// BatchCreatePartition adds several partitions and says which could not be.
func (s *Service) BatchCreatePartition(ctx context.Context, in *glueapi.BatchCreatePartitionInput) (*glueapi.BatchCreatePartitionOutput, error) {
	out := &glueapi.BatchCreatePartitionOutput{}
	err := s.eachPartition(ctx, in.CatalogId, in.DatabaseName, in.TableName, len(in.PartitionInputList), func(tx state.Tx, call cloud.Call, table glueapi.Table, i int) error {
		return s.insertPartition(tx, call, table, in.PartitionInputList[i])
	}, func(i int, failure *glueapi.ErrorDetail) {
		out.Errors = append(out.Errors, glueapi.PartitionError{PartitionValues: in.PartitionInputList[i].Values, ErrorDetail: failure})
	})
	return out, err
}

// BatchUpdatePartition replaces several partitions and says which could not be.
func (s *Service) BatchUpdatePartition(ctx context.Context, in *glueapi.BatchUpdatePartitionInput) (*glueapi.BatchUpdatePartitionOutput, error) {
	out := &glueapi.BatchUpdatePartitionOutput{}
	err := s.eachPartition(ctx, in.CatalogId, in.DatabaseName, in.TableName, len(in.Entries), func(tx state.Tx, call cloud.Call, table glueapi.Table, i int) error {
		return s.replacePartition(tx, call, table, in.Entries[i].PartitionValueList, *in.Entries[i].PartitionInput)
	}, func(i int, failure *glueapi.ErrorDetail) {
		out.Errors = append(out.Errors, glueapi.BatchUpdatePartitionFailureEntry{PartitionValueList: in.Entries[i].PartitionValueList, ErrorDetail: failure})
	})
	return out, err
}

// BatchDeletePartition removes several partitions and says which could not be.
func (s *Service) BatchDeletePartition(ctx context.Context, in *glueapi.BatchDeletePartitionInput) (*glueapi.BatchDeletePartitionOutput, error) {
	out := &glueapi.BatchDeletePartitionOutput{}
	err := s.eachPartition(ctx, in.CatalogId, in.DatabaseName, in.TableName, len(in.PartitionsToDelete), func(tx state.Tx, call cloud.Call, table glueapi.Table, i int) error {
		return removePartition(tx, call, table, in.PartitionsToDelete[i].Values)
	}, func(i int, failure *glueapi.ErrorDetail) {
		out.Errors = append(out.Errors, glueapi.PartitionError{PartitionValues: in.PartitionsToDelete[i].Values, ErrorDetail: failure})
	})
	return out, err
}

// BatchGetPartition returns those of the partitions asked for that exist.
func (s *Service) BatchGetPartition(ctx context.Context, in *glueapi.BatchGetPartitionInput) (*glueapi.BatchGetPartitionOutput, error) {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, in.CatalogId); err != nil {
		return nil, err
	}
	out := &glueapi.BatchGetPartitionOutput{Partitions: []glueapi.Partition{}}
	err := s.store.View(ctx, func(r state.Reader) error {
		table, err := tableIn(r, call, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		for _, wanted := range in.PartitionsToGet {
			partition, err := partitionIn(r, call, table, wanted.Values)
			switch {
			case err == nil:
				out.Partitions = append(out.Partitions, partition)
			case cloud.KindOf(err) != cloud.NotFound:
				return err
			}
		}
		return nil
	})
	return out, err
}

// eachPartition does one thing n times to a table's partitions in one
// transaction. What a caller may see of a failure goes to fail; the rest goes on.
func (s *Service) eachPartition(ctx context.Context, catalog, database, name *string, n int,
	do func(tx state.Tx, call cloud.Call, table glueapi.Table, i int) error, fail func(i int, failure *glueapi.ErrorDetail),
) error {
	call := cloud.CallOf(ctx)
	if err := checkCatalog(call, catalog); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx state.Tx) error {
		table, err := tableIn(tx, call, lower(database), lower(name))
		if err != nil {
			return err
		}
		for i := range n {
			err := do(tx, call, table, i)
			if err == nil {
				continue
			}
			failure, err := detail(err)
			if err != nil {
				return err
			}
			fail(i, failure)
		}
		return nil
	})
}
