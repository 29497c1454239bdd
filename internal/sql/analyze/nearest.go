package analyze

// maxLikely is among how many names one that was perhaps meant is looked for.
const maxLikely = 1000

// nearest returns the known name that differs from name by the fewest slips of the
// pen, or nothing where none is near.
func nearest(name string, known []string) string {
	best, least := "", max(1, len(name)/3)+1
	for _, k := range known {
		if d := slips(name, k, least); d < least && k != name && d < len(name) {
			best, least = k, d
		}
	}
	return best
}

// slips counts the letters that are wrong, missing, too many or swapped with the next.
// It stops at limit.
func slips(x, y string, limit int) int {
	a, b := []rune(x), []rune(y)
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
