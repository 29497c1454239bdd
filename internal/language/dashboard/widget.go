package dashboard

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	mostWidgets      = 500
	mostVariables    = 25
	mostMetrics      = 500  // of a widget
	mostMetricsInAll = 2500 // of a dashboard
)

// types are the kinds of widgets, in the order in which AWS names them.
var types = []string{"chart", "custom", "metric", "service", "text", "log", "alarm", "explorer", "timeline", "serviceMap", "serviceTable", "trace"}

const overrides = "^(inherit|auto)$"

var override = regexp.MustCompile(overrides)

func (c *checker) top(root map[string]any) {
	if c.require("", root, "widgets") && c.want("", root, "widgets", "array") {
		widgets, _ := root["widgets"].([]any)
		c.most("/widgets", len(widgets), mostWidgets)
		for i, v := range widgets[:min(len(widgets), mostWidgets)] {
			c.widget(fmt.Sprintf("/widgets/%d", i), v)
		}
	}
	if c.metrics > mostMetricsInAll {
		c.refuse("/widgets", "Should NOT have more than %d metrics", mostMetricsInAll)
	}
	if c.want("", root, "variables", "array") {
		variables, _ := root["variables"].([]any)
		c.most("/variables", len(variables), mostVariables)
	}
	c.want("", root, "start", "string")
	c.want("", root, "end", "string")
	if c.want("", root, "periodOverride", "string") {
		if text, _ := root["periodOverride"].(string); !override.MatchString(text) {
			c.tell("/periodOverride", "Should match pattern %q", overrides)
		}
	}
}

func (c *checker) most(path string, n, most int) {
	if n > most {
		c.refuse(path, "Should NOT have more than %d items", most)
	}
}

func (c *checker) widget(path string, v any) {
	w, ok := v.(map[string]any)
	if !ok {
		c.refuse(path, "Should be object")
		return
	}
	for _, place := range []struct {
		name        string
		least, most int64
	}{{"x", 0, 23}, {"y", 0, 0}, {"width", 1, 24}, {"height", 1, 1000}} {
		c.between(path, w, place.name, place.least, place.most)
	}
	typed := c.require(path, w, "type") && c.want(path, w, "type", "string")
	if !c.require(path, w, "properties") || !c.want(path, w, "properties", "object") || !typed {
		return
	}
	kind, _ := w["type"].(string)
	properties, _ := w["properties"].(map[string]any)
	path += "/properties"
	switch kind {
	case "text":
		if c.require(path, properties, "markdown") {
			c.want(path, properties, "markdown", "string")
		}
	case "metric":
		c.metric(path, properties)
	case "alarm":
		if c.require(path, properties, "alarms") {
			c.want(path, properties, "alarms", "array")
		}
	default:
		if !slices.Contains(types, kind) {
			c.tell(strings.TrimSuffix(path, "/properties")+"/type", "The specified widget type is unknown. Use one of the allowed values: %s", strings.Join(types, ","))
		}
	}
}

// between tells of a number that is out of its range; most is 0 where there is none.
func (c *checker) between(path string, of map[string]any, name string, least, most int64) {
	if !c.want(path, of, name, "number") {
		return
	}
	number, _ := of[name].(json.Number)
	n, err := number.Float64()
	switch {
	case err != nil || n < float64(least):
		c.tell(path+"/"+name, "Should be >= %d", least)
	case most > 0 && n > float64(most):
		c.tell(path+"/"+name, "Should be <= %d", most)
	}
}

func (c *checker) metric(path string, p map[string]any) {
	_, metrics := p["metrics"]
	_, annotations := p["annotations"]
	if !metrics && !annotations {
		c.require(path, p, "metrics")
	}
	var alarms any
	if c.want(path, p, "annotations", "object") {
		of, _ := p["annotations"].(map[string]any)
		c.want(path+"/annotations", of, "horizontal", "array")
		c.want(path+"/annotations", of, "vertical", "array")
		c.want(path+"/annotations", of, "alarms", "array")
		alarms = of["alarms"]
	}
	if _, region := p["region"]; alarms == nil && (!region || !metrics) {
		c.refuse(path, "The metric widget should have specified a region and a data source or an alarm annotation")
	}
	if !metrics && !annotations {
		c.require(path, p, "annotations")
	}
	for _, member := range [][2]string{
		{"region", "string"},
		{"title", "string"},
		{"view", "string"},
		{"stat", "string"},
		{"stacked", "boolean"},
		{"period", "number"},
		{"yAxis", "object"},
		{"legend", "object"},
		{"liveData", "boolean"},
		{"sparkline", "boolean"},
		{"setPeriodToTimeRange", "boolean"},
		{"timezone", "string"},
	} {
		c.want(path, p, member[0], member[1])
	}
	if c.want(path, p, "metrics", "array") {
		rows, _ := p["metrics"].([]any)
		c.metrics += len(rows)
		c.most(path+"/metrics", len(rows), mostMetrics)
		for i, row := range rows[:min(len(rows), mostMetrics)] {
			c.row(fmt.Sprintf("%s/metrics/%d", path, i), row)
		}
	}
}

// renderings are the members of the object that a row of metrics may end with.
var renderings = []string{"id", "label", "stat", "period", "color", "yAxis", "visible", "region", "accountId", "expression", "unit", "searchAccount"}

// row checks a row of metrics: namespace, name, and dimensions by name and value; then, perhaps, how it is drawn.
func (c *checker) row(path string, v any) {
	row, ok := v.([]any)
	if !ok {
		c.refuse(path, "Should be array")
		c.refuse(path, `Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element`)
		return
	}
	cells := row
	drawn := 0
	if n := len(row); n > 0 && rendering(row[n-1]) {
		cells, drawn = row[:n-1], 1
	}
	repeats := false // "..." is the rest of the row above, however long
	for i, cell := range cells {
		text, ok := cell.(string)
		// An object at the end that is no rendering is counted as one too many, below.
		if !ok && (i < len(cells)-1 || kindOf(cell) != "object") {
			c.refuse(fmt.Sprintf("%s/%d", path, i), `Invalid metric field type, only "String" type is allowed`)
		}
		repeats = repeats || text == "..."
	}
	if len(cells)%2 == 1 && !repeats {
		c.refuse(path, "Should NOT have more than %d items", len(cells)-1+drawn)
	}
}

// rendering says that an element is how a row is drawn: an object with a member of those.
func rendering(v any) bool {
	of, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for name := range of {
		if slices.Contains(renderings, name) {
			return true
		}
	}
	return len(of) == 0
}
