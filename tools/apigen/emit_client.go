package main

import (
	"bytes"
	"fmt"
	"go/format"
)

// emitClient writes the client of a package: one method an operation, each of
// which passes its input through a door.
func emitClient(p *pkgPlan) ([]byte, error) {
	var w bytes.Buffer
	w.WriteString(generatedHeader)
	fmt.Fprintf(&w, "package %s\n\nimport (\n\"context\"\n\n\"github.com/sillok/sillok/internal/api\"\n)\n\n", p.name)
	fmt.Fprintf(&w, "// Client does %s's operations through a door, for a service that needs this one.\n", p.model.Metadata.ServiceFullName)
	w.WriteString("type Client struct{ Door api.Door }\n\n")
	for _, op := range p.operations() {
		fmt.Fprintf(&w, "// %s does the operation %s.\n", op, op)
		fmt.Fprintf(&w, "func (c Client) %s(ctx context.Context, in *%sInput) (*%sOutput, error) {\n", op, op, op)
		fmt.Fprintf(&w, "return api.Do[*%sOutput](ctx, c.Door, Service, %q, in)\n}\n\n", op, op)
	}
	return format.Source(w.Bytes())
}
