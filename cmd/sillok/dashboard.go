package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// dashboardCommand holds what is done with dashboards.
func dashboardCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "dashboard",
		Short: "List dashboards, and draw one in the terminal",
		Example: `  sillok dashboard list
  sillok dashboard show shop --since 1d
  sillok dashboard show --file shop.json`,
	}
	group(c)
	c.AddCommand(dashboardListCommand(e), dashboardShowCommand(e))
	return c
}

// dashboardListOptions are the flags of dashboard list.
type dashboardListOptions struct {
	place  watchPlace
	colors colorFlags
	utc    bool
	output string
}

func dashboardListCommand(e env) *cobra.Command {
	var o dashboardListOptions
	c := &cobra.Command{
		Use:     "list [PREFIX]",
		Short:   "List dashboards",
		Long:    `List shows the dashboards of the account by name. It calls ListDashboards.`,
		Example: `  sillok dashboard list shop --output json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("one prefix of names is expected, but %d arguments were given", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return listDashboards(c.Context(), e, o, strings.Join(args, ""))
		},
	}
	f := c.Flags()
	f.BoolVar(&o.utc, "utc", false, "show times in UTC instead of the local zone")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, csv or json (an object a line)")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesDashboards(c, &o.place)
	return c
}

func (o *dashboardListOptions) choices() []choice {
	return []choice{{"output", o.output, []string{"table", "csv", "json"}}, {"color", o.colors.color, []string{"auto", "always", "never"}}}
}

// listedDashboard is a dashboard as --output json has it.
type listedDashboard struct {
	Name     string    `json:"dashboardName"`
	ARN      string    `json:"dashboardArn"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"lastModified"`
}

// readDashboards asks for dashboards.
func readDashboards(ctx context.Context, client *cloudwatch.Client, prefix string) (all []listedDashboard, err error) {
	in := &cloudwatch.ListDashboardsInput{}
	if prefix != "" {
		in.DashboardNamePrefix = &prefix
	}
	pages := cloudwatch.NewListDashboardsPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, serviceRefused(err)
		}
		for i := range page.DashboardEntries {
			d := &page.DashboardEntries[i]
			all = append(all, listedDashboard{aws.ToString(d.DashboardName), aws.ToString(d.DashboardArn), aws.ToInt64(d.Size), aws.ToTime(d.LastModified).UTC()})
		}
	}
	return all, nil
}

func listDashboards(ctx context.Context, e env, o dashboardListOptions, prefix string) error {
	if err := errors.Join(checkChoices(o.choices())...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	all, err := readDashboards(ctx, client, prefix)
	if err != nil {
		return err
	}
	s := newScreen(e, o.colors.when(), "never")
	switch o.output {
	case "json":
		return writeJSON(s.stdout, all)
	case "csv":
		w := csv.NewWriter(s.stdout)
		_ = w.Write([]string{"dashboard_name", "size", "last_modified"}) // flush tells
		for _, d := range all {
			_ = w.Write([]string{d.Name, fmt.Sprint(d.Size), d.Modified.Format(time.RFC3339)}) // flush tells
		}
		w.Flush()
		return w.Error()
	}
	if len(all) == 0 {
		fmt.Fprintln(s.stderr, "no such dashboard")
		return nil
	}
	zone := time.Local
	if o.utc {
		zone = time.UTC
	}
	t := s.newTable(terminal.Column{Name: "dashboard"}, terminal.Column{Name: "size", Right: true}, terminal.Column{Name: "changed"})
	for i := range all {
		if err := t.Add([]*string{&all[i].Name, new(terminal.Bytes(all[i].Size)), new(all[i].Modified.In(zone).Format("2006-01-02 15:04"))}); err != nil {
			return err
		}
	}
	if err := s.finish(t); err != nil {
		return err
	}
	fmt.Fprintln(s.stderr, terminal.Counted(int64(len(all)), "dashboard"))
	return nil
}

// completesDashboards has a shell complete the names of dashboards, where a server answers at once.
func completesDashboards(c *cobra.Command, place *watchPlace) {
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		client, err := place.client(ctx)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, _ := readDashboards(ctx, client, begun) // none where the server does not answer
		var names []string
		for _, d := range all {
			names = append(names, d.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// dashboardShowOptions are the flags of dashboard show.
type dashboardShowOptions struct {
	place  watchPlace
	colors colorFlags
	times  spanFlags
	file   string
	output string
	pager  string
}

func dashboardShowCommand(e env) *cobra.Command {
	var o dashboardShowOptions
	c := &cobra.Command{
		Use:   "show [NAME]",
		Short: "Draw a dashboard in the terminal",
		Long: `Show draws the widgets of a dashboard where they are in its grid: metrics as charts,
numbers, bars and tables, alarms with their states, queries of logs with their rows, and
text. On a terminal of less than 72 columns widgets stand below each other. It calls
GetDashboard, GetMetricData, DescribeAlarms and StartQuery.

Without --since or --from the time is the dashboard's own, or three hours. --file shows
a body that is not there yet. What a widget cannot show it says in its place; then the
exit code is 3.`,
		Example: `  sillok dashboard show shop
  sillok dashboard show shop --since 1d --utc
  sillok dashboard show --file shop.json
  sillok dashboard show shop --output json | jq 'select(.type == "metric").series'`,
		Args: func(_ *cobra.Command, args []string) error {
			if (len(args) == 1) == (o.file != "") || len(args) > 1 {
				return usageError{errors.New("the name of a dashboard, or a --file, is expected")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return showDashboard(c.Context(), e, o, strings.Join(args, ""))
		},
	}
	f := c.Flags()
	f.StringVar(&o.file, "file", "", "`FILE` with the body of a dashboard, in the place of one that is there; - is standard input")
	o.times.flags(f, "the dashboard's")
	f.StringVarP(&o.output, "output", "o", "text", "`FORM`: text or json (a widget a line)")
	f.StringVar(&o.pager, "pager", "auto", "`WHEN` to use a pager: auto, always or never")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	_ = c.MarkFlagFilename("file", "json") // it is there
	completesDashboards(c, &o.place)
	return c
}

func (o *dashboardShowOptions) choices() []choice {
	when := []string{"auto", "always", "never"}
	return []choice{{"output", o.output, []string{"text", "json"}}, {"color", o.colors.color, when}, {"pager", o.pager, when}}
}

func showDashboard(ctx context.Context, e env, o dashboardShowOptions, name string) error {
	errs := checkChoices(o.choices())
	o.times.given = "3h"
	_, _, err := o.times.span(e.now())
	if err := errors.Join(append(errs, err)...); err != nil {
		return usageError{err}
	}
	text, err := o.body(ctx, e, name)
	if err != nil {
		return err
	}
	b, err := readBoard(text)
	if err != nil {
		return fmt.Errorf("dashboard %s: %w", cmp.Or(name, o.file), err)
	}
	p := &boardPainter{screen: newScreen(e, o.colors.when(), "never"), place: &o.place, zone: o.times.zone(), now: e.now(), name: cmp.Or(name, o.file)}
	if p.from, p.to, err = b.span(&o.times, p.now); err != nil {
		return err
	}
	drawn, err := p.paint(ctx, b)
	if err != nil {
		return err
	}
	if o.output == "json" {
		return errors.Join(writeJSON(p.screen.stdout, drawn), lackingWidgets(drawn))
	}
	read := p.screen.page(e, o.pager)
	return errors.Join(read(p.show(drawn)), lackingWidgets(drawn))
}

// body is the text of the dashboard that is meant.
func (o *dashboardShowOptions) body(ctx context.Context, e env, name string) ([]byte, error) {
	if o.file != "" {
		text, err := readNamed(e, o.file)
		if err != nil {
			return nil, usageError{fmt.Errorf("file: %w", err)}
		}
		return text, nil
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return nil, err
	}
	out, err := client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: &name})
	if hasCode(err, "ResourceNotFound") || hasCode(err, "DashboardNotFoundError") {
		return nil, fmt.Errorf("there is no dashboard %s", name)
	}
	if err != nil {
		return nil, serviceRefused(err)
	}
	return []byte(aws.ToString(out.DashboardBody)), nil
}

// lackingWidgets says how many widgets could not be shown.
func lackingWidgets(drawn []*drawnWidget) error {
	n := int64(0)
	for _, w := range drawn {
		if w.Error != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return notTakenError{fmt.Sprintf("%s not be shown", terminal.Counted(n, "widget could", "widgets could"))}
}
