package main

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/transport/http"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// logsCommand holds what is done with log groups.
func logsCommand(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "logs",
		Short: "Put, query and count what log groups hold",
		Long: `Logs sends lines to log groups, asks them in Logs Insights' language or in SQL, and says
how much they hold. "sillok tail" shows their events.`,
		Example: `  tail -F app.log | sillok logs put /shop/web one --create
  sillok logs query 'stats count(*) by bin(5m)' /shop/web --since 3h
  sillok logs usage`,
	}
	group(c)
	c.AddCommand(logsQueryCommand(e), logsPutCommand(e), logsUsageCommand(e))
	return c
}

// logsPlace are the flags that say which log groups are meant.
type logsPlace struct{ s3Place }

func (p *logsPlace) flags(f *pflag.FlagSet) {
	p.serverFlags(f)
	f.StringVar(&p.region, "region", "", "AWS `REGION` of the log groups (default: that of the AWS settings)")
}

// client returns a client of the CloudWatch Logs that is meant.
func (p *logsPlace) client(ctx context.Context) (*cloudwatchlogs.Client, error) {
	settings, err := p.settings(ctx)
	if err != nil {
		return nil, err
	}
	return cloudwatchlogs.NewFromConfig(settings, func(o *cloudwatchlogs.Options) {
		if p.endpoint != "" {
			o.BaseEndpoint = aws.String(p.endpoint) // AWS_ENDPOINT_URL_CLOUDWATCH_LOGS would win otherwise
		}
		if o.BaseEndpoint != nil {
			// "stream-" before the name of one's own host leads nowhere.
			o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
				return stack.Initialize.Add(hostAsItIs, middleware.Before)
			})
		}
	}), nil
}

var hostAsItIs = middleware.InitializeMiddlewareFunc("HostAsItIs", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	return next.HandleInitialize(http.DisableEndpointHostPrefix(ctx, true), in)
})

// noGroupError says that a log group is not there.
type noGroupError struct{ group string }

func (e *noGroupError) Error() string { return "there is no log group " + e.group }

// groupARN returns the ARN of a log group that is named by name or ARN, without ":*".
func groupARN(ctx context.Context, client *cloudwatchlogs.Client, group string) (string, error) {
	if strings.HasPrefix(group, "arn:") {
		return strings.TrimSuffix(group, ":*"), nil
	}
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(client, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", serviceRefused(err)
		}
		for i := range page.LogGroups {
			if aws.ToString(page.LogGroups[i].LogGroupName) == group {
				return aws.ToString(page.LogGroups[i].LogGroupArn), nil
			}
		}
	}
	return "", &noGroupError{group}
}

// allGroups returns the log groups whose names begin with a prefix.
func allGroups(ctx context.Context, client *cloudwatchlogs.Client, prefix string) (all []types.LogGroup, err error) {
	in := &cloudwatchlogs.DescribeLogGroupsInput{}
	if prefix != "" {
		in.LogGroupNamePrefix = &prefix
	}
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, serviceRefused(err)
		}
		all = append(all, page.LogGroups...)
	}
	return all, nil
}

// completesGroups has a shell complete the names of log groups, where a server answers
// at once. only is how many of the arguments are groups; 0 for all.
func completesGroups(c *cobra.Command, place *logsPlace, before, only int) {
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) < before || only > 0 && len(args) >= before+only {
			return nil, cobra.ShellCompDirectiveDefault
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		client, err := place.client(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		in := &cloudwatchlogs.DescribeLogGroupsInput{}
		if begun != "" {
			in.LogGroupNamePrefix = &begun
		}
		page, err := client.DescribeLogGroups(ctx, in)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for i := range page.LogGroups {
			names = append(names, aws.ToString(page.LogGroups[i].LogGroupName))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
