package projection

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Value is one value of a partition column.
type Value struct {
	Text string // as it stands in the location
	Key  string // as the column's type spells it: 2024-05-01 for a date
}

// Domain is the values of one projected column.
type Domain interface {
	// All gives every value, in order.
	All() iter.Seq[Value]
	// Find returns the value that key names. ok is false when it is not one of the domain.
	Find(key string) (v Value, ok bool)
}

// Key is a partition column: its name and Hive type, both in lower case.
type Key struct{ Name, Type string }

// Table is what of a table decides its projection.
type Table struct {
	Name       string // database and table with a dot between, for messages
	Location   string
	Keys       []Key
	Properties map[string]string
}

// Projection is a table's projected columns.
type Projection struct {
	Keys     []Key
	Domains  []Domain // nil for an injected column, whose values the query must give
	table    Table
	template string
}

const (
	enabled  = "projection.enabled"
	template = "storage.location.template"
)

// Enabled says whether a table's partitions are projected.
func Enabled(properties map[string]string) bool {
	return strings.EqualFold(strings.TrimSpace(properties[enabled]), "true")
}

// Parse reads a table's projection. now is what NOW means.
func Parse(t Table, now time.Time) (*Projection, error) {
	properties := map[string]string{}
	for k, v := range t.Properties {
		properties[strings.ToLower(k)] = v
	}
	p := &Projection{Keys: t.Keys, table: t, template: strings.TrimSpace(properties[template])}
	var missing []string
	for _, key := range t.Keys {
		c := column{table: t.Name, key: key, properties: properties}
		if c.kind() == "" {
			missing = append(missing, key.Name)
			continue
		}
		domain, err := c.domain(now)
		if err != nil {
			return nil, err
		}
		p.Domains = append(p.Domains, domain)
	}
	if len(missing) > 0 {
		return nil, cloud.Errorf(cloud.Invalid, "HIVE_METASTORE_ERROR",
			"Table %s is configured for partition projection, but the following partition columns are missing projection configuration: [%s] (table %s)",
			t.Name, strings.Join(missing, ", "), t.Name)
	}
	if p.template == "" {
		return p, nil
	}
	for _, key := range t.Keys {
		if !strings.Contains(strings.ToLower(p.template), "${"+key.Name+"}") {
			return nil, invalid(t.Name, "Partition projection location template: %s is missing partition column: '%s' placeholder", p.template, key.Name)
		}
	}
	return p, nil
}

// Location returns where the partition with those values lies.
func (p *Projection) Location(values []Value) string {
	if p.template == "" {
		var b strings.Builder
		b.WriteString(strings.TrimSuffix(p.table.Location, "/"))
		for i, v := range values {
			b.WriteString("/" + Escape(p.Keys[i].Name) + "=" + Escape(v.Text))
		}
		return b.String() + "/"
	}
	var b strings.Builder
	rest := p.template
	for {
		start := strings.Index(rest, "${")
		if start < 0 {
			return b.String() + rest
		}
		end := strings.IndexByte(rest[start:], '}')
		if end < 0 {
			return b.String() + rest
		}
		b.WriteString(rest[:start])
		name := rest[start+2 : start+end]
		text := rest[start : start+end+1]
		for i, key := range p.Keys {
			if strings.EqualFold(key.Name, name) {
				text = values[i].Text
			}
		}
		b.WriteString(text)
		rest = rest[start+end+1:]
	}
}

// Escape writes a partition's name or value as Hive does in a path.
func Escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < 0x20 || c == 0x7f || strings.IndexByte("\"#%'*/:=?\\{[]^", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func invalid(table, format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "INVALID_TABLE_PROPERTY", "%s (table %s)", fmt.Sprintf(format, args...), table)
}

// ErrInjected is the error of a query that does not say which values of an
// injected column it wants.
func ErrInjected(table, column string) error {
	return cloud.Errorf(cloud.Invalid, "CONSTRAINT_VIOLATION",
		"For the injected projected partition column %s, the WHERE clause must contain only static equality conditions, and at least one such condition must be present (table %s).", column, table)
}

// column reads the properties of one column.
type column struct {
	table      string
	key        Key
	properties map[string]string
}

func (c column) property(name string) (string, bool) {
	v, ok := c.properties["projection."+c.key.Name+"."+name]
	return v, ok
}

func (c column) kind() string {
	v, _ := c.property("type")
	return strings.ToLower(strings.TrimSpace(v))
}

func (c column) domain(now time.Time) (Domain, error) {
	switch c.kind() {
	case "enum":
		return c.enum()
	case "integer":
		return c.integer()
	case "date":
		return c.date(now)
	case "injected":
		if !isString(c.key.Type) {
			return nil, invalid(c.table, "Injected projection for partition column '%s' is not supported for type %s", c.key.Name, c.key.Type)
		}
		return nil, nil // only the query knows its values
	}
	return nil, invalid(c.table, "Unknown projection type %q of partition column '%s'", c.kind(), c.key.Name)
}

func isString(hiveType string) bool {
	return hiveType == "string" || strings.HasPrefix(hiveType, "varchar") || strings.HasPrefix(hiveType, "char")
}

func (c column) required(name string) (string, error) {
	v, ok := c.property(name)
	if !ok || strings.TrimSpace(v) == "" {
		return "", invalid(c.table, "Projection of partition column '%s' is missing the property projection.%s.%s", c.key.Name, c.key.Name, name)
	}
	return v, nil
}

// enumeration is the listed values. White space counts.
type enumeration struct{ values []Value }

func (c column) enum() (Domain, error) {
	text, err := c.required("values")
	if err != nil {
		return nil, err
	}
	var e enumeration
	for v := range strings.SplitSeq(text, ",") {
		e.values = append(e.values, Value{Text: v, Key: v})
	}
	return e, nil
}

func (e enumeration) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for _, v := range e.values {
			if !yield(v) {
				return
			}
		}
	}
}

func (e enumeration) Find(key string) (Value, bool) {
	for _, v := range e.values {
		if v.Key == key {
			return v, true
		}
	}
	return Value{}, false
}
