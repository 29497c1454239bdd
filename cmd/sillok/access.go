package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/terminal"
)

func accessCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:     "access",
		Short:   "See who may do what on a server, and why",
		Long:    `Access has what the AWS CLI has not: a decision of a server with the statement that made it.`,
		Example: `  sillok access explain --data ./sillok-data --principal arn:aws:iam::111122223333:user/ann --action s3:GetObject --resource arn:aws:s3:::logs/a`,
	}
	group(c)
	c.AddCommand(accessExplainCommand(e))
	return c
}

// explainOptions are the flags of access explain.
type explainOptions struct {
	place                       s3Place
	principal, action, resource string
	context                     []string
	output, color               string
}

func (o *explainOptions) choices() []choice {
	return []choice{{"output", o.output, []string{"table", "json"}}, {"color", o.color, []string{"auto", "always", "never"}}}
}

func accessExplainCommand(e env) *cobra.Command {
	var o explainOptions
	c := &cobra.Command{
		Use:   "explain",
		Short: "Say how a call would be decided, and by which statement",
		Long: `Explain asks a running server whether a principal may do an action to a resource. It
prints the decision, the statement that made it with its policy, all statements that
match, and condition keys that statements ask for and the question does not have.

The question is signed by the root user of the principal's account: with --data that of
the server's folder, else the credentials of the AWS settings. All policies count: those
of the user or role, its permissions boundary, the resource's own, and an organization's.
A role is asked about as a session of it without session policies.`,
		Example: `  # why may ann not read this?
  sillok access explain --data ./sillok-data --action s3:GetObject \
    --principal arn:aws:iam::111122223333:user/ann --resource arn:aws:s3:::logs/a

  # may flow logs be delivered?
  sillok access explain --data ./sillok-data --principal delivery.logs.amazonaws.com \
    --action s3:PutObject --resource arn:aws:s3:::flow-logs/AWSLogs/111122223333/x \
    --context s3:x-amz-acl=bucket-owner-full-control \
    --context aws:SourceAccount=111122223333 --output json | jq .decision`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return accessExplain(c.Context(), e, o) },
	}
	f := c.Flags()
	o.place.flags(f)
	f.StringVar(&o.principal, "principal", "", "`ARN` of a user, a role or a root user, a service such as delivery.logs.amazonaws.com, or anonymous (required)")
	f.StringVar(&o.action, "action", "", "`ACTION`, such as s3:GetObject (required)")
	f.StringVar(&o.resource, "resource", "", "`ARN` that the action is on (default: none)")
	f.StringArrayVar(&o.context, "context", nil, "`KEY=VALUE` of a condition key, such as aws:SourceIp=192.0.2.1; may be repeated")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table or json")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	completions(c, o.choices(), "data")
	return c
}

// explanation is what a server says of a decision.
type explanation struct {
	Principal, Action, Resource, Owner, Decision, Reason, Message string

	By      *explainedStatement
	Matched []explainedStatement
	Missing []string `json:"missing_context"`
}

// explainedStatement is a statement that matches.
type explainedStatement struct {
	Kind, Policy, Sid, Effect, Text string

	Statement int
}

func accessExplain(ctx context.Context, e env, o explainOptions) error {
	errs := checkChoices(o.choices())
	if o.principal == "" {
		errs = append(errs, errors.New("principal: an ARN, a service or anonymous is required"))
	}
	if o.action == "" {
		errs = append(errs, errors.New("action: one is required, such as s3:GetObject"))
	}
	for _, pair := range o.context {
		if key, _, ok := strings.Cut(pair, "="); !ok || !strings.Contains(key, ":") {
			errs = append(errs, fmt.Errorf("context: %q is not KEY=VALUE, such as aws:SourceIp=192.0.2.1", pair))
		}
	}
	if len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	answer, err := o.ask(ctx)
	if err != nil {
		return err
	}
	if o.output == "json" {
		_, err := e.stdout.Write(append(bytes.TrimSpace(answer), '\n'))
		return err
	}
	var x explanation
	if err := json.Unmarshal(answer, &x); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	return newScreen(e, o.color, "never").explanation(&x)
}

// ask sends the question to the server.
func (o *explainOptions) ask(ctx context.Context) ([]byte, error) {
	query := url.Values{"principal": {o.principal}, "action": {o.action}, "context": o.context}
	if o.resource != "" {
		query.Set("resource", o.resource)
	}
	return o.place.ask(ctx, http.MethodGet, app.ExplainPath, query)
}

// explanation prints a decision and the statements that it comes from.
func (s *screen) explanation(x *explanation) error {
	fmt.Fprintf(s.stdout, "%s by the %s\n", map[string]string{
		"allowed": "Allowed", "explicitDeny": "Denied", "implicitDeny": "Not allowed",
	}[x.Decision], terminal.Printable(x.Reason))
	if x.Message != "" {
		fmt.Fprintln(s.stdout, terminal.Printable(x.Message))
	}
	if x.By != nil {
		fmt.Fprintf(s.stdout, "\n%s of %s:\n%s\n\n", statementName(x.By), terminal.Printable(x.By.Policy), printable(x.By.Text))
	}
	if len(x.Matched) > 0 {
		t := s.newTable(terminal.Column{Name: "effect"}, terminal.Column{Name: "kind"}, terminal.Column{Name: "policy"}, terminal.Column{Name: "statement"})
		for i := range x.Matched {
			m := &x.Matched[i]
			if err := t.Add([]*string{&m.Effect, &m.Kind, &m.Policy, new(statementName(m))}); err != nil {
				return err
			}
		}
		if err := t.Close(); err != nil {
			return err
		}
	}
	if len(x.Missing) > 0 {
		fmt.Fprintf(s.stderr, "not in the question, and asked for by statements: %s\n", terminal.Printable(strings.Join(x.Missing, ", ")))
	}
	return nil
}

// statementName is a statement by its Sid, or by its number.
func statementName(s *explainedStatement) string {
	if s.Sid != "" {
		return "statement " + terminal.Printable(s.Sid)
	}
	return fmt.Sprintf("statement %d", s.Statement)
}
