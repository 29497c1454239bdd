package eventpattern

import "slices"

const orName = "$or"

// or reads the branches of $or. Each of them multiplies the rules that there are.
func (c *compiler) or() error {
	if err := c.read(); err != nil {
		return err
	}
	if c.kind != startArray {
		return c.barf("It must be an Array followed with $or.")
	}
	before, all := c.rules, []rule(nil)
	branches := 0
	for {
		if err := c.read(); err != nil {
			return err
		}
		if c.kind == endArray {
			break
		}
		if c.kind != startObject {
			return c.barf("Only JSON object is allowed in array of $or relationship.")
		}
		c.rules = slices.Clone(before)
		if err := c.object(true); err != nil {
			return err
		}
		if branches, all = branches+1, append(all, c.rules...); len(all) > mostRules {
			return unplaced{"Rule is too complex - try using fewer OR condition or remove some rules."}
		}
	}
	if branches < 2 {
		return c.barf("There must have at least 2 Objects in $or relationship.")
	}
	c.rules = all
	return nil
}
