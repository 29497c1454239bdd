package gateway

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api"
)

// Compat writes docs/compat.md: which operations of which services are
// supported, from the operation tables and the methods that are bound to them.
func (g *Gateway) Compat(w io.Writer) error {
	b := bufio.NewWriter(w)
	bindings := slices.SortedFunc(maps.Values(g.byID), func(x, y *binding) int { return strings.Compare(x.model.ID, y.model.ID) })
	fmt.Fprintf(b, "# Compatibility\n\nGenerated from the operation tables; do not edit. An operation that is not supported answers\n"+
		"`UnsupportedOperation` and its own name, one of S3 `NotImplemented`. Protocols are those that each service answers in.\n\n"+
		"| service | signing name | protocols | supported | of |\n%s\n", "|---|---|---|---|---|")
	for _, x := range bindings {
		fmt.Fprintf(b, "| [%s](#%s) | `%s` | %s | %d | %d |\n", x.model.Name, x.model.ID, x.model.SigningName,
			protocolNames(x.model.Protocols), len(x.supported()), len(x.model.Operations))
	}
	for _, x := range bindings {
		supported := x.supported()
		var others []string
		for _, op := range x.model.Operations {
			if !slices.Contains(supported, op.Name) {
				others = append(others, op.Name)
			}
		}
		fmt.Fprintf(b, "\n## %s\n\n%s.\n", x.model.ID, x.model.Name)
		if len(supported) > 0 {
			fmt.Fprintf(b, "\nSupported: %s.\n", strings.Join(supported, ", "))
		}
		if len(others) > 0 {
			fmt.Fprintf(b, "\n<details><summary>Not supported: %d</summary>\n\n%s.\n\n</details>\n", len(others), strings.Join(others, ", "))
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the compatibility table: %w", err)
	}
	return nil
}

// supported returns the names of the operations that are done, sorted. One of
// which another took the place, at the same path, is done by that.
func (b *binding) supported() []string {
	names := slices.Collect(maps.Keys(b.methods))
	for _, op := range b.model.Operations {
		if op.Deprecated && b.methods[op.Name] == nil && slices.ContainsFunc(b.model.Operations, func(other api.Operation) bool {
			return other.Method == op.Method && other.URI == op.URI && op.URI != "" && b.methods[other.Name] != nil
		}) {
			names = append(names, op.Name)
		}
	}
	slices.Sort(names)
	return names
}

func protocolNames(protocols []api.Protocol) string {
	names := make([]string, len(protocols))
	for i, p := range protocols {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}
