package projection_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/projection"
)

func now() time.Time { return time.Date(2024, 5, 3, 10, 30, 45, 0, time.UTC) }

func parse(t *testing.T, hiveType string, properties ...string) (*projection.Projection, error) {
	t.Helper()
	all := map[string]string{"projection.enabled": "true"}
	for i := 0; i < len(properties); i += 2 {
		all["projection.c."+properties[i]] = properties[i+1]
	}
	return projection.Parse(projection.Table{Name: "d.t", Location: "s3://logs/x/", Keys: []projection.Key{{Name: "c", Type: hiveType}}, Properties: all}, now())
}

func TestDomains(t *testing.T) {
	for _, tt := range []struct {
		name       string
		hiveType   string
		properties []string
		want       string // texts, or text=key where they differ
	}{
		{name: "enum", properties: []string{"type", " ENUM ", "values", "a, b,c"}, want: "a| b|c"},
		{name: "integer", hiveType: "int", properties: []string{"type", "integer", "range", "-1,2"}, want: "-1|0|1|2"},
		{name: "integer with digits and interval", properties: []string{"type", "integer", "range", " 01 , 12 ", "digits", "2", "interval", "5"}, want: "01|06|11"},
		{name: "the largest integers", properties: []string{"type", "integer", "range", "9223372036854775806,9223372036854775807"}, want: "9223372036854775806|9223372036854775807"},
		{name: "days", properties: []string{"type", "date", "range", "2024/02/28,2024/03/01", "format", "yyyy/MM/dd"}, want: "2024/02/28|2024/02/29|2024/03/01"},
		{name: "days of type date", hiveType: "date", properties: []string{"type", "date", "range", "2024/04/30,2024/05/01", "format", "yyyy/MM/dd"}, want: "2024/04/30=2024-04-30|2024/05/01=2024-05-01"},
		{name: "to now", properties: []string{"type", "date", "range", "2024-05-02,NOW", "format", "yyyy-MM-dd"}, want: "2024-05-02|2024-05-03"},
		{name: "before now", properties: []string{"type", "date", "range", "now - 2 days,NOW+1DAY", "format", "yyyy-MM-dd"}, want: "2024-05-01|2024-05-02|2024-05-03|2024-05-04"},
		{name: "months", properties: []string{"type", "date", "range", "2024-01,2024-03", "format", "yyyy-MM"}, want: "2024-01|2024-02|2024-03"},
		{name: "a month's end", properties: []string{"type", "date", "range", "2024-01-31,2024-04-30", "format", "yyyy-MM-dd", "interval", "1", "interval.unit", "MONTHS"}, want: "2024-01-31|2024-02-29|2024-03-31|2024-04-30"},
		{name: "years back", properties: []string{"type", "date", "range", "NOW-2YEARS,NOW", "format", "yyyy", "interval.unit", "YEARS"}, want: "2022|2023|2024"},
		{name: "weeks", properties: []string{"type", "date", "range", "2024/05/01,2024/05/16", "format", "yyyy/MM/dd", "interval", "1", "interval.unit", "weeks"}, want: "2024/05/01|2024/05/08|2024/05/15"},
		{name: "hours", properties: []string{"type", "date", "range", "2022-01-01-00-00,2022-01-01-03-00", "format", "yyyy-MM-dd-HH-mm", "interval", "1", "interval.unit", "HOURS"}, want: "2022-01-01-00-00|2022-01-01-01-00|2022-01-01-02-00|2022-01-01-03-00"},
		{name: "hours to now", properties: []string{"type", "date", "range", "NOW-1HOUR,NOW", "format", "yyyy/MM/dd/HH", "interval", "1", "interval.unit", "HOURS"}, want: "2024/05/03/09|2024/05/03/10"},
		{name: "steps finer than the format", properties: []string{"type", "date", "range", "2020,2023", "format", "yyyy", "interval", "1", "interval.unit", "SECONDS"}, want: "2020|2021|2022|2023"},
		{name: "literals in quotes", properties: []string{"type", "date", "range", "year=2024/month=05,year=2024/month=06", "format", "'year='yyyy'/month='MM"}, want: "year=2024/month=05|year=2024/month=06"},
		{name: "digits without separators", properties: []string{"type", "date", "range", "20240501,20240502", "format", "yyyyMMdd"}, want: "20240501|20240502"},
		{name: "month names", properties: []string{"type", "date", "range", "2024-Apr,2024-May", "format", "yyyy-MMM"}, want: "2024-Apr|2024-May"},
		{name: "a timestamp", hiveType: "timestamp", properties: []string{"type", "date", "range", "2024-05-01 00,2024-05-01 01", "format", "yyyy-MM-dd HH", "interval.unit", "HOURS"}, want: "2024-05-01 00=2024-05-01 00:00:00.000|2024-05-01 01=2024-05-01 01:00:00.000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hiveType := tt.hiveType
			if hiveType == "" {
				hiveType = "string"
			}
			p, err := parse(t, hiveType, tt.properties...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for v := range p.Domains[0].All() {
				text := v.Text
				if v.Key != v.Text {
					text += "=" + v.Key
				}
				got = append(got, text)
				found, ok := p.Domains[0].Find(v.Key)
				if !ok || found != v {
					t.Errorf("Find(%q) = %v, %v", v.Key, found, ok)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "|")); diff != "" {
				t.Error(diff)
			}
			if v, ok := p.Domains[0].Find("nonsense"); ok {
				t.Errorf("finds %v", v)
			}
		})
	}
}

func TestFindKeepsToTheSteps(t *testing.T) {
	p, err := parse(t, "string", "type", "date", "range", "2024/05/01,2024/05/31", "format", "yyyy/MM/dd", "interval", "7", "interval.unit", "DAYS")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"2024/05/01": true, "2024/05/08": true, "2024/05/09": false, "2024/04/24": false, "2024/06/05": false, "2024/5/8": false} {
		if _, ok := p.Domains[0].Find(text); ok != want {
			t.Errorf("Find(%s) = %v", text, ok)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name       string
		hiveType   string
		properties []string
		code, text string
	}{
		{name: "no type", properties: []string{"range", "1,2"}, code: "HIVE_METASTORE_ERROR", text: "missing projection configuration: [c]"},
		{name: "another type", properties: []string{"type", "uuid"}, code: "INVALID_TABLE_PROPERTY", text: `"uuid"`},
		{name: "no values", properties: []string{"type", "enum"}, code: "INVALID_TABLE_PROPERTY", text: "projection.c.values"},
		{name: "no range", properties: []string{"type", "integer"}, code: "INVALID_TABLE_PROPERTY", text: "projection.c.range"},
		{name: "a range of words", properties: []string{"type", "integer", "range", "a,b"}, code: "INVALID_TABLE_PROPERTY", text: `"a,b"`},
		{name: "a range upside down", properties: []string{"type", "integer", "range", "2,1"}, code: "INVALID_TABLE_PROPERTY", text: `"2,1"`},
		{name: "no format", properties: []string{"type", "date", "range", "NOW,NOW"}, code: "INVALID_TABLE_PROPERTY", text: "projection.c.format"},
		{name: "a format that is none", properties: []string{"type", "date", "range", "NOW,NOW", "format", "yyyy-QQ"}, code: "INVALID_TABLE_PROPERTY", text: "'Q'"},
		{name: "a bound in another format", properties: []string{"type", "date", "range", "2024-05-01,NOW", "format", "yyyy/MM/dd"}, code: "INVALID_TABLE_PROPERTY", text: "2024-05-01"},
		{name: "a day that is none", properties: []string{"type", "date", "range", "2023/02/29,NOW", "format", "yyyy/MM/dd"}, code: "INVALID_TABLE_PROPERTY", text: "2023/02/29"},
		{name: "hours without a unit", properties: []string{"type", "date", "range", "NOW,NOW", "format", "yyyy/MM/dd/HH"}, code: "INVALID_TABLE_PROPERTY", text: "interval.unit"},
		{name: "an injected number", hiveType: "int", properties: []string{"type", "injected"}, code: "INVALID_TABLE_PROPERTY", text: "int"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hiveType := tt.hiveType
			if hiveType == "" {
				hiveType = "string"
			}
			_, err := parse(t, hiveType, tt.properties...)
			e, ok := errors.AsType[*cloud.Error](err)
			if !ok || e.Code != tt.code || !strings.Contains(e.Message, tt.text) || !strings.Contains(e.Message, "d.t") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestLocation(t *testing.T) {
	keys := []projection.Key{{Name: "region", Type: "string"}, {Name: "day", Type: "string"}}
	properties := func(template string) map[string]string {
		return map[string]string{
			"projection.region.type": "enum", "projection.region.values": "eu-west-1", "projection.day.type": "date",
			"projection.day.range": "2024/05/01,2024/05/01", "projection.day.format": "yyyy/MM/dd", "storage.location.template": template,
		}
	}
	for template, want := range map[string]string{
		"":                                    "s3://logs/x/region=eu-west-1/day=2024%2F05%2F01/",
		"s3://logs/${region}/${day}":          "s3://logs/eu-west-1/2024/05/01",
		"s3://logs/${DAY}/of/${Region}/${":    "s3://logs/2024/05/01/of/eu-west-1/${",
		"s3://logs/${day}/${other}/${region}": "s3://logs/2024/05/01/${other}/eu-west-1",
	} {
		p, err := projection.Parse(projection.Table{Name: "t", Location: "s3://logs/x/", Keys: keys, Properties: properties(template)}, now())
		if err != nil {
			t.Fatal(err)
		}
		var values []projection.Value
		for _, d := range p.Domains {
			for v := range d.All() {
				values = append(values, v)
			}
		}
		if diff := cmp.Diff(want, p.Location(values)); diff != "" {
			t.Errorf("%s: %s", template, diff)
		}
	}
	if _, err := projection.Parse(projection.Table{Name: "t", Keys: keys, Properties: properties("s3://logs/${day}/")}, now()); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("a template without a column: %v", err)
	}
}

// FuzzDate parses formats and ranges: what All gives, Find finds.
func FuzzDate(f *testing.F) {
	f.Add("yyyy/MM/dd", "2024/05/01,NOW", "1", "DAYS")
	f.Add("'a'yyyyMMddHHmmss", "NOW-3HOURS,NOW", "7", "MINUTES")
	f.Add("yy-M-d h a", "24-1-1 1 AM,NOW", "1", "MONTHS")
	f.Fuzz(func(t *testing.T, format, span, interval, unit string) {
		p, err := parse(t, "string", "type", "date", "format", format, "range", span, "interval", interval, "interval.unit", unit)
		if err != nil {
			return
		}
		n := 0
		for v := range p.Domains[0].All() {
			if n++; n > 50 {
				break
			}
			_, _ = p.Domains[0].Find(v.Key)
		}
	})
}
