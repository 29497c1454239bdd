package resource_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

// listInput and othersInput are the inputs of two operations.
type listInput struct {
	Tree       *string
	Colors     []string
	NextToken  *string
	MaxResults *int32
}

type othersInput listInput

// numbers yields 00 to 19 from a name on, and counts what was asked of it.
func numbers(read *int) resource.Listing[int] {
	return func(after string) iter.Seq2[resource.Entry[int], error] {
		return func(yield func(resource.Entry[int], error) bool) {
			for n := range 20 {
				if name := fmt.Sprintf("%02d", n); name > after {
					*read++
					if !yield(resource.Entry[int]{Name: name, Value: n}, nil) {
						return
					}
				}
			}
		}
	}
}

func paging(in *listInput) resource.Paging {
	return resource.TokenCode("InvalidNextToken").Page(in, in.NextToken, in.MaxResults, 5)
}

func TestAListingIsReadInPages(t *testing.T) {
	even := func(n int) (string, bool, error) { return fmt.Sprint("n", n), n%2 == 0, nil }
	got := servicetest.Pages(t, 5, func(size *int32, token *string) ([]string, *string, error) {
		var read int
		return resource.Page(t.Context(), paging(&listInput{Tree: new("oak"), MaxResults: size, NextToken: token}), numbers(&read), even)
	})
	servicetest.Diff(t, []string{"n0", "n2", "n4", "n6", "n8", "n10", "n12", "n14", "n16", "n18"}, got)
}

func TestAPageReadsNoFurtherThanItMust(t *testing.T) {
	for _, tt := range []struct {
		size *int32
		want []int
		read int
	}{
		{nil, []int{0, 1, 2, 3, 4}, 6},
		{new(int32(0)), []int{0, 1, 2, 3, 4}, 6},
		{new(int32(2)), []int{0, 1}, 3},
		{new(int32(1000)), []int{0, 1, 2, 3, 4}, 6},
	} {
		read := 0
		page, next, err := resource.Page(t.Context(), paging(&listInput{MaxResults: tt.size}), numbers(&read), resource.Whole)
		if err != nil || next == nil {
			t.Fatal(next, err)
		}
		servicetest.Diff(t, tt.want, page)
		servicetest.Diff(t, tt.read, read)
	}
}

func TestATokenContinuesItsOwnListingAlone(t *testing.T) {
	ctx := servicetest.Call(t)
	list := func(ctx context.Context, p resource.Paging) ([]int, *string, error) {
		return resource.Page(ctx, p, numbers(new(int)), resource.Whole)
	}
	_, token, err := list(ctx, paging(&listInput{Tree: new("oak"), Colors: []string{"red"}, MaxResults: new(int32(2))}))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		t.Fatal(err)
	}
	moved := slices.Clone(raw)
	moved[len(moved)-1]++
	encoded := func(data []byte) *string { return new(base64.RawURLEncoding.EncodeToString(data)) }
	for _, tt := range []struct {
		name   string
		region cloud.Region
		in     listInput
		want   []int // nil for a refusal
	}{
		{"the same", servicetest.Region, listInput{Tree: new("oak"), Colors: []string{"red"}, NextToken: token}, []int{2, 3, 4, 5, 6}},
		{"another size", servicetest.Region, listInput{Tree: new("oak"), Colors: []string{"red"}, NextToken: token, MaxResults: new(int32(1))}, []int{2}},
		{"none", servicetest.Region, listInput{NextToken: new("")}, []int{0, 1, 2, 3, 4}},
		{"another parent", servicetest.Region, listInput{Tree: new("elm"), Colors: []string{"red"}, NextToken: token}, nil},
		{"another filter", servicetest.Region, listInput{Tree: new("oak"), NextToken: token}, nil},
		{"another region", "us-east-1", listInput{Tree: new("oak"), Colors: []string{"red"}, NextToken: token}, nil},
		{"moved on", servicetest.Region, listInput{Tree: new("oak"), Colors: []string{"red"}, NextToken: encoded(moved)}, nil},
		{"cut off", servicetest.Region, listInput{Tree: new("oak"), Colors: []string{"red"}, NextToken: encoded(raw[:8])}, nil},
		{"made up", servicetest.Region, listInput{NextToken: new("!")}, nil},
		{"a number", servicetest.Region, listInput{NextToken: new("10")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, _, err := list(servicetest.As(t, servicetest.Account, tt.region), paging(&tt.in))
			if tt.want == nil {
				servicetest.WantCode(t, err, "InvalidNextToken", *tt.in.NextToken)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, tt.want, page)
		})
	}
	other := &othersInput{Tree: new("oak"), Colors: []string{"red"}, NextToken: token}
	_, _, err = list(ctx, resource.Paging{In: other, Token: other.NextToken, Most: 5, TokenCode: "InvalidNextToken"})
	servicetest.WantCode(t, err, "InvalidNextToken")
}

func TestAListingEndsWithItsContextOrItsErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	failed := errors.New("failed")
	_, _, err := resource.Page(ctx, paging(&listInput{}), numbers(new(int)), func(int) (int, bool, error) { return 0, false, failed })
	if !errors.Is(err, failed) {
		t.Errorf("error is %v, want that of pick", err)
	}
	read := 0
	_, _, err = resource.Page(ctx, paging(&listInput{}), numbers(&read), func(int) (int, bool, error) { cancel(); return 0, false, nil })
	if !errors.Is(err, context.Canceled) || read > 2 {
		t.Errorf("error is %v after %d entries, want that of the context after the first", err, read)
	}
}

func TestPagesOfDocuments(t *testing.T) {
	s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
	updated(t, s, ctx, func(tx resource.Tx) error {
		for _, name := range []string{"a", "a!", "b", "c\xff", "d"} {
			if err := leaves().Create(tx, leaf{name}, "oak", name); err != nil {
				return err
			}
		}
		return leaves().Create(tx, leaf{"of another tree"}, "oak ", "a")
	})
	got := servicetest.Pages(t, 5, func(size *int32, token *string) (page []leaf, next *string, err error) {
		err = s.View(ctx, func(r resource.Reader) (err error) {
			page, next, err = resource.Page(ctx, paging(&listInput{MaxResults: size, NextToken: token}), leaves().From(r, "oak"), resource.Whole)
			return err
		})
		return page, next, err
	})
	// The byte that is no text of JSON is not the listing's business.
	servicetest.Diff(t, []leaf{{"a"}, {"a!"}, {"b"}, {"c\ufffd"}, {"d"}}, got)
}
