package postings_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/store/postings"
)

// finder is what an index in memory and one in a file have in common.
type finder interface {
	Find(ctx context.Context, sets []postings.Set, within postings.Range) iter.Seq2[postings.Doc, error]
	Len() int
	Newest() postings.Key
}

// kept is a document with its terms, of which the tests know without an index.
type kept struct {
	doc   postings.Doc
	terms []uint64
}

func term(n int) uint64 { return postings.Term(fmt.Sprint("term ", n)) }

// made makes up documents. Few of them have many terms, and most one alone.
func made(r *rand.Rand, n int) (all []kept) {
	for i := range n {
		k := kept{doc: postings.Doc{Key: postings.Key{Time: int64(i/7) - r.Int64N(3), Number: uint64(i), Part: uint32(r.IntN(2))}}}
		k.doc.Data[r.IntN(postings.DataSize)] = byte(i)
		for t := range 6 {
			if r.IntN(1<<t) == 0 {
				k.terms = append(k.terms, term(t))
			}
		}
		k.terms = append(k.terms, term(1000+i))
		all = append(all, k)
	}
	return all
}

// having is a set of what has some terms; everything has term 0.
func having(terms ...uint64) []postings.Set { return []postings.Set{{Of: term(0), All: terms}} }

func indexed(all []kept) *postings.Memory {
	m := postings.NewMemory()
	for _, k := range all {
		m.Add(k.doc, k.terms)
	}
	return m
}

func written(tb testing.TB, m *postings.Memory, of postings.Span) (path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "one.index")
	if err := os.WriteFile(path, m.Encode(of), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func opened(tb testing.TB, path string, of postings.Span) *postings.File {
	tb.Helper()
	f, err := postings.Open(path, of)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// wanted is what must be found by any of some sets of terms.
func wanted(all []kept, sets []postings.Set, within postings.Range) (found []postings.Doc) {
	for _, k := range all {
		lacks := func(t uint64) bool { return !slices.Contains(k.terms, t) }
		if !slices.ContainsFunc(sets, func(s postings.Set) bool { return !lacks(s.Of) && !slices.ContainsFunc(s.All, lacks) }) || k.doc.Time < within.From || k.doc.Time > within.To ||
			within.Before != nil && k.doc.Compare(*within.Before) >= 0 {
			continue
		}
		found = append(found, k.doc)
	}
	slices.SortFunc(found, func(a, b postings.Doc) int { return b.Compare(a.Key) })
	return found
}

func all(seq iter.Seq2[postings.Doc, error]) (found []postings.Doc, err error) {
	for d, err := range seq {
		if err != nil {
			return found, err
		}
		found = append(found, d)
	}
	return found, nil
}

// Both indexes find what is there, newest first.
func TestFind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 50, 700, 5000} {
		docs := made(r, n)
		m, span := indexed(docs), postings.Span{First: 8, Last: 8 + uint64(n)}
		f := opened(t, written(t, m, span), span)
		for name, index := range map[string]finder{"memory": m, "file": f} {
			t.Run(fmt.Sprint(n, " in ", name), func(t *testing.T) {
				newest := postings.Key{}
				if all := wanted(docs, []postings.Set{{Of: term(0)}}, postings.Always()); n > 0 {
					newest = all[0].Key
				}
				if index.Len() != n || index.Newest() != newest {
					t.Errorf("%d documents, the newest %v", index.Len(), index.Newest())
				}
				for range 300 {
					terms := []uint64{term(r.IntN(7))}
					switch r.IntN(3) {
					case 0:
						terms = append(terms, term(r.IntN(7)), term(r.IntN(7)))
					case 1:
						terms = append(terms, term(1000+r.IntN(n+1)))
					}
					sets := having(terms...)
					for range r.IntN(3) {
						sets = append(sets, having([]uint64{term(r.IntN(7)), term(1000 + r.IntN(n+1))}[:1+r.IntN(2)]...)...)
					}
					if r.IntN(3) == 0 {
						sets = append(sets, postings.Set{Of: term(r.IntN(7))}) // the last of which nothing has
					}
					within := postings.Always()
					if r.IntN(2) == 0 {
						within.From, within.To = r.Int64N(int64(n)/7+2)-2, r.Int64N(int64(n)/7+2)
					}
					if r.IntN(2) == 0 && n > 0 {
						within.Before = &docs[r.IntN(n)].doc.Key
					}
					got, err := all(index.Find(t.Context(), sets, within))
					if diff := cmp.Diff(wanted(docs, sets, within), got); err != nil || diff != "" {
						t.Fatalf("%v in %+v: %v (-want +got):\n%s", sets, within, err, diff)
					}
				}
			})
		}
	}
}

func TestNothingIsFoundByNoTerms(t *testing.T) {
	m := indexed(made(rand.New(rand.NewPCG(1, 2)), 10))
	if got, err := all(m.Find(t.Context(), nil, postings.Always())); got != nil || err != nil {
		t.Error(got, err)
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	m, span := indexed(made(rand.New(rand.NewPCG(1, 2)), 10)), postings.Span{First: 1, Last: 10}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, index := range []finder{m, opened(t, written(t, m, span), span)} {
		if _, err := all(index.Find(ctx, having(term(0)), postings.Always())); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: %v", index, err)
		}
	}
}

func damaged(err error) bool {
	_, ok := errors.AsType[*postings.DamageError](err)
	return ok
}

// A file that is another's, torn, or not there is told before it is asked.
func TestOpenTellsWhatIsNoIndex(t *testing.T) {
	of := postings.Span{First: 1, Last: 700}
	path := written(t, indexed(made(rand.New(rand.NewPCG(1, 2)), 700)), of)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 4095, 4096, len(whole) - 4096, len(whole) - 1} {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := postings.Open(path, of); !damaged(err) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	if err := os.WriteFile(path, append(whole, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := postings.Open(path, of); !damaged(err) {
		t.Errorf("a byte more: %v", err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, other := range []postings.Span{{First: 2, Last: 700}, {First: 1, Last: 701}} {
		if _, err := postings.Open(path, other); !damaged(err) {
			t.Errorf("the index of another span: %v", err)
		}
	}
	if _, err := postings.Open(path+"x", of); !damaged(err) {
		t.Errorf("no file: %v", err)
	}
}

// Each flipped bit is told, or is in a page that the answer does not need.
func TestAFlippedBitChangesNoAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	docs, of := made(r, 700), postings.Span{First: 1, Last: 700}
	path := written(t, indexed(docs), of)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for range 2000 {
		at, bit := r.IntN(len(whole)), byte(1)<<r.IntN(8)
		whole[at] ^= bit
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		whole[at] ^= bit
		f, err := postings.Open(path, of)
		var got []postings.Doc
		terms := []uint64{term(r.IntN(6)), term(1000 + r.IntN(700))}[:1+r.IntN(2)]
		if err == nil {
			got, err = all(f.Find(t.Context(), having(terms...), postings.Always()))
		}
		switch {
		case err != nil && !damaged(err):
			t.Fatal(err)
		case err != nil:
			told++
		case cmp.Diff(wanted(docs, having(terms...), postings.Always()), got) != "":
			t.Fatalf("bit %d of byte %d changes the answer", bit, at)
		}
	}
	if told < 500 {
		t.Errorf("only %d of 2000 flipped bits were told", told)
	}
}

// Whatever a file holds, it is read or told; a page whose checksum is right may
// still say anything.
func FuzzFile(f *testing.F) {
	of := postings.Span{First: 1, Last: 40}
	f.Add(indexed(made(rand.New(rand.NewPCG(1, 2)), 40)).Encode(of), uint64(0), uint16(3), byte(1))
	f.Add([]byte{}, uint64(1), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, wanted uint64, at uint16, flip byte) {
		if len(data) > 1<<20 {
			return
		}
		data = postings.Resummed(bytes.Clone(data), of, int(at), flip)
		path := filepath.Join(t.TempDir(), "one.index")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := postings.Open(path, of)
		for _, terms := range [][]uint64{{wanted}, {term(0)}, {term(0), term(1)}, {term(1003)}} {
			var got []postings.Doc
			if err == nil {
				got, err = all(file.Find(t.Context(), having(terms...), postings.Range{From: math.MinInt64, To: math.MaxInt64}))
			}
			if err != nil && !damaged(err) {
				t.Fatal(err)
			}
			if len(got) > len(data) {
				t.Errorf("%d documents of %d bytes", len(got), len(data))
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	of := postings.Span{First: 1, Last: 20000}
	f := opened(b, written(b, indexed(made(r, 20000)), of), of)
	for name, terms := range map[string][]uint64{"none": {term(-1)}, "one": {term(1005)}, "newest of many": {term(1)}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, err := range f.Find(b.Context(), having(terms...), postings.Always()) {
					if err != nil {
						b.Fatal(err)
					}
					break
				}
			}
		})
	}
}
