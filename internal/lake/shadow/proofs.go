package shadow

import (
	"context"
	"os"
	"sync"
	"time"
)

const (
	// proofLasts is how long a file that stays the same counts as proven. Then it is
	// read again, because a disk may spoil what nobody writes, and is marked as used,
	// so that processes which share the folder know it.
	proofLasts = time.Hour
	maxProofs  = 1 << 17 // about 60 MB
)

// proofs remembers which files this process has proven.
type proofs struct {
	mu sync.Mutex
	of map[string]proven // by path
}

// Proofs opens shadows that lie elsewhere than in a Cache, and are kept there whatever
// they are found to be. The zero value is ready; it may be used by several goroutines.
type Proofs struct{ proofs proofs }

// Open returns the shadow at path, of which every byte is as it was written.
func (p *Proofs) Open(ctx context.Context, path string) (Entry, error) {
	return p.proofs.open(ctx, path)
}

// Same is Cache.Same.
func (p *Proofs) Same(ctx context.Context, e Entry) bool { return p.proofs.same(ctx, e) }

// Check reads the file of an entry again and says whether it is what was written.
func (p *Proofs) Check(ctx context.Context, e Entry) (bool, error) {
	_, err := p.proofs.prove(ctx, e.Path, time.Now())
	return err == nil, ctx.Err()
}

type proven struct {
	entry Entry
	at    time.Time
	used  time.Time
}

// open returns the shadow at path, of which every byte is as it was written.
func (p *proofs) open(ctx context.Context, path string) (Entry, error) {
	now := time.Now()
	stat, err := os.Stat(path)
	if err != nil {
		return Entry{}, err
	}
	p.mu.Lock()
	known, ok := p.of[path]
	if ok = ok && known.entry.stamp == stampOf(stat) && now.Sub(known.at) < proofLasts; ok {
		known.used = now
		p.of[path] = known
	}
	p.mu.Unlock()
	if ok {
		return known.entry, nil
	}
	return p.prove(ctx, path, now)
}

// prove reads the shadow at path whatever is known of it.
func (p *proofs) prove(ctx context.Context, path string, now time.Time) (Entry, error) {
	p.forget(path)
	f, err := os.Open(path) //nolint:gosec // a shadow, named by its hash
	if err != nil {
		return Entry{}, err
	}
	defer func() { _ = f.Close() }() // only read
	if stat, err := f.Stat(); err == nil && now.Sub(stat.ModTime()) >= proofLasts {
		// Before it is read, so that what is remembered is of the file as it then is.
		_ = os.Chtimes(path, now, now) // a folder that may only be read is not evicted from
	}
	entry, err := read(ctx, f)
	if err != nil {
		return Entry{}, err
	}
	p.remember(entry)
	return entry, nil
}

func (p *proofs) remember(entry Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[string]proven{}
	}
	if len(p.of) >= maxProofs {
		for path := range p.of {
			delete(p.of, path) // any will do: it is proven again
			break
		}
	}
	now := time.Now()
	p.of[entry.Path] = proven{entry: entry, at: now, used: now}
}

func (p *proofs) forget(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, path)
}

// usedAt returns when this process used the file at path last; zero when it is not
// known.
func (p *proofs) usedAt(path string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of[path].used
}

// Same says whether the file of an entry is still what it was when the entry was
// got, so that whoever read it meanwhile read that. Of a shadow that only the time of
// its use may have changed, every byte is read again.
func (c *Cache) Same(ctx context.Context, e Entry) bool { return c.proofs.same(ctx, e) }

func (p *proofs) same(ctx context.Context, e Entry) bool {
	stat, err := os.Stat(e.Path)
	if err != nil {
		return false
	}
	now := stampOf(stat)
	if now == e.stamp {
		return true
	}
	if !now.sameFile(e.stamp) {
		return false
	}
	_, err = p.prove(ctx, e.Path, time.Now())
	return err == nil
}

// Check reads the file of an entry again and says whether it is what was written. It
// drops one that is not, so that the next Get makes it anew.
func (c *Cache) Check(ctx context.Context, e Entry) (bool, error) {
	_, err := c.proofs.prove(ctx, e.Path, time.Now())
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		_ = os.Remove(e.Path) // where it stays, it is found damaged again
	}
	return err == nil, nil
}
