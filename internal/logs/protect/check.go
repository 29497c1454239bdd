package protect

import (
	"net/netip"
	"strings"
)

// The check digits of identifiers, by the rules of those who give them.

// only returns the digits of a text.
func only(text string) []int {
	var all []int
	for _, c := range text {
		if c >= '0' && c <= '9' {
			all = append(all, int(c-'0'))
		}
	}
	return all
}

// plain is a text without what is written between its characters.
func plain(text string) string {
	return strings.NewReplacer(" ", "", "-", "", ".", "", "/", "").Replace(text)
}

func luhn(digits []int) bool {
	sum := 0
	for i := range digits {
		d := digits[len(digits)-1-i]
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// same says whether all digits are the same: no number that was given.
func same(digits []int) bool {
	for _, d := range digits {
		if d != digits[0] {
			return false
		}
	}
	return true
}

// weighted is the sum of digits times weights.
func weighted(digits []int, weights ...int) (sum int) {
	for i, w := range weights {
		sum += digits[i] * w
	}
	return sum
}

// mod97 is the number that digits and letters are, letters from A = 10 on, modulo 97.
func mod97(text string) int {
	n := 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			n = (n*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			n = (n*100 + int(c-'A') + 10) % 97
		}
	}
	return n
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// isCard asks for a network's first digits, its length, and Luhn's check digit.
func isCard(text string) bool {
	d := only(text)
	if !luhn(d) || same(d) {
		return false
	}
	n, two, four := len(d), d[0]*10+d[1], d[0]*1000+d[1]*100+d[2]*10+d[3]
	switch {
	case d[0] == 4:
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55 || four >= 2221 && four <= 2720:
		return n == 16
	case two == 34 || two == 37:
		return n == 15
	case two == 36 || two == 38 || two == 39 || four >= 3000 && four <= 3059:
		return n >= 14 && n <= 19
	case four >= 3528 && four <= 3589:
		return n >= 16
	case four == 6011 || two == 64 || two == 65 || two == 62 || two == 60 || two == 81 || two == 82:
		return n >= 16
	case two == 50 || two >= 56 && two <= 58 || two == 67 || two == 63:
		return n >= 13
	}
	return false
}

// isSecretKey asks for letters of both cases and digits: a hash in hex is none.
func isSecretKey(text string) bool {
	return strings.ContainsAny(text, "0123456789") && strings.ToLower(text) != text && strings.ToUpper(text) != text
}

func isVIN(text string) bool {
	values := map[rune]int{
		'A': 1, 'B': 2, 'C': 3, 'D': 4, 'E': 5, 'F': 6, 'G': 7, 'H': 8, 'J': 1, 'K': 2, 'L': 3, 'M': 4, 'N': 5, 'P': 7, 'R': 9, 'S': 2, 'T': 3, 'U': 4, 'V': 5, 'W': 6, 'X': 7, 'Y': 8, 'Z': 9,
	}
	weights := [...]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum, letters := 0, false
	for i, c := range text {
		v, letter := values[c]
		if !letter {
			v = int(c - '0')
		}
		letters = letters || letter
		sum += v * weights[i]
	}
	want := byte('0' + sum%11)
	if sum%11 == 10 {
		want = 'X'
	}
	return text[8] == want && letters
}

func isIBAN(text string) bool {
	t := plain(text)
	return mod97(t[4:]+t[:4]) == 1
}

func isSSN(text string) bool {
	d := only(text)
	area, group, serial := d[0]*100+d[1]*10+d[2], d[3]*10+d[4], weighted(d[5:], 1000, 100, 10, 1)
	return area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
}

func isDEA(text string) bool {
	d := only(text[2:])
	return (d[0]+d[2]+d[4]+2*(d[1]+d[3]+d[5]))%10 == d[6]
}

func isNPI(text string) bool { return luhn(only("80840" + text)) }

func isSIN(text string) bool {
	d := only(text)
	return luhn(d) && d[0] != 0 && d[0] != 8
}

// brazilian is a check digit modulo 11.
func brazilian(digits []int, weights ...int) bool {
	want := 11 - weighted(digits, weights...)%11
	if want >= 10 {
		want = 0
	}
	return digits[len(weights)] == want
}

func isCPF(text string) bool {
	d := only(text)
	return !same(d) && brazilian(d, 10, 9, 8, 7, 6, 5, 4, 3, 2) && brazilian(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
}

func isCNPJ(text string) bool {
	d := only(text)
	return !same(d) && brazilian(d, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) && brazilian(d, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
}

// isPersonalausweis looks at the check digit where there is one.
func isPersonalausweis(text string) bool {
	if len(text) == 9 {
		return strings.ContainsAny(text, "0123456789")
	}
	sum := 0
	for i, c := range text[:9] {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
		}
		sum += v * [...]int{7, 3, 1}[i%3]
	}
	return byte('0'+sum%10) == text[9]
}

// isSteuerID is ISO 7064's modulo 11, 10.
func isSteuerID(text string) bool {
	d := only(text)
	product := 10
	for _, x := range d[:10] {
		sum := (x + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return (11-product)%10 == d[10]
}

const nifLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

func isNIF(text string) bool {
	t := plain(text)
	switch t[0] {
	case 'X', 'Y', 'Z':
		t = string('0'+t[0]-'X') + t[1:]
	case 'K', 'L', 'M':
		t = t[1:]
	}
	n := 0
	for _, d := range only(t) {
		n = n*10 + d
	}
	return nifLetters[n%23] == t[len(t)-1]
}

// isSpanishTaxID is a person's number, or a company's.
func isSpanishTaxID(text string) bool {
	t := plain(text)
	if t[0] >= '0' && t[0] <= '9' || t[0] >= 'X' {
		return isNIF(text)
	}
	sum := 0
	for i, d := range only(t[1:8]) {
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	want := (10 - sum%10) % 10
	return t[8] == byte('0'+want) || t[8] == "JABCDEFGHI"[want]
}

func isNUSS(text string) bool {
	d := only(text)
	n := 0
	for _, x := range d[:10] {
		n = (n*10 + x) % 97
	}
	if d[2] == 0 { // then the number is shorter by that digit
		n = 0
		for i, x := range d[:10] {
			if i != 2 {
				n = (n*10 + x) % 97
			}
		}
	}
	return n == d[10]*10+d[11]
}

func isNIR(text string) bool {
	t := strings.NewReplacer(" ", "", "2A", "19", "2B", "18").Replace(text)
	d := only(t)
	if len(d) != 15 {
		return false
	}
	n := 0
	for _, x := range d[:13] {
		n = (n*10 + x) % 97
	}
	return 97-n == d[13]*10+d[14]
}

func isSPI(text string) bool {
	d := only(text)
	n := 0
	for _, x := range d[:10] {
		n = (n*10 + x) % 511
	}
	return n == weighted(d[10:], 100, 10, 1)
}

func isNINO(text string) bool {
	switch text[:2] {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return false
	}
	return true
}

func isNHS(text string) bool {
	d := only(text)
	check := 11 - weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return check%11 == d[9] && check != 10
}

func isUTR(text string) bool {
	d := only(text)
	check := 11 - weighted(d[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11
	if check > 9 {
		check -= 9
	}
	return check == d[0]
}

func isCodiceFiscale(text string) bool {
	odd := map[byte]int{
		'0': 1, '1': 0, '2': 5, '3': 7, '4': 9, '5': 13, '6': 15, '7': 17, '8': 19, '9': 21, 'A': 1, 'B': 0, 'C': 5, 'D': 7, 'E': 9, 'F': 13, 'G': 15, 'H': 17, 'I': 19, 'J': 21, 'K': 2, 'L': 4, 'M': 18,
		'N': 20, 'O': 11, 'P': 3, 'Q': 6, 'R': 8, 'S': 12, 'T': 14, 'U': 16, 'V': 10, 'W': 22, 'X': 25, 'Y': 24, 'Z': 23,
	}
	sum := 0
	for i := range 15 {
		c := text[i]
		switch {
		case i%2 == 0:
			sum += odd[c]
		case c >= 'A':
			sum += int(c - 'A')
		default:
			sum += int(c - '0')
		}
	}
	return byte('A'+sum%26) == text[15]
}
