package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/terminal"
)

// alarmHistoryOptions are the flags of alarm history.
type alarmHistoryOptions struct {
	place         watchPlace
	colors        colorFlags
	times         spanFlags
	kind          string
	limit         int64
	output, pager string
}

func alarmHistoryCommand(e env) *cobra.Command {
	var o alarmHistoryOptions
	c := &cobra.Command{
		Use:   "history [NAME]",
		Short: "Show what happened to an alarm, or to all of them",
		Long: `History shows what happened to an alarm, the newest first: in which states it was and
why, how it was changed, and what became of its actions. Without a name it is of all
alarms. It calls DescribeAlarmHistory. What failed is red.`,
		Example: `  sillok alarm history slow-cart
  sillok alarm history --type action --since 1d
  sillok alarm history slow-cart --output json | jq .data`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("one alarm is expected, but %d arguments were given", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return alarmHistory(c.Context(), e, o, strings.Join(args, ""))
		},
	}
	f := c.Flags()
	o.times.flags(f, "30d")
	f.StringVar(&o.kind, "type", "any", "`TYPE` of what happened: state, configuration, action or any")
	f.Int64Var(&o.limit, "limit", 0, "end after `N` items; 0 for no limit")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, csv or json (an object a line)")
	f.StringVar(&o.pager, "pager", "auto", "`WHEN` to use a pager: auto, always or never")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesAlarms(c, &o.place)
	return c
}

// historyTypes are the values of --type, and how DescribeAlarmHistory has them.
var historyTypes = map[string][]types.HistoryItemType{
	"any":           nil,
	"state":         {types.HistoryItemTypeStateUpdate, types.HistoryItemTypeAlarmContributorStateUpdate},
	"configuration": {types.HistoryItemTypeConfigurationUpdate},
	"action":        {types.HistoryItemTypeAction, types.HistoryItemTypeAlarmContributorAction},
}

func (o *alarmHistoryOptions) choices() []choice {
	when := []string{"auto", "always", "never"}
	return []choice{
		{"type", o.kind, []string{"any", "state", "configuration", "action"}},
		{"output", o.output, []string{"table", "csv", "json"}},
		{"color", o.colors.color, when},
		{"pager", o.pager, when},
	}
}

// happened is something that happened to an alarm.
type happened struct {
	Time        time.Time       `json:"timestamp"`
	Alarm       string          `json:"alarmName"`
	Type        string          `json:"type"`
	Summary     string          `json:"summary"`
	Contributor string          `json:"contributorId,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`

	data string
}

// historyItems asks what happened, the newest first. One question has one type, or all.
func historyItems(ctx context.Context, client *cloudwatch.Client, in *cloudwatch.DescribeAlarmHistoryInput, give func(h happened) bool) error {
	pages := cloudwatch.NewDescribeAlarmHistoryPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return serviceRefused(err)
		}
		for i := range page.AlarmHistoryItems {
			item := &page.AlarmHistoryItems[i]
			h := happened{
				Time: aws.ToTime(item.Timestamp), Alarm: aws.ToString(item.AlarmName), Type: string(item.HistoryItemType), Summary: aws.ToString(item.HistorySummary),
				Contributor: aws.ToString(item.AlarmContributorId), data: aws.ToString(item.HistoryData),
			}
			if json.Valid([]byte(h.data)) {
				h.Data = json.RawMessage(h.data)
			}
			if !give(h) {
				return nil
			}
		}
	}
	return nil
}

func alarmHistory(ctx context.Context, e env, o alarmHistoryOptions, name string) error {
	errs := checkChoices(o.choices())
	from, to, err := o.times.span(e.now())
	if errs = append(errs, err); o.limit < 0 {
		errs = append(errs, fmt.Errorf("limit: %d is less than none", o.limit))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	in := &cloudwatch.DescribeAlarmHistoryInput{
		StartDate: &from, EndDate: &to, ScanBy: types.ScanByTimestampDescending, AlarmTypes: allTypes,
	}
	if name != "" {
		in.AlarmName = &name
	}
	wanted := historyTypes[o.kind]
	if len(wanted) == 1 {
		in.HistoryItemType = wanted[0]
	}
	var all []happened
	err = historyItems(ctx, client, in, func(h happened) bool {
		if o.kind == "any" || isOneOf(h.Type, wanted) {
			all = append(all, h)
		}
		return o.limit == 0 || int64(len(all)) < o.limit
	})
	if err != nil {
		return err
	}
	s := newScreen(e, o.colors.when(), "never")
	read := s.page(e, o.pager)
	return read(o.show(s, all, name == ""))
}

func isOneOf(kind string, wanted []types.HistoryItemType) bool {
	for _, w := range wanted {
		if string(w) == kind {
			return true
		}
	}
	return false
}

func (o *alarmHistoryOptions) show(s *screen, all []happened, several bool) error {
	switch o.output {
	case "json":
		return writeJSON(s.stdout, all)
	case "csv":
		w := csv.NewWriter(s.stdout)
		_ = w.Write([]string{"timestamp", "alarm_name", "type", "summary", "why"}) // flush tells
		for i := range all {
			h := &all[i]
			_ = w.Write([]string{h.Time.UTC().Format(time.RFC3339Nano), h.Alarm, h.Type, h.Summary, h.why()}) // flush tells
		}
		w.Flush()
		return w.Error()
	}
	if len(all) == 0 {
		fmt.Fprintln(s.stderr, "nothing happened in that time, or there is no such alarm")
		return nil
	}
	columns := []terminal.Column{{Name: "time"}}
	if several {
		columns = append(columns, terminal.Column{Name: "alarm"})
	}
	t := s.newTable(append(columns, terminal.Column{Name: "what happened"}, terminal.Column{Name: "why"})...)
	for i := range all {
		h := &all[i]
		cells := []*string{new(h.Time.In(o.times.zone()).Format(time.DateTime))}
		if several {
			cells = append(cells, &h.Alarm)
		}
		var paint func(string) string
		switch h.newState() {
		case string(alarm.Alarm), failedAction:
			paint = s.style.Red
		}
		if err := t.AddPainted(append(cells, &h.Summary, new(h.why())), paint); err != nil {
			return err
		}
	}
	if err := s.finish(t); err != nil {
		return err
	}
	text := terminal.Counted(int64(len(all)), "item")
	if o.limit > 0 && int64(len(all)) == o.limit {
		text += ", as --limit says"
	}
	fmt.Fprintln(s.stderr, text)
	return nil
}

// historyData is HistoryData as far as it is shown.
type historyData struct {
	OldState struct {
		Value  string `json:"stateValue"`
		Reason string `json:"stateReason"`
	} `json:"oldState"`
	NewState struct {
		Value  string `json:"stateValue"`
		Reason string `json:"stateReason"`
	} `json:"newState"`
	ActionState string         `json:"actionState"`
	Resource    string         `json:"notificationResource"`
	Error       *string        `json:"error"`
	Changed     map[string]any `json:"originalUpdatedFields"`
}

// failedAction is the state of an action that failed.
const failedAction = "Failed"

// read reads the data of an item; whatever is no such is nothing.
func (h *happened) read() (d historyData) {
	_ = json.Unmarshal([]byte(h.data), &d)
	return d
}

// newState is the state that the alarm came into, or of an action.
func (h *happened) newState() string {
	d := h.read()
	return cmp.Or(d.NewState.Value, d.ActionState)
}

// why says why it happened, or what failed.
func (h *happened) why() string {
	d := h.read()
	switch {
	case d.Error != nil:
		return *d.Error
	case d.NewState.Reason != "":
		return d.NewState.Reason
	case len(d.Changed) > 0:
		var names []string
		for name := range d.Changed {
			if name != "alarmConfigurationUpdatedTimestamp" {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return "nothing was changed"
		}
		slices.Sort(names)
		return "changed: " + strings.Join(names, ", ")
	}
	return ""
}
