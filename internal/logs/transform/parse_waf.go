package transform

// ParseWAF makes fields of a web ACL's log. Its lists of headers and labels become
// objects: a header's value by its name, and a label's name by itself.
type ParseWAF struct{ vended }

func (c *ParseWAF) compile(bool) (func(r *run) error, error) {
	return func(r *run) error {
		members, err := parseObject(string(r.event.Message))
		if err != nil {
			return err
		}
		value, _ := members.get("httpRequest")
		if request, ok := value.(*object); ok {
			byName(request, "headers", "name", "value")
		}
		byName(members, "labels", "name", "name")
		return r.fill(r.root, members, true)
	}, c.check()
}

// byName makes an object of a member that is a list of objects. What is no such list
// stays.
func byName(o *object, member, name, value string) {
	found, _ := o.get(member)
	all, ok := found.(list)
	if !ok {
		return
	}
	named := newObject()
	for _, item := range all {
		of, ok := item.(*object)
		if !ok {
			return
		}
		key, _ := of.get(name)
		text, ok := key.(string)
		if !ok {
			return
		}
		item, _ := of.get(value)
		named.set(text, item)
	}
	o.set(member, named)
}
