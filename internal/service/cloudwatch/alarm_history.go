package cloudwatch

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

const (
	historyKept = 30 * day
	mostHistory = 100 // items of a page
	forgottenAt = 4   // that one item removes, which no longer count: more than it adds
)

// The types of items.
const (
	itemConfiguration     = "ConfigurationUpdate"
	itemState             = "StateUpdate"
	itemAction            = "Action"
	itemContributorState  = "AlarmContributorStateUpdate"
	itemContributorAction = "AlarmContributorAction"
)

// historyItem is something that happened to an alarm.
type historyItem struct {
	Alarm       string            `json:"alarm"`
	Kind        string            `json:"kind"` // of the alarm
	At          time.Time         `json:"at"`
	Type        string            `json:"type"`
	Summary     string            `json:"summary"`
	Data        string            `json:"data"`
	Contributor string            `json:"contributor,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
}

// Items lie by the alarm's name and their stamp, and are found by the stamp alone: newest
// first.
var (
	histories    = resource.Kind[historyItem]{Name: "cloudwatch/alarm-history"}
	historyTimes = resource.Kind[struct{}]{Name: "cloudwatch/alarm-history-time"}
)

const stampDigits = 13 // of a time in milliseconds

// stampAt is how the stamps of a time begin: they fall as times rise.
func stampAt(at time.Time) string {
	return fmt.Sprintf("%0*d", stampDigits, 9_999_999_999_999-max(at.UnixMilli(), 0))
}

// stampTime is the time that a stamp is of.
func stampTime(stamp string) time.Time {
	n, err := strconv.ParseInt(stamp[:min(stampDigits, len(stamp))], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(9_999_999_999_999 - n).UTC()
}

// note writes an item down, and forgets some that have been kept long enough.
func (s *Service) note(tx resource.Tx, item historyItem) error {
	// What came later within a millisecond stands before what came earlier.
	stamp := fmt.Sprintf("%s-%09d", stampAt(item.At), 999_999_999-s.noted.Add(1)%1_000_000_000)
	if err := histories.Put(tx, item, item.Alarm, stamp); err != nil {
		return err
	}
	if err := historyTimes.Put(tx, struct{}{}, stamp, item.Alarm); err != nil {
		return err
	}
	return forgetHistory(tx, item.At.Add(-historyKept))
}

func forgetHistory(tx resource.Tx, before time.Time) error {
	for document, err := range tx.List(tx.Scope(), historyTimes.Name, state.Range{After: stampAt(before) + "~", Limit: forgottenAt}) {
		if err != nil {
			return err
		}
		if names := resource.Names(document.Key.Name); len(names) == 2 {
			if err := histories.Discard(tx, names[1], names[0]); err != nil {
				return err
			}
		}
		if err := tx.Delete(document.Key); err != nil {
			return err
		}
	}
	return nil
}

// DescribeAlarmHistory returns what happened to an alarm or to all of them, also to those
// that were deleted, in pages.
func (s *Service) DescribeAlarmHistory(ctx context.Context, in *cloudwatchapi.DescribeAlarmHistoryInput) (*cloudwatchapi.DescribeAlarmHistoryOutput, error) {
	if in.StartDate != nil && in.EndDate != nil && in.StartDate.After(*in.EndDate) {
		return nil, errValidation("The parameter StartDate must be less than or equal to the parameter EndDate.")
	}
	types := in.AlarmTypes
	if len(types) == 0 {
		types = []string{metricAlarm}
	}
	paging := resource.TokenCode(codeToken).Page(in, in.NextToken, in.MaxRecords, mostHistory)
	paging.TokenText = "Invalid NextToken : " + resource.Value(in.NextToken)
	out := &cloudwatchapi.DescribeAlarmHistoryOutput{AlarmHistoryItems: []cloudwatchapi.AlarmHistoryItem{}}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		scan := historyScan{r: r, alarm: in.AlarmName, from: time.Now().Add(-historyKept), to: time.Now().Add(day)}
		if in.StartDate != nil && in.StartDate.After(scan.from) {
			scan.from = *in.StartDate
		}
		if in.EndDate != nil && in.EndDate.Before(scan.to) {
			scan.to = *in.EndDate
		}
		listing := scan.newestFirst
		if resource.Value(in.ScanBy) == "TimestampAscending" {
			listing = scan.oldestFirst
		}
		out.AlarmHistoryItems, out.NextToken, err = resource.Page(ctx, paging, listing, func(item historyItem) (cloudwatchapi.AlarmHistoryItem, bool, error) {
			keep := slices.Contains(types, item.Kind) && resource.Or(in.HistoryItemType, item.Type) == item.Type &&
				resource.Or(in.AlarmContributorId, item.Contributor) == item.Contributor
			return item.shape(), keep, nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (h *historyItem) shape() cloudwatchapi.AlarmHistoryItem {
	return cloudwatchapi.AlarmHistoryItem{
		AlarmName: &h.Alarm, AlarmType: &h.Kind, Timestamp: &h.At, HistoryItemType: &h.Type, HistorySummary: &h.Summary, HistoryData: &h.Data,
		AlarmContributorId: nonEmpty(h.Contributor), AlarmContributorAttributes: h.Attributes,
	}
}

// historyScan walks items of one alarm or of all, from a time to another, both included.
// An entry's name is its stamp, and the alarm's name where that is not given.
type historyScan struct {
	r        resource.Reader
	alarm    *string
	from, to time.Time
}

// newestFirst implements resource.Listing.
func (h historyScan) newestFirst(after string) iter.Seq2[resource.Entry[historyItem], error] {
	if begin := stampAt(h.to); after < begin {
		after = begin
	}
	return h.until(after, h.from)
}

// until yields the items behind a stamp that are not older than a time.
func (h historyScan) until(after string, oldest time.Time) iter.Seq2[resource.Entry[historyItem], error] {
	return func(yield func(resource.Entry[historyItem], error) bool) {
		last := stampAt(oldest) + "~"
		if h.alarm != nil {
			for entry, err := range histories.From(h.r, *h.alarm)(after) {
				if err == nil && entry.Name > last || !yield(entry, err) {
					return
				}
			}
			return
		}
		for entry, err := range historyTimes.From(h.r)(after) {
			if err != nil {
				yield(resource.Entry[historyItem]{}, err)
				return
			}
			if entry.Name > last {
				return
			}
			stamp, name, _ := strings.Cut(entry.Name, "\x00")
			item, found, err := histories.Find(h.r, name, stamp)
			if err == nil && !found {
				continue
			}
			if !yield(resource.Entry[historyItem]{Name: entry.Name, Value: item}, err) {
				return
			}
		}
	}
}

const (
	leastWindow = time.Minute
	fewItems    = 50   // in a window: the next one is longer
	manyItems   = 1000 // the next one is shorter
)

// oldestFirst implements resource.Listing: windows of time, of each of which the items are
// turned around.
func (h historyScan) oldestFirst(after string) iter.Seq2[resource.Entry[historyItem], error] {
	return func(yield func(resource.Entry[historyItem], error) bool) {
		begin := h.from
		if after != "" {
			begin = stampTime(after)
		}
		for length := leastWindow; !begin.After(h.to); {
			end := begin.Add(length)
			if end.After(h.to) {
				end = h.to.Add(time.Millisecond)
			}
			var items []resource.Entry[historyItem]
			for entry, err := range h.until(stampAt(end.Add(-time.Millisecond)), begin) {
				if err != nil {
					yield(entry, err)
					return
				}
				items = append(items, entry)
			}
			for _, entry := range slices.Backward(items) {
				if (after == "" || entry.Name < after) && !yield(entry, nil) {
					return
				}
			}
			begin = end
			switch {
			case len(items) < fewItems:
				length *= 2
			case len(items) > manyItems && length > leastWindow:
				length /= 2
			}
		}
	}
}
