package kms

import (
	"sync"

	"github.com/sillok/sillok/internal/policy"
)

// maxCompiled is how many compiled policies are remembered.
const maxCompiled = 1024

// compiled remembers compiled policies by their texts, since each call with a key
// asks for its policy.
type compiled struct {
	mutex  sync.Mutex
	byText map[string]*policy.Document
}

func (c *compiled) parse(text string) (*policy.Document, error) {
	c.mutex.Lock()
	document, ok := c.byText[text]
	c.mutex.Unlock()
	if ok {
		return document, nil
	}
	document, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.byText == nil || len(c.byText) >= maxCompiled {
		c.byText = map[string]*policy.Document{}
	}
	c.byText[text] = document
	return document, nil
}
