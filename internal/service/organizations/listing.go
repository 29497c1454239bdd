package organizations

import (
	"iter"
	"strings"

	"github.com/sillok/sillok/internal/resource"
)

// mostListed is how many a page of a listing has at most, and where nobody says.
const mostListed = 20

// page is which page of a listing a client asks for.
func page(in any, token *string, size *int32) resource.Paging {
	return pageOf(in, token, size, mostListed)
}

// pageOf is page for listings whose pages are longer where nobody says.
func pageOf(in any, token *string, size *int32, most int) resource.Paging {
	p := resource.TokenCode("InvalidInputException").Page(in, token, size, most)
	p.TokenText = "You specified an invalid value."
	return p
}

// listed is a list as a listing, which its entries' names are the order of.
func listed[T any](list []resource.Entry[T]) resource.Listing[T] {
	return func(after string) iter.Seq2[resource.Entry[T], error] {
		return func(yield func(resource.Entry[T], error) bool) {
			for _, entry := range list {
				if entry.Name > after && !yield(entry, nil) {
					return
				}
			}
		}
	}
}

// one is a listing of one thing.
func one[T any](value T) resource.Listing[T] {
	return listed([]resource.Entry[T]{{Name: "1", Value: value}})
}

func lower(text string) string { return strings.ToLower(text) }
