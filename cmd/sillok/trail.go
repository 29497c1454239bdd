package main

import (
	"github.com/spf13/cobra"
)

// trailCommand holds what is done with trails of CloudTrail.
func trailCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "trail",
		Short: "Find out who did what, and work with trails of CloudTrail",
		Example: `  # what changed in the last 30 minutes, and all about one of it
  sillok trail events --changes --since 30m
  sillok trail event 1b2c3d4e

  # make a table of a trail's log files
  sillok trail athena-table management-events`,
	}
	group(c)
	c.AddCommand(trailEventsCommand(e), trailEventCommand(e), athenaTableCommand(e))
	return c
}
