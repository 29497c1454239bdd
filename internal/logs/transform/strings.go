package transform

import "strings"

// LowerCaseString makes texts lower case.
type LowerCaseString struct {
	WithKeys []string `json:"withKeys"`
}

// UpperCaseString makes texts upper case.
type UpperCaseString struct {
	WithKeys []string `json:"withKeys"`
}

// TrimString takes white space from both ends of texts.
type TrimString struct {
	WithKeys []string `json:"withKeys"`
}

const mostKeys = 10

func (c *LowerCaseString) compile(bool) (func(r *run) error, error) {
	return eachText(c.WithKeys, strings.ToLower)
}

func (c *UpperCaseString) compile(bool) (func(r *run) error, error) {
	return eachText(c.WithKeys, strings.ToUpper)
}

func (c *TrimString) compile(bool) (func(r *run) error, error) {
	return eachText(c.WithKeys, strings.TrimSpace)
}

// eachText changes the texts of keys; what is no text stays.
func eachText(withKeys []string, change func(string) string) (func(r *run) error, error) {
	keys, err := parsePaths("withKeys", withKeys, mostKeys)
	return func(r *run) error {
		for _, key := range keys {
			if err := key.change(r, func(text string) (any, error) { return change(text), nil }); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// change changes the text that the path leads to, where there is one.
func (p path) change(r *run, change func(text string) (any, error)) error {
	o := p.parent(r.root, false)
	if o == nil {
		return nil
	}
	old, _ := o.get(p.last())
	text, ok := old.(string)
	if !ok {
		return nil
	}
	value, err := change(text)
	if err != nil {
		return err
	}
	o.set(p.last(), value)
	return r.spend(size(value) - len(text))
}
