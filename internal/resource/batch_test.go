package resource_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestABatchGoesOnUnlessItIsNoItemsFault(t *testing.T) {
	absent := cloud.Errorf(cloud.NotFound, "NoSuchLeaf", "no leaf")
	for name, tt := range map[string]struct {
		errs   map[string]error
		done   string
		failed []string
		ends   bool
	}{
		"all well":   {errs: nil, done: "abc"},
		"one absent": {errs: map[string]error{"b": absent}, done: "ac", failed: []string{"b NoSuchLeaf"}},
		"a fault":    {errs: map[string]error{"a": absent, "b": errors.New("fault")}, failed: []string{"a NoSuchLeaf"}, ends: true},
		"full disk":  {errs: map[string]error{"b": cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "full")}, done: "a", ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			var failed []string
			done, err := resource.Batch([]string{"a", "b", "c"}, func(item string) (string, error) { return item, tt.errs[item] },
				func(item string, why *cloud.Error) { failed = append(failed, item+" "+why.Code) })
			servicetest.Diff(t, tt.done, strings.Join(done, ""))
			servicetest.Diff(t, tt.failed, failed)
			if (err != nil) != tt.ends {
				t.Errorf("error is %v, wanted one: %t", err, tt.ends)
			}
		})
	}
}
