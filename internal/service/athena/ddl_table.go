package athena

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// The classes that Hive writes into a table that names none.
const (
	lazySerDe    = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
	textInput    = "org.apache.hadoop.mapred.TextInputFormat"
	textOutput   = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
	parquetSerDe = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
)

// storage is what STORED AS stands for.
type storage struct{ serde, input, output string }

var storages = map[string]storage{
	"":             {lazySerDe, textInput, textOutput},
	"TEXTFILE":     {lazySerDe, textInput, textOutput},
	"SEQUENCEFILE": {lazySerDe, "org.apache.hadoop.mapred.SequenceFileInputFormat", "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat"},
	"PARQUET":      {parquetSerDe, "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"},
	"ORC":          {"org.apache.hadoop.hive.ql.io.orc.OrcSerde", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat", "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat"},
	"AVRO":         {"org.apache.hadoop.hive.serde2.avro.AvroSerDe", "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat", "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat"},
	"RCFILE":       {"org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe", "org.apache.hadoop.hive.ql.io.RCFileInputFormat", "org.apache.hadoop.hive.ql.io.RCFileOutputFormat"},
	"ION":          {"com.amazon.ionhiveserde.IonHiveSerDe", "com.amazon.ionhiveserde.formats.IonInputFormat", "com.amazon.ionhiveserde.formats.IonOutputFormat"},
}

func (d ddl) createTable(ctx context.Context, st *ast.CreateTable) error {
	if !st.External {
		if properties := propertyMap(st.Properties); strings.EqualFold(properties["table_type"], "iceberg") {
			return refused(d.src, st, "an Iceberg table")
		}
		return errDDL(errorDDL, "SemanticException only external tables can be created. Write CREATE EXTERNAL TABLE")
	}
	if len(st.Transforms) > 0 {
		return refused(d.src, st, "PARTITIONED BY a transform")
	}
	database, name, err := d.names(st.Name)
	if err != nil {
		return err
	}
	if st.Location == "" {
		return errDDL(errorDDL, "SemanticException table %s has no LOCATION. Write LOCATION 's3://bucket/folder/'", name)
	}
	if _, err := parsePlace(st.Location); err != nil {
		return err
	}
	if err := checkColumns(append(slices.Clone(st.Columns), st.PartitionedBy...)); err != nil {
		return err
	}
	descriptor, err := storageDescriptor(st)
	if err != nil {
		return err
	}
	parameters := propertyMap(st.Properties)
	// What is not carried is said when the table is made, not when it is asked.
	if what := lake.Unreadable(lake.Table{
		Name: name, Columns: lakeColumns(descriptor.Columns), SerDe: *descriptor.SerdeInfo.SerializationLibrary,
		SerDeProperties: descriptor.SerdeInfo.Parameters, InputFormat: *descriptor.InputFormat, Properties: parameters,
	}); what != "" {
		return refused(d.src, st, what)
	}
	parameters["EXTERNAL"] = "TRUE"
	parameters["transient_lastDdlTime"] = strconv.FormatInt(time.Now().Unix(), 10)
	if st.Comment != "" {
		parameters["comment"] = st.Comment
	}
	if err := d.ensureDatabase(ctx, database); err != nil {
		return err
	}
	_, err = d.service.glue.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: &database, TableInput: &glueapi.TableInput{
		Name: &name, TableType: new("EXTERNAL_TABLE"), Owner: new("hadoop"), Parameters: parameters,
		StorageDescriptor: descriptor, PartitionKeys: glueColumns(st.PartitionedBy),
	}})
	if err != nil && cloud.KindOf(err) == cloud.Conflict {
		if st.IfNotExists {
			return nil
		}
		return errDDL(errorDDL, "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. AlreadyExistsException(message:Table %s already exists)", name)
	}
	return err
}

// checkColumns refuses a column that stands twice or has a type that Hive does not know.
func checkColumns(columns []ast.Column) error {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.Name] {
			return errDDL(errorDDL, "SemanticException [Error 10036]: Duplicate column name: %s", c.Name)
		}
		seen[c.Name] = true
		if _, err := datatype.ParseHive(c.Type); err != nil {
			return errDDL(errorDDL, "SemanticException column %s: %q is not a type that Hive knows", c.Name, c.Type)
		}
	}
	return nil
}

func storageDescriptor(st *ast.CreateTable) (*glueapi.StorageDescriptor, error) {
	stored, ok := storages[st.StoredAs]
	if !ok {
		return nil, errDDL(errorDDL, "SemanticException Unrecognized file format in STORED AS clause: %q", st.StoredAs)
	}
	if st.InputFormat != "" {
		stored.input, stored.output = st.InputFormat, st.OutputFormat
	}
	parameters := map[string]string{"serialization.format": "1"}
	if f := st.RowFormat; f != nil {
		if f.SerDe != "" {
			stored.serde, parameters = f.SerDe, propertyMap(f.SerDeProperties)
		}
		for name, value := range map[string]string{
			"field.delim": f.FieldsTerminatedBy, "escape.delim": f.EscapedBy, "colelction.delim": f.CollectionTerminated,
			"mapkey.delim": f.MapKeysTerminated, "line.delim": f.LinesTerminatedBy, "serialization.null.format": f.NullDefinedAs,
		} {
			if value != "" {
				parameters[name] = value
			}
		}
		if f.FieldsTerminatedBy != "" {
			parameters["serialization.format"] = f.FieldsTerminatedBy
		}
	}
	descriptor := &glueapi.StorageDescriptor{
		Columns: glueColumns(st.Columns), Location: &st.Location, InputFormat: &stored.input, OutputFormat: &stored.output,
		Compressed: new(false), NumberOfBuckets: new(int32(-1)), BucketColumns: st.ClusteredBy, StoredAsSubDirectories: new(false),
		SerdeInfo: &glueapi.SerDeInfo{SerializationLibrary: &stored.serde, Parameters: parameters},
	}
	if st.Buckets > 0 {
		descriptor.NumberOfBuckets = new(int32(st.Buckets)) //nolint:gosec // the parser bounds it
	}
	return descriptor, nil
}

func glueColumns(columns []ast.Column) []glueapi.Column {
	out := make([]glueapi.Column, len(columns))
	for i, c := range columns {
		out[i] = glueapi.Column{Name: new(c.Name), Type: new(c.Type)}
		if c.Comment != "" {
			out[i].Comment = new(c.Comment)
		}
	}
	return out
}

// showCreateTable prints the statement that makes the table.
func (d ddl) showCreateTable(ctx context.Context, st *ast.Show) (textTable, error) {
	out := textTable{columns: []string{"createtab_stmt"}}
	table, err := d.table(ctx, st.Name, "TABLE")
	if err != nil {
		return out, err
	}
	descriptor := *table.StorageDescriptor
	out.lines = append(out.lines, "CREATE EXTERNAL TABLE "+quoteName(*table.Name)+"(")
	out.lines = append(out.lines, columnLines(descriptor.Columns)...)
	properties := maps.Clone(table.Parameters)
	delete(properties, "EXTERNAL")
	if comment, ok := properties["comment"]; ok {
		out.lines = append(out.lines, "COMMENT "+quote(comment))
		delete(properties, "comment")
	}
	if len(table.PartitionKeys) > 0 {
		out.lines = append(out.lines, "PARTITIONED BY ( ")
		out.lines = append(out.lines, columnLines(table.PartitionKeys)...)
	}
	if len(descriptor.BucketColumns) > 0 {
		names := make([]string, len(descriptor.BucketColumns))
		for i, name := range descriptor.BucketColumns {
			names[i] = "  " + quoteName(name)
		}
		out.lines = append(out.lines, "CLUSTERED BY ( ")
		out.lines = append(out.lines, strings.Split(strings.Join(names, ", \n")+") ", "\n")...)
		out.lines = append(out.lines, fmt.Sprintf("INTO %d BUCKETS", resource.Value(descriptor.NumberOfBuckets)))
	}
	// Which lines end in a blank is Hive's choice.
	clause := func(words, value, end string) {
		if value != "" {
			out.lines = append(out.lines, words, "  "+quote(value)+end)
		}
	}
	clause("ROW FORMAT SERDE ", resource.Value(descriptor.SerdeInfo.SerializationLibrary), " ")
	if parameters := descriptor.SerdeInfo.Parameters; len(parameters) > 0 {
		out.lines = append(out.lines, "WITH SERDEPROPERTIES ( ")
		out.lines = append(out.lines, propertyLines(parameters)...)
	}
	clause("STORED AS INPUTFORMAT ", resource.Value(descriptor.InputFormat), " ")
	clause("OUTPUTFORMAT ", resource.Value(descriptor.OutputFormat), "")
	clause("LOCATION", resource.Value(descriptor.Location), "")
	if len(properties) > 0 {
		out.lines = append(out.lines, "TBLPROPERTIES (")
		out.lines = append(out.lines, propertyLines(properties)...)
	}
	return out, nil
}

// columnLines prints columns and the bracket after the last.
func columnLines(columns []glueapi.Column) []string {
	if len(columns) == 0 {
		return []string{")"}
	}
	lines := make([]string, len(columns))
	for i, c := range columns {
		lines[i] = "  " + quoteName(resource.Value(c.Name)) + " " + resource.Value(c.Type)
		if resource.Value(c.Comment) != "" {
			lines[i] += " COMMENT " + quote(*c.Comment)
		}
		lines[i] += ", "
	}
	lines[len(lines)-1] = strings.TrimSuffix(lines[len(lines)-1], ", ") + ")"
	return lines
}

func propertyLines(properties map[string]string) []string {
	var lines []string
	for name, value := range sorted(properties) {
		lines = append(lines, "  "+quote(name)+"="+quote(value)+", ")
	}
	if len(lines) > 0 {
		lines[len(lines)-1] = strings.TrimSuffix(lines[len(lines)-1], ", ") + ") "
	}
	return lines
}

// quoteName returns a name in Hive's quotes.
func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quote returns s as a string literal of Hive.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s) + "'"
}

// sorted yields the entries of m by key.
func sorted(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
