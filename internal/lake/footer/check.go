package footer

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// Numbers of fields in the structs of Parquet's footer.
const (
	fileSchema    = 2
	fileRowGroups = 4
	groupColumns  = 1
	nodeType      = 1
	nodeChildren  = 5
)

// maxPaths is how many names the paths of all columns may have together: the reader
// keeps each path whole.
const maxPaths = 4 << 20

var (
	errTwice  = errors.New("its footer has something twice that belongs there once")
	errSchema = errors.New("its columns do not make a tree")
)

// check says why a footer is none that its reader can be given.
func check(text []byte) error {
	c := checker{walker: newWalker(text)}
	err := c.fields(func(id int16, kind byte) error {
		switch {
		case id == fileSchema && kind == typeList:
			return c.schema()
		case id == fileRowGroups && kind == typeList:
			return c.rowGroups()
		}
		return c.value(kind)
	})
	if err != nil {
		return err
	}
	if c.left() > 0 {
		return errRest
	}
	leaves, err := c.tree()
	if err != nil {
		return err
	}
	for i, columns := range c.groups {
		if columns != leaves {
			return fmt.Errorf("its row group %d has %d columns of %d", i, columns, leaves)
		}
	}
	return nil
}

// checker gathers what has to fit together.
type checker struct {
	*walker

	nodes  []node // of the schema, each before its children
	groups []int  // how many columns each row group has
}

// node is a column or a group of columns.
type node struct {
	leaf     bool
	children int64
}

func (c *checker) schema() error {
	if c.nodes != nil {
		return errTwice
	}
	return c.elements(func(kind byte) error {
		if kind != typeStruct {
			return c.element(kind)
		}
		n := node{}
		err := c.fields(func(id int16, kind byte) (err error) {
			switch {
			case id == nodeType && kind == typeI32:
				n.leaf = true
			case id == nodeChildren && kind == typeI32:
				n.children, err = c.signed()
				return err
			}
			return c.value(kind)
		})
		c.nodes = append(c.nodes, n)
		return err
	})
}

func (c *checker) rowGroups() error {
	if c.groups != nil {
		return errTwice
	}
	return c.elements(func(kind byte) error {
		if kind != typeStruct {
			return c.element(kind)
		}
		columns, seen := 0, false
		err := c.fields(func(id int16, kind byte) error {
			if id != groupColumns || kind != typeList {
				return c.value(kind)
			}
			if seen {
				return errTwice
			}
			seen = true
			return c.elements(func(kind byte) error {
				if kind == typeStruct {
					columns++
				}
				return c.element(kind)
			})
		})
		c.groups = append(c.groups, columns)
		return err
	})
}

// tree returns how many leaves the tree of columns has.
func (c *checker) tree() (leaves int, err error) {
	if len(c.nodes) == 0 || c.nodes[0].leaf {
		return 0, errSchema // what holds the columns is none itself
	}
	var open []int64 // how many children are still to come, of each group around
	paths := 0
	for i, n := range c.nodes {
		if i > 0 && len(open) == 0 {
			return 0, errSchema
		}
		if paths += len(open) + 1; paths > maxPaths {
			return 0, errCount
		}
		switch {
		case n.leaf && n.children != 0, n.children < 0, n.children > int64(len(c.nodes)):
			return 0, errSchema
		case n.leaf:
			leaves++
		}
		if len(open) > 0 {
			open[len(open)-1]--
		}
		if n.children > 0 {
			if open = append(open, n.children); len(open) > parquet.MaxColumnDepth {
				return 0, errNesting
			}
		}
		for len(open) > 0 && open[len(open)-1] == 0 {
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 || leaves > parquet.MaxColumnIndex {
		return 0, errSchema
	}
	return leaves, nil
}
