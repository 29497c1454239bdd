package eventpattern

// existence says whether a field has to be there.
type existence bool

func (e existence) matches(*leaf) bool { return bool(e) }

func (c *compiler) exists() (value, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	if c.kind != trueValue && c.kind != falseValue {
		return nil, c.barf("exists match pattern must be either true or false.")
	}
	return existence(c.kind == trueValue), c.only()
}
