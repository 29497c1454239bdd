package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/kit/worker"
)

// workerName is the hidden command that a server starts itself as, so that queries
// run and foreign bytes are read in processes of their own.
const workerName = "engine-worker"

func workerCommand(e env) *cobra.Command {
	return &cobra.Command{
		Use:    workerName,
		Short:  "Work for a server, in a process of its own",
		Hidden: true,
		Args:   noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			// A signal to the whole group, as Ctrl-C is, must not break the query that
			// the server still lets finish. The worker ends with its standard input.
			handlers, free := app.Work()
			defer free()
			return worker.Serve(context.WithoutCancel(c.Context()), e.stdin, e.stdout, handlers)
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
