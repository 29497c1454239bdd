package matcher

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// mostNeeds is how many texts an alternative has at most, of which one is needed.
const mostNeeds = 16

// needed returns texts that stand in whatever matches, as they are written: of each list
// at least one.
func needed(re *syntax.Regexp) [][]string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 && !slices.Contains(re.Rune, utf8.RuneError) { // for which any wrong byte stands
			return [][]string{{string(re.Rune)}}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needed(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needed(re.Sub[0])
		}
	case syntax.OpConcat:
		var all [][]string
		for _, sub := range re.Sub {
			all = append(all, needed(sub)...)
		}
		return all
	case syntax.OpAlternate:
		var texts []string
		for _, sub := range re.Sub {
			best := longest(needed(sub))
			if texts = append(texts, best...); len(best) == 0 || len(texts) > mostNeeds {
				return nil
			}
		}
		return [][]string{texts}
	default: // the others may match without any text in particular
	}
	return nil
}

// longest returns the list whose shortest text is the longest.
func longest(all [][]string) (best []string) {
	most := 0
	for _, one := range all {
		shortest := len(one[0])
		for _, text := range one {
			shortest = min(shortest, len(text))
		}
		if shortest > most {
			best, most = one, shortest
		}
	}
	return best
}
