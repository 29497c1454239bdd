package main

import (
	"github.com/spf13/cobra"
)

// trailCommand holds what is done with trails of CloudTrail.
func trailCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "trail",
		Short: "Work with trails of CloudTrail",
		Example: `  # make a table of a trail's log files
  sillok trail athena-table management-events`,
	}
	group(c)
	c.AddCommand(athenaTableCommand(e))
	return c
}
