package access

import (
	"sync"

	"github.com/sillok/sillok/internal/policy"
)

// maxDocuments is how many compiled documents are remembered.
const maxDocuments = 1024

// documents remembers compiled policies by their texts, so that a session's are
// not compiled with each of its calls. It is safe for concurrent use.
type documents struct {
	mu     sync.Mutex
	byText map[string]*policy.Document
}

// parse returns a text compiled.
func (d *documents) parse(text string, kind policy.Kind) (*policy.Document, error) {
	key := kind.String() + "\n" + text
	d.mu.Lock()
	document, ok := d.byText[key]
	d.mu.Unlock()
	if ok {
		return document, nil
	}
	document, err := policy.Parse(text, kind)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byText == nil || len(d.byText) >= maxDocuments {
		d.byText = map[string]*policy.Document{}
	}
	d.byText[key] = document
	return document, nil
}
