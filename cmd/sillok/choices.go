package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choice is a flag with few values.
type choice struct {
	flag, value string
	allowed     []string
}

// checkChoices returns an error for each flag whose value is not one of its few.
func checkChoices(choices []choice) (errs []error) {
	for _, c := range choices {
		if !slices.Contains(c.allowed, c.value) {
			errs = append(errs, fmt.Errorf("--%s: %q is not one of %s", c.flag, c.value, strings.Join(c.allowed, ", ")))
		}
	}
	return errs
}

// completions tells shells what can follow flags: one of few values, or a folder.
func completions(c *cobra.Command, choices []choice, folders ...string) {
	// Both fail for a flag that does not exist only.
	for _, choice := range choices {
		_ = c.RegisterFlagCompletionFunc(choice.flag, cobra.FixedCompletions(choice.allowed, cobra.ShellCompDirectiveNoFileComp))
	}
	for _, flag := range folders {
		_ = c.MarkFlagDirname(flag)
	}
}

// oneStatement refuses more than one argument, with what was probably meant.
func oneStatement(c *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	places := 0
	for _, arg := range args {
		if _, err := os.Stat(arg); err == nil {
			places++
		}
	}
	if places == len(args) {
		var flags strings.Builder
		for _, arg := range args {
			flags.WriteString(" --from " + shellQuoted(arg))
		}
		return usageError{errors.New("these are places and not SQL; to look there, write: sillok query" + flags.String())}
	}
	if _, err := os.Stat(args[0]); err == nil && c.Flags().Changed("from") {
		return usageError{fmt.Errorf("%s is a place and not SQL; each place has a --from of its own: --from %s", args[0], shellQuoted(args[0]))}
	}
	return usageError{fmt.Errorf("one SQL statement is expected, but %d arguments were given; put the statement in quotes", len(args))}
}
