package glue

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// maxIndexes is how many partition indexes a table may have, as on AWS.
const maxIndexes = 3

// CreatePartitionIndex adds an index of partitions to a table. It is ACTIVE at
// once: partitions are found by their values with or without one, so that an
// index is kept and shown, and needs no filling.
func (s *Service) CreatePartitionIndex(ctx context.Context, in *glueapi.CreatePartitionIndexInput) (*glueapi.CreatePartitionIndexOutput, error) {
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		table, err := tableIn(tx, lower(in.DatabaseName), lower(in.TableName))
		if err != nil {
			return err
		}
		return createIndex(tx, table, *in.PartitionIndex)
	})
	return &glueapi.CreatePartitionIndexOutput{}, err
}

// GetPartitionIndexes lists a table's partition indexes by name.
func (s *Service) GetPartitionIndexes(ctx context.Context, in *glueapi.GetPartitionIndexesInput) (*glueapi.GetPartitionIndexesOutput, error) {
	database, name := lower(in.DatabaseName), lower(in.TableName)
	out := &glueapi.GetPartitionIndexesOutput{}
	err := s.view(ctx, in.CatalogId, func(r resource.Reader) (err error) {
		if _, err := tableIn(r, database, name); err != nil {
			return err
		}
		asked := tokens.Page(in, in.NextToken, nil, maxIndexes)
		out.PartitionIndexDescriptorList, out.NextToken, err = resource.Page(ctx, asked, indexes.From(r, database, name), resource.Whole)
		return err
	})
	return out, err
}

// DeletePartitionIndex removes a partition index.
func (s *Service) DeletePartitionIndex(ctx context.Context, in *glueapi.DeletePartitionIndexInput) (*glueapi.DeletePartitionIndexOutput, error) {
	database, name := lower(in.DatabaseName), lower(in.TableName)
	err := s.update(ctx, in.CatalogId, func(tx resource.Tx) error {
		if _, err := tableIn(tx, database, name); err != nil {
			return err
		}
		return indexes.Delete(tx, database, name, *in.IndexName)
	})
	return &glueapi.DeletePartitionIndexOutput{}, err
}

// createIndex adds an index to a table that the transaction has read or made.
func createIndex(tx resource.Tx, table glueapi.Table, in glueapi.PartitionIndex) error {
	descriptor := glueapi.PartitionIndexDescriptor{IndexName: in.IndexName, IndexStatus: new("ACTIVE")}
	for _, key := range in.Keys {
		i := columnNamed(table.PartitionKeys, key)
		if i < 0 {
			return errInvalid("Partition index %s names the key %s, which is no partition key of table %s.", *in.IndexName, key, *table.Name)
		}
		column := table.PartitionKeys[i]
		if slices.ContainsFunc(descriptor.Keys, func(k glueapi.KeySchemaElement) bool { return *k.Name == *column.Name }) {
			return errInvalid("Partition index %s names the key %s twice.", *in.IndexName, key)
		}
		descriptor.Keys = append(descriptor.Keys, glueapi.KeySchemaElement{Name: column.Name, Type: column.Type})
	}
	count := 0
	for _, err := range indexes.List(tx, *table.DatabaseName, *table.Name) {
		if err != nil {
			return err
		}
		count++
	}
	if err := indexes.Create(tx, descriptor, *table.DatabaseName, *table.Name, *in.IndexName); err != nil {
		return err
	}
	if count >= maxIndexes {
		return cloud.Errorf(cloud.Conflict, "ResourceNumberLimitExceededException", "Table %s has %d partition indexes, which is as many as there may be.", *table.Name, maxIndexes)
	}
	return nil
}

// columnNamed returns the place of the column of a name, whatever its case, or -1.
func columnNamed(columns []glueapi.Column, name string) int {
	return slices.IndexFunc(columns, func(c glueapi.Column) bool { return strings.EqualFold(resource.Value(c.Name), name) })
}
