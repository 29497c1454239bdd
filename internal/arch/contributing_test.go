package arch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// Each item of "How to add" names a file first, and then in quotes what stands
// in it. What begins with "make " is a command.
func TestContributingTellsTheTruth(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, lists, _ := strings.Cut(string(text), "\n## How to add\n")
	lists, _, _ = strings.Cut(lists, "\n## ")
	items := 0
	for list := range strings.SplitSeq(lists, "\n### ") {
		name, rest, _ := strings.Cut(list, "\n")
		for _, item := range strings.Split("\n"+strings.TrimSpace(rest), "\n- ")[1:] {
			items++
			quotes := quoted.FindAllStringSubmatch(strings.ReplaceAll(item, "\n  ", " "), -1)
			file, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(quotes[0][1])))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, q := range quotes[1:] {
				if !strings.HasPrefix(q[1], "make ") && !strings.Contains(string(file), q[1]) {
					t.Errorf("%s: %s does not have %q", name, quotes[0][1], q[1])
				}
			}
		}
	}
	if items < 15 {
		t.Errorf("%d files are named in How to add: were its lists found?", items)
	}
}
