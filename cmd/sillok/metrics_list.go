package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// metricsListOptions are the flags of metrics list.
type metricsListOptions struct {
	place          watchPlace
	colors         colorFlags
	recent, linked bool
	limit          int64
	output, pager  string
}

func metricsListCommand(e env) *cobra.Command {
	var o metricsListOptions
	c := &cobra.Command{
		Use:   "list [NAMESPACE [NAME [DIMENSION...]]]",
		Short: "List the metrics that had data in two weeks",
		Long: `List shows metrics by namespace, name and dimensions: all that had data in two weeks, or
with --recent in three hours. A dimension is a name, which any value goes with, or a
name and value such as Page=cart; metrics with further dimensions are shown too. A
namespace or name of "" is any. It calls ListMetrics.`,
		Example: `  sillok metrics list
  sillok metrics list Shop
  sillok metrics list Shop Latency Page
  sillok metrics list "" "" InstanceId=i-0abc --output csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return listMetrics(c.Context(), e, o, args) },
	}
	f := c.Flags()
	f.BoolVar(&o.recent, "recent", false, "only metrics that had data in three hours")
	f.BoolVar(&o.linked, "linked", false, "metrics of accounts that are linked to this one too")
	f.Int64Var(&o.limit, "limit", 0, "end after `N` metrics; 0 for no limit")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, csv or json (an object a line)")
	f.StringVar(&o.pager, "pager", "auto", "`WHEN` to use a pager: auto, always or never")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesMetrics(c, &o.place)
	return c
}

func (o *metricsListOptions) choices() []choice {
	when := []string{"auto", "always", "never"}
	return []choice{{"output", o.output, []string{"table", "csv", "json"}}, {"color", o.colors.color, when}, {"pager", o.pager, when}}
}

// listedMetric is a metric as --output json has it.
type listedMetric struct {
	Namespace  string            `json:"namespace"`
	Name       string            `json:"metricName"`
	Dimensions map[string]string `json:"dimensions"`
	Owner      string            `json:"owningAccount,omitempty"`

	text string
}

func listMetrics(ctx context.Context, e env, o metricsListOptions, args []string) error {
	errs := checkChoices(o.choices())
	if o.limit < 0 {
		errs = append(errs, fmt.Errorf("limit: %d is less than none", o.limit))
	}
	in := o.input(args)
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	var all []listedMetric
	err = eachMetric(ctx, client, in, func(m *types.Metric, owner string) bool {
		one := listedMetric{aws.ToString(m.Namespace), aws.ToString(m.MetricName), map[string]string{}, owner, dimensionsText(m.Dimensions)}
		for i := range m.Dimensions {
			one.Dimensions[aws.ToString(m.Dimensions[i].Name)] = aws.ToString(m.Dimensions[i].Value)
		}
		all = append(all, one)
		return o.limit == 0 || int64(len(all)) < o.limit
	})
	if err != nil {
		return err
	}
	screen := newScreen(e, o.colors.when(), "never")
	read := screen.page(e, o.pager)
	return read(o.show(screen, all))
}

func (o *metricsListOptions) input(args []string) *cloudwatch.ListMetricsInput {
	in := &cloudwatch.ListMetricsInput{}
	if o.recent {
		in.RecentlyActive = types.RecentlyActivePt3h
	}
	if o.linked {
		in.IncludeLinkedAccounts = aws.Bool(true)
	}
	for i, word := range args {
		switch name, value, found := strings.Cut(word, "="); {
		case i == 0 && word != "":
			in.Namespace = &word
		case i == 1 && word != "":
			in.MetricName = &word
		case i < 2:
		case found:
			in.Dimensions = append(in.Dimensions, types.DimensionFilter{Name: &name, Value: &value})
		default:
			in.Dimensions = append(in.Dimensions, types.DimensionFilter{Name: &word})
		}
	}
	return in
}

func (o *metricsListOptions) show(s *screen, all []listedMetric) error {
	switch o.output {
	case "json":
		return writeJSON(s.stdout, all)
	case "csv":
		w := csv.NewWriter(s.stdout)
		_ = w.Write([]string{"namespace", "metric_name", "dimensions", "owning_account"}) // flush tells
		for i := range all {
			dimensions, err := json.Marshal(all[i].Dimensions)
			if err != nil {
				return err
			}
			_ = w.Write([]string{all[i].Namespace, all[i].Name, string(dimensions), all[i].Owner}) // flush tells
		}
		w.Flush()
		return w.Error()
	}
	if len(all) == 0 {
		fmt.Fprintln(s.stderr, "no such metric")
		return nil
	}
	columns := []terminal.Column{{Name: "namespace"}, {Name: "metric"}, {Name: "dimensions"}}
	if o.linked {
		columns = append(columns, terminal.Column{Name: "account"})
	}
	t := s.newTable(columns...)
	for i := range all {
		cells := []*string{&all[i].Namespace, &all[i].Name, &all[i].text}
		if o.linked {
			cells = append(cells, &all[i].Owner)
		}
		if err := t.Add(cells); err != nil {
			return err
		}
	}
	if err := s.finish(t); err != nil {
		return err
	}
	text := terminal.Counted(int64(len(all)), "metric")
	if o.limit > 0 && int64(len(all)) == o.limit {
		text += ", as --limit says"
	}
	fmt.Fprintln(s.stderr, text)
	return nil
}
