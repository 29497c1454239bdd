package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
)

func versionCommand(e env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Version prints which version of Sillok this is, and what it was built with and for.",
		Example: `  sillok version
  sillok --version`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(e.stdout, version())
			return err
		},
	}
}

// version tells of this program, in a line.
func version() string {
	return fmt.Sprintf("sillok %s (%s, %s/%s)", app.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%q: no argument is expected here", args[0])}
	}
	return nil
}
