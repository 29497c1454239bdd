package projection

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// pattern is a date format in the language of Java's DateTimeFormatter: as much
// of it as locations are made of.
type pattern struct {
	parts  []part
	finest string // the finest unit that it has
}

// part is a run of one letter, or literal text.
type part struct {
	letter  byte // 0 for a literal
	count   int
	literal string
}

// fineness orders the letters from coarse to fine.
const fineness = "yuMLdDHhmsSn"

func parsePattern(text string) (*pattern, error) {
	p := &pattern{}
	finest := -1
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			literal, next, err := quotedLiteral(text, i)
			if err != nil {
				return nil, err
			}
			p.literal(literal)
			i = next
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := i
			for n < len(text) && text[n] == c {
				n++
			}
			at := strings.IndexByte(fineness, c)
			if at < 0 && c != 'a' && c != 'E' {
				return nil, fmt.Errorf("the letter %q is not supported", c)
			}
			finest = max(finest, at)
			p.parts = append(p.parts, part{letter: c, count: n - i})
			i = n
		case strings.IndexByte("[]{}#", c) >= 0:
			return nil, fmt.Errorf("the character %q is not supported", c)
		default:
			p.literal(string(c))
			i++
		}
	}
	if finest < 0 {
		return nil, fmt.Errorf("it has no part of a date")
	}
	p.finest = map[byte]string{
		'y': "YEARS", 'u': "YEARS", 'M': "MONTHS", 'L': "MONTHS", 'd': "DAYS", 'D': "DAYS", 'H': "HOURS", 'h': "HOURS",
		'm': "MINUTES", 's': "SECONDS", 'S': "MILLIS", 'n': "MILLIS",
	}[fineness[finest]]
	return p, nil
}

// quotedLiteral reads text in quotes at i. Two quotes stand for one.
func quotedLiteral(text string, i int) (literal string, next int, err error) {
	if strings.HasPrefix(text[i:], "''") {
		return "'", i + 2, nil
	}
	var b strings.Builder
	for i++; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("a quote without its end")
}

func (p *pattern) literal(text string) {
	if n := len(p.parts); n > 0 && p.parts[n-1].letter == 0 {
		p.parts[n-1].literal += text
		return
	}
	p.parts = append(p.parts, part{literal: text})
}

func (p *pattern) write(t time.Time) string {
	var b strings.Builder
	for _, x := range p.parts {
		switch x.letter {
		case 0:
			b.WriteString(x.literal)
		case 'y', 'u':
			if x.count == 2 {
				fmt.Fprintf(&b, "%02d", t.Year()%100)
			} else {
				fmt.Fprintf(&b, "%0*d", x.count, t.Year())
			}
		case 'M', 'L':
			switch {
			case x.count == 3:
				b.WriteString(t.Month().String()[:3])
			case x.count > 3:
				b.WriteString(t.Month().String())
			default:
				fmt.Fprintf(&b, "%0*d", x.count, int(t.Month()))
			}
		case 'E':
			if x.count > 3 {
				b.WriteString(t.Weekday().String())
			} else {
				b.WriteString(t.Weekday().String()[:3])
			}
		case 'a':
			b.WriteString(t.Format("PM"))
		case 'S':
			b.WriteString(fmt.Sprintf("%09d", t.Nanosecond())[:min(x.count, 9)])
		default:
			fmt.Fprintf(&b, "%0*d", x.count, x.number(t))
		}
	}
	return b.String()
}

func (x part) number(t time.Time) int {
	switch x.letter {
	case 'd':
		return t.Day()
	case 'D':
		return t.YearDay()
	case 'H':
		return t.Hour()
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'm':
		return t.Minute()
	case 's':
		return t.Second()
	}
	return t.Nanosecond()
}

// truncate drops what the pattern cannot say.
func (p *pattern) truncate(t time.Time) time.Time {
	if parsed, ok := p.parse(p.write(t)); ok {
		return parsed
	}
	return t
}

// parse reads text that write could have written. What the pattern does not
// say is the first of its kind: January, the first, midnight.
func (p *pattern) parse(text string) (time.Time, bool) {
	f := map[byte]int{'y': 1970, 'M': 1, 'd': 1}
	for i, x := range p.parts {
		var ok bool
		if text, ok = x.read(text, f, p.adjacent(i)); !ok {
			return time.Time{}, false
		}
	}
	if text != "" {
		return time.Time{}, false
	}
	hour := f['H']
	if h, ok := f['h']; ok {
		hour = h%12 + f['a']*12
	}
	if day, ok := f['D']; ok {
		f['M'], f['d'] = 1, day
	}
	t := time.Date(f['y'], time.Month(f['M']), f['d'], hour, f['m'], f['s'], f['S'], time.UTC)
	if _, ok := f['D']; !ok && (t.Day() != f['d'] || int(t.Month()) != f['M']) || hour > 23 || f['m'] > 59 || f['s'] > 59 {
		return time.Time{}, false
	}
	return t, true
}

// adjacent says whether a number follows the i-th part without a literal
// between, so that its digits are counted.
func (p *pattern) adjacent(i int) bool {
	return i+1 < len(p.parts) && p.parts[i+1].letter != 0
}

// read takes the part off text and puts what it says into f.
func (x part) read(text string, f map[byte]int, adjacent bool) (rest string, ok bool) {
	switch {
	case x.letter == 0:
		return strings.CutPrefix(text, x.literal)
	case (x.letter == 'M' || x.letter == 'L') && x.count >= 3:
		for m := time.January; m <= time.December; m++ {
			name := m.String()
			if x.count == 3 {
				name = name[:3]
			}
			if rest, ok := strings.CutPrefix(text, name); ok {
				f['M'] = int(m)
				return rest, true
			}
		}
		return "", false
	case x.letter == 'E':
		return strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyzFMSTW"), true
	case x.letter == 'a':
		if rest, ok := strings.CutPrefix(text, "PM"); ok {
			f['a'] = 1
			return rest, true
		}
		return strings.CutPrefix(text, "AM")
	}
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' && n < 9 && (!adjacent && x.count != 2 && x.letter != 'S' || n < x.count) {
		n++
	}
	if n == 0 || n < x.count && x.count > 1 {
		return "", false
	}
	v, err := strconv.Atoi(text[:n])
	if err != nil {
		return "", false
	}
	letter := map[byte]byte{'u': 'y', 'L': 'M', 'n': 'S'}[x.letter]
	switch {
	case letter == 0 && x.letter == 'S':
		for range 9 - n {
			v *= 10
		}
		letter = 'S'
	case letter == 0:
		letter = x.letter
	}
	if letter == 'y' && x.count == 2 {
		v += 2000
	}
	f[letter] = v
	return text[n:], true
}
