package format

import (
	"context"
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// parquetMagic begins a Parquet file.
const parquetMagic = "PAR1"

// Parquet is the format of objects that are Parquet already: they are their
// own shadows, and are not decoded.
type Parquet struct{}

// Name returns "parquet".
func (Parquet) Name() string { return "parquet" }

// Key returns the name: the object is copied as it is.
func (Parquet) Key() []string { return []string{"parquet"} }

// Decode must not be called.
func (Parquet) Decode(context.Context, *Source, func(*shadow.Schema) *shadow.Writer) error {
	return errors.New("a Parquet object is not decoded")
}

// Bind says that columns are read by name, whatever its case, among the names in
// info.Fields.
func (Parquet) Bind(columns []Column, info shadow.Info) ([]Binding, error) {
	out := make([]Binding, len(columns))
	for i, c := range columns {
		if _, err := column.ParseType(c.Type); err != nil {
			return nil, err
		}
		out[i] = Binding{Kind: Null, Type: c.Type}
		for _, name := range info.Fields {
			if strings.EqualFold(name, c.Name) {
				out[i] = Binding{Kind: Native, Column: name, Type: c.Type}
				break
			}
		}
	}
	return out, nil
}
