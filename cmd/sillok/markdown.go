package main

import (
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/terminal"
)

var (
	mdHeading = regexp.MustCompile(`^\s{0,3}#{1,6}\s+(.*?)\s*#*$`)
	mdBullet  = regexp.MustCompile(`^(\s*)[-*+]\s+(.*)$`)
	mdRule    = regexp.MustCompile(`^\s*(?:-{3,}|\*{3,}|_{3,})\s*$`)
	mdTable   = regexp.MustCompile(`^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$`)
	mdImage   = regexp.MustCompile(`!\[([^\]]*)\]\([^)]*\)`)
	mdLink    = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]+)[^)]*\)`)
	mdStrong  = regexp.MustCompile(`\*\*([^*]+)\*\*|__([^_]+)__`)
	mdEm      = regexp.MustCompile(`\*([^*\s][^*]*)\*`)
	mdCode    = regexp.MustCompile("`([^`]+)`")
	mdTag     = regexp.MustCompile(`<[/a-zA-Z][^>]*>`)
)

// markdownLines is Markdown as lines of text of a width: headings are bold, signs for emphasis are left away, links
// have their addresses behind them.
func markdownLines(source string, width int, style terminal.Style) (lines []string) {
	fenced := false
	for line := range strings.SplitSeq(terminal.PrintableLines(source), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			lines = append(lines, "  "+line)
			continue
		}
		paint := func(text string) string { return text }
		switch {
		case mdRule.MatchString(line):
			lines = append(lines, strings.Repeat("─", width))
			continue
		case mdTable.MatchString(line) && strings.Contains(line, "|"):
			continue
		case mdHeading.MatchString(line):
			line, paint = mdHeading.FindStringSubmatch(line)[1], style.Bold
		case mdBullet.MatchString(line):
			match := mdBullet.FindStringSubmatch(line)
			line = match[1] + "• " + match[2]
		}
		line = mdImage.ReplaceAllString(line, "$1")
		line = mdLink.ReplaceAllStringFunc(line, func(link string) string {
			match := mdLink.FindStringSubmatch(link)
			if match[1] == "" || match[1] == match[2] {
				return match[2]
			}
			return match[1] + " (" + match[2] + ")"
		})
		line = mdStrong.ReplaceAllString(line, "$1$2")
		line = mdEm.ReplaceAllString(line, "$1")
		line = mdCode.ReplaceAllString(line, "$1")
		line = mdTag.ReplaceAllString(line, "")
		for part := range strings.SplitSeq(terminal.Wrapped(line, max(1, width)), "\n") {
			lines = append(lines, paint(part))
		}
	}
	return lines
}
