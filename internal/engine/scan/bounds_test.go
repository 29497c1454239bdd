package scan_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// hours are the rows of a day, with an object for each hour, and one whose rows tell
// their times in several forms.
type hours struct{ held []string }

var errHeld = errors.New("that is all that was asked")

func (h *hours) Objects(context.Context) ([]lake.KeptObject, error) {
	all := []lake.KeptObject{{Object: lake.Object{Bucket: "b", Key: "loose"}, Values: []string{"111122223333", lake.NullPartition}}}
	for hour := range 24 {
		from := time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC)
		all = append(all, lake.KeptObject{
			Object: lake.Object{Bucket: "b", Key: fmt.Sprintf("%02d", hour)}, Values: []string{"111122223333", lake.NullPartition},
			From: from, To: from.Add(time.Hour - time.Second), Bounds: map[string][2]string{"stream": {fmt.Sprintf("2026-%d-01", hour), fmt.Sprintf("2026-%d-01~", hour)}},
		})
	}
	return all, nil
}

func (h *hours) Hold(_ context.Context, objects []lake.Object) ([]string, func() error, error) {
	for _, o := range objects {
		if o.Key != "loose" {
			h.held = append(h.held, o.Key)
		}
	}
	if len(h.held) < len(objects) {
		h.held = append(h.held, "loose")
	}
	return nil, nil, errHeld
}

func TestBounds(t *testing.T) {
	now := time.Date(2026, 3, 1, 22, 30, 0, 0, time.UTC)
	pool := workers(t, true)
	for where, want := range map[string]string{
		"true":                                                                                             "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"eventtime >= '2026-03-01T22:10:00Z'":                                                              "22 23",
		"'2026-03-01T01:00:00Z' > eventtime":                                                               "00",
		"eventtime < '2026-03-01T01:00:00Z'":                                                               "00",
		"eventtime <= '2026-03-01T01:00:00Z'":                                                              "00 01",
		"eventtime = '2026-03-01T05:30:00Z'":                                                               "05",
		"eventtime <> '2026-03-01T05:30:00Z'":                                                              "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"eventtime LIKE '2026-03-01T07%'":                                                                  "07",
		"eventtime LIKE '2026-03-01T1_:%'":                                                                 "10 11 12 13 14 15 16 17 18 19",
		"eventtime LIKE '%Z'":                                                                              "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"substr(eventtime, 1, 13) = '2026-03-01T09'":                                                       "09",
		"substr(eventtime, 12, 2) = '09'":                                                                  "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"eventtime BETWEEN '2026-03-01T03:00:00Z' AND '2026-03-01T04:00:00Z'":                              "03 04",
		"eventtime IN ('2026-03-01T03:00:00Z', '2026-03-01T20:00:00Z')":                                    "03 20",
		"eventtime < '2026-03-01T01:00:00Z' OR eventtime > '2026-03-01T23:00:00Z'":                         "00 23",
		"eventtime < '2026-03-01T01:00:00Z' OR n = 1":                                                      "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"eventtime > '2026-03-01T22:10:00Z' AND n = 1":                                                     "22 23",
		"NOT eventtime > '2026-03-01T01:00:00Z'":                                                           "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"from_iso8601_timestamp(eventtime) > now() - interval '1' hour":                                    "21 22 23",
		"date_diff('hour', from_iso8601_timestamp(eventtime), now()) < 1":                                  "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"date_trunc('hour', from_iso8601_timestamp(eventtime)) = timestamp '2026-03-01 02:00:00 UTC'":      "02",
		"parse_datetime(eventtime, 'yyyy-MM-dd''T''HH:mm:ss''Z''') >= timestamp '2026-03-01 23:00:00 UTC'": "23",
		"date_parse(eventtime, '%Y-%m-%dT%H:%i:%sZ') < timestamp '2026-03-01 00:30:00'":                    "00",
		"cast(from_iso8601_timestamp(eventtime) AT TIME ZONE 'America/New_York' AS timestamp) > timestamp '2026-03-01 17:30:00'":      "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"cast(from_iso8601_timestamp(eventtime) AT TIME ZONE 'America/New_York' AS varchar) > '2026-03-01 17:30:00'":                  "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"date(from_iso8601_timestamp(eventtime) AT TIME ZONE 'America/St_Johns') > date '2026-03-01'":                                 "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"date_trunc('hour', from_iso8601_timestamp(eventtime) AT TIME ZONE 'America/New_York') > timestamp '2026-03-01 22:00:00 UTC'": "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"from_iso8601_timestamp(eventtime) AT TIME ZONE 'America/New_York' > timestamp '2026-03-01 22:30:00 UTC'":                     "22 23",
		"with_timezone(at, 'America/New_York') > timestamp '2026-03-02 03:30:00 UTC'":                                                 "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"date(from_iso8601_timestamp(eventtime)) < date '2026-03-01'":                                                                 "",
		"cast(from_iso8601_timestamp(eventtime) AS timestamp) > timestamp '2026-03-01 22:30:00'":                                      "22 23",
		"date_parse(eventtime, '%Y-%m-%dT%h:%i:%sZ') > timestamp '2026-03-01 11:30:00'":                                               "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"date_parse(substr(eventtime, 1, 10), '%Y-%m-%d') < timestamp '2026-03-01 00:00:00'":                                          "",
		"date_parse(eventtime, '%Y-%m-%dT%TZ') < timestamp '2026-03-01 00:30:00'":                                                     "00",
		"date_parse(eventtime, cast('%Y-%m-%dT%H:%i:%sZ' AS varchar(5))) < timestamp '2026-03-01 00:30:00'":                           "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"parse_datetime(eventtime, 'yyyy-MM-dd''T''hh:mm:ss''Z''') >= timestamp '2026-03-01 11:00:00 UTC'":                            "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"eventtime LIKE cast('2026-03-01T07%' AS varchar(11))":                                                                        "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"TRY(from_iso8601_timestamp(eventtime)) > timestamp '2026-03-01 22:30:00 UTC'":                                                "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"TRY(date_parse(substr(eventtime, 12, 2), '%k')) IS NOT NULL":                                                                 "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"TRY_CAST(eventtime AS date) > date '2026-03-01'":                                                                             "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"TRY_CAST(at AS date) > date '2026-03-01'":                                                                                    "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"cast(eventtime AS date) > date '2026-03-01'":                                                                                 "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"from_iso8601_timestamp(eventtime) > cast(NULL AS timestamp with time zone)":                                                  "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"eventtime > cast(NULL AS varchar) AND eventtime < '2026-03-01T01:00:00Z'":                                                    "00",
		"at > timestamp '2026-03-01 23:30:00'":                                                                                        "23",
		"at > now() - interval '30' minute":                                                                                           "22 23",
		"cast(at AS date) < date '2026-03-01'":                                                                                        "",
		"day = date '2026-03-01' AND at < timestamp '2026-03-01 00:30:00'":                                                            "00",
		"day > date '2026-03-01'":               "",
		"account = '444455556666'":              "",
		"stream = '2026-7-01'":                  "07",
		"stream IN ('2026-7-01', '2026-12-01')": "07 12",
		"stream LIKE '2026-1%'":                 "01 10 11 12 13 14 15 16 17 18 19",
		"stream > '2026-9'":                     "09",
		"stream = '2026-7-01' AND at < timestamp '2026-03-01 07:00:00'":   "",
		"from_iso8601_date(stream) > date '2026-12-01'":                   "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"stream = '2026-7-01' OR n = 1":                                   "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
		"account = '111122223333' AND eventtime < '2026-03-01T01:00:00Z'": "00",
		"eventtime > (SELECT '2026-03-01T22:10:00Z')":                     "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
	} {
		t.Run(where, func(t *testing.T) {
			c := replaytest.Catalog{}
			rows := &hours{}
			{
				const name = "events"
				c.Add(t, name, "eventtime varchar", "at timestamp(3)", "n bigint", "account varchar", "day date", "stream varchar")
				table := c[name].Table
				table.Columns[3].Partition, table.Columns[4].Partition = true, true
				table.Detail = lake.Table{
					Name: name, Columns: []lake.Column{{Name: "eventtime", Type: "string"}, {Name: "at", Type: "timestamp"}, {Name: "n", Type: "bigint"}, {Name: "stream", Type: "string"}},
					PartitionKeys: []lake.Column{{Name: "account", Type: "string"}, {Name: "day", Type: "date"}},
					Kept:          &lake.Kept{Rows: rows, Format: "cloudtrail", Ordered: []string{"eventtime", "at", "day", "stream"}, Texts: []string{"stream"}},
				}
			}
			q, err := replaytest.Analyze(t.Context(), "SELECT n FROM events WHERE "+where, c)
			if err != nil {
				t.Fatal(err)
			}
			reader := scan.New(lake.New(lake.Config{}, nil), nil, pool)
			if _, err := reader.Load(t.Context(), engine.Request{Query: q}, now); !errors.Is(err, errHeld) {
				t.Fatal(err)
			}
			slices.Sort(rows.held)
			got := slices.Compact(rows.held)
			loose := "loose"
			if strings.Contains(where, "444455556666") {
				loose = "" // of which the account is told
			}
			if diff := cmp.Diff(strings.Join(strings.Fields(want+" "+loose), " "), strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
