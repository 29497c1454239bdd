package footer

import (
	"encoding/binary"
	"errors"
)

// The types of Thrift's compact protocol.
const (
	typeStop   = 0
	typeTrue   = 1
	typeFalse  = 2
	typeByte   = 3
	typeI16    = 4
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
	typeUUID   = 13
)

const (
	// maxNesting is how deep a footer's structs and lists may lie in each other. Those
	// of Parquet have less than ten levels.
	maxNesting = 32

	// Room that the reader makes: for an element of a list before it has read it, and how
	// much of it there may be beside that in proportion to the footer. A column's chunk
	// has the largest struct, and takes some sixty bytes with all that belongs to it.
	roomOfStruct = 512
	roomOfOther  = 16
	roomAtAll    = 64 << 20
	roomOfByte   = 64
)

// The ways in which a footer is none.
var (
	errShort   = errors.New("its footer ends too soon")
	errCount   = errors.New("its footer says that it has more than fits into it")
	errNumber  = errors.New("a number in its footer is too long")
	errKind    = errors.New("its footer has a value of an unknown type")
	errNesting = errors.New("its footer is nested too deep")
	errRest    = errors.New("its footer has bytes that belong to nothing")
)

// walker walks over a struct of Thrift's compact protocol.
type walker struct {
	text  []byte
	at    int
	depth int
	room  int // that the reader may still make
}

func newWalker(text []byte) *walker {
	return &walker{text: text, room: roomAtAll + roomOfByte*len(text)}
}

func (w *walker) left() int { return len(w.text) - w.at }

func (w *walker) byte() (byte, error) {
	if w.at >= len(w.text) {
		return 0, errShort
	}
	b := w.text[w.at]
	w.at++
	return b, nil
}

func (w *walker) pass(n int) error {
	if n > w.left() {
		return errShort
	}
	w.at += n
	return nil
}

func (w *walker) unsigned() (uint64, error) {
	n, size := binary.Uvarint(w.text[w.at:])
	switch {
	case size == 0:
		return 0, errShort
	case size < 0:
		return 0, errNumber
	}
	w.at += size
	return n, nil
}

func (w *walker) signed() (int64, error) {
	n, err := w.unsigned()
	return int64(n>>1) ^ -int64(n&1), err
}

// count reads how many elements or bytes follow, each of which takes a byte at least.
func (w *walker) count() (int, error) {
	n, err := w.unsigned()
	if err != nil {
		return 0, err
	}
	if n > uint64(w.left()) { //nolint:gosec // not negative
		return 0, errCount
	}
	return int(n), nil //nolint:gosec // at most what is left
}

// fields walks over a struct and has visit walk over each of its fields.
func (w *walker) fields(visit func(id int16, kind byte) error) error {
	if w.depth++; w.depth > maxNesting {
		return errNesting
	}
	defer func() { w.depth-- }()
	last := int16(0)
	for {
		head, err := w.byte()
		if err != nil {
			return err
		}
		if head == typeStop {
			return nil
		}
		if delta := head >> 4; delta != 0 {
			last += int16(delta)
		} else {
			id, err := w.signed()
			if err != nil {
				return err
			}
			if int64(int16(id)) != id { //nolint:gosec // that is what is asked
				return errNumber
			}
			last = int16(id) //nolint:gosec // see above
		}
		if err := visit(last, head&0xf); err != nil {
			return err
		}
	}
}

// elements walks over a list and has visit walk over each of its elements.
func (w *walker) elements(visit func(kind byte) error) error {
	if w.depth++; w.depth > maxNesting {
		return errNesting
	}
	defer func() { w.depth-- }()
	head, err := w.byte()
	if err != nil {
		return err
	}
	n, kind := int(head>>4), head&0xf
	if n == 0xf {
		n, err = w.count()
	} else if n > w.left() {
		err = errCount
	}
	if err != nil {
		return err
	}
	if err := w.makes(n, kind); err != nil {
		return err
	}
	for range n {
		if err := visit(kind); err != nil {
			return err
		}
	}
	return nil
}

// makes counts the room that the reader makes for n elements.
func (w *walker) makes(n int, kind byte) error {
	each := roomOfOther
	if kind == typeStruct {
		each = roomOfStruct
	}
	if w.room -= n * each; w.room < 0 {
		return errCount
	}
	return nil
}

// element passes over an element of a list, a set or a map.
func (w *walker) element(kind byte) error {
	if kind == typeTrue || kind == typeFalse {
		return w.pass(1) // in a field the type is the value
	}
	return w.value(kind)
}

// value passes over a field's value.
func (w *walker) value(kind byte) error {
	switch kind {
	case typeTrue, typeFalse:
		return nil
	case typeByte:
		return w.pass(1)
	case typeI16, typeI32, typeI64:
		_, err := w.unsigned()
		return err
	case typeDouble:
		return w.pass(8)
	case typeUUID:
		return w.pass(16)
	case typeBinary:
		n, err := w.count()
		if err != nil {
			return err
		}
		return w.pass(n)
	case typeList, typeSet:
		return w.elements(w.element)
	case typeMap:
		return w.pairs()
	case typeStruct:
		return w.fields(func(_ int16, kind byte) error { return w.value(kind) })
	default:
		return errKind
	}
}

// pairs passes over a map.
func (w *walker) pairs() error {
	if w.depth++; w.depth > maxNesting {
		return errNesting
	}
	defer func() { w.depth-- }()
	n, err := w.count()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.byte()
	if err != nil {
		return err
	}
	for range n {
		if err := errors.Join(w.element(kinds>>4), w.element(kinds&0xf)); err != nil {
			return err
		}
	}
	return nil
}
