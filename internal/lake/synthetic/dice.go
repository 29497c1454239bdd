package synthetic

import "encoding/hex"

// dice is a small generator of numbers that look random (splitmix64). They keep
// no secret.
type dice struct{ state uint64 }

// throw returns dice for the part of a work that n numbers.
func throw(seed uint64, n int) *dice {
	first := (&dice{state: seed}).next()
	return &dice{state: first + uint64(n)*0xd1342543de82ef95} //nolint:gosec // n is an index
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int {
	return int(d.next() >> 1 % uint64(n)) //nolint:gosec // both fit
}

// few returns a number from 0 to n-1, small ones far more often than large ones,
// as users and addresses in logs do.
func (d *dice) few(n int) int { return min(d.below(n), d.below(n), d.below(n)) }

// chance says yes in percent of a hundred cases.
func (d *dice) chance(percent int) bool { return d.below(100) < percent }

func pick[T any](d *dice, of []T) T { return of[d.few(len(of))] }

// hex returns an even number of hexadecimal digits.
func (d *dice) hex(digits int) string {
	b := make([]byte, 0, digits/2+8)
	for len(b) < digits/2 {
		x := d.next()
		for range 8 {
			b = append(b, byte(x))
			x >>= 8
		}
	}
	return hex.EncodeToString(b[:digits/2])
}

// uuid returns an identifier as AWS gives to requests and events.
func (d *dice) uuid() string {
	h := d.hex(32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// letters returns 16 capital letters and digits.
func (d *dice) letters() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := make([]byte, 16)
	x := d.next()
	for i := range b {
		if x == 0 {
			x = d.next()
		}
		b[i] = alphabet[x%32]
		x >>= 5
	}
	return string(b)
}
