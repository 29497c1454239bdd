package cloud_test

import (
	"testing"

	"github.com/sillok/sillok/internal/cloud"
)

func TestAKeySaysItsAccount(t *testing.T) {
	for _, account := range []cloud.Account{"000000000000", "111122223333", "999999999999"} {
		seen := map[string]bool{}
		for range 50 {
			id := cloud.NewKeyID(cloud.TemporaryKey, account)
			got, ok := cloud.AccountOfKey(id)
			if len(id) != 20 || id[:4] != "ASIA" || !ok || got != account || seen[id] {
				t.Errorf("%s of %s says %s, %t; seen before: %t", id, account, got, ok, seen[id])
			}
			seen[id] = true
		}
	}
	if got, ok := cloud.AccountOfKey("ASIAY34FZKBOKMUTVV7A"); !ok || got != "609629065308" {
		t.Errorf("a published key of AWS's says %s, %t", got, ok)
	}
	for _, id := range []string{"", "AKIASHORT", "AIDAQ3EGRJ5TOCEXAMPLE", "AKIA0000000000000000", "akiay34fzkbokmutvv7a"} {
		if got, ok := cloud.AccountOfKey(id); ok {
			t.Errorf("%q says %s", id, got)
		}
	}
}
