package glue

import (
	"context"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// BatchCreatePartition adds several partitions and says which could not be.
func (s *Service) BatchCreatePartition(ctx context.Context, in *glueapi.BatchCreatePartitionInput) (*glueapi.BatchCreatePartitionOutput, error) {
	out := &glueapi.BatchCreatePartitionOutput{}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		table, err := tableIn(tx, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return resource.Each(in.PartitionInputList, func(partition glueapi.PartitionInput) error {
			return createPartition(tx, table, partition)
		}, func(partition glueapi.PartitionInput, why *cloud.Error) {
			out.Errors = append(out.Errors, glueapi.PartitionError{PartitionValues: partition.Values, ErrorDetail: detail(why)})
		})
	})
	return out, err
}

// BatchUpdatePartition replaces several partitions and says which could not be.
func (s *Service) BatchUpdatePartition(ctx context.Context, in *glueapi.BatchUpdatePartitionInput) (*glueapi.BatchUpdatePartitionOutput, error) {
	out := &glueapi.BatchUpdatePartitionOutput{}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		table, err := tableIn(tx, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return resource.Each(in.Entries, func(entry glueapi.BatchUpdatePartitionRequestEntry) error {
			return replacePartition(tx, table, entry.PartitionValueList, *entry.PartitionInput)
		}, func(entry glueapi.BatchUpdatePartitionRequestEntry, why *cloud.Error) {
			out.Errors = append(out.Errors, glueapi.BatchUpdatePartitionFailureEntry{PartitionValueList: entry.PartitionValueList, ErrorDetail: detail(why)})
		})
	})
	return out, err
}

// BatchDeletePartition removes several partitions and says which could not be.
func (s *Service) BatchDeletePartition(ctx context.Context, in *glueapi.BatchDeletePartitionInput) (*glueapi.BatchDeletePartitionOutput, error) {
	out := &glueapi.BatchDeletePartitionOutput{}
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		table, err := tableIn(tx, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return resource.Each(in.PartitionsToDelete, func(partition glueapi.PartitionValueList) error {
			return deletePartition(tx, table, partition.Values)
		}, func(partition glueapi.PartitionValueList, why *cloud.Error) {
			out.Errors = append(out.Errors, glueapi.PartitionError{PartitionValues: partition.Values, ErrorDetail: detail(why)})
		})
	})
	return out, err
}

// BatchGetPartition returns those of the partitions asked for that exist.
func (s *Service) BatchGetPartition(ctx context.Context, in *glueapi.BatchGetPartitionInput) (*glueapi.BatchGetPartitionOutput, error) {
	out := &glueapi.BatchGetPartitionOutput{Partitions: []glueapi.Partition{}}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) error {
		table, err := tableIn(r, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		for _, wanted := range in.PartitionsToGet {
			partition, found, err := partitions.Find(r, names(table, wanted.Values)...)
			if err != nil {
				return err
			}
			if found {
				out.Partitions = append(out.Partitions, partition)
			}
		}
		return nil
	})
	return out, err
}
