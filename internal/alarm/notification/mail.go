package notification

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/kit/javadouble"
)

const (
	mostSubject  = 100 // characters, of a line in all
	mostSMSName  = 90  // of the name alone
	mostChildren = 10  // that a mail names
	detailWidth  = 30  // in front of a value
	metricWidth  = 39
)

// Subject returns the subject of a mail, at most 100 characters of ASCII in one line.
func Subject(a *Alarm, c *Change) string {
	frame := len(line(a, c, ""))
	return line(a, c, cut(ascii(a.Name), mostSubject-frame))
}

// SMS returns the short message.
func SMS(a *Alarm, c *Change) string { return line(a, c, cut(ascii(a.Name), mostSMSName)) }

func line(a *Alarm, c *Change, name string) string {
	return fmt.Sprintf(`%s: "%s" in %s`, c.New.State, name, ascii(regionName(a.Region)))
}

// ascii has one _ in the place of each run of what is not printable ASCII.
func ascii(text string) string {
	var b strings.Builder
	run := false
	for _, r := range text {
		if r < ' ' || r > '~' {
			if !run {
				b.WriteByte('_')
			}
			run = true
			continue
		}
		run = false
		b.WriteRune(r)
	}
	return b.String()
}

// cut shortens ASCII to so many characters, of which the last three are then dots.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:max(0, most-3)] + "..."
}

// Mail returns the text of a mail.
func Mail(a *Alarm, c *Change) string {
	var b strings.Builder
	region, at := regionName(a.Region), alarm.LongDate(c.New.At)
	fmt.Fprintf(&b, `You are receiving this email because your Amazon CloudWatch Alarm "%s" in the %s region has `, a.Name, region)
	if a.Composite != nil {
		fmt.Fprintf(&b, "transitioned to %s state on %s, because \"%s\".\n", c.New.State, at, c.New.Reason)
	} else {
		fmt.Fprintf(&b, "entered the %s state, because \"%s\" at \"%s\".\n", c.New.State, c.New.Reason, at)
	}
	fmt.Fprintf(&b, "\nView this alarm in the AWS Management Console:\n%s\n\nAlarm Details:\n", link(a))
	detail := func(label, value string) { row(&b, detailWidth, label, value) }
	detail("Name", a.Name)
	description := ""
	if a.Description != nil {
		description = *a.Description
	}
	detail("Description", description)
	detail("State Change", fmt.Sprintf("%s -> %s", c.Old.State, c.New.State))
	if a.Composite != nil {
		detail("Alarm Rule", a.Composite.Rule)
	}
	if of := c.contributor(); of.ID != "" {
		detail("Contributor", bracketed(pairs(of.Attributes)))
	}
	detail("Reason for State Change", c.New.Reason)
	detail("Timestamp", at)
	detail("AWS Account", a.Account)
	detail("Alarm Arn", a.ARN)
	b.WriteByte('\n')
	if a.Composite != nil {
		children(&b, c.Triggering)
	} else {
		monitored(&b, a.Metric)
	}
	fmt.Fprintf(&b, "\nState Change Actions:\n- OK: %s\n- ALARM: %s\n- INSUFFICIENT_DATA: %s\n",
		bracketed(a.OKActions), bracketed(a.AlarmActions), bracketed(a.InsufficientDataActions))
	return b.String()
}

// pairs are what a contributor is grouped by, in order. How AWS's mails tell it was not seen.
func pairs(attributes map[string]string) (out []string) {
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		out = append(out, key+" = "+attributes[key])
	}
	return out
}

func row(b *strings.Builder, width int, label, value string) {
	fmt.Fprintf(b, "%-*s%s\n", width, "- "+label+":", value)
}

func children(b *strings.Builder, triggering []alarm.Child) {
	fmt.Fprintf(b, "Triggering children (max. %d):\n", mostChildren)
	for _, one := range triggering[:min(mostChildren, len(triggering))] {
		fmt.Fprintf(b, "- %s   %-20s%s\n", one.ARN, one.State, alarm.LongDate(one.Since))
	}
}

func monitored(b *strings.Builder, m *Metric) {
	d := &m.Definition
	threshold := javadouble.Text(d.Threshold)
	if m.ThresholdMetricID != "" {
		threshold = m.ThresholdMetricID // not seen at AWS
	}
	fmt.Fprintf(b, "Threshold:\n- The alarm is in the ALARM state when the metric is %s %s for at least %d of the last %d period(s) of %d seconds. \n\n",
		d.Operator, threshold, needed(d), d.EvaluationPeriods, seconds(d.Period))
	if len(m.Queries) > 0 {
		b.WriteString("Monitored Metrics:\n")
		for _, q := range m.Queries {
			if q.Expression != "" {
				row(b, detailWidth, "MetricExpression", q.Expression)
				row(b, detailWidth, "MetricLabel", q.Label)
			}
		}
		return
	}
	pairs := make([]string, len(m.Dimensions))
	for i, one := range m.Dimensions {
		pairs[i] = one.Name + " = " + one.Value
	}
	unit := d.Unit
	if unit == "" {
		unit = "not specified"
	}
	b.WriteString("Monitored Metric:\n")
	for _, one := range [][2]string{
		{"MetricNamespace", m.Namespace},
		{"MetricName", m.Name},
		{"Dimensions", bracketed(pairs)},
		{"Period", fmt.Sprintf("%d seconds", seconds(d.Period))},
		{"Statistic", d.Statistic},
		{"Unit", unit},
		{"TreatMissingData", treatMissing(d)},
	} {
		row(b, metricWidth, one[0], one[1])
	}
	b.WriteByte('\n')
}

// bracketed is a list in brackets, or nothing. How AWS writes more than one was not seen.
func bracketed(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return "[" + strings.Join(values, ", ") + "]"
}

// link is the alarm's page in AWS's console.
func link(a *Alarm) string {
	domain := "console.aws.amazon.com"
	switch {
	case strings.HasPrefix(a.Region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(a.Region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	}
	name := strings.ReplaceAll(url.QueryEscape(a.Name), "+", "%20")
	return fmt.Sprintf("https://%s.%s/cloudwatch/deeplink.js?region=%s#alarmsV2:alarm/%s", a.Region, domain, a.Region, name)
}
