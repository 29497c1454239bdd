package athena

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
)

// maxExpression is how long an expression of GetPartitions may be.
const maxExpression = 2048

// allPartitions yields the partitions of a table as the lake sees them.
func allPartitions(ctx context.Context, glue Catalog, table glueapi.Table, expression *string) iter.Seq2[lake.Partition, error] {
	return func(yield func(lake.Partition, error) bool) {
		for p, err := range partitionsOf(ctx, glue, table, expression) {
			location := resource.Value(p.StorageDescriptor).Location
			if !yield(lake.Partition{Values: p.Values, Location: resource.Value(location)}, err) {
				return
			}
		}
	}
}

// matchingPartitions yields of the partitions of a table at least those for which
// the comparisons hold, as Glue selects them. Where Glue cannot compare, as for a
// partition whose value is none of its key's type, it yields the others too.
func matchingPartitions(ctx context.Context, glue Catalog, table glueapi.Table, comparisons []lake.Comparison) iter.Seq2[lake.Partition, error] {
	if names := namedPartitions(table, comparisons); names != nil {
		return getPartitions(ctx, glue, table, names)
	}
	expression := partitionExpression(table, comparisons)
	if expression == "" {
		return allPartitions(ctx, glue, table, nil)
	}
	return func(yield func(lake.Partition, error) bool) {
		selected := map[string]bool{}
		compared := true
		for p, err := range allPartitions(ctx, glue, table, &expression) {
			if kind := cloud.KindOf(err); err != nil && (kind == cloud.Invalid || kind == cloud.Conflict) {
				compared = false
				break
			}
			if !yield(p, err) || err != nil {
				return
			}
			selected[partitionKey(p.Values)] = true
		}
		if compared {
			return
		}
		for p, err := range allPartitions(ctx, glue, table, nil) {
			if err == nil && selected[partitionKey(p.Values)] {
				continue
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// maxNamed is how many partitions are asked for one by one.
const maxNamed = 100

// namedPartitions returns the values of the partitions that comparisons leave,
// when these give all keys by =: then none is looked for. Only keys of text are
// certain to have just these values: 7 is also written 07.
func namedPartitions(table glueapi.Table, comparisons []lake.Comparison) [][]string {
	all := [][]string{nil}
	for _, key := range table.PartitionKeys {
		at := slices.IndexFunc(comparisons, func(c lake.Comparison) bool {
			return c.Op == "=" && strings.EqualFold(resource.Value(key.Name), c.Column)
		})
		if at < 0 || !strings.EqualFold(resource.Value(key.Type), "string") || len(all)*len(comparisons[at].Texts) > maxNamed {
			return nil
		}
		texts := slices.Compact(slices.Sorted(slices.Values(comparisons[at].Texts)))
		var next [][]string
		for _, values := range all {
			for _, text := range texts {
				next = append(next, append(slices.Clip(values), text))
			}
		}
		all = next
	}
	return all
}

// getPartitions yields those of the partitions with the given values that are there.
func getPartitions(ctx context.Context, glue Catalog, table glueapi.Table, all [][]string) iter.Seq2[lake.Partition, error] {
	return func(yield func(lake.Partition, error) bool) {
		for _, values := range all {
			out, err := glue.GetPartition(ctx, &glueapi.GetPartitionInput{DatabaseName: table.DatabaseName, TableName: table.Name, PartitionValues: values})
			if err != nil && cloud.KindOf(err) == cloud.NotFound {
				continue
			}
			if err != nil {
				yield(lake.Partition{}, err)
				return
			}
			location := resource.Value(out.Partition.StorageDescriptor).Location
			if !yield(lake.Partition{Values: out.Partition.Values, Location: resource.Value(location)}, nil) {
				return
			}
		}
	}
}

func partitionKey(values []string) string { return strings.Join(values, "\x00") }

// partitionExpression returns comparisons in the language of GetPartitions; ""
// when none has a form there. It leaves out those that would make it too long.
func partitionExpression(table glueapi.Table, comparisons []lake.Comparison) string {
	var b strings.Builder
	for _, c := range comparisons {
		at := slices.IndexFunc(table.PartitionKeys, func(k glueapi.Column) bool { return strings.EqualFold(resource.Value(k.Name), c.Column) })
		if at < 0 || strings.ContainsRune(c.Column, '`') {
			continue
		}
		texts := make([]string, len(c.Texts))
		for i, text := range c.Texts {
			texts[i] = "'" + strings.ReplaceAll(text, "'", "''") + "'"
		}
		term := "`" + c.Column + "` " + c.Op + " " + texts[0]
		if len(texts) > 1 {
			term = "`" + c.Column + "` IN (" + strings.Join(texts, ", ") + ")"
		}
		if b.Len() > 0 {
			term = " AND " + term
		}
		if b.Len()+len(term) <= maxExpression {
			b.WriteString(term)
		}
	}
	return strings.TrimPrefix(b.String(), " AND ")
}
