package athena

import (
	"iter"
	"strings"

	"github.com/sillok/sillok/internal/resource"
)

// pageOf is one page of a listing of Glue's and the token that asked for it.
type pageOf[T any] struct {
	token *string
	items []T
}

// pages yields the pages of a listing from a token on. get asks for one.
func pages[T any](token *string, get func(token *string) (items []T, next *string, err error)) iter.Seq2[pageOf[T], error] {
	return func(yield func(pageOf[T], error) bool) {
		for {
			items, next, err := get(token)
			if !yield(pageOf[T]{token, items}, err) || err != nil || resource.Value(next) == "" {
				return
			}
			token = next
		}
	}
}

// separator stands in the name of a listing's entry between the item's own name
// and the token of the page that it is on.
const separator = "\x00"

// listing turns a listing of Glue's, which is in the order of names, into one
// of Athena's. It begins anywhere: the name of an entry tells the page that the
// entry is on.
func listing[T any](get func(token *string) (items []T, next *string, err error), name func(T) string) resource.Listing[T] {
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		last, at, _ := strings.Cut(after, separator)
		return func(yield func(resource.Entry[T], error) bool) {
			for page, err := range pages(optional(at), get) {
				if err != nil {
					yield(resource.Entry[T]{}, err)
					return
				}
				for _, item := range page.items {
					own := name(item)
					if own > last && !yield(resource.Entry[T]{Name: own + separator + resource.Value(page.token), Value: item}, nil) {
						return
					}
				}
			}
		}
	}
}

// withOne yields entries and, in its place among them, one more, unless there is
// one of its name.
func withOne[T any](from resource.Listing[T], name string, value T) resource.Listing[T] {
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		last, at, _ := strings.Cut(after, separator)
		return func(yield func(resource.Entry[T], error) bool) {
			missing := last < name
			for entry, err := range from(after) {
				own, page, _ := strings.Cut(entry.Name, separator)
				at = page
				if missing && err == nil && own >= name {
					missing = false
					if own > name && !yield(resource.Entry[T]{Name: name + separator + at, Value: value}, nil) {
						return
					}
				}
				if !yield(entry, err) || err != nil {
					return
				}
			}
			if missing {
				yield(resource.Entry[T]{Name: name + separator + at, Value: value}, nil)
			}
		}
	}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
