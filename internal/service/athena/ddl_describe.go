package athena

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/ast"
)

// blankLine is how Hive leaves a line between the parts of a description.
const blankLine = "\t \t "

// describe prints a table, a view, a partition or one column as Hive does: cells
// padded, separated by tabs. EXTENDED adds all that the catalog knows in one
// line, FORMATTED in a table.
func (d ddl) describe(ctx context.Context, st *ast.Describe) (textTable, error) {
	out := textTable{columns: []string{"col_name", "data_type", "comment"}}
	want := ""
	if st.View {
		want = "VIEW"
	}
	table, err := d.table(ctx, st.Name, want)
	if err != nil {
		return out, err
	}
	var partition *glueapi.Partition
	if st.Partition != nil {
		if partition, err = d.partition(ctx, table, *st.Partition); err != nil {
			return out, err
		}
	}
	if st.Column != "" {
		line, err := describeColumn(table, st.Column)
		if st.Detail == "FORMATTED" {
			out.lines = append(out.lines, cells("# col_name", "data_type", "comment"), blankLine)
		}
		out.lines = append(out.lines, line)
		return out, err
	}
	out.lines = describeColumns(table, partition, st.Detail == "FORMATTED")
	switch {
	case st.Detail == "FORMATTED" && partition != nil:
		out.lines = append(out.lines, formattedPartition(table, *partition)...)
	case st.Detail == "FORMATTED":
		out.lines = append(out.lines, formattedTable(table)...)
	case st.Detail == "EXTENDED" && partition != nil:
		out.lines = append(out.lines, blankLine, "Detailed Partition Information\t"+thriftPartition(table, *partition)+"\t")
	case st.Detail == "EXTENDED":
		out.lines = append(out.lines, blankLine, "Detailed Table Information\t"+thriftTable(table)+"\t")
	}
	return out, nil
}

// partition reads the partition that a PARTITION (…) names.
func (d ddl) partition(ctx context.Context, table glueapi.Table, wanted ast.PartitionSpec) (*glueapi.Partition, error) {
	values, err := partitionValues(table, wanted)
	if err != nil {
		return nil, err
	}
	out, err := d.service.glue.GetPartition(ctx, &glueapi.GetPartitionInput{DatabaseName: table.DatabaseName, TableName: table.Name, PartitionValues: values})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return nil, errDDL(errorDDL, "SemanticException [Error 10006]: Partition not found %s", spec(table, values))
	}
	if err != nil {
		return nil, err
	}
	if out.Partition.StorageDescriptor == nil {
		out.Partition.StorageDescriptor = table.StorageDescriptor
	}
	return out.Partition, nil
}

// cells is one line of a description.
func cells(first, second, third string) string {
	return fmt.Sprintf("%-20s\t%-20s\t%-20s", first, second, third)
}

func columnCells(c glueapi.Column) string {
	return cells(resource.Value(c.Name), resource.Value(c.Type), resource.Value(c.Comment))
}

// describeColumns prints the columns of a table, or those that one of its
// partitions has, and then the partition keys once more.
func describeColumns(table glueapi.Table, partition *glueapi.Partition, formatted bool) []string {
	if partition != nil && len(partition.StorageDescriptor.Columns) > 0 {
		descriptor := *table.StorageDescriptor
		descriptor.Columns = partition.StorageDescriptor.Columns
		table.StorageDescriptor = &descriptor
	}
	header := cells("# col_name", "data_type", "comment")
	columns := allColumns(table)
	var lines []string
	if formatted { // where the keys stand in their own part alone
		lines = append(lines, header, blankLine)
		columns = table.StorageDescriptor.Columns
	}
	for _, c := range columns {
		lines = append(lines, columnCells(c))
	}
	if len(table.PartitionKeys) > 0 {
		lines = append(lines, blankLine, "# Partition Information\t \t ", header, blankLine)
		for _, c := range table.PartitionKeys {
			lines = append(lines, columnCells(c))
		}
	}
	return lines
}

// describeColumn prints one column, or what a path into it leads to.
func describeColumn(table glueapi.Table, path string) (string, error) {
	steps := strings.Split(path, ".")
	columns := allColumns(table)
	at := slices.IndexFunc(columns, func(c glueapi.Column) bool { return strings.EqualFold(resource.Value(c.Name), steps[0]) })
	if at < 0 {
		return "", errDDL(errorDDL, "SemanticException [Error 10002]: Invalid column reference %s", steps[0])
	}
	if len(steps) == 1 {
		return columnCells(columns[at]), nil
	}
	kind := resource.Value(columns[at].Type)
	for i, step := range steps[1:] {
		inner, ok := partOfType(kind, step)
		if !ok {
			return "", errDDL(errorDDL, "SemanticException [Error 10002]: Invalid column reference %s: %s is of type %s, in which there is no %s",
				path, strings.Join(steps[:i+1], "."), kind, step)
		}
		kind = inner
	}
	return cells(steps[len(steps)-1], kind, "from deserializer"), nil
}

// partOfType returns the type of a struct's field, or of an array's $elem$, or of
// a map's $key$ or $value$, from Hive's text of the whole.
func partOfType(kind, step string) (string, bool) {
	outer, inside, ok := strings.Cut(strings.TrimSpace(kind), "<")
	if !ok || !strings.HasSuffix(inside, ">") {
		return "", false
	}
	parts := topLevel(strings.TrimSuffix(inside, ">"))
	switch strings.ToLower(outer) {
	case "array":
		return inside[:len(inside)-1], step == "$elem$"
	case "map":
		if len(parts) != 2 {
			return "", false
		}
		return parts[map[string]int{"$value$": 1}[step]], step == "$key$" || step == "$value$"
	case "struct":
		for _, part := range parts {
			if name, of, _ := strings.Cut(part, ":"); strings.EqualFold(strings.Trim(strings.TrimSpace(name), "`"), step) {
				return strings.TrimSpace(of), true
			}
		}
	}
	return "", false
}

// topLevel splits a list of types at the commas outside of any brackets.
func topLevel(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i, r := range list {
		switch r {
		case '<', '(':
			depth++
		case '>', ')':
			depth--
		case ',':
			if depth == 0 {
				parts, start = append(parts, list[start:i]), i+1
			}
		}
	}
	return append(parts, list[start:])
}

// formattedTable is the part of DESCRIBE FORMATTED below the columns.
func formattedTable(table glueapi.Table) []string {
	lines := []string{
		blankLine, "# Detailed Table Information\t \t ",
		entry("Database:", resource.Value(table.DatabaseName)),
		entry("Owner:", resource.Value(table.Owner)),
		entry("CreateTime:", hiveTime(table.CreateTime)),
		entry("LastAccessTime:", hiveTime(table.LastAccessTime)),
		entry("Protect Mode:", "None"),
		entry("Retention:", fmt.Sprint(resource.Value(table.Retention))),
		entry("Location:", resource.Value(table.StorageDescriptor.Location)),
		entry("Table Type:", resource.Value(table.TableType)),
	}
	lines = append(lines, parameterLines("Table Parameters:", table.Parameters)...)
	lines = append(lines, storageLines(*table.StorageDescriptor)...)
	if isView(table) {
		lines = append(lines, blankLine, "# View Information\t \t ", entry("View Original Text:", resource.Value(table.ViewOriginalText)),
			entry("View Expanded Text:", resource.Value(table.ViewExpandedText)))
	}
	return lines
}

func formattedPartition(table glueapi.Table, p glueapi.Partition) []string {
	lines := []string{
		blankLine, "# Detailed Partition Information\t \t ",
		entry("Partition Value:", "["+strings.Join(p.Values, ", ")+"]"),
		entry("Database:", resource.Value(table.DatabaseName)),
		entry("Table:", resource.Value(table.Name)),
		entry("CreateTime:", hiveTime(p.CreationTime)),
		entry("LastAccessTime:", hiveTime(p.LastAccessTime)),
		entry("Protect Mode:", "None"),
		entry("Location:", resource.Value(p.StorageDescriptor.Location)),
	}
	lines = append(lines, parameterLines("Partition Parameters:", p.Parameters)...)
	return append(lines, storageLines(*p.StorageDescriptor)...)
}

func entry(name, value string) string { return fmt.Sprintf("%-20s\t%-20s\t ", name, value) }

func parameterLines(title string, parameters map[string]string) []string {
	if len(parameters) == 0 {
		return nil
	}
	lines := []string{title + "\t \t "}
	for name, value := range sorted(parameters) {
		lines = append(lines, fmt.Sprintf("\t%-20s\t%-20s", name, value))
	}
	return lines
}

func storageLines(s glueapi.StorageDescriptor) []string {
	compressed := "No"
	if resource.Value(s.Compressed) {
		compressed = "Yes"
	}
	serde := resource.Value(s.SerdeInfo)
	lines := []string{
		blankLine, "# Storage Information\t \t ",
		entry("SerDe Library:", resource.Value(serde.SerializationLibrary)),
		entry("InputFormat:", resource.Value(s.InputFormat)),
		entry("OutputFormat:", resource.Value(s.OutputFormat)),
		entry("Compressed:", compressed),
		entry("Num Buckets:", fmt.Sprint(resource.Or(s.NumberOfBuckets, int32(-1)))),
		entry("Bucket Columns:", "["+strings.Join(s.BucketColumns, ", ")+"]"),
		entry("Sort Columns:", "["+strings.Join(orders(s.SortColumns), ", ")+"]"),
	}
	return append(lines, parameterLines("Storage Desc Params:", serde.Parameters)...)
}

// hiveTime is a time as Java prints it, which Hive does.
func hiveTime(t *time.Time) string {
	if t == nil {
		return "UNKNOWN"
	}
	return t.UTC().Format("Mon Jan 02 15:04:05 MST 2006")
}

// thriftTable is a table in one line, as Hive's own record of it prints.
func thriftTable(table glueapi.Table) string {
	return fmt.Sprintf("Table(tableName:%s, dbName:%s, owner:%s, createTime:%d, lastAccessTime:%d, retention:%d, sd:%s, partitionKeys:%s, parameters:%s, viewOriginalText:%s, viewExpandedText:%s, tableType:%s)",
		resource.Value(table.Name), resource.Value(table.DatabaseName), resource.Value(table.Owner), unix(table.CreateTime), unix(table.LastAccessTime),
		resource.Value(table.Retention), thriftStorage(*table.StorageDescriptor), thriftColumns(table.PartitionKeys), thriftMap(table.Parameters),
		resource.Or(table.ViewOriginalText, "null"), resource.Or(table.ViewExpandedText, "null"), resource.Value(table.TableType))
}

func thriftPartition(table glueapi.Table, p glueapi.Partition) string {
	return fmt.Sprintf("Partition(values:[%s], dbName:%s, tableName:%s, createTime:%d, lastAccessTime:%d, sd:%s, parameters:%s)",
		strings.Join(p.Values, ", "), resource.Value(table.DatabaseName), resource.Value(table.Name), unix(p.CreationTime), unix(p.LastAccessTime),
		thriftStorage(*p.StorageDescriptor), thriftMap(p.Parameters))
}

func thriftStorage(s glueapi.StorageDescriptor) string {
	serde := resource.Value(s.SerdeInfo)
	return fmt.Sprintf("StorageDescriptor(cols:%s, location:%s, inputFormat:%s, outputFormat:%s, compressed:%t, numBuckets:%d, serdeInfo:SerDeInfo(name:%s, serializationLib:%s, parameters:%s), bucketCols:[%s], sortCols:[%s], storedAsSubDirectories:%t)",
		thriftColumns(s.Columns), resource.Value(s.Location), resource.Value(s.InputFormat), resource.Value(s.OutputFormat), resource.Value(s.Compressed),
		resource.Or(s.NumberOfBuckets, int32(-1)), resource.Or(serde.Name, "null"), resource.Value(serde.SerializationLibrary), thriftMap(serde.Parameters),
		strings.Join(s.BucketColumns, ", "), strings.Join(orders(s.SortColumns), ", "), resource.Value(s.StoredAsSubDirectories))
}

func thriftColumns(columns []glueapi.Column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = fmt.Sprintf("FieldSchema(name:%s, type:%s, comment:%s)", resource.Value(c.Name), resource.Value(c.Type), resource.Or(c.Comment, "null"))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func thriftMap(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+"="+m[name])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func orders(columns []glueapi.Order) []string {
	parts := make([]string, len(columns))
	for i, o := range columns {
		parts[i] = fmt.Sprintf("Order(col:%s, order:%d)", resource.Value(o.Column), resource.Value(o.SortOrder))
	}
	return parts
}

func unix(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.Unix()
}
