package resource

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
)

// Paging is which page of a listing a client asks for.
type Paging struct {
	In        any     // points to the operation's input
	Token     *string // the member of In that continues after an earlier page
	Size      *int32  // the member of In that says how many at most; absent and 0 mean Most
	Most      int     // how many a page has at most
	TokenCode TokenCode
	TokenText string // what the error says of a token that continues no such listing; empty for what it is
}

// TokenCode is the code of a service's error for a token that continues no such
// listing.
type TokenCode string

// Page is the page that the members of an input ask for: the input, which in
// points to, its token, its size, and the size that it has at most.
func (c TokenCode) Page(in any, token *string, size *int32, most int) Paging {
	return Paging{In: in, Token: token, Size: size, Most: most, TokenCode: c}
}

// Page returns one page of a listing: of the entries that lie after the last
// page those that pick keeps, as pick returns them, and a token of the next page
// when there are more. Nothing is read beyond the entry that tells that there
// are more.
//
// A token is bound to account, region, operation and all members of the input
// but Token and Size: with any other it is refused, as is one that was made up.
func Page[T, U any](ctx context.Context, p Paging, from Listing[T], pick func(T) (U, bool, error)) ([]U, *string, error) {
	listing, err := digest(cloud.CallOf(ctx).Scope(), p.In, p.Token, p.Size)
	if err != nil {
		return nil, nil, err
	}
	last, err := p.after(listing)
	if err != nil {
		return nil, nil, err
	}
	most := p.Most
	if size := int(Value(p.Size)); size > 0 {
		most = min(most, size)
	}
	page := []U{}
	for entry, err := range from(last) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, nil, err
		}
		picked, keep, err := pick(entry.Value)
		if err != nil {
			return nil, nil, err
		}
		if !keep {
			continue
		}
		if len(page) == most {
			return page, new(token(listing, last)), nil
		}
		page, last = append(page, picked), entry.Name
	}
	return page, nil, nil
}

// Whole is a pick of Page that keeps every entry as it is.
func Whole[T any](value T) (T, bool, error) { return value, true, nil }

// sumSize is how many bytes of a token bind it to its listing and to the rest
// of itself.
const sumSize = 8

func token(listing []byte, name string) string {
	sum := sha256.Sum256(slices.Concat(listing, []byte(name)))
	return base64.RawURLEncoding.EncodeToString(slices.Concat(sum[:sumSize], []byte(name)))
}

// after returns the name that the token continues after, "" without a token.
func (p Paging) after(listing []byte) (string, error) {
	given := Value(p.Token)
	if given == "" {
		return "", nil
	}
	data, err := base64.RawURLEncoding.DecodeString(given)
	if err == nil && len(data) > sumSize && token(listing, string(data[sumSize:])) == given {
		return string(data[sumSize:]), nil
	}
	if p.TokenText != "" {
		return "", cloud.Errorf(cloud.Invalid, string(p.TokenCode), "%s", p.TokenText)
	}
	return "", cloud.Errorf(cloud.Invalid, string(p.TokenCode), "NextToken continues no listing of these parameters: %q", given)
}
