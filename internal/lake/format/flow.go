package format

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/shadow"
)

const flowVersion = "1"

// flowFields is every field of a VPC or transit gateway flow log, versions 2 to
// 11, as the header spells it, with the type of those that are numbers.
const flowFields = "" +
	"version:int account-id interface-id srcaddr dstaddr srcport:int dstport:int protocol:int packets:bigint " +
	"bytes:bigint start:bigint end:bigint action log-status vpc-id subnet-id instance-id tcp-flags:int type " +
	"pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service " +
	"flow-direction traffic-path:int ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn " +
	"ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn " +
	"ecs-task-arn ecs-task-id reject-reason resource-id encryption-status:int instance-tag instance-tag-2 " +
	"interface-tag interface-tag-2 asg-tag asg-tag-2 interface-type next-hop-interface-id next-hop-subnet-id " +
	"next-hop-az-id next-hop-vpc-id next-hop-interface-type resource-type tgw-id tgw-attachment-id " +
	"tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id " +
	"tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id packets-lost-no-route:bigint " +
	"packets-lost-blackhole:bigint packets-lost-mtu-exceeded:bigint packets-lost-ttl-expired:bigint"

// flowDefault is the format of a flow log that was made without one, and of
// lines without a header.
const flowDefault = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"

// flowRegion is the column of the record's own region, beside the partition
// column that has the region of the object's key.
const flowRegion = "log_region"

// flow reads VPC flow logs by their header line: fields come in any order, and
// a file may have been put together of several.
type flow struct{ types map[string]string } // by field

func flowTypes() map[string]string {
	types := map[string]string{}
	for f := range strings.FieldsSeq(flowFields) {
		name, hive, _ := strings.Cut(f, ":")
		types[name] = hive
	}
	return types
}

// flowColumn names the column of a field.
func flowColumn(field string) string {
	if field == "region" {
		return flowRegion
	}
	return strings.ReplaceAll(field, "-", "_")
}

// Name returns "vpc_flow".
func (flow) Name() string { return "vpc_flow" }

// Key returns the decoder's version.
func (flow) Key() []string { return []string{"vpc_flow", flowVersion} }

// Columns returns the columns of a discovered table.
func (flow) Columns() []Column {
	var out []Column
	for f := range strings.FieldsSeq(flowFields) {
		name, hive, _ := strings.Cut(f, ":")
		if hive == "" {
			hive = "string"
		}
		out = append(out, Column{Name: flowColumn(name), Type: hive})
	}
	return append(out, Column{Name: Unparsed, Type: "string"})
}

// Bind says how to read the columns, by name: those of the header are there.
func (f flow) Bind(columns []Column, info shadow.Info) ([]Binding, error) {
	out := make([]Binding, len(columns))
	for i, c := range columns {
		out[i] = Binding{Kind: Null, Type: c.Type}
		if c.Name == Unparsed {
			out[i] = bindUnparsed()
		}
		for _, field := range info.Fields {
			if flowColumn(field) != c.Name {
				continue
			}
			if f.types[field] != "" {
				out[i] = bindPair(c.Name, c.Type)
			} else {
				out[i] = Binding{Kind: Text, Column: c.Name, Type: c.Type}
			}
		}
	}
	return out, nil
}

func (f flow) schema(fields []string) *shadow.Schema {
	var columns []shadow.Node
	for _, field := range fields {
		if f.types[field] != "" {
			columns = append(columns, pair(flowColumn(field))...)
		} else {
			columns = append(columns, shadow.Node{Name: flowColumn(field)})
		}
	}
	return shadow.NewSchema(append(columns, unparsed())...)
}

// header reads a line as field names. It is one when it has a name that only a
// header can have.
func (f flow) header(line []byte) (fields []string, ok bool) {
	if i := bytes.IndexByte(line, ' '); i < 0 || !f.known(line[:i]) {
		return nil, false
	}
	for name := range bytes.FieldsSeq(line) {
		fields = append(fields, string(name))
	}
	for _, sure := range []string{"version", "srcaddr", "account-id", "interface-id", "log-status", "start"} {
		if slices.Contains(fields, sure) {
			return fields, true
		}
	}
	return nil, false
}

func (f flow) known(field []byte) bool {
	_, ok := f.types[string(field)]
	return ok
}

// moreFieldsError says that a header names fields which the shadow being written
// does not have.
type moreFieldsError struct{ fields []string }

func (moreFieldsError) Error() string { return "a header with further fields" }

// Decode writes one row for each line that is no header.
func (f flow) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	fields, err := f.probe(ctx, src)
	if err != nil {
		return err
	}
	for {
		err := f.decode(ctx, src, fields, start)
		more, again := errors.AsType[moreFieldsError](err)
		if !again {
			return err
		}
		fields = append(fields, more.fields...)
	}
}

// probe returns the known fields of the object's first line.
func (f flow) probe(ctx context.Context, src *Source) ([]string, error) {
	c, err := src.open(ctx)
	if err != nil {
		return nil, err
	}
	l := newLines(c)
	fields := strings.Fields(flowDefault)
	if text, ok := l.next(); ok {
		if header, ok := f.header(text); ok {
			fields = nil
			for _, field := range header {
				if f.known([]byte(field)) && !slices.Contains(fields, field) {
					fields = append(fields, field)
				}
			}
		}
	}
	return fields, errors.Join(l.err, c.close())
}

// flowRow writes lines under the header that came last.
type flowRow struct {
	f      flow
	w      *shadow.Writer
	fields []string // of the shadow
	cells  cells    // by field of the shadow
	values [][]byte // by field of the shadow
	order  []int    // by position in the line: the field of the shadow, or -1
}

func (f flow) decode(ctx context.Context, src *Source, fields []string, start func(*shadow.Schema) *shadow.Writer) error {
	w := start(f.schema(fields))
	w.Info.Fields = fields
	r := &flowRow{f: f, w: w, fields: fields, values: make([][]byte, len(fields))}
	for _, field := range fields {
		r.cells.add(w, flowColumn(field), f.types[field] != "")
	}
	if err := r.under(strings.Fields(flowDefault)); err != nil {
		r.order = nil // lines before the first header cannot be read
	}
	return eachLine(ctx, src, w, 0, r.line)
}

// under makes header the one that the following lines are read by.
func (r *flowRow) under(header []string) error {
	order := make([]int, 0, len(header))
	var missing []string
	for _, field := range header {
		at := slices.Index(r.fields, field)
		if at < 0 && r.f.known([]byte(field)) {
			missing = append(missing, field)
		}
		if at < 0 && !r.f.known([]byte(field)) && r.w.Info.Note == "" {
			r.w.Info.Note = "the field " + field + " is not known: its values are not in the table"
		}
		order = append(order, at)
	}
	if len(missing) > 0 {
		return moreFieldsError{fields: missing}
	}
	r.order = order
	return nil
}

func (r *flowRow) line(line int64, text []byte) error {
	if len(text) == 0 {
		return nil
	}
	if header, ok := r.f.header(text); ok {
		return r.under(header)
	}
	clear(r.values)
	at := 0
	for rest, more := text, true; more; at++ {
		var value []byte
		value, rest, more = bytes.Cut(rest, []byte{' '})
		if at < len(r.order) && r.order[at] >= 0 {
			r.values[r.order[at]] = slices.Clip(value)
		}
	}
	if at != len(r.order) {
		return r.w.BadRow(line, text, "the line has not as many fields as its header")
	}
	r.cells.putAll(r.values)
	return r.w.EndRow()
}
