package dashboard

import (
	"fmt"
	"math"
)

// rows reads the metrics of a graph.
func (p *graphReader) rows(root map[string]any) (all []Metric) {
	list := p.list("", root, "metrics")
	var above []string
	for i, v := range list {
		path := fmt.Sprintf("/metrics/%d", i)
		row, ok := v.([]any)
		if !ok {
			p.refuse(path, "Should be array")
			return nil
		}
		var drawn map[string]any
		if n := len(row); n > 0 {
			if o, ok := row[n-1].(map[string]any); ok {
				row, drawn = row[:n-1], o
			}
		}
		m := p.rendering(fmt.Sprintf("%s/%d", path, len(row)), drawn)
		switch {
		case len(row) == 0 && m.Expression != "":
		case m.Expression != "":
			p.refuse(path, "Should NOT have a metric and an expression")
		default:
			cells := p.cells(path, row, above)
			if p.err != nil {
				return nil
			}
			m.Namespace, m.Name = cells[0], cells[1]
			for d := 2; d < len(cells); d += 2 {
				m.Dimensions = append(m.Dimensions, [2]string{cells[d], cells[d+1]})
			}
			above = cells
		}
		all = append(all, m)
	}
	return all
}

// cells are the texts of a row, with what is repeated from the row above in place.
func (p *graphReader) cells(path string, row []any, above []string) (cells []string) {
	for i, v := range row {
		text, ok := v.(string)
		switch {
		case !ok:
			p.refuse(fmt.Sprintf("%s/%d", path, i), `Invalid metric field type, only "String" type is allowed`)
		case text == "...":
			to := len(above) - (len(row) - i - 1)
			if len(cells) > to {
				p.refuse(fmt.Sprintf("%s/%d", path, i), "Should stand for a part of the row above")
				return nil
			}
			cells = append(cells, above[len(cells):to]...)
		case text == ".":
			if len(cells) >= len(above) {
				p.refuse(fmt.Sprintf("%s/%d", path, i), "Should stand for a field of the row above")
				return nil
			}
			cells = append(cells, above[len(cells)])
		default:
			cells = append(cells, text)
		}
	}
	switch n := len(cells); {
	case n < 2:
		p.refuse(path, "Should NOT have fewer than 2 items")
	case n%2 == 1:
		p.refuse(path, "Should NOT have more than %d items", n-1)
	case n > 2+2*mostDimensions:
		p.refuse(path, "Should NOT have more than %d items", 2+2*mostDimensions)
	}
	return cells
}

const mostDimensions = 30

// rendering reads how a row is drawn.
func (p *graphReader) rendering(path string, of map[string]any) Metric {
	m := Metric{
		Expression: p.text(path, of, "expression"), ID: p.text(path, of, "id"), Label: p.text(path, of, "label"), Stat: p.text(path, of, "stat"),
		Region: p.text(path, of, "region"), Account: p.text(path, of, "accountId"),
		Color: p.color(path, of), Right: p.oneOf(path, of, "yAxis", "left", "right") == "right", Hidden: !p.truth(path, of, "visible", true),
	}
	if v, ok := p.whole(path, of, "period", math.MaxInt32); ok {
		m.Period = int32(v) //nolint:gosec // it is in range
	}
	return m
}

// color is a colour by six hexadecimal digits, or empty.
func (p *graphReader) color(path string, of map[string]any) string {
	text := p.text(path, of, "color")
	if text == "" {
		return ""
	}
	if len(text) == 7 && text[0] == '#' {
		hex := true
		for _, c := range text[1:] {
			hex = hex && (c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')
		}
		if hex {
			return text
		}
	}
	p.refuse(path+"/color", "Should be a color such as #1f77b4")
	return ""
}

// annotations reads what is drawn beside the metrics.
func (p *graphReader) annotations(root map[string]any, g *Graph) {
	of := p.object("", root, "annotations")
	for i, v := range p.list("/annotations", of, "horizontal") {
		path := fmt.Sprintf("/annotations/horizontal/%d", i)
		first, second := p.pair(path, v)
		value, label := p.number(path, first, "value"), p.text(path, first, "label")
		if value == nil {
			p.refuse(path, "Should have required property 'value'")
			return
		}
		l := Level{
			Value: *value, Label: label, Color: p.color(path, first), Fill: p.fill(path, first, "none", "above", "below"),
			Right: p.oneOf(path, first, "yAxis", "left", "right") == "right", Hidden: !p.truth(path, first, "visible", true),
		}
		if second != nil {
			if l.To, l.ToLabel = p.number(path+"/1", second, "value"), p.text(path+"/1", second, "label"); l.To == nil {
				p.refuse(path+"/1", "Should have required property 'value'")
			}
		}
		g.Levels = append(g.Levels, l)
	}
	for i, v := range p.list("/annotations", of, "vertical") {
		path := fmt.Sprintf("/annotations/vertical/%d", i)
		first, second := p.pair(path, v)
		m := Moment{Label: p.text(path, first, "label"), Color: p.color(path, first), Fill: p.fill(path, first, "none", "before", "after"), Hidden: !p.truth(path, first, "visible", true)}
		at, ok := timeOf(p.text(path, first, "value"), p.now)
		if !ok {
			p.refuse(path+"/value", "Should be a time such as 2026-01-31T08:00:00Z")
			return
		}
		m.At = at
		if second != nil {
			to, ok := timeOf(p.text(path+"/1", second, "value"), p.now)
			if !ok {
				p.refuse(path+"/1/value", "Should be a time such as 2026-01-31T08:00:00Z")
			}
			m.To, m.ToLabel = &to, p.text(path+"/1", second, "label")
		}
		g.Moments = append(g.Moments, m)
	}
	for i, v := range p.list("/annotations", of, "alarms") {
		arn, ok := v.(string)
		if !ok || len(arn) > longestText {
			p.refuse(fmt.Sprintf("/annotations/alarms/%d", i), "Should be the ARN of an alarm")
			return
		}
		g.Alarms = append(g.Alarms, arn)
	}
}

func (p *graphReader) fill(path string, of map[string]any, words ...string) string {
	word := p.oneOf(path, of, "fill", words...)
	if word == "none" {
		return ""
	}
	return word
}

// pair reads an annotation: an object, or a list of two between which all is meant.
func (p *graphReader) pair(path string, v any) (first, second map[string]any) {
	if first, ok := v.(map[string]any); ok {
		return first, nil
	}
	if list, ok := v.([]any); ok && len(list) == 2 {
		first, ok1 := list[0].(map[string]any)
		second, ok2 := list[1].(map[string]any)
		if ok1 && ok2 {
			return first, second
		}
	}
	p.refuse(path, "Should be object, or array of two objects")
	return nil, nil
}
