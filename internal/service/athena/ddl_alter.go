package athena

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/ast"
)

// batchSize is how many partitions Glue takes in one call.
const batchSize = 100

func (d ddl) alter(ctx context.Context, st *ast.Alter) error {
	if st.Kind == ast.SetDBProperties {
		return d.alterDatabase(ctx, st)
	}
	table, err := d.table(ctx, st.Name, "TABLE")
	if err != nil {
		return err
	}
	switch st.Kind {
	case ast.AddPartition:
		return d.addPartitions(ctx, table, st)
	case ast.DropPartition:
		return d.dropPartitions(ctx, table, st)
	case ast.RenamePartition:
		return d.renamePartition(ctx, table, st)
	case ast.SetLocation:
		return d.setLocation(ctx, table, st)
	case ast.SetProperties, ast.AddColumns, ast.ReplaceColumns, ast.ChangeColumn:
		return d.redefine(ctx, table, st)
	default:
		return refused(d.src, st, string(st.Kind))
	}
}

func (d ddl) alterDatabase(ctx context.Context, st *ast.Alter) error {
	name := st.Name.Last().Lower()
	out, err := d.service.glue.GetDatabase(ctx, &glueapi.GetDatabaseInput{Name: &name})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return errNoDatabase(name)
	}
	if err != nil {
		return err
	}
	old := out.Database
	parameters := maps.Clone(old.Parameters)
	if parameters == nil {
		parameters = map[string]string{}
	}
	maps.Copy(parameters, propertyMap(st.Properties))
	_, err = d.service.glue.UpdateDatabase(ctx, &glueapi.UpdateDatabaseInput{Name: &name, DatabaseInput: &glueapi.DatabaseInput{
		Name: &name, Description: old.Description, LocationUri: old.LocationUri, Parameters: parameters,
		CreateTableDefaultPermissions: old.CreateTableDefaultPermissions,
	}})
	return err
}

// redefine changes what a table's definition says of its columns or properties.
func (d ddl) redefine(ctx context.Context, table glueapi.Table, st *ast.Alter) error {
	in := inputOf(table)
	columns := in.StorageDescriptor.Columns
	switch st.Kind {
	case ast.SetProperties:
		maps.Copy(in.Parameters, propertyMap(st.Properties))
	case ast.AddColumns:
		columns = append(columns, glueColumns(st.Columns)...)
	case ast.ReplaceColumns:
		columns = glueColumns(st.Columns)
	case ast.ChangeColumn:
		var err error
		if columns, err = changeColumn(columns, st); err != nil {
			return err
		}
	default:
		return refused(d.src, st, string(st.Kind))
	}
	var all []ast.Column
	for _, c := range append(slices.Clone(columns), table.PartitionKeys...) {
		all = append(all, ast.Column{Name: resource.Value(c.Name), Type: resource.Value(c.Type)})
	}
	if err := checkColumns(all); err != nil {
		return err
	}
	in.StorageDescriptor.Columns = columns
	in.Parameters["transient_lastDdlTime"] = strconv.FormatInt(time.Now().Unix(), 10)
	return d.update(ctx, table, in)
}

func changeColumn(columns []glueapi.Column, st *ast.Alter) ([]glueapi.Column, error) {
	at := slices.IndexFunc(columns, func(c glueapi.Column) bool { return resource.Value(c.Name) == strings.ToLower(st.Old) })
	if at < 0 {
		return nil, errDDL(errorDDL, "SemanticException [Error 10002]: Invalid column reference %s", st.Old)
	}
	changed := glueColumns(st.Columns)[0]
	columns = slices.Delete(slices.Clone(columns), at, at+1)
	switch st.Place {
	case "":
	case "FIRST":
		at = 0
	default:
		name := strings.ToLower(strings.TrimPrefix(st.Place, "AFTER "))
		if at = 1 + slices.IndexFunc(columns, func(c glueapi.Column) bool { return resource.Value(c.Name) == name }); at == 0 {
			return nil, errDDL(errorDDL, "SemanticException [Error 10002]: Invalid column reference %s", name)
		}
	}
	return slices.Insert(columns, at, changed), nil
}

func (d ddl) setLocation(ctx context.Context, table glueapi.Table, st *ast.Alter) error {
	if _, err := parsePlace(st.Location); err != nil {
		return err
	}
	if len(st.Partitions) == 0 {
		in := inputOf(table)
		in.StorageDescriptor.Location = &st.Location
		return d.update(ctx, table, in)
	}
	values, err := partitionValues(table, st.Partitions[0])
	if err != nil {
		return err
	}
	return d.movePartition(ctx, table, values, values, st.Location)
}

func (d ddl) renamePartition(ctx context.Context, table glueapi.Table, st *ast.Alter) error {
	from, err := partitionValues(table, st.Partitions[0])
	if err != nil {
		return err
	}
	to, err := partitionValues(table, *st.Target)
	if err != nil {
		return err
	}
	return d.movePartition(ctx, table, from, to, "")
}

func (d ddl) movePartition(ctx context.Context, table glueapi.Table, from, to []string, location string) error {
	out, err := d.service.glue.GetPartition(ctx, &glueapi.GetPartitionInput{DatabaseName: table.DatabaseName, TableName: table.Name, PartitionValues: from})
	if err != nil {
		return executionError(err)
	}
	descriptor := *table.StorageDescriptor
	if out.Partition.StorageDescriptor != nil {
		descriptor = *out.Partition.StorageDescriptor
	}
	if location != "" {
		descriptor.Location = &location
	}
	_, err = d.service.glue.UpdatePartition(ctx, &glueapi.UpdatePartitionInput{
		DatabaseName: table.DatabaseName, TableName: table.Name, PartitionValueList: from,
		PartitionInput: &glueapi.PartitionInput{Values: to, StorageDescriptor: &descriptor, Parameters: out.Partition.Parameters},
	})
	if err != nil {
		return executionError(err)
	}
	return nil
}

// addPartitions adds the partitions of one statement, all or, where one is there
// already and IF NOT EXISTS was not written, none.
func (d ddl) addPartitions(ctx context.Context, table glueapi.Table, st *ast.Alter) error {
	var inputs []glueapi.PartitionInput
	for _, spec := range st.Partitions {
		values, err := partitionValues(table, spec)
		if err != nil {
			return err
		}
		location := spec.Location
		if location == "" {
			location = defaultLocation(table, values)
		}
		if _, err := parsePlace(location); err != nil {
			return err
		}
		inputs = append(inputs, partitionInput(table, values, location))
	}
	if !st.IfNotExist {
		for _, in := range inputs {
			_, err := d.service.glue.GetPartition(ctx, &glueapi.GetPartitionInput{DatabaseName: table.DatabaseName, TableName: table.Name, PartitionValues: in.Values})
			if err == nil {
				return errDDL(errorDDL, "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Partition %s already exists.) Write ADD IF NOT EXISTS PARTITION to leave it as it is", spec(table, in.Values))
			}
			if cloud.KindOf(err) != cloud.NotFound {
				return err
			}
		}
	}
	return d.insertPartitions(ctx, table, inputs)
}

// insertPartitions adds those of the partitions that are not there yet.
func (d ddl) insertPartitions(ctx context.Context, table glueapi.Table, inputs []glueapi.PartitionInput) error {
	for batch := range slices.Chunk(inputs, batchSize) {
		out, err := d.service.glue.BatchCreatePartition(ctx, &glueapi.BatchCreatePartitionInput{
			DatabaseName: table.DatabaseName, TableName: table.Name, PartitionInputList: batch,
		})
		if err != nil {
			return err
		}
		for _, failure := range out.Errors {
			if resource.Value(failure.ErrorDetail.ErrorCode) != "AlreadyExistsException" {
				return errDDL(errorDDL, "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. %s", resource.Value(failure.ErrorDetail.ErrorMessage))
			}
		}
	}
	return nil
}

func (d ddl) dropPartitions(ctx context.Context, table glueapi.Table, st *ast.Alter) error {
	for _, wanted := range st.Partitions {
		var predicates []string
		for i, k := range wanted.Keys {
			op := "="
			if i < len(wanted.Ops) && wanted.Ops[i] != "" {
				op = wanted.Ops[i]
			}
			if !slices.ContainsFunc(table.PartitionKeys, func(c glueapi.Column) bool { return resource.Value(c.Name) == k.Lower() }) {
				return errDDL(errorDDL, "SemanticException [Error 10098]: Non-Partition column appears in the partition specification: %s", k.Lower())
			}
			predicates = append(predicates, k.Lower()+" "+op+" '"+strings.ReplaceAll(wanted.Values[i], "'", "''")+"'")
		}
		// Collected before the first goes: a listing shows no table that changes.
		var found [][]string
		for p, err := range partitionsOf(ctx, d.service.glue, table, new(strings.Join(predicates, " AND "))) {
			if err != nil {
				return executionError(err)
			}
			found = append(found, p.Values)
		}
		if len(found) == 0 && !st.IfExists {
			return errDDL(errorDDL, "SemanticException [Error 10006]: Partition not found %s", strings.Join(predicates, ", "))
		}
		for _, values := range found {
			_, err := d.service.glue.DeletePartition(ctx, &glueapi.DeletePartitionInput{DatabaseName: table.DatabaseName, TableName: table.Name, PartitionValues: values})
			if err != nil {
				return executionError(err)
			}
		}
	}
	return nil
}

// inputOf returns a table's definition in the form that an update takes.
func inputOf(table glueapi.Table) *glueapi.TableInput {
	descriptor := *table.StorageDescriptor
	parameters := maps.Clone(table.Parameters)
	if parameters == nil {
		parameters = map[string]string{}
	}
	return &glueapi.TableInput{
		Name: table.Name, Description: table.Description, Owner: table.Owner, Retention: table.Retention,
		StorageDescriptor: &descriptor, PartitionKeys: table.PartitionKeys, TableType: table.TableType, Parameters: parameters,
		ViewOriginalText: table.ViewOriginalText, ViewExpandedText: table.ViewExpandedText,
	}
}

func (d ddl) update(ctx context.Context, table glueapi.Table, in *glueapi.TableInput) error {
	_, err := d.service.glue.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: table.DatabaseName, TableInput: in})
	return err
}
