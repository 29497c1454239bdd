package cloudwatch_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// words are the texts of a picture of a widget, as JSON.
func (s *service) words(widget string) (all []string) {
	s.t.Helper()
	document, err := s.Picture(s.ctx, widget, cloudwatch.SVG)
	if err != nil {
		s.t.Errorf("%s: %v", widget, err)
		return nil
	}
	for d := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			s.t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			all = append(all, string(text))
		}
	}
}

// wantWords wants a picture to have some texts, and not to have others, which begin with "!".
func (s *service) wantWords(what, widget string, want ...string) {
	s.t.Helper()
	got := s.words(widget)
	for _, w := range want {
		text, missing := strings.CutPrefix(w, "!")
		found := false
		for _, one := range got {
			found = found || one == text
		}
		if found == missing {
			s.t.Errorf("%s: the picture has %q, want %s", what, got, w)
		}
	}
}

func TestPictures(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	for i := range 60 {
		s.put(fmt.Sprintf(`{"MetricName":"cpu","Unit":"Percent","Timestamp":%q,"Value":%d,"Dimensions":[{"Name":"Host","Value":"web-1"}]}`, s.at(i), 20+i%7),
			fmt.Sprintf(`{"MetricName":"cpu","Unit":"Percent","Timestamp":%q,"Value":%d,"Dimensions":[{"Name":"Host","Value":"web-2"}]}`, s.at(i), 50+i%3),
			fmt.Sprintf(`{"MetricName":"calls","Timestamp":%q,"Value":%d}`, s.at(i), 1000+i))
	}
	const rows = `"metrics":[["ns","cpu","Host","web-1"],["...","web-2",{"label":"the second ${MAX}","color":"#123456"}],["ns","calls",{"yAxis":"right","visible":%v}]],"period":60,"start":"-PT1H"`
	two := fmt.Sprintf(rows, false)
	s.wantWords("lines", `{"title":"CPU",`+two+`}`, "CPU", "cpu", "the second 52", "!calls", "Percent", "0", "20", "UTC")
	s.wantWords("both axes", `{`+fmt.Sprintf(rows, true)+`,"yAxis":{"right":{"label":"per minute"},"left":{"showUnits":false}}}`, "calls", "per minute", "!Percent")
	s.wantWords("marks", `{`+two+`,"annotations":{"horizontal":[{"value":45,"label":"limit"},[{"value":10,"label":"low"},{"value":15,"label":"high"}],{"value":5,"label":"hidden","visible":false}],"vertical":[{"value":"-PT30M","label":"deployed"}]}}`,
		"limit", "low – high", "deployed", "!hidden")
	s.wantWords("no legend", `{`+two+`,"legend":{"position":"hidden"}}`, "!cpu")
	s.wantWords("a zone", `{`+two+`,"timezone":"+0900"}`, "UTC+09:00", "!UTC")
	for _, view := range []string{"bar", "pie", "singleValue"} {
		s.wantWords(view, `{`+two+`,"view":"`+view+`"}`, "cpu")
	}
	s.wantWords("a number", `{"metrics":[["ns","calls"]],"period":60,"view":"singleValue"}`, "1000", "calls")
	s.wantWords("a number of the whole", `{"metrics":[["ns","calls",{"stat":"SampleCount"}]],"view":"singleValue","setPeriodToTimeRange":true,"start":"-PT3H"}`, "60")
	s.wantWords("a gauge", `{`+two+`,"view":"gauge","yAxis":{"left":{"min":0,"max":100}}}`, "100", "cpu")
	s.wantWords("math", `{"metrics":[["ns","calls",{"id":"m","visible":false}],[{"expression":"m * 2","label":"twice","id":"e"}]],"stat":"Maximum","view":"singleValue","period":60}`, "twice", "2000", "!calls")
	s.wantWords("a search", `{"metrics":[[{"expression":"SEARCH('{ns,Host} cpu', 'Average', 60)"}]]}`, "web-1", "web-2")
	s.wantWords("a band", `{"metrics":[["ns","calls",{"id":"m"}],[{"expression":"ANOMALY_DETECTION_BAND(m, 2)"}]],"period":60}`, "calls (expected) high")
	s.wantWords("nothing", `{"metrics":[["ns","none"]]}`, "No data available", "none")

	for _, format := range []*string{nil, new("png"), new("image/png")} {
		in := &cloudwatchapi.GetMetricWidgetImageInput{MetricWidget: new(`{` + two + `,"width":300,"height":200,"theme":"dark"}`), OutputFormat: format}
		out := servicetest.Must(s.GetMetricWidgetImage(s.ctx, in))(t)
		picture, err := png.Decode(bytes.NewReader(out.MetricWidgetImage))
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size.X != 300 || size.Y != 200 {
			t.Errorf("the picture has %v pixels", size)
		}
		kind, body, raw := s.Raw(in, out)
		if wants := format != nil && *format == "image/png"; raw != wants || wants && (kind != "image/png" || !bytes.Equal(body, out.MetricWidgetImage)) {
			t.Errorf("the answer is the picture alone: %v", raw)
		}
	}
	other := s.in("444455556666", servicetest.Region)
	other.wantWords("of another account", `{`+two+`}`, "No data available")
}

func TestBadPictures(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	for _, tt := range []struct{ name, widget, code, message string }{
		{"no JSON", `{`, "ValidationError", "must be a valid JSON object"},
		{"no metrics", `{}`, "ValidationError", "should have metrics"},
		{"a place", `{"metrics":[["ns","m"]],"yAxis":{"left":{"min":"a"}}}`, "ValidationError", "/yAxis/left/min Should be number"},
		{"a statistic that is none", `{"metrics":[["ns","m",{"stat":"Median"}]]}`, "ValidationError", "MetricDataQueries.member.1.MetricStat.Stat"},
		{"a period of 45 s", `{"metrics":[["ns","m",{"period":45}]],"start":"-PT1H"}`, "ValidationError", "must be a value in the set [1, 5, 10, 20, 30]"},
		{"an expression that does not read", `{"metrics":[[{"expression":"m +"}]]}`, "ValidationError", "Error in expression 'row0'"},
		{"an Id twice", `{"metrics":[["ns","m",{"id":"a"}],["ns","n",{"id":"a"}]]}`, "ValidationError", "not unique"},
		{"an Id that is none", `{"metrics":[["ns","m",{"id":"A"}]]}`, "ValidationError", "expected pattern"},
		{"another region", `{"metrics":[["ns","m",{"region":"eu-west-1"}]]}`, "UnsupportedOperation", "/metrics/0 is of eu-west-1"},
		{"an alarm", `{"annotations":{"alarms":["arn"]}}`, "UnsupportedOperation", "alarms among annotations"},
		{"a dimension twice", `{"metrics":[["ns","m","a","1","a","2"]]}`, "ValidationError", "same dimension name twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.GetMetricWidgetImage(s.ctx, &cloudwatchapi.GetMetricWidgetImageInput{MetricWidget: &tt.widget})
			servicetest.WantCode(t, err, tt.code, tt.message)
		})
	}
	_, err := s.GetMetricWidgetImage(s.ctx, &cloudwatchapi.GetMetricWidgetImageInput{MetricWidget: new(`{"metrics":[["ns","m"]]}`), OutputFormat: new("jpeg")})
	servicetest.WantCode(t, err, "InvalidParameterValueException", "OutputFormat")
	ctx, stop := context.WithCancel(s.ctx)
	stop()
	if _, err := s.Picture(ctx, `{"metrics":[["ns","m"]]}`, cloudwatch.PNG); !errors.Is(err, context.Canceled) {
		t.Errorf("%v after the end of the call", err)
	}
}

// More metrics than a picture may have are told, not dropped.
func TestMoreThanAPictureShows(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	for i := range 105 {
		s.put(fmt.Sprintf(`{"MetricName":"m","Value":%d,"Dimensions":[{"Name":"i","Value":"%d"}],"Timestamp":%q}`, i, i, s.at(1)))
	}
	begun := time.Now()
	s.wantWords("a search", `{"metrics":[[{"expression":"SEARCH('{ns,i}', 'Sum', 60)"}]],"height":600}`, "5 metrics more are not shown.")
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
