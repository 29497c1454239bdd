package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// farthest is how many letters may be wrong in a word that another is suggested for.
const farthest = 2

// flagError returns the mistake in a flag as a usage error; of a name that is not
// there it says which one was meant.
func flagError(c *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		letters := unknown.GetSpecifiedShortnames()
		if letters != "" {
			err = cmp.Or(oneDash(c, []string{"-" + letters}), err)
		} else if near := nearFlags(c, unknown.GetSpecifiedName()); len(near) > 0 {
			err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
		}
	}
	return usageError{err}
}

// nearFlags returns the flags that a misspelt name may stand for.
func nearFlags(c *cobra.Command, name string) []string {
	// Cobra knows which of its commands a word is near to, so flags are made commands.
	words := &cobra.Command{SuggestionsMinimumDistance: farthest}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			words.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	near := words.SuggestionsFor(name)
	for i, word := range near {
		near[i] = "--" + word
	}
	return near
}

// notACommand is the mistake of naming a command of c that there is not.
func notACommand(c *cobra.Command, name string) error {
	err := fmt.Errorf("%q is not a command", name)
	if c.HasParent() {
		err = fmt.Errorf("%q is not a command of %s; it has %s", name, c.Name(), strings.Join(commandNames(c), ", "))
	}
	c.SuggestionsMinimumDistance = farthest
	near := c.SuggestionsFor(name)
	if len(near) == 0 && !c.HasParent() {
		err = fmt.Errorf("%w; there are %s", err, strings.Join(commandNames(c), ", "))
	}
	if len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return usageError{err}
}

// group makes c a command that does nothing itself but has others, which have to be
// added.
func group(c *cobra.Command) {
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return notACommand(c, args[0])
	}
}

// helpCommand is cobra's own, but for a command that there is not.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			c, _, err := root.Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(c), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 {
				return notACommand(c, rest[0])
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, command := range c.Commands() {
		if command.IsAvailableCommand() {
			names = append(names, command.Name())
		}
	}
	return names
}

// oneDash refuses a long flag with one dash, such as -from, which would be read as
// short flags, here -f with the value "rom".
func oneDash(c *cobra.Command, args []string) error {
	for _, arg := range args {
		if arg == "--" {
			break
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && len(name) > 1 && c.Flags().Lookup(name) != nil {
			return usageError{fmt.Errorf("-%s: a flag by its whole name has two dashes: --%s", name, name)}
		}
	}
	return nil
}

// sqlNotFlags returns the arguments such that SQL which begins with a comment is
// not taken for a flag: a blank stands before it.
func sqlNotFlags(args []string) []string {
	if len(args) == 0 || args[0] != "query" {
		return args
	}
	out := slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if rest, ok := strings.CutPrefix(arg, "--"); ok {
			name, _, _ := strings.Cut(rest, "=")
			if strings.Contains(rest, "\n") || strings.ContainsFunc(name, unicode.IsSpace) {
				out[i] = " " + arg
			}
		}
	}
	return out
}
