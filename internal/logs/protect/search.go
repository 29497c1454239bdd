package protect

import (
	"bytes"
	"regexp"
)

// cards finds numbers of payment cards: digits in one run, or in groups between which
// one blank or hyphen stands. A number may stand beside other groups of digits.
func cards(m []byte) (spans []Span) {
	const least, most = 13, 19
	for i := 0; i < len(m); {
		if !digit(m[i]) || i > 0 && wordy(m[i-1]) {
			i++
			continue
		}
		end := 0 // of a card that begins here
		for at, n := i, 0; at < len(m) && n < most; at++ {
			if !digit(m[at]) {
				if (m[at] == ' ' || m[at] == '-') && at+1 < len(m) && digit(m[at+1]) {
					continue
				}
				break
			}
			n++
			if n >= least && (at+1 == len(m) || !wordy(m[at+1])) && isCard(string(m[i:at+1])) {
				end = at + 1
			}
		}
		if end > 0 {
			spans = append(spans, Span{i, end})
			i = end
			continue
		}
		for i < len(m) && digit(m[i]) {
			i++
		}
	}
	return spans
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// runs finds runs of characters of at least some length.
func runs(m []byte, least int, of func(c byte) bool) (spans []Span) {
	for i := 0; i < len(m); i++ {
		start := i
		for i < len(m) && of(m[i]) {
			i++
		}
		if i-start >= least {
			spans = append(spans, Span{start, i})
		}
	}
	return spans
}

// addresses finds what may be addresses of IP: a port behind one, or the end of a
// sentence, is none of it.
func addresses(m []byte) (spans []Span) {
	for _, s := range runs(m, len("::"), func(c byte) bool {
		return digit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == '.' || c == ':'
	}) {
		if s.Start > 0 && wordy(m[s.Start-1]) || s.End < len(m) && wordy(m[s.End]) {
			continue
		}
		text := m[s.Start:s.End]
		for len(text) > 2 && (text[len(text)-1] == '.' || text[len(text)-1] == ':' && text[len(text)-2] != ':') {
			text = text[:len(text)-1]
		}
		if at := bytes.IndexByte(text, ':'); at > 0 && bytes.IndexByte(text[:at], '.') > 0 {
			text = text[:at]
		}
		spans = append(spans, Span{s.Start, s.Start + len(text)})
	}
	return spans
}

// mails finds what may be addresses of mail, around each @.
func mails(form *regexp.Regexp) func(m []byte) []Span {
	const mostLocal, mostDomain = 64, 255
	return func(m []byte) (spans []Span) {
		for at, c := range m {
			if c != '@' {
				continue
			}
			start, end := at, at+1
			for start > 0 && at-start < mostLocal && local(m[start-1]) {
				start--
			}
			for end < len(m) && end-at < mostDomain && domain(m[end]) {
				end++
			}
			if found := form.FindIndex(m[start:end]); found != nil {
				spans = append(spans, Span{start + found[0], start + found[1]})
			}
		}
		return spans
	}
}

func domain(c byte) bool { return wordy(c) && c < 0x80 || c == '.' || c == '-' }

func local(c byte) bool { return domain(c) || c == '_' || c == '%' || c == '+' }
