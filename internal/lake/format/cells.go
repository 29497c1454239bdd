package format

import "github.com/sillok/sillok/internal/lake/shadow"

// cells writes the columns of a row. A column that often holds integers is a pair
// of the shadow's: the integers, and beside them the text of what is none.
type cells struct {
	numbers []*shadow.Column // nil where the column is no pair
	texts   []*shadow.Column
}

// positionalCells are pairs that are called by their position.
func positionalCells(w *shadow.Writer, width int) cells {
	var c cells
	for i := range width {
		c.add(w, positional(i), true)
	}
	return c
}

// add adds a column.
func (c *cells) add(w *shadow.Writer, name string, pair bool) {
	if !pair {
		c.numbers, c.texts = append(c.numbers, nil), append(c.texts, w.Column(name))
		return
	}
	c.numbers, c.texts = append(c.numbers, w.Column(name)), append(c.texts, w.Column(name+textSuffix))
}

// put writes the value of the ith column; nil is NULL.
func (c *cells) put(i int, value []byte) {
	switch number, text := c.numbers[i], c.texts[i]; {
	case value == nil && number == nil:
		text.Null(0)
	case value == nil:
		shadow.Neither(number, text)
	case number == nil:
		text.Text(value)
	default:
		shadow.Either(number, text, value)
	}
}

// putAll writes a value for each column.
func (c *cells) putAll(values [][]byte) {
	for i, v := range values {
		c.put(i, v)
	}
}
