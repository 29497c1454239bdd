package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"github.com/sillok/sillok/internal/terminal"
)

// writeJSON writes values as objects, a line each, that cannot change a terminal.
func writeJSON[T any](to io.Writer, values []T) error {
	out := bufio.NewWriter(to)
	for i := range values {
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(&values[i]); err != nil {
			return err
		}
		_, _ = out.Write(append(terminal.PrintableJSON(bytes.TrimSuffix(line.Bytes(), []byte("\n"))), '\n')) // flush tells
	}
	return out.Flush()
}
