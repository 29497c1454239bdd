package logs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

// published counts the values that are published.
type published struct{ values, data int64 }

func (p *published) Put(_ context.Context, _ cloud.Account, _ cloud.Region, namespace string, data []logs.Datum) error {
	if namespace != "n" {
		return nil
	}
	for i := range data {
		p.values += data[i].Count
		p.data++
	}
	return nil
}

// Whoever writes events says what the values of dimensions are: all are published, and
// no more are kept than the memory that there is for them, of which the newest ones.
func TestTheValuesOfDimensionsAreBounded(t *testing.T) {
	to := &published{}
	s, err := logs.Open(t.Context(), logs.Config{Dir: t.TempDir(), Log: discard(), Metrics: to}, servicetest.Store(t), &keys{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	d := &desk{t, s, servicetest.Call(t)}
	d.group("g", "s")
	d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "{ $.who = * }", "MetricTransformations": [
		{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1", "Dimensions": {"who": "$.who"}}]}`)
	scope, now := cloud.CallOf(d.ctx).Scope(), time.Now().UnixMilli()
	kept := func() (values []string, size int) {
		for _, one := range s.Counted(scope) {
			values = append(values, one.Dimensions["who"])
			size += len(one.Dimensions["who"])
		}
		return values, size
	}
	long := strings.Repeat("\u00e9", 1024)
	d.put("g", "s", now, `{"who": "`+long+`"}`, `{"who": "`+long+`x"}`)
	d.pass()
	values, _ := kept()
	equal(t, "values of 1,024 characters", []string{long}, values)
	for i := range 24 {
		var batch []string
		for k := range 900 {
			batch = append(batch, fmt.Sprintf(`{"who": "%03d.%03d.%s"}`, i, k, strings.Repeat("x", 1000)))
		}
		d.put("g", "s", now, batch...)
	}
	d.pass()
	values, size := kept()
	if n := len(values); n < 1000 || size > 8<<20 {
		t.Errorf("%d values of %d bytes are kept", n, size)
	}
	if first, last := values[0][:7], values[len(values)-1][:7]; first < "010.000" || last != "023.899" {
		t.Errorf("%s to %s are kept", first, last)
	}
	equal(t, "published", []int64{24*900 + 1, 24*900 + 1}, []int64{to.values, to.data})
}
