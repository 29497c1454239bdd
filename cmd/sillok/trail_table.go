package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	athenatypes "github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/cloud"
	trailplace "github.com/sillok/sillok/internal/trail/place"
)

// athenaTableOptions are the flags of trail athena-table.
type athenaTableOptions struct {
	database, table, results, workGroup, organization string
	show                                              bool
}

func athenaTableCommand(e env) *cobra.Command {
	var o athenaTableOptions
	c := &cobra.Command{
		Use:   "athena-table NAME",
		Short: "Make an Athena table of a trail's log files",
		Long: `Athena-table does what "Create Athena table" of CloudTrail's console does: it looks a
trail up by its name or ARN, prints the statement that makes a table of its log files,
and has Athena run it. It calls CloudTrail and Athena by the usual AWS settings
(AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and so on), Sillok's or AWS's own.

The table of an organization's trail needs --organization, and has a column account,
which a query must name: WHERE account = '111122223333'.`,
		Example: `  sillok trail athena-table management-events
  aws athena start-query-execution --query-string "SELECT eventname, count(*)
    FROM cloudtrail_logs_my_trail_logs GROUP BY 1"

  # only print the statement
  sillok trail athena-table management-events --print`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("name one trail, by its name or its ARN")}
			}
			return runAthenaTable(c.Context(), e, o, args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&o.database, "database", "default", "`NAME` of the database that gets the table")
	f.StringVar(&o.table, "table", "", "`NAME` of the table (default: cloudtrail_logs_ and the bucket)")
	f.StringVar(&o.workGroup, "work-group", "primary", "`NAME` of the work group that runs the statement")
	f.StringVar(&o.results, "results", "", "s3:// `PLACE` for what Athena writes, where the work group has none")
	f.StringVar(&o.organization, "organization", "", "`ID` of the organization, of whose accounts the trail is")
	f.BoolVar(&o.show, "print", false, "print the statement and do not run it")
	return c
}

func runAthenaTable(ctx context.Context, e env, o athenaTableOptions, name string) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("read the AWS settings: %w", err)
	}
	found, err := cloudtrail.NewFromConfig(settings).GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &name})
	if err != nil {
		return fmt.Errorf("look up the trail %s: %w", name, err)
	}
	statement, table, err := tableOf(found.Trail, o.table, o.organization)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, statement)
	if o.show {
		return nil
	}
	if err := o.run(ctx, athena.NewFromConfig(settings), statement); err != nil {
		return fmt.Errorf("make the table: %w", err)
	}
	fmt.Fprintf(e.stderr, "The table %s is in the database %s.\n", table, o.database)
	return nil
}

// run has Athena run the statement and waits for its end.
func (o athenaTableOptions) run(ctx context.Context, client *athena.Client, statement string) error {
	in := &athena.StartQueryExecutionInput{
		QueryString: &statement, WorkGroup: &o.workGroup, QueryExecutionContext: &athenatypes.QueryExecutionContext{Database: &o.database},
	}
	if o.results != "" {
		in.ResultConfiguration = &athenatypes.ResultConfiguration{OutputLocation: &o.results}
	}
	started, err := client.StartQueryExecution(ctx, in)
	if err != nil {
		return err
	}
	for {
		out, err := client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		if err != nil {
			return err
		}
		switch status := out.QueryExecution.Status; status.State {
		case athenatypes.QueryExecutionStateSucceeded:
			return nil
		case athenatypes.QueryExecutionStateFailed, athenatypes.QueryExecutionStateCancelled:
			return errors.New(aws.ToString(status.StateChangeReason))
		case athenatypes.QueryExecutionStateQueued, athenatypes.QueryExecutionStateRunning:
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

var (
	notInTable       = regexp.MustCompile(`[^a-z0-9_]`)
	organizationForm = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

// tableOf returns the statement that makes a table of a trail's log files, and the
// table's name; empty means the one that CloudTrail's console gives.
func tableOf(t *types.Trail, table, organization string) (statement, name string, err error) {
	bucket, prefix := aws.ToString(t.S3BucketName), aws.ToString(t.S3KeyPrefix)
	arn, err := cloud.ParseARN(aws.ToString(t.TrailARN))
	if err != nil {
		return "", "", fmt.Errorf("the trail has no ARN: %w", err)
	}
	if strings.ContainsAny(prefix, `'\`) {
		return "", "", fmt.Errorf("the prefix %q cannot stand in a statement of Athena's", prefix)
	}
	if table == "" {
		table = "cloudtrail_logs_" + notInTable.ReplaceAllString(bucket, "_")
	}
	if notInTable.MatchString(table) {
		return "", "", usageError{fmt.Errorf("table: %q has characters other than a to z, digits and underscores", table)}
	}
	if aws.ToBool(t.IsOrganizationTrail) != organizationForm.MatchString(organization) {
		return "", "", usageError{errors.New("organization: give the ID, such as o-a1b2c3d4e5, of a trail that is an organization's, and of no other one")}
	}
	of := trailplace.Place{Prefix: prefix, Organization: organization, Account: arn.Account, Kind: trailplace.Log, Region: "*"}
	partitions, properties := "", "'classification' = 'cloudtrail'"
	if organization != "" {
		of.Account = "*"
		every := of
		every.Account = "${account}"
		template, _, _ := strings.Cut(every.Folder(), "*")
		partitions = "\nPARTITIONED BY (account STRING)"
		properties += fmt.Sprintf(",\n  'projection.enabled' = 'true', 'projection.account.type' = 'injected',\n  'storage.location.template' = 's3://%s/%s'", bucket, template)
	}
	folder, _, _ := strings.Cut(of.Folder(), "*")
	return fmt.Sprintf(`CREATE EXTERNAL TABLE IF NOT EXISTS %s (
  eventVersion STRING,
  userIdentity STRUCT<type: STRING, principalId: STRING, arn: STRING, accountId: STRING, invokedBy: STRING,
    accessKeyId: STRING, userName: STRING,
    sessionContext: STRUCT<attributes: STRUCT<mfaAuthenticated: STRING, creationDate: STRING>,
      sessionIssuer: STRUCT<type: STRING, principalId: STRING, arn: STRING, accountId: STRING, userName: STRING>,
      ec2RoleDelivery: STRING, webIdFederationData: STRUCT<federatedProvider: STRING, attributes: MAP<STRING, STRING>>>>,
  eventTime STRING, eventSource STRING, eventName STRING, awsRegion STRING, sourceIpAddress STRING, userAgent STRING,
  errorCode STRING, errorMessage STRING, requestParameters STRING, responseElements STRING, additionalEventData STRING,
  requestId STRING, eventId STRING, resources ARRAY<STRUCT<arn: STRING, accountId: STRING, type: STRING>>,
  eventType STRING, apiVersion STRING, readOnly STRING, recipientAccountId STRING, serviceEventDetails STRING,
  sharedEventID STRING, vpcEndpointId STRING, eventCategory STRING,
  tlsDetails STRUCT<tlsVersion: STRING, cipherSuite: STRING, clientProvidedHostHeader: STRING>)
COMMENT 'CloudTrail table for %s bucket'%s
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://%s/%s'
TBLPROPERTIES (%s)`, table, bucket, partitions, bucket, folder, properties), table, nil
}
