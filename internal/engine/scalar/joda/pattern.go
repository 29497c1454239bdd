package joda

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// jodaToken is a run of one letter, or literal text.
type jodaToken struct {
	letter byte // 0 for text
	count  int
	text   string
}

// jodaTokens takes a pattern of format_datetime apart. Letters stand for fields;
// what is between apostrophes and what is no letter stands for itself.
func jodaTokens(pattern string) []jodaToken {
	var tokens []jodaToken
	for i := 0; i < len(pattern); {
		if c := pattern[i]; isLetter(c) {
			start := i
			for i < len(pattern) && pattern[i] == c {
				i++
			}
			tokens = append(tokens, jodaToken{letter: c, count: i - start})
			continue
		}
		var text strings.Builder
		quoted := false
		for ; i < len(pattern); i++ {
			c := pattern[i]
			if c == '\'' && i+1 < len(pattern) && pattern[i+1] == '\'' {
				text.WriteByte('\'')
				i++
				continue
			}
			if c == '\'' {
				quoted = !quoted
				continue
			}
			if !quoted && isLetter(c) {
				break
			}
			text.WriteByte(c)
		}
		tokens = append(tokens, jodaToken{text: text.String()})
	}
	return tokens
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isNumeric reports whether a token is read as digits, so that the number before
// it must not take them.
func (t jodaToken) isNumeric() bool {
	switch t.letter {
	case 'c', 'C', 'x', 'y', 'Y', 'd', 'h', 'H', 'm', 's', 'S', 'e', 'D', 'F', 'w', 'W', 'k', 'K':
		return true
	case 'M':
		return t.count <= 2
	default:
		return false
	}
}

// Compile compiles a pattern of format_datetime and parse_datetime.
func Compile(pattern string) (Format, error) {
	if pattern == "" {
		return nil, sqlerr.Argument("Invalid pattern specification")
	}
	var f Format
	tokens := jodaTokens(pattern)
	for i, t := range tokens {
		if t.letter == 0 {
			f = append(f, literal(t.text))
			continue
		}
		tight := i+1 < len(tokens) && tokens[i+1].isNumeric()
		p, err := t.part(tight)
		if err != nil {
			return nil, err
		}
		f = append(f, p)
	}
	return f, nil
}

// part returns what the letter stands for. tight means that digits follow.
func (t jodaToken) part(tight bool) (part, error) {
	number := func(f calendarField, most int) part { return digits{field: f, min: t.count, max: most} }
	switch t.letter {
	case 'y':
		return t.year(fieldYear, true, tight), nil
	case 'Y':
		return t.year(fieldYearOfEra, false, tight), nil
	case 'x':
		return t.year(fieldWeekyear, true, tight), nil
	case 'M':
		if t.count >= 3 {
			return name{field: fieldMonth, short: t.count == 3}, nil
		}
		return number(fieldMonth, 2), nil
	case 'd':
		return number(fieldDay, 2), nil
	case 'D':
		return number(fieldDayOfYear, 3), nil
	case 'w':
		return number(fieldWeek, 2), nil
	case 'e':
		return number(fieldWeekday, 1), nil
	case 'E':
		return name{field: fieldWeekday, short: t.count < 4}, nil
	case 'a':
		return name{field: fieldHalfday}, nil
	case 'h':
		return number(fieldHalfClockhour, 2), nil
	case 'H':
		return number(fieldHour, 2), nil
	case 'k':
		return number(fieldClockhour, 2), nil
	case 'K':
		return number(fieldHalfHour, 2), nil
	case 'm':
		return number(fieldMinute, 2), nil
	case 's':
		return number(fieldSecond, 2), nil
	case 'S':
		return fraction{min: t.count, max: t.count}, nil
	case 'z':
		return zoneAbbreviation{long: t.count >= 4}, nil
	case 'Z':
		if t.count >= 3 {
			return zoneName{}, nil
		}
		return offsetPart{colon: t.count == 2}, nil
	case 'G', 'C':
		return nil, sqlerr.Refused("an era or a century in a date format")
	default:
		return nil, sqlerr.Argument("Illegal pattern component: %s", strings.Repeat(string(t.letter), t.count))
	}
}

const maxYearDigits = 9

func (t jodaToken) year(f calendarField, signed, tight bool) part {
	if t.count == 2 {
		return twoDigitYear{field: f, pivot: thisYear, lenient: !tight}
	}
	most := maxYearDigits
	if tight {
		most = t.count
	}
	return digits{field: f, min: t.count, max: most, signed: signed}
}

// NamesZone reports whether a pattern has a z or Z outside apostrophes.
func NamesZone(pattern string) bool {
	for _, t := range jodaTokens(pattern) {
		if t.letter == 'z' || t.letter == 'Z' {
			return true
		}
	}
	return false
}
