package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/engine/duckdb"
)

// workerName is the hidden command that a server starts itself as, so that the
// query engine runs in a process of its own.
const workerName = "engine-worker"

func workerCommand(e env) *cobra.Command {
	return &cobra.Command{
		Use:    workerName,
		Short:  "Run the query engine for a server",
		Hidden: true,
		Args:   noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			// A signal to the whole group, as Ctrl-C is, must not break the query that
			// the server still lets finish. The worker ends with its standard input.
			return duckdb.Worker(context.WithoutCancel(c.Context()), e.stdin, e.stdout)
		},
	}
}

// workerArguments starts this same program as a worker.
func workerArguments() ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return []string{self, workerName}, nil
}
