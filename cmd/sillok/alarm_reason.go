package main

import (
	"encoding/json"
	"math"
	"time"

	"github.com/sillok/sillok/internal/terminal"
)

// reasonForm is how StateReasonData writes times.
const reasonForm = "2006-01-02T15:04:05.000-0700"

// usedPoints reads the points that StateReasonData says a state follows from, the newest first, and when they were
// looked at. One that is missing is no number. What is no such data has none: SetAlarmState takes any.
func usedPoints(data string) (points []terminal.Point, at time.Time) {
	var read struct {
		QueryDate string `json:"queryDate"`
		Evaluated []struct {
			Timestamp string   `json:"timestamp"`
			Value     *float64 `json:"value"`
		} `json:"evaluatedDatapoints"`
	}
	if json.Unmarshal([]byte(data), &read) != nil {
		return nil, at
	}
	at, _ = time.Parse(reasonForm, read.QueryDate) // zero where it is none
	for _, one := range read.Evaluated {
		when, err := time.Parse(reasonForm, one.Timestamp)
		if err != nil {
			continue
		}
		point := terminal.Point{Time: when, Value: math.NaN()}
		if one.Value != nil {
			point.Value = *one.Value
		}
		points = append(points, point)
	}
	return points, at
}
