package json

// Token is a scalar of JSON.
type Token struct {
	Kind Kind
	Text string // of a string, unescaped; of a number, as written; of a boolean
}

// Kind is a kind of value.
type Kind int

// The kinds of scalars.
const (
	Null Kind = iota
	Bool
	Integer
	Float
	Text
)

// Scalar reads a value that is no array and no object, where none comes next.
func (j *Scanner) Scalar() (Token, error) {
	switch c := j.Peek(); {
	case c == '"':
		raw, _, err := j.Quoted()
		return Token{Text, Unescape(raw)}, err
	case c == '-' || c >= '0' && c <= '9':
		text, float, err := j.Number()
		kind := Integer
		if float {
			kind = Float
		}
		return Token{kind, text}, err
	default:
		word, err := j.Word()
		if word == "null" {
			return Token{}, err
		}
		return Token{Bool, word}, err
	}
}

// TakeNull reads null, if it comes next.
func (j *Scanner) TakeNull() (bool, error) {
	if j.Peek() != 'n' {
		return false, nil
	}
	_, err := j.Word()
	return true, err
}

// Shown returns the text of the token that comes next.
func (j *Scanner) Shown() string {
	switch c := j.Peek(); c {
	case '{', '[', ']', '}':
		return string(rune(c))
	}
	copied := *j
	if text, ok := copied.ScalarText(); ok {
		return text
	}
	return ""
}

// ScalarText reads a value that is no array, no object and not null, and returns it
// as it is written, a string without its quotes.
func (j *Scanner) ScalarText() (string, bool) {
	switch c := j.Peek(); {
	case c == '{' || c == '[' || c == 'n':
		return "", false
	case c == '"':
		raw, _, err := j.Quoted()
		return Unescape(raw), err == nil
	case c == '-' || c >= '0' && c <= '9':
		text, _, err := j.Number()
		return text, err == nil
	default:
		word, err := j.Word()
		return word, err == nil
	}
}

// adjoined reports whether something other than white space comes at once.
func (j *Scanner) adjoined() bool {
	at := j.at
	j.space()
	return j.at == at && at < len(j.s)
}
