package glue_test

import (
	"fmt"
	"testing"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/servicetest"
)

func index(name string, keys ...string) *glueapi.PartitionIndex {
	return &glueapi.PartitionIndex{IndexName: &name, Keys: keys}
}

func TestPartitionIndexes(t *testing.T) {
	s, ctx := open(t)
	withTable(t, ctx, s, column("year", "int"), column("day", "string"))
	create := func(in *glueapi.PartitionIndex) error {
		_, err := s.CreatePartitionIndex(ctx, &glueapi.CreatePartitionIndexInput{DatabaseName: new("D"), TableName: new("T"), PartitionIndex: in})
		return err
	}
	get := func() []glueapi.PartitionIndexDescriptor {
		return servicetest.Must(s.GetPartitionIndexes(ctx, &glueapi.GetPartitionIndexesInput{DatabaseName: new("d"), TableName: new("t")}))(t).PartitionIndexDescriptorList
	}
	servicetest.Diff(t, []glueapi.PartitionIndexDescriptor{}, get())
	for _, in := range []*glueapi.PartitionIndex{index("both", "Day", "year"), index("a-day", "day")} {
		if err := create(in); err != nil {
			t.Fatal(err)
		}
	}
	year, day := glueapi.KeySchemaElement{Name: new("year"), Type: new("int")}, glueapi.KeySchemaElement{Name: new("day"), Type: new("string")}
	want := []glueapi.PartitionIndexDescriptor{
		{IndexName: new("a-day"), IndexStatus: new("ACTIVE"), Keys: []glueapi.KeySchemaElement{day}},
		{IndexName: new("both"), IndexStatus: new("ACTIVE"), Keys: []glueapi.KeySchemaElement{day, year}},
	}
	servicetest.Diff(t, want, get())

	servicetest.WantCode(t, create(index("both", "day")), "AlreadyExistsException", "both")
	servicetest.WantCode(t, create(index("third", "id")), "InvalidInputException", "id", "no partition key")
	servicetest.WantCode(t, create(index("third", "day", "DAY")), "InvalidInputException", "twice")
	if err := create(index("third", "year")); err != nil {
		t.Fatal(err)
	}
	servicetest.WantCode(t, create(index("fourth", "year")), "ResourceNumberLimitExceededException")

	drop := &glueapi.DeletePartitionIndexInput{DatabaseName: new("d"), TableName: new("t"), IndexName: new("third")}
	servicetest.Must(s.DeletePartitionIndex(ctx, drop))(t)
	servicetest.Diff(t, want, get())
	_, err := s.DeletePartitionIndex(ctx, drop)
	servicetest.WantCode(t, err, "EntityNotFoundException", "third")

	servicetest.Must(s.DeleteTable(ctx, &glueapi.DeleteTableInput{DatabaseName: new("d"), Name: new("t")}))(t)
	_, err = s.GetPartitionIndexes(ctx, &glueapi.GetPartitionIndexesInput{DatabaseName: new("d"), TableName: new("t")})
	servicetest.WantCode(t, err, "EntityNotFoundException", "Table t")
	servicetest.Must(s.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{Name: new("t")}}))(t)
	servicetest.Diff(t, []glueapi.PartitionIndexDescriptor{}, get())
}

func TestATableIsMadeWithItsIndexesOrNotAtAll(t *testing.T) {
	s, ctx := open(t)
	servicetest.Must(s.CreateDatabase(ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("d")}}))(t)
	for name, tt := range map[string]struct {
		indexes []glueapi.PartitionIndex
		code    string
		kept    int
	}{
		"one":          {[]glueapi.PartitionIndex{*index("a", "day")}, "", 1},
		"no such key":  {[]glueapi.PartitionIndex{*index("a", "day"), *index("b", "id")}, "InvalidInputException", 0},
		"one too many": {[]glueapi.PartitionIndex{*index("a", "day"), *index("b", "day"), *index("c", "day"), *index("d", "day")}, "ResourceNumberLimitExceededException", 0},
	} {
		t.Run(name, func(t *testing.T) {
			table := fmt.Sprint("t", len(tt.indexes))
			_, err := s.CreateTable(ctx, &glueapi.CreateTableInput{
				DatabaseName: new("d"), PartitionIndexes: tt.indexes,
				TableInput: &glueapi.TableInput{Name: &table, PartitionKeys: []glueapi.Column{column("day", "string")}},
			})
			out, getErr := s.GetPartitionIndexes(ctx, &glueapi.GetPartitionIndexesInput{DatabaseName: new("d"), TableName: &table})
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
				servicetest.WantCode(t, getErr, "EntityNotFoundException")
				return
			}
			if err != nil || getErr != nil || len(out.PartitionIndexDescriptorList) != tt.kept {
				t.Errorf("%v %v, %d indexes", err, getErr, len(out.PartitionIndexDescriptorList))
			}
		})
	}
}
