package athena

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/ast"
)

// partitionValues returns the values of a whole PARTITION (…) in the order of
// the table's keys.
func partitionValues(table glueapi.Table, spec ast.PartitionSpec) ([]string, error) {
	if len(table.PartitionKeys) == 0 {
		return nil, errDDL(errorDDL, "SemanticException table is not partitioned but partition spec exists")
	}
	values := make([]string, len(table.PartitionKeys))
	given := map[int]bool{}
	for i, k := range spec.Keys {
		at := slices.IndexFunc(table.PartitionKeys, func(c glueapi.Column) bool { return resource.Value(c.Name) == k.Lower() })
		if at < 0 {
			return nil, errDDL(errorDDL, "SemanticException [Error 10098]: Non-Partition column appears in the partition specification: %s", k.Lower())
		}
		if given[at] {
			return nil, errDDL(errorDDL, "SemanticException partition spec names key %s twice", k.Lower())
		}
		values[at], given[at] = spec.Values[i], true
	}
	if len(given) != len(values) {
		return nil, errDDL(errorDDL, "SemanticException partition spec names %d of the %d keys of table %s", len(given), len(values), resource.Value(table.Name))
	}
	return values, nil
}

// spec returns key=value/key=value, escaped as Hive does in paths.
func spec(table glueapi.Table, values []string) string {
	parts := make([]string, 0, len(values))
	for i, v := range values {
		name := fmt.Sprintf("col%d", i)
		if i < len(table.PartitionKeys) {
			name = resource.Value(table.PartitionKeys[i].Name)
		}
		parts = append(parts, name+"="+escapePath(v))
	}
	return strings.Join(parts, "/")
}

// escapePath writes the characters that Hive does not allow in a folder's name
// as % and two hexadecimal digits.
func escapePath(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == 0x7f || strings.IndexByte("\"#%'*/:=?\\{[]^", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func defaultLocation(table glueapi.Table, values []string) string {
	return strings.TrimSuffix(resource.Value(table.StorageDescriptor.Location), "/") + "/" + spec(table, values)
}

func partitionInput(table glueapi.Table, values []string, location string) glueapi.PartitionInput {
	descriptor := *table.StorageDescriptor
	descriptor.Location = &location
	return glueapi.PartitionInput{Values: values, StorageDescriptor: &descriptor}
}

func (d ddl) showPartitions(ctx context.Context, st *ast.Show) (textTable, error) {
	out := textTable{columns: []string{"partition"}}
	table, err := d.table(ctx, st.Name, "TABLE")
	if err != nil {
		return out, err
	}
	if len(table.PartitionKeys) == 0 {
		return out, errDDL(errorDDL, "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Table %s is not a partitioned table", resource.Value(table.Name))
	}
	for p, err := range partitionsOf(ctx, d.service.glue, table, nil) {
		if err != nil {
			return out, err
		}
		out.lines = append(out.lines, spec(table, p.Values))
	}
	return out, nil
}

// repair adds the partitions whose folders lie under the table's location in
// Hive's layout and that the catalog does not have.
func (d ddl) repair(ctx context.Context, st *ast.Repair) (textTable, error) {
	out := textTable{columns: []string{"result"}}
	table, err := d.table(ctx, st.Name, "TABLE")
	if err != nil {
		return out, err
	}
	if len(table.PartitionKeys) == 0 {
		return out, errDDL(errorDDL, "SemanticException table %s is not partitioned", resource.Value(table.Name))
	}
	known := map[string]bool{}
	for p, err := range partitionsOf(ctx, d.service.glue, table, nil) {
		if err != nil {
			return out, err
		}
		known[spec(table, p.Values)] = true
	}
	place, err := parsePlace(strings.TrimSuffix(resource.Value(table.StorageDescriptor.Location), "/") + "/")
	if err != nil {
		return out, err
	}
	var added []glueapi.PartitionInput
	for object, err := range d.service.objects.List(ctx, place.Bucket, place.Key) {
		if err != nil {
			if cloud.KindOf(err) == cloud.NotFound {
				return out, executionError(err)
			}
			return out, err
		}
		values, folder, ok := hivePartition(table, strings.TrimPrefix(object.Key, place.Key))
		if !ok || known[spec(table, values)] {
			continue
		}
		known[spec(table, values)] = true
		added = append(added, partitionInput(table, values, place.String()+folder))
	}
	if len(added) == 0 {
		return out, nil
	}
	missing := make([]string, len(added))
	for i, p := range added {
		missing[i] = resource.Value(table.Name) + ":" + spec(table, p.Values)
	}
	out.lines = append(out.lines, "Partitions not in metastore:\t"+strings.Join(missing, "\t"))
	for _, name := range missing {
		out.lines = append(out.lines, "Repair: Added partition to metastore "+name)
	}
	return out, d.insertPartitions(ctx, table, added)
}

// hivePartition reads key=value/key=value/ from the front of an object's name
// below the table.
func hivePartition(table glueapi.Table, name string) (values []string, folder string, ok bool) {
	rest := name
	for _, k := range table.PartitionKeys {
		part, after, found := strings.Cut(rest, "/")
		key, value, equals := strings.Cut(part, "=")
		if !found || !equals || !strings.EqualFold(key, resource.Value(k.Name)) {
			return nil, "", false
		}
		unescaped, err := url.PathUnescape(value)
		if err != nil {
			return nil, "", false
		}
		values = append(values, unescaped)
		rest = after
	}
	return values, strings.TrimSuffix(name, rest), true
}
