package javadouble_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/javadouble"
)

func TestText(t *testing.T) {
	got := map[string]string{}
	want := map[string]string{}
	for text, v := range map[string]float64{
		"0.0": 0, "-0.0": math.Copysign(0, -1), "21.0": 21, "21.5": 21.5, "-3.25": -3.25, "0.001": 0.001, "9.99E-4": 0.000999,
		"9999999.0": 9999999, "1.0E7": 1e7, "1.0E10": 1e10, "-1.25E-7": -1.25e-7, "1.0E100": 1e100, "2.3485425827738332E108": math.Pow(2, 360),
		"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "5.535714886726143": 5.535714886726143,
	} {
		want[text], got[text] = text, javadouble.Text(v)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNumberIsJSON(t *testing.T) {
	got, err := json.Marshal([]javadouble.Number{1, 1e10, 0.5, javadouble.Number(math.NaN())})
	if err != nil {
		t.Fatal(err)
	}
	if want := `[1.0,1.0E10,0.5,"NaN"]`; string(got) != want {
		t.Errorf("want %s, got %s", want, got)
	}
}
