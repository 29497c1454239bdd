package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// tokens makes the tokens of one listing. Each says which name its page ends
// with, and is refused by every other listing.
type tokens struct{ listing string }

// tokenOf returns the tokens of the listing that those parameters tell apart.
func tokenOf(parameters ...string) tokens { return tokens{strings.Join(parameters, "\x00")} }

// tokenSum is how many bytes of a token bind it to its listing and to the rest
// of itself.
const tokenSum = 8

// next returns the token of the page after one that ends with a name.
func (t tokens) next(last string) string {
	sum := sha256.Sum256([]byte(t.listing + "\x00" + last))
	return base64.URLEncoding.EncodeToString(append(sum[:tokenSum], last...))
}

// after returns the name that a token was made of.
func (t tokens) after(token string) (string, error) {
	data, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(data) <= tokenSum || t.next(string(data[tokenSum:])) != token {
		return "", errIncorrectToken()
	}
	return string(data[tokenSum:]), nil
}
