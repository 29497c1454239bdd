package eventpattern

import "net/netip"

// text is a string that has to be equal.
type text struct {
	text    string
	address netip.Addr // that it names, by which it is compared then
}

func exactText(s string) value { return text{s, addressOf(s)} }

func (t text) matches(l *leaf) bool {
	if l.kind != stringValue {
		return false
	}
	return l.text == t.text || t.address.IsValid() && t.address == addressOf(l.text)
}

// exactNumber is a number that has to be equal, or to be spelled in the same way where it
// is none that can be compared.
func (c *compiler) exactNumber(n number) value {
	if c.dialect.Plain && n.comparable {
		return span{low: n, high: n, hasLow: true, hasHigh: true, lowCounts: true, highCounts: true, coarse: true}
	}
	return n
}

func (n number) matches(l *leaf) bool {
	if l.kind != numberValue {
		return false
	}
	return l.text == n.spelled || n.comparable && l.number.comparable && n.value == l.number.value
}

// exactWord is true, false or null.
type exactWord kind

func (w exactWord) matches(l *leaf) bool { return l.kind == kind(w) }

// exactly is the longer way to write a string.
func (c *compiler) exactly() (value, error) {
	s, err := c.textOr("exact match pattern must be a string")
	if err != nil {
		return nil, err
	}
	return exactText(s), c.only()
}
