package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// metricsCommand holds what is done with metrics.
func metricsCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "metrics",
		Short: "List, draw, put and watch metrics",
		Long: `Metrics lists the metrics of CloudWatch, draws them in the terminal, puts values and
watches a chart. "sillok alarm" is about alarms on them, "sillok dashboard" about
dashboards.`,
		Example: `  sillok metrics list Shop
  sillok metrics put Shop Latency 12 Page=cart --unit Milliseconds
  sillok metrics get Shop Latency Page=cart --stat p99 --since 3h --threshold 250
  sillok metrics watch Shop Latency Page=cart --stat p99`,
	}
	group(c)
	c.AddCommand(metricsListCommand(e), metricsGetCommand(e), metricsPutCommand(e), metricsWatchCommand(e))
	return c
}

// watchPlace are the flags that say which CloudWatch is meant.
type watchPlace struct{ s3Place }

func (p *watchPlace) flags(f *pflag.FlagSet) {
	p.serverFlags(f)
	f.StringVar(&p.region, "region", "", "AWS `REGION` (default: that of the AWS settings)")
}

// client returns a client of the CloudWatch that is meant.
func (p *watchPlace) client(ctx context.Context) (*cloudwatch.Client, error) {
	settings, err := p.settings(ctx)
	if err != nil {
		return nil, err
	}
	return cloudwatch.NewFromConfig(settings, func(o *cloudwatch.Options) {
		if p.endpoint != "" {
			o.BaseEndpoint = aws.String(p.endpoint) // AWS_ENDPOINT_URL_CLOUDWATCH would win otherwise
		}
	}), nil
}

// eachMetric gives the metrics that a question finds, until give wants no more.
func eachMetric(ctx context.Context, client *cloudwatch.Client, in *cloudwatch.ListMetricsInput, give func(m *types.Metric, owner string) bool) error {
	pages := cloudwatch.NewListMetricsPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return serviceRefused(err)
		}
		for i := range page.Metrics {
			owner := ""
			if i < len(page.OwningAccounts) {
				owner = page.OwningAccounts[i]
			}
			if !give(&page.Metrics[i], owner) {
				return nil
			}
		}
	}
	return nil
}

// dimensionsText is how a person writes dimensions.
func dimensionsText(dimensions []types.Dimension) string {
	parts := make([]string, len(dimensions))
	for i := range dimensions {
		parts[i] = quotedWord(aws.ToString(dimensions[i].Name)) + "=" + quotedWord(aws.ToString(dimensions[i].Value))
	}
	return strings.Join(parts, " ")
}

// quotedWord is a word as splitWords reads it.
func quotedWord(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"\\") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// parseDimensions reads dimensions as a person writes them: Name=Value.
func parseDimensions(words []string) (all []types.Dimension, err error) {
	var errs []error
	for _, word := range words {
		name, value, found := strings.Cut(word, "=")
		if !found || name == "" || value == "" {
			errs = append(errs, fmt.Errorf("%q is not a dimension, such as InstanceId=i-1", word))
			continue
		}
		if slices.ContainsFunc(all, func(d types.Dimension) bool { return *d.Name == name }) {
			errs = append(errs, fmt.Errorf("dimension %s is given twice", name))
			continue
		}
		all = append(all, types.Dimension{Name: &name, Value: &value})
	}
	return all, errors.Join(errs...)
}

// completesMetrics has a shell complete a namespace, the name of a metric in it, and its
// dimensions, where a server answers at once.
func completesMetrics(c *cobra.Command, place *watchPlace) {
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		client, err := place.client(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		in := &cloudwatch.ListMetricsInput{}
		if len(args) > 0 {
			in.Namespace = &args[0]
		}
		if len(args) > 1 {
			in.MetricName = &args[1]
		}
		var words []string
		_ = eachMetric(ctx, client, in, func(m *types.Metric, _ string) bool { // whoever waits for words gets those that came
			switch len(args) {
			case 0:
				words = append(words, aws.ToString(m.Namespace))
			case 1:
				words = append(words, aws.ToString(m.MetricName))
			default:
				for _, d := range m.Dimensions {
					words = append(words, aws.ToString(d.Name)+"="+aws.ToString(d.Value))
				}
			}
			return true
		})
		slices.Sort(words)
		words = slices.DeleteFunc(slices.Compact(words), func(word string) bool {
			return !strings.HasPrefix(word, begun) || slices.Contains(args, word)
		})
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}
