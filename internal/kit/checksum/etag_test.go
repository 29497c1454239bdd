package checksum_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/checksum"
)

// What S3 answered, for content in one piece and in parts of "a"s, "b"s and "c"s.
func TestETag(t *testing.T) {
	const mb = 1 << 20
	abc := strings.Repeat("a", 5*mb) + strings.Repeat("b", 5*mb) + strings.Repeat("c", 100)
	for _, tt := range []struct {
		name    string
		content string
		sizes   []int64
		want    string
	}{
		{name: "nothing", want: "d41d8cd98f00b204e9800998ecf8427e"},
		{name: "whole", content: "a.txt", want: "a5e54d1fd7bb69a228ef0dcd2431367e"},
		{name: "three parts", content: abc, sizes: []int64{5 * mb, 5 * mb, 100}, want: "6f0cf9180d32ed442a7993004f71d499-3"},
		{name: "two parts", content: abc, sizes: []int64{5 * mb, 5*mb + 100}, want: "3210daf47c2dfe9a6a7c717dfa517006-2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, step := range []int{1 << 10, 1<<20 + 7, len(tt.content) + 1} {
				e := checksum.NewETag(tt.sizes)
				for rest := tt.content; rest != ""; rest = rest[min(step, len(rest)):] {
					_, _ = e.Write([]byte(rest[:min(step, len(rest))]))
				}
				if diff := cmp.Diff(tt.want, e.String()); diff != "" {
					t.Errorf("in pieces of %d bytes (-want +got):\n%s", step, diff)
				}
			}
		})
	}
}
