package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/sillok/sillok/internal/terminal"
)

const (
	// AWS's limits of a call of PutMetricData; the bytes are fewer, as names are written with more around them.
	mostValues     = 1000
	mostValueBytes = 500 << 10
	// mostBadLines is how many lines are named that were left out.
	mostBadLines = 10
	// mostMetricLine is how long a line may be: 30 dimensions of the longest names and values.
	mostMetricLine = 64 << 10
)

// datum reads a value as the words of a line have it.
func (p *metricsPutter) datum(words []string) (types.MetricDatum, error) {
	if len(words) < 2 {
		return types.MetricDatum{}, errors.New("a name and a value are expected, such as Latency 12")
	}
	value, err := strconv.ParseFloat(words[1], 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return types.MetricDatum{}, fmt.Errorf("%q is not a number", words[1])
	}
	d := types.MetricDatum{MetricName: &words[0], Value: &value, Unit: p.unit, Timestamp: new(p.now()), Dimensions: slices.Clone(p.dimensions)}
	if p.resolution > 0 {
		d.StorageResolution = &p.resolution
	}
	rest := words[2:]
	if len(rest) > 0 && !strings.Contains(rest[0], "=") {
		at, err := p.time(rest[0])
		if err != nil {
			return d, err
		}
		d.Timestamp, rest = &at, rest[1:]
	}
	own, err := parseDimensions(rest)
	if err != nil {
		return d, err
	}
	for _, dimension := range own {
		if slices.ContainsFunc(p.dimensions, func(other types.Dimension) bool { return *other.Name == *dimension.Name }) {
			return d, fmt.Errorf("dimension %s is given by --dimension too", *dimension.Name)
		}
		d.Dimensions = append(d.Dimensions, dimension)
	}
	return d, nil
}

// time reads the time of a value.
func (p *metricsPutter) time(text string) (time.Time, error) {
	const milliseconds = 1e11 // since 1970 are of 1973 and later, and as seconds of the year 5138
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n < 1e14 {
		if n < milliseconds {
			n *= 1000
		}
		return time.UnixMilli(int64(n)), nil
	}
	for _, layout := range timeLayouts {
		if at, err := time.ParseInLocation(layout, text, p.zone); err == nil {
			return inTime(at), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a time, such as 2026-11-29T08:00:00Z, nor a dimension, such as Page=cart", text)
}

// add adds the value of a line to the batch, and sends that where it is full.
func (p *metricsPutter) add(ctx context.Context, l *putLine) error {
	text := strings.TrimSpace(string(l.text))
	if text == "" || text[0] == '#' {
		return nil
	}
	err := p.line(l, text)
	if err != nil {
		p.leaveOut(l.number, err)
		return nil
	}
	if len(p.batch) == mostValues || p.size >= mostValueBytes {
		return p.flush(ctx)
	}
	return nil
}

func (p *metricsPutter) line(l *putLine, text string) error {
	switch {
	case l.more || len(text) > mostMetricLine:
		return fmt.Errorf("the line is longer than %d bytes", mostMetricLine)
	case !utf8.ValidString(text):
		return errors.New("the line is no UTF-8")
	}
	words, err := splitWords(text)
	if err != nil {
		return err
	}
	d, err := p.datum(words)
	if err != nil {
		return err
	}
	p.batch = append(p.batch, metricLine{l.number, d})
	p.size += len(text) + 100
	return nil
}

// leaveOut says that a line was no value, or was refused.
func (p *metricsPutter) leaveOut(number int, err error) {
	if p.bad++; p.bad <= mostBadLines {
		fmt.Fprintf(p.screen.stderr, "line %s is left out: %s\n", terminal.Grouped(int64(number)), printable(err.Error()))
	}
}

// flush sends the batch.
func (p *metricsPutter) flush(ctx context.Context) error {
	if len(p.batch) == 0 {
		return nil
	}
	if err := p.put(ctx, p.batch); err != nil {
		return err
	}
	p.through = int64(p.batch[len(p.batch)-1].number)
	p.batch, p.size = p.batch[:0], 0
	return nil
}

// put sends values. The server refuses all of a call for one that is wrong: then the call is made in two
// halves, until it is known which.
func (p *metricsPutter) put(ctx context.Context, values []metricLine) error {
	err := p.send(ctx, values)
	switch {
	case err == nil:
		p.taken += int64(len(values))
		return nil
	case !isBadValue(err):
		return err
	case len(values) == 1:
		p.leaveOut(values[0].number, serviceRefused(err))
		return nil
	}
	half := len(values) / 2
	if err := p.put(ctx, values[:half]); err != nil {
		return err
	}
	return p.put(ctx, values[half:])
}

// isBadValue says whether the server refuses what a value says, and not what all have in common.
func isBadValue(err error) bool {
	if strings.Contains(err.Error(), "Namespace") {
		return false
	}
	for _, code := range []string{"InvalidParameterValue", "InvalidParameterCombination", "MissingParameter", "InvalidParameterValueException", "InvalidParameterCombinationException", "MissingRequiredParameterException", "ValidationError", "ValidationException"} {
		if hasCode(err, code) {
			return true
		}
	}
	return false
}

// send makes one call, and again while the server has too much to do or is away.
func (p *metricsPutter) send(ctx context.Context, values []metricLine) error {
	in := &cloudwatch.PutMetricDataInput{Namespace: &p.namespace}
	for i := range values {
		in.MetricData = append(in.MetricData, values[i].datum)
	}
	const longest = 5 * time.Second
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, longest) {
		_, err := p.client.PutMetricData(ctx, in, func(o *cloudwatch.Options) { o.Retryer = aws.NopRetryer{} })
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			p.waiting = false
			return nil
		case isRefused(err):
			return err
		case !p.waiting:
			fmt.Fprintf(p.screen.stderr, "sillok: %s; waiting, and trying again\n", printable(serviceRefused(err).Error()))
			p.waiting = true
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
