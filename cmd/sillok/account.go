package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/terminal"
)

func accountCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "account",
		Short: "Make accounts on a server, and see which there are",
		Long: `Account makes accounts of their own on one server, for teams that must not see each
other's resources. Each has a root credential; users, roles and keys are made with it,
as in AWS. Between accounts nothing is allowed that policies of both sides do not allow.

The server is asked with the root credential that it was started with.`,
		Example: `  sillok account create logs --data ./sillok-data
  sillok account list --data ./sillok-data`,
	}
	group(c)
	c.AddCommand(accountCreateCommand(e), accountListCommand(e), accountKeyCommand(e), accountCloseCommand(e))
	return c
}

// accountOptions are the flags of the commands of account.
type accountOptions struct {
	place               s3Place
	email, id, role     string
	standalone, replace bool
	output, color       string
	forms               []string // of --output, the default first
}

func (o *accountOptions) choices() []choice {
	return []choice{{"output", o.output, o.forms}, {"color", o.color, []string{"auto", "always", "never"}}}
}

func (o *accountOptions) flags(c *cobra.Command) *pflag.FlagSet {
	f := c.Flags()
	o.place.flags(f)
	f.StringVarP(&o.output, "output", "o", o.forms[0], "`FORM`: "+strings.Join(o.forms, " or "))
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	completions(c, o.choices(), "data")
	return f
}

func accountCreateCommand(e env) *cobra.Command {
	o := accountOptions{forms: []string{"profile", "json"}}
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Make an account with a root credential of its own",
		Long: `Create makes an account and prints the credential of its root user, as a profile for
~/.aws/credentials or as JSON. The secret is shown this once; the server keeps it sealed.

Where the server's first account manages an organization, the account becomes a member
of it, with a role by which the management account's users and roles administer it:
OrganizationAccountAccessRole. --standalone leaves it out.

A name is one account's. When the answer did not arrive, "sillok account list" says
whether the account was made, and "sillok account key" makes another credential for it.`,
		Example: `  # an account for a team, as a profile of the AWS CLI
  mkdir -p ~/.aws
  sillok account create logs --data ./sillok-data >> ~/.aws/credentials
  aws s3 ls --profile logs --endpoint-url http://127.0.0.1:4566

  # with the ID that policies name already
  sillok account create audit --account-id 111122223333 --data ./sillok-data --output json`,
		Args:              oneAccount("a name"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			query := url.Values{"name": {args[0]}, "standalone": {strconv.FormatBool(o.standalone)}}
			for name, value := range map[string]string{"email": o.email, "id": o.id, "role": o.role} {
				if value != "" {
					query.Set(name, value)
				}
			}
			return accountMade(c.Context(), e, &o, app.AccountsPath, query)
		},
	}
	f := o.flags(c)
	f.StringVar(&o.id, "account-id", "", "`ID` of 12 digits (default: made up)")
	f.StringVar(&o.email, "email", "", "`ADDRESS` that is this account's alone (default: one that nobody has)")
	f.StringVar(&o.role, "role-name", "", "`NAME` of the role that administers a member (default: "+organizations.DefaultRole+")")
	f.BoolVar(&o.standalone, "standalone", false, "keep the account out of the organization")
	return c
}

func accountKeyCommand(e env) *cobra.Command {
	o := accountOptions{forms: []string{"profile", "json"}}
	c := &cobra.Command{
		Use:   "key ACCOUNT-ID",
		Short: "Make another root credential for an account",
		Long: `Key makes another access key for the root user of an account, such as one that
CreateAccount of AWS Organizations made, and prints it as a profile or as JSON. A root
user has two keys at most. With --replace the new one is the only one, and the old ones
hold no longer.`,
		Example: `  sillok account key 111122223333 --data ./sillok-data
  sillok account key 111122223333 --replace --data ./sillok-data --output json | jq .access_key_id`,
		Args:              oneAccount("the ID of an account"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			path, err := accountPath(args[0], "key")
			if err != nil {
				return err
			}
			return accountMade(c.Context(), e, &o, path, url.Values{"replace": {strconv.FormatBool(o.replace)}})
		},
	}
	o.flags(c).BoolVar(&o.replace, "replace", false, "remove the root user's other keys")
	return c
}

func accountListCommand(e env) *cobra.Command {
	o := accountOptions{forms: []string{"table", "json"}}
	c := &cobra.Command{
		Use:   "list",
		Short: "List the accounts of a server",
		Long: `List shows all accounts of a server: the first one, those that "sillok account create"
made, and those that CreateAccount of AWS Organizations made, with the organization that
each is in.`,
		Example: `  sillok account list --data ./sillok-data
  sillok account list --data ./sillok-data --output json | jq -r '.[].id'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return accountList(c.Context(), e, &o) },
	}
	o.flags(c)
	return c
}

func accountCloseCommand(e env) *cobra.Command {
	o := accountOptions{forms: []string{"table"}}
	c := &cobra.Command{
		Use:   "close ACCOUNT-ID",
		Short: "Close an account: its credentials hold no longer",
		Long: `Close ends that the keys and sessions of an account hold, with the very next call. What
the account has stays on the server. An account that manages an organization, and the one
that the server was started with, cannot be closed.`,
		Example:           `  sillok account close 111122223333 --data ./sillok-data`,
		Args:              oneAccount("the ID of an account"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			path, err := accountPath(args[0], "close")
			if err != nil {
				return err
			}
			if _, err := o.place.ask(c.Context(), http.MethodPost, path, url.Values{}); err != nil {
				return err
			}
			fmt.Fprintf(e.stderr, "account %s is closed\n", args[0])
			return nil
		},
	}
	f := c.Flags()
	o.place.flags(f)
	completions(c, nil, "data")
	return c
}

// oneAccount takes the one argument that a command is shown with.
func oneAccount(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s is expected, but %d arguments were given", what, len(args))}
		}
		return nil
	}
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// accountPath is where a server does something to an account.
func accountPath(id, verb string) (string, error) {
	if !accountID.MatchString(id) {
		return "", usageError{fmt.Errorf("%q is not the ID of an account: 12 digits are required", id)}
	}
	return app.AccountsPath + "/" + id + "/" + verb, nil
}

// accountMade asks a server for an account or a key, and prints the credential.
func accountMade(ctx context.Context, e env, o *accountOptions, path string, query url.Values) error {
	if errs := checkChoices(o.choices()); len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	answer, err := o.place.ask(ctx, http.MethodPost, path, query)
	if err != nil {
		return err
	}
	var made app.NewAccount
	if err := json.Unmarshal(answer, &made); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	fmt.Fprintf(e.stderr, "account %s %q; this is the only time that its secret key is shown\n", made.ID, made.Name)
	if made.Role != "" {
		fmt.Fprintf(e.stderr, "users and roles of account %s administer it by %s\n", made.Management, made.Role)
	}
	if o.output == "json" {
		_, err := e.stdout.Write(append(bytes.TrimSpace(answer), '\n'))
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_account_id = %s\n",
		profileName(&made.Account), made.AccessKeyID, made.SecretAccessKey, made.ID)
	return err
}

// profileName is the account's name where that can stand in a file of profiles, and else
// its ID.
func profileName(a *organizations.Account) string {
	if strings.ContainsAny(a.Name, "[]#;\"'\\ \t") {
		return string(a.ID)
	}
	return a.Name
}

func accountList(ctx context.Context, e env, o *accountOptions) error {
	if errs := checkChoices(o.choices()); len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	answer, err := o.place.ask(ctx, http.MethodGet, app.AccountsPath, url.Values{})
	if err != nil {
		return err
	}
	if o.output == "json" {
		_, err := e.stdout.Write(append(bytes.TrimSpace(answer), '\n'))
		return err
	}
	var all []organizations.Account
	if err := json.Unmarshal(answer, &all); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	t := newScreen(e, o.color, "never").newTable(
		terminal.Column{Name: "account"}, terminal.Column{Name: "name"}, terminal.Column{Name: "status"}, terminal.Column{Name: "organization"},
		terminal.Column{Name: "parent"}, terminal.Column{Name: "email"}, terminal.Column{Name: "created"},
	)
	for i := range all {
		a := &all[i]
		id, at := string(a.ID), a.Created.UTC().Format(time.DateOnly)
		if err := t.Add([]*string{&id, &a.Name, &a.Status, &a.Organization, &a.Parent, &a.Email, &at}); err != nil {
			return err
		}
	}
	return t.Close()
}
