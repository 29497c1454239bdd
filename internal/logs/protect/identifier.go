package protect

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// identifier is a kind of data that can be found.
type identifier struct {
	name string
	form *regexp.Regexp
	// search finds it where an expression does not do; nil otherwise.
	search func(message []byte) []Span
	// near is the keywords one of which must stand near the data; nil for none.
	near *regexp.Regexp
	// check says of what has the form whether it is one; nil for all.
	check func(text string) bool
	// need is a text, and digits a number of digits, that each message with such data
	// has: a quick look before the form is looked for.
	need     string
	digits   int
	anywhere bool // also in the middle of a word
}

// proximity is how many characters a keyword is away from the data at most.
const proximity = 30

// text is a message that is looked through.
type text struct {
	message []byte
	digits  int
	// at is where each byte, and the end, is in the message that was given; nil where it
	// is that.
	at []int32
}

func newText(message []byte) *text {
	t := &text{message: message}
	for _, c := range message {
		if c >= '0' && c <= '9' {
			t.digits++
		}
	}
	return t
}

// found returns where a message has data of each identifier, as it is written and as who
// reads it as JSON sees it. They are in no order where it has several texts.
func found(message []byte, all []*identifier) [][]Span {
	spans := make([][]Span, len(all))
	t, more := newText(message), true
	for n := 0; more && n <= mostEscaped; n++ {
		for i, one := range all {
			for _, s := range one.find(t) {
				if t.at != nil {
					s = Span{int(t.place(s.Start)), int(t.place(s.End))}
				}
				if s.Start < s.End {
					spans[i] = append(spans[i], s)
				}
			}
		}
		t, more = t.unescaped()
	}
	return spans
}

func (i *identifier) find(t *text) (spans []Span) {
	m := t.message
	if t.digits < i.digits || i.need != "" && !bytes.Contains(m, []byte(i.need)) {
		return nil
	}
	for _, at := range i.candidates(m) {
		start, end := at.Start, at.End
		if start == end || !i.anywhere && (start > 0 && wordy(m[start-1]) || end < len(m) && wordy(m[end])) {
			continue
		}
		if i.check != nil && !i.check(string(m[start:end])) {
			continue
		}
		if i.near != nil && !i.isNear(m, start, end) {
			continue
		}
		spans = append(spans, Span{start, end})
	}
	return spans
}

// candidates returns what has the form.
func (i *identifier) candidates(m []byte) (spans []Span) {
	if i.search != nil {
		return i.search(m)
	}
	for _, at := range i.form.FindAllIndex(m, -1) {
		spans = append(spans, Span{at[0], at[1]})
	}
	return spans
}

// mostKeyword is how long a keyword is at most.
const mostKeyword = 44

// isNear says whether a keyword ends close before a part of a message, or begins close
// behind it.
func (i *identifier) isNear(m []byte, start, end int) bool {
	before := m[max(0, start-proximity-mostKeyword):start]
	for _, at := range i.near.FindAllIndex(before, -1) {
		if len(before)-at[1] <= proximity {
			return true
		}
	}
	at := i.near.FindIndex(m[end:min(len(m), end+proximity+mostKeyword)])
	return at != nil && at[0] <= proximity
}

func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// keywords compiles keywords: a blank in one also stands for nothing, a hyphen and an
// underscore.
func keywords(all ...string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?i)(?:^|[^a-z])(?:`)
	for i, k := range all {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(k), " ", "[ _-]?"))
	}
	b.WriteString(`)(?:[^a-z]|$)`)
	return regexp.MustCompile(b.String())
}

// managed returns AWS's identifiers that are found here, by name.
var managed = sync.OnceValue(func() map[string]*identifier {
	known := map[string]*identifier{}
	for _, all := range [][]identifier{universal(), american(), european()} {
		for _, one := range all {
			known[one.name] = &one
		}
	}
	return known
})

// unknownForms are identifiers of AWS's that are refused, besides all driver's licences:
// they have no form, or none that is known well enough.
func unknownForms() map[string]bool {
	return map[string]bool{"Address": true, "Name": true, "ElectoralRollNumber-GB": true, "PermanentResidenceNumber-CA": true, "RgNumber-BR": true}
}

const secretLength = 40 // of a secret key of AWS's

// universal is what is the same everywhere.
func universal() []identifier {
	secrets := func(m []byte) []Span {
		return slices.DeleteFunc(runs(m, secretLength, func(c byte) bool { return wordy(c) && c < 0x80 || c == '/' || c == '+' }), func(s Span) bool { return s.End-s.Start != secretLength })
	}
	key := func(kind string) *regexp.Regexp {
		return regexp.MustCompile(`-----BEGIN ` + kind + `-----(?s:.*?)(?:-----END ` + kind + `-----|$)`)
	}
	return []identifier{
		{name: "EmailAddress", need: "@", anywhere: true, search: mails(regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}`))},
		{name: "IpAddress", digits: 1, search: addresses, anywhere: true, check: isAddress},
		{name: "CreditCardNumber", digits: 13, search: cards, anywhere: true},
		{name: "CreditCardSecurityCode", digits: 3, form: regexp.MustCompile(`[0-9]{3,4}`), near: keywords("card id", "card identification code", "card identification number", "card security code", "card validation code", "card validation number", "card verification data", "card verification value", "cvc", "cvc2", "cvv", "cvv2", "elo verification code")},
		{name: "CreditCardExpiration", digits: 3, form: regexp.MustCompile(`(?:0?[1-9]|1[0-2])[/-](?:20)?[0-9]{2}`), near: keywords("exp", "exp d", "exp m", "exp y", "exp date", "expiration", "expiration date", "expiry", "expiry date")},
		{name: "AwsSecretKey", search: secrets, near: keywords("aws secret access key", "credentials", "secret access key", "secret key", "set awscredential"), check: isSecretKey},
		{name: "LatLong", digits: 2, form: regexp.MustCompile(`[+-]?(?:90(?:\.0+)?|[1-8]?[0-9]\.[0-9]{1,12})°?[NS]?[,; ]{1,2}[+-]?(?:180(?:\.0+)?|(?:1[0-7][0-9]|[1-9]?[0-9])\.[0-9]{1,12})°?[EW]?`), near: keywords("coordinate", "coordinates", "lat long", "latitude longitude", "location", "position")},
		{name: "OpenSshPrivateKey", need: "-----BEGIN OPENSSH", anywhere: true, form: key(`OPENSSH PRIVATE KEY`)},
		{name: "PgpPrivateKey", need: "-----BEGIN PGP", anywhere: true, form: key(`PGP PRIVATE KEY BLOCK`)},
		{name: "PkcsPrivateKey", need: "-----BEGIN", anywhere: true, form: key(`(?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY`)},
		{name: "PuttyPrivateKey", need: "PuTTY-User-Key-File-", anywhere: true, form: regexp.MustCompile(`PuTTY-User-Key-File-[0-9]: (?s:.*?)(?:Private-MAC: [0-9A-Fa-f]+|$)`)},
		{name: "VehicleIdentificationNumber", form: regexp.MustCompile(`[A-HJ-NPR-Z0-9]{17}`), check: isVIN, digits: 5},
	}
}
