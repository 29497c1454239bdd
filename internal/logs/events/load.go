package events

import (
	"errors"
	"slices"
)

// loader loads blocks of a part.
type loader struct {
	*reader

	q      *Query
	codec  *codec
	part   *part
	wanted *wanted
}

// openBlocks opens a part, and returns which of its blocks a query may be about.
func (s *Store) openBlocks(q *Query, wanted *wanted, f *file, p *part) (*loader, []blockMeta, error) {
	r, err := q.side.open(f, p)
	if err != nil {
		return nil, nil, err
	}
	blocks, err := r.blocks(p)
	if err != nil {
		r.close()
		return nil, nil, err
	}
	blocks = slices.DeleteFunc(blocks, func(b blockMeta) bool { return !q.meets(b.first, b.last) })
	return &loader{reader: r, q: q, codec: s.codec, part: p, wanted: wanted}, blocks, nil
}

// told is load, with what damage says of the block.
func (c *loader) told(b *blockMeta, s *scratch) ([]Event, error) {
	events, err := c.load(b, s)
	if damage, ok := errors.AsType[*DamageError](err); ok {
		damage.Events, damage.From, damage.To = int64(b.events), b.first.Time, b.last.Time
	}
	return events, err
}

// load returns the events of a block, or none where it has nothing that is wanted.
func (c *loader) load(b *blockMeta, s *scratch) ([]Event, error) {
	inMany := c.part.stream == 0 && c.q.Streams != nil
	if len(c.wanted.needs) > 0 || inMany {
		filter, err := c.into(s.filter, b.filterAt, b.filterSize)
		if err != nil {
			return nil, err
		}
		s.filter = filter
		// A filter that is damaged spares nothing, and loses nothing.
		if soundFilter(filter) && checksum(filter) == b.filterSum &&
			(!c.wanted.may(filter, c.version) || inMany && !mayAny(filter, c.q.Streams)) {
			c.skipped(b)
			return nil, nil
		}
	}
	data, err := c.into(s.data, b.at, b.size)
	if err != nil {
		return nil, err
	}
	s.data = data
	raw, err := b.open(c.codec, data, c.part.group, c.q.keys, s)
	if key, ok := errors.AsType[*keyError](err); ok {
		return nil, key.error // it may be had another time
	}
	if err != nil {
		return nil, c.damage(err.Error())
	}
	events, texts, err := b.decode(raw, s)
	if err != nil {
		return nil, c.damage(err.Error())
	}
	if !c.wanted.within(raw[texts:]) {
		c.skipped(b)
		return nil, nil
	}
	return events, nil
}

// skipped tells that the events of a block are not looked at. Where a block is not all
// within the range of the query it is more than would have been.
func (c *loader) skipped(b *blockMeta) {
	if c.q.Skipped != nil {
		n := int64(b.events)
		c.q.Skipped(n, int64(b.raw)+n*overhead)
	}
}
