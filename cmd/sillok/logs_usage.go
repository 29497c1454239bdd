package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// logsUsageOptions are the flags of logs usage.
type logsUsageOptions struct {
	place           logsPlace
	colors          colorFlags
	output          string
	ingest, storage float64
}

func logsUsageCommand(e env) *cobra.Command {
	var o logsUsageOptions
	c := &cobra.Command{
		Use:   "usage [PREFIX]",
		Short: "Show how much log groups hold, and what that would cost at AWS",
		Long: `Usage shows how many bytes the events of each log group have, as AWS counts them: 26 for
each, and its message. With a prefix it is that of the names of groups.

Sillok knows no prices: AWS's differ by region and change. Give those of your region, from
AWS's page of CloudWatch prices, and usage says what a month of storing these bytes and what
having sent them would cost. AWS charges for stored bytes as it compresses them; what is
shown is without that, and so is the most.`,
		Example: `  sillok logs usage
  sillok logs usage /shop --ingest-price 0.50 --storage-price 0.03`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("one prefix of names is expected, but %d arguments were given", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return logsUsage(c.Context(), e, o, args) },
	}
	f := c.Flags()
	f.Float64Var(&o.ingest, "ingest-price", 0, "`DOLLARS` for each GB that is sent, in your region today")
	f.Float64Var(&o.storage, "storage-price", 0, "`DOLLARS` for each GB that is stored for a month, in your region today")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, csv or json (an object a line)")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesGroups(c, &o.place, 0, 1)
	return c
}

func (o *logsUsageOptions) choices() []choice {
	return []choice{{"output", o.output, []string{"table", "csv", "json"}}, {"color", o.colors.color, []string{"auto", "always", "never"}}}
}

// usedGroup is how much a log group holds.
type usedGroup struct {
	Group     string   `json:"logGroup"`
	Class     string   `json:"logGroupClass"`
	Retention int32    `json:"retentionInDays,omitempty"`
	Bytes     int64    `json:"storedBytes"`
	Ingest    *float64 `json:"ingestDollars,omitempty"`
	Storage   *float64 `json:"storageDollarsPerMonth,omitempty"`
}

func logsUsage(ctx context.Context, e env, o logsUsageOptions, args []string) error {
	errs := checkChoices(o.choices())
	if o.ingest < 0 || o.storage < 0 {
		errs = append(errs, errors.New("a price is not less than nothing"))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	groups, err := allGroups(ctx, client, strings.Join(args, ""))
	if err != nil {
		return err
	}
	used := make([]usedGroup, len(groups))
	for i := range groups {
		used[i] = o.used(&groups[i])
	}
	slices.SortStableFunc(used, func(a, b usedGroup) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return o.show(newScreen(e, o.colors.when(), "never"), used)
}

const gigabyte = 1 << 30

func (o *logsUsageOptions) used(g *types.LogGroup) usedGroup {
	u := usedGroup{Group: aws.ToString(g.LogGroupName), Class: string(g.LogGroupClass), Retention: aws.ToInt32(g.RetentionInDays), Bytes: aws.ToInt64(g.StoredBytes)}
	if o.ingest > 0 {
		u.Ingest = new(float64(u.Bytes) / gigabyte * o.ingest)
	}
	if o.storage > 0 {
		u.Storage = new(float64(u.Bytes) / gigabyte * o.storage)
	}
	return u
}

func (o *logsUsageOptions) show(s *screen, used []usedGroup) error {
	var total usedGroup
	for i := range used {
		total.Bytes += used[i].Bytes
	}
	switch o.output {
	case "json":
		to := json.NewEncoder(s.stdout)
		to.SetEscapeHTML(false)
		for i := range used {
			if err := to.Encode(used[i]); err != nil {
				return err
			}
		}
		return nil
	case "csv":
		return o.csv(s, used)
	}
	if len(used) == 0 {
		fmt.Fprintln(s.stderr, "no such log group")
		return nil
	}
	columns := []terminal.Column{{Name: "log group"}, {Name: "class"}, {Name: "retention", Right: true}, {Name: "bytes", Right: true}}
	if o.ingest > 0 {
		columns = append(columns, terminal.Column{Name: "to send", Right: true})
	}
	if o.storage > 0 {
		columns = append(columns, terminal.Column{Name: "a month", Right: true})
	}
	t := s.newTable(columns...)
	for i := range used {
		if err := t.Add(used[i].cells()); err != nil {
			return err
		}
	}
	if err := s.finish(t); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "%s in %s", terminal.Bytes(total.Bytes), terminal.Counted(int64(len(used)), "log group"))
	whole := float64(total.Bytes) / gigabyte
	if o.ingest > 0 {
		fmt.Fprintf(s.stderr, "; sent at %s a GB: %s", price(o.ingest), terminal.Dollars(whole*o.ingest))
	}
	if o.storage > 0 {
		fmt.Fprintf(s.stderr, "; stored at %s a GB and month: %s", price(o.storage), terminal.Dollars(whole*o.storage))
	}
	if o.ingest == 0 && o.storage == 0 {
		fmt.Fprintf(s.stderr, "; --ingest-price and --storage-price, of AWS's price list for your region, say what that would cost")
	} else {
		fmt.Fprintf(s.stderr, " (prices as given by the flags)")
	}
	fmt.Fprintln(s.stderr)
	return nil
}

// price is a price as it was given.
func price(dollars float64) string { return "$" + strconv.FormatFloat(dollars, 'f', -1, 64) }

func (u *usedGroup) cells() []*string {
	retention := "for ever"
	if u.Retention > 0 {
		retention = terminal.Counted(int64(u.Retention), "day")
	}
	cells := []*string{&u.Group, &u.Class, &retention, new(terminal.Bytes(u.Bytes))}
	for _, dollars := range []*float64{u.Ingest, u.Storage} {
		if dollars != nil {
			cells = append(cells, new(terminal.Dollars(*dollars)))
		}
	}
	return cells
}

func (o *logsUsageOptions) csv(s *screen, used []usedGroup) error {
	w := csv.NewWriter(s.stdout)
	_ = w.Write([]string{"log_group", "class", "retention_in_days", "stored_bytes", "ingest_dollars", "storage_dollars_per_month"}) // flush tells
	text := func(dollars *float64) string {
		if dollars == nil {
			return ""
		}
		return strconv.FormatFloat(*dollars, 'f', -1, 64)
	}
	for i := range used {
		u := &used[i]
		retention := ""
		if u.Retention > 0 {
			retention = fmt.Sprint(u.Retention)
		}
		_ = w.Write([]string{u.Group, u.Class, retention, fmt.Sprint(u.Bytes), text(u.Ingest), text(u.Storage)}) // flush tells
	}
	w.Flush()
	return w.Error()
}
