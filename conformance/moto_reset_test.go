package conformance_test

import "testing"

// With --compat moto, one call forgets what all services keep, sessions too.
func TestMotoReset(t *testing.T) {
	serve(t, t.TempDir(), "--compat", "moto").boto(t, "test_reset.py")
}
