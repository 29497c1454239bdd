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
		if request, ok := members.values["httpRequest"].(*object); ok {
			byName(request, "headers", "name", "value")
		}
		byName(members, "labels", "name", "name")
		return r.fill(r.root, members, true)
	}, c.check()
}

// byName makes an object of a member that is a list of objects. What is no such list
// stays.
func byName(o *object, member, name, value string) {
	all, ok := o.values[member].(list)
	if !ok {
		return
	}
	named := newObject()
	for _, item := range all {
		of, ok := item.(*object)
		if !ok {
			return
		}
		key, ok := of.values[name].(string)
		if !ok {
			return
		}
		named.set(key, of.values[value])
	}
	o.set(member, named)
}
