package transform

import "regexp"

// ParsePostgres makes fields of a line of RDS for PostgreSQL, with the prefix that RDS
// gives it: %t:%r:%u@%d:[%p]:.
type ParsePostgres struct{ vended }

func (c *ParsePostgres) compile(bool) (func(r *run) error, error) {
	of := regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Za-z0-9/_+-]+):([^:@]*):([^@]*)@([^:]*):\[(\d+)\]:([A-Z0-9]+):`)
	names := []string{"logTime", "srcIp", "userName", "dbName", "processId", "logLevel"}
	return func(r *run) error {
		found := of.FindSubmatch(r.event.Message)
		if found == nil {
			return errNotItsLine
		}
		for i, name := range names {
			r.root.set(name, sound(string(found[i+1])))
		}
		return r.spend(len(r.event.Message))
	}, c.check()
}
