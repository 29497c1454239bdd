package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// eventOptions are the flags of trail event.
type eventOptions struct {
	place s3Place
	pager string
}

// eventID is an ID, or how one begins.
var eventID = regexp.MustCompile(`^[0-9a-f-]{8,36}$`)

func trailEventCommand(e env) *cobra.Command {
	var o eventOptions
	c := &cobra.Command{
		Use:   "event ID",
		Short: "Show all that CloudTrail recorded of one event",
		Long: `Event prints the record of one event as indented JSON: who called by which session, what
was asked for and what was answered, from where, and how it ended. Its ID is in the
answers of "sillok trail events"; the first eight characters of one are enough.`,
		Example: `  sillok trail event 1b2c3d4e

  sillok trail event 1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9 | jq .requestParameters`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !eventID.MatchString(strings.ToLower(args[0])) {
				return usageError{errors.New("name one event by its ID, or by the first eight or more characters of one")}
			}
			if err := errors.Join(checkChoices(o.choices())...); err != nil {
				return usageError{err}
			}
			return trailEvent(c.Context(), e, o, strings.ToLower(args[0]))
		},
	}
	c.Flags().StringVar(&o.pager, "pager", "auto", "`WHEN` to use a pager: auto, always or never")
	o.place.serverFlags(c.Flags())
	completions(c, o.choices(), "data")
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}

func (o *eventOptions) choices() []choice {
	return []choice{{"pager", o.pager, []string{"auto", "always", "never"}}}
}

func trailEvent(ctx context.Context, e env, o eventOptions, id string) error {
	client, err := o.place.trails(ctx)
	if err != nil {
		return err
	}
	in := &cloudtrail.LookupEventsInput{
		EventCategory: "all", LookupAttributes: []types.LookupAttribute{{AttributeKey: "EventIdPrefix", AttributeValue: &id}},
	}
	var all []lookedUp
	for found, err := range listed(ctx, client, in) {
		if err != nil {
			return err
		}
		if all = append(all, found); len(all) > namedProblems {
			break
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("there is no event %s in the accounts whose events you may look up", id)
	}
	if len(all) > 1 {
		var ids strings.Builder
		for i := range all {
			ids.WriteString("\n  " + all[i].ID)
		}
		return fmt.Errorf("several events begin with %s:%s", id, &ids)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, all[0].JSON, "", "  "); err != nil {
		return fmt.Errorf("event %s: %w", all[0].ID, err)
	}
	screen := newScreen(e, "never", "never")
	read := screen.page(e, o.pager)
	_, err = screen.stdout.Write(append(terminal.PrintableJSON(text.Bytes()), '\n'))
	return read(err)
}

// trails returns a client of the server's CloudTrail.
func (p *s3Place) trails(ctx context.Context) (*cloudtrail.Client, error) {
	settings, err := p.settings(ctx)
	if err != nil {
		return nil, err
	}
	return cloudtrail.NewFromConfig(settings, func(o *cloudtrail.Options) {
		if p.endpoint != "" {
			o.BaseEndpoint = aws.String(p.endpoint) // AWS_ENDPOINT_URL_CLOUDTRAIL would win otherwise
		}
	}), nil
}
