package scalar_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/function"
)

// Every function that is implemented has a signature, under the name by which a plan
// calls it and no other, and every signature is implemented but for those listed.
func TestSignaturesAndImplementations(t *testing.T) {
	var unsigned []string
	implemented := scalar.Names()
	for _, name := range implemented {
		if strings.HasPrefix(name, "$") {
			continue // operators; comparisons have no signature
		}
		formed := name == "format" // has a form of its own in the analyzer
		if function.Canonical(name) != name || len(function.Named(name)) == 0 && !formed {
			unsigned = append(unsigned, name)
		}
	}
	if diff := cmp.Diff([]string(nil), unsigned); diff != "" {
		t.Errorf("implemented without a signature, or under an alias:\n%s", diff)
	}
	refused := map[string]bool{
		"now": true, // is no call in a plan

		"bar": true, "rgb": true, "from_encoded_polyline": true, "great_circle_distance": true, "st_geometryfromtext": true,
		"spooky_hash_v2_32": true, "spooky_hash_v2_64": true, "to_date": true, "to_timestamp": true,
	}
	var missing []string
	for _, name := range function.Names(function.Scalar) {
		if !slices.Contains(implemented, name) && !refused[name] && !ofOpaque(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		t.Errorf("signatures without an implementation: %v", missing)
	}
}

// ofOpaque reports whether a function takes or makes a value of a type that has no
// values here: a geometry, a tile, a color, a digest.
func ofOpaque(name string) bool {
	for _, f := range function.Named(name) {
		for _, kind := range []string{"geometry", "geography", "bingtile", "kdbtree", "color", "digest"} {
			if strings.Contains(strings.ToLower(f.String()), kind) || strings.Contains(f.Result(), kind) {
				return true
			}
		}
	}
	return false
}
