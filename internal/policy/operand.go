package policy

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"strings"
)

// operand is one value that a condition compares a key with, compiled for its
// operator.
type operand struct {
	pattern glob
	arn     resourcePattern
	number  number
	date    instant
	network netip.Prefix
	bytes   []byte
	truth   bool
}

// newOperand compiles a value. It is not ok for what the operator cannot compare
// with.
func newOperand(text string, o *operator, variables bool) (v operand, ok bool) {
	switch o.family {
	case ofString:
		v.pattern, ok = newGlob(text, false, variables), true
	case ofLike:
		v.pattern, ok = newGlob(text, true, variables), true
	case ofFolded:
		v.pattern, ok = newGlob(text, false, variables), true
	case ofARN:
		v.arn, ok = newResourcePattern(text, variables), true
	case ofNumber:
		v.number, ok = parseNumber(text)
	case ofDate:
		v.date, ok = parseDate(text)
	case ofAddress:
		v.network, ok = parseNetwork(text)
	case ofBinary:
		bytes, err := base64.StdEncoding.DecodeString(text)
		v.bytes, ok = bytes, err == nil
	case ofBool:
		v.pattern = newGlob(strings.ToLower(text), false, variables)
		ok = v.pattern.form == general || v.pattern.text == "true" || v.pattern.text == "false"
	case ofNull:
		v.truth = strings.EqualFold(text, "true")
		ok = v.truth || strings.EqualFold(text, "false")
	}
	return v, ok
}

// matches reports whether a value of the request is what the operand asks for.
// What the operator cannot read is not.
func (v *operand) matches(value string, o *operator, e *evaluation) bool {
	switch o.family {
	case ofString, ofLike:
		return v.pattern.matches(value, e)
	case ofFolded:
		return v.pattern.equalFold(value, e)
	case ofBool:
		return v.pattern.equalFold(value, e)
	case ofARN:
		return v.arn.matchesARN(value, e)
	case ofNumber:
		n, ok := parseNumber(value)
		return ok && o.compare.holds(n.compare(v.number))
	case ofDate:
		d, ok := parseDate(value)
		return ok && o.compare.holds(d.compare(v.date))
	case ofAddress:
		return v.network.Contains(e.addressOf(value))
	case ofBinary:
		return bytes.Equal(v.bytes, []byte(value)) || base64.StdEncoding.EncodeToString(v.bytes) == value
	default:
		return false
	}
}

// addressOf reads an address, once for all statements that ask for it. What is
// none is the zero address, which is in no network.
func (e *evaluation) addressOf(text string) netip.Addr {
	if e.address.text != text {
		address, err := netip.ParseAddr(text)
		if err != nil {
			address = netip.Addr{}
		}
		e.address.text, e.address.is = text, address.Unmap().WithZone("")
	}
	return e.address.is
}

// equalFold reports whether the pattern, which has no wildcards, is value without
// regard to case.
func (g *glob) equalFold(value string, e *evaluation) bool {
	if g.form == exact {
		return strings.EqualFold(g.text, value)
	}
	var text strings.Builder
	for i := range g.parts {
		p := &g.parts[i]
		filled, ok := p.text, true
		if p.variable.key != "" {
			filled, ok = e.fill(&p.variable)
		}
		if !ok {
			return false
		}
		text.WriteString(filled)
	}
	return strings.EqualFold(text.String(), value)
}

// matchesARN reports whether value is one of the ARNs that r stands for.
func (r *resourcePattern) matchesARN(value string, e *evaluation) bool {
	if r.any {
		return true
	}
	t := newTarget(value)
	if !t.arn {
		return false
	}
	for i := range r.segments {
		if !r.segments[i].matches(t.segments[i], e) {
			return false
		}
	}
	return true
}

// parseNetwork reads an address or a range of addresses in CIDR's form.
func parseNetwork(text string) (netip.Prefix, bool) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		if err != nil || p.Addr().Is4In6() {
			return netip.Prefix{}, false
		}
		return p.Masked(), true
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, false
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), true
}
