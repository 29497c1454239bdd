package postings

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"sort"
	"sync"
)

// A file is a row of pages, each of whose last four bytes are its checksum. What
// the pages hold, one behind the other, is a header; the documents, newest first;
// the terms in order, each with the place and the length of its list; the lists.
const (
	magic      = "SILLOKPX"
	version    = 2 // 2: other terms of events
	pageSize   = 4096
	pageData   = pageSize - 4
	headerSize = 72
	keySize    = 20
	rowSize    = keySize + DataSize
	termSize   = 16
	maxFile    = 1 << 30
)

type header struct {
	span               Span
	docs, terms, lists uint32 // lists in bytes
	newest             Key
	oldest             int64
}

func (h *header) encode() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	for _, n := range []uint32{version, h.docs, h.terms, h.lists} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	b = binary.LittleEndian.AppendUint64(b, h.span.First)
	b = binary.LittleEndian.AppendUint64(b, h.span.Last)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.oldest)) //nolint:gosec // the bits come back as they were
	b = appendKey(b, h.newest)
	return append(b, make([]byte, headerSize-len(b))...)
}

func appendKey(b []byte, k Key) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(k.Time)) //nolint:gosec // the bits come back as they were
	b = binary.LittleEndian.AppendUint64(b, k.Number)
	return binary.LittleEndian.AppendUint32(b, k.Part)
}

func decodeKey(b []byte) Key {
	return Key{
		Time:   int64(binary.LittleEndian.Uint64(b)), //nolint:gosec // the bits come back as they were
		Number: binary.LittleEndian.Uint64(b[8:]), Part: binary.LittleEndian.Uint32(b[16:]),
	}
}

// size returns how many bytes the pages hold.
func (h *header) size() int64 {
	return headerSize + int64(h.docs)*rowSize + int64(h.terms)*termSize + int64(h.lists)
}

func (h *header) fileSize() int64 { return (h.size() + pageData - 1) / pageData * pageSize }

// paged returns data as pages with their checksums.
func paged(data []byte, of Span) []byte {
	file := make([]byte, 0, len(data)/pageData*pageSize+pageSize)
	for page := uint32(0); len(data) > 0; page++ {
		whole := make([]byte, pageData)
		n := copy(whole, data)
		data = data[n:]
		file = append(file, whole...)
		file = binary.LittleEndian.AppendUint32(file, pageSum(of, page, whole))
	}
	return file
}

// pageSum is the checksum of a page: one of another place or of another span's file
// does not have it.
func pageSum(of Span, page uint32, data []byte) uint32 {
	var place [20]byte
	binary.LittleEndian.PutUint64(place[:], of.First)
	binary.LittleEndian.PutUint64(place[8:], of.Last)
	binary.LittleEndian.PutUint32(place[16:], page)
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(place[:], table), table, data)
}

// File is an index in a file. It may be used by many at once, and holds nothing open.
type File struct {
	path string
	header

	mu  sync.Mutex
	has map[uint64]bool // of some Sets' Of, whether it has it
}

// remembered is how many terms a file remembers of which it was asked.
const remembered = 256

// Open looks at the file at path, which must be the index of a span. Its error is a
// *DamageError where it is not, or is not there.
func Open(path string, of Span) (*File, error) {
	f := &File{path: path, header: header{span: of}, has: map[uint64]bool{}}
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.close()
	head, err := r.read(0, headerSize)
	if err != nil {
		return nil, err
	}
	switch {
	case string(head[:8]) != magic || binary.LittleEndian.Uint32(head[8:]) != version:
		return nil, f.damage("it is of another version")
	case binary.LittleEndian.Uint64(head[24:]) != of.First || binary.LittleEndian.Uint64(head[32:]) != of.Last:
		return nil, f.damage("it is of another span")
	}
	f.docs, f.terms, f.lists = binary.LittleEndian.Uint32(head[12:]), binary.LittleEndian.Uint32(head[16:]), binary.LittleEndian.Uint32(head[20:])
	f.oldest = int64(binary.LittleEndian.Uint64(head[40:])) //nolint:gosec // the bits come back as they were
	f.newest = decodeKey(head[48:])
	if info, err := r.file.Stat(); err != nil || info.Size() != f.fileSize() || info.Size() > maxFile {
		return nil, f.damage("it is torn")
	}
	return f, nil
}

func (f *File) damage(format string, args ...any) error {
	return &DamageError{Path: f.path, Reason: fmt.Sprintf(format, args...)}
}

// Len returns how many documents there are.
func (f *File) Len() int { return int(f.docs) }

// Newest returns the key of the newest document, the zero key without any.
func (f *File) Newest() Key { return f.newest }

// Find yields the documents of any of some sets, newest first. It ends with a
// *DamageError where it meets damage.
func (f *File) Find(ctx context.Context, sets []Set, within Range) iter.Seq2[Doc, error] {
	return func(yield func(Doc, error) bool) {
		if f.docs == 0 || f.newest.Time < within.From || f.oldest > within.To || within.Before != nil && f.oldest > within.Before.Time {
			return
		}
		if !slices.ContainsFunc(sets, func(s Set) bool { return !f.lacks(s) }) {
			return
		}
		r, err := f.open()
		if err != nil {
			yield(Doc{}, err)
			return
		}
		defer r.close()
		found, err := union(sets, r.find)
		first := 0
		if err == nil && len(found) > 0 {
			first, err = r.begin(within)
		}
		if err != nil {
			yield(Doc{}, err)
			return
		}
		from, _ := slices.BinarySearch(found, uint32(first))
		for _, at := range found[from:] {
			d, err := r.doc(int(at))
			if err == nil {
				err = ctx.Err()
			}
			switch {
			case err != nil:
				yield(Doc{}, err)
				return
			case d.Time < within.From:
				return
			case within.holds(d.Key) && !yield(d, nil):
				return
			}
		}
	}
}

// reader reads a file that is open, and keeps the pages that it has read.
type reader struct {
	*File

	file  *os.File
	pages map[int64][]byte
}

func (f *File) open() (*reader, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.damage("it is not there")
	}
	if err != nil {
		return nil, err
	}
	return &reader{File: f, file: file, pages: map[int64][]byte{}}, nil
}

func (r *reader) close() {
	r.file.Close() //nolint:errcheck,gosec // only read
}

// read returns n bytes of what the pages hold.
func (r *reader) read(offset int64, n int) ([]byte, error) {
	within := int(offset % pageData)
	page, err := r.page(offset / pageData)
	if err != nil {
		return nil, err
	}
	if within+n <= pageData {
		return page[within : within+n], nil
	}
	data := append(make([]byte, 0, n), page[within:]...)
	for len(data) < n {
		if page, err = r.page((offset + int64(len(data))) / pageData); err != nil {
			return nil, err
		}
		data = append(data, page[:min(n-len(data), pageData)]...)
	}
	return data, nil
}

func (r *reader) page(n int64) ([]byte, error) {
	if page, ok := r.pages[n]; ok {
		return page, nil
	}
	whole := make([]byte, pageSize)
	if _, err := r.file.ReadAt(whole, n*pageSize); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, r.damage("it is torn in page %d", n)
		}
		return nil, fmt.Errorf("index %s: %w", r.path, err)
	}
	data := whole[:pageData]
	if binary.LittleEndian.Uint32(whole[pageData:]) != pageSum(r.span, uint32(n), data) { //nolint:gosec // files are below 1 GiB
		return nil, r.damage("page %d does not have its checksum", n)
	}
	r.pages[n] = data
	return data, nil
}

// doc returns the i-th newest document.
func (r *reader) doc(i int) (d Doc, err error) {
	row, err := r.read(headerSize+int64(i)*rowSize, rowSize)
	if err != nil {
		return d, err
	}
	d.Key = decodeKey(row)
	copy(d.Data[:], row[keySize:])
	return d, nil
}

// begin returns the first document that is not too new for a range.
func (r *reader) begin(within Range) (int, error) {
	var failed error
	first := sort.Search(int(r.docs), func(i int) bool {
		d, err := r.doc(i)
		if err != nil {
			failed = err
			return true
		}
		return d.Time <= within.To && (within.Before == nil || d.Compare(*within.Before) < 0)
	})
	return first, failed
}

// lacks says whether the file is known to have nothing of a set.
func (f *File) lacks(s Set) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	has, known := f.has[s.Of]
	return known && !has
}

// learn remembers whether the file has something of a set.
func (r *reader) learn(s Set) (has bool, err error) {
	r.mu.Lock()
	has, known := r.has[s.Of]
	r.mu.Unlock()
	if known {
		return has, nil
	}
	_, length, err := r.term(s.Of)
	if err != nil {
		return false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.has) < remembered {
		r.has[s.Of] = length > 0
	}
	return length > 0, nil
}

// find returns which documents have all terms of a set.
func (r *reader) find(s Set) ([]uint32, error) {
	if has, err := r.learn(s); !has || err != nil {
		return nil, err
	}
	terms := s.terms()
	var failed error
	lists := map[uint64][2]uint32{}
	for _, t := range terms { // a term that is nowhere spares the lists of the others
		at, length, err := r.term(t)
		if err != nil || length == 0 {
			return nil, err
		}
		lists[t] = [2]uint32{at, length}
	}
	found := intersection(terms, func(t uint64) []uint32 {
		if failed != nil {
			return nil
		}
		var list []uint32
		list, failed = r.list(lists[t][0], lists[t][1])
		return list
	})
	return found, failed
}

// term returns where the list of a term is, and how long. Terms are spread evenly,
// so that the place of one is nearly known.
func (r *reader) term(t uint64) (at, length uint32, err error) {
	table := headerSize + int64(r.docs)*rowSize
	low, high := 0, int(r.terms) // the term is in between
	least, most := uint64(0), ^uint64(0)
	for step := 1; low < high; step++ {
		middle := low + int(float64(high-low)*(float64(t-least)/(float64(most-least)+1)))
		if step%4 == 0 { // in case they are not
			middle = low + (high-low)/2
		}
		middle = min(max(middle, low), high-1)
		row, err := r.read(table+int64(middle)*termSize, termSize)
		if err != nil {
			return 0, 0, err
		}
		switch there := binary.LittleEndian.Uint64(row); {
		case there == t:
			return binary.LittleEndian.Uint32(row[8:]), binary.LittleEndian.Uint32(row[12:]), nil
		case there < least || there > most:
			return 0, 0, r.damage("its terms are not in order")
		case there < t:
			low, least = middle+1, there
		default:
			high, most = middle, there
		}
	}
	return 0, 0, nil
}

// list returns the documents of a list.
func (r *reader) list(at, length uint32) ([]uint32, error) {
	bad := r.damage("a list is longer than its place")
	if length > r.docs || length == 1 && at >= r.docs {
		return nil, bad
	}
	if length == 1 {
		return []uint32{at}, nil
	}
	begin := headerSize + int64(r.docs)*rowSize + int64(r.terms)*termSize
	if at >= r.lists {
		return nil, bad
	}
	// A step takes three bytes at most in a span of two million documents.
	size := min(int64(r.lists-at), int64(length)*binary.MaxVarintLen32)
	list, last := make([]uint32, 0, length), uint64(0)
	for offset := int64(0); len(list) < int(length); {
		n := min(size-offset, pageData)
		if n <= 0 {
			return nil, bad
		}
		data, err := r.read(begin+int64(at)+offset, int(n))
		if err != nil {
			return nil, err
		}
		for len(list) < int(length) {
			step, took := binary.Uvarint(data)
			if took == 0 {
				break // it goes on in what is read next
			}
			if last += step; took < 0 || took > binary.MaxVarintLen32 || last >= uint64(r.docs) {
				return nil, bad
			}
			list, data, offset = append(list, uint32(last)), data[took:], offset+int64(took) //nolint:gosec // below docs
		}
		if n == size-offset && len(data) > 0 && len(list) < int(length) {
			return nil, bad
		}
	}
	return list, nil
}
