package filterpattern_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/filterpattern"
)

// So many long texts do not fit the table of the search: it falls back.
func TestSetOfLongTexts(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	letters := func(n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = "ab"[chance.IntN(2)]
		}
		return string(text)
	}
	var texts []string
	var patterns []*filterpattern.Pattern
	for i := range 300 {
		text := letters(1 + i*3)
		if i%7 == 0 && i > 0 {
			text = texts[i-1][len(texts[i-1])/2:] // the end of another
		}
		for c := range 64 { // letters that make the table wide
			if i == c {
				text += strconv.Itoa(c) + string(rune('c'+c%24))
			}
		}
		texts = append(texts, text)
		patterns = append(patterns, compile(t, text))
	}
	set := filterpattern.NewSet(patterns)
	for range 50 {
		var message strings.Builder
		for range 20 {
			text := texts[chance.IntN(len(texts))]
			message.WriteString(text[:chance.IntN(len(text)+1)] + letters(chance.IntN(3)))
		}
		var want []int
		for i, text := range texts {
			if strings.Contains(message.String(), text) {
				want = append(want, i)
			}
		}
		if diff := cmp.Diff(want, set.Match([]byte(message.String()), nil)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestSetOfNothing(t *testing.T) {
	if hits := filterpattern.NewSet(nil).Match([]byte("x"), []int{7}); !cmp.Equal(hits, []int{7}) {
		t.Error(hits)
	}
}
