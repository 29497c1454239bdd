package policy

// statement is one compiled statement.
type statement struct {
	number      int
	sid         string
	deny        bool
	actions     []glob
	notAction   bool
	resources   []resourcePattern // nil where the kind of policy has none
	notResource bool
	principals  *principals // nil where the kind of policy has none
	// notPrincipal says that principals are those that it is not about.
	notPrincipal bool
	conditions   []condition
	from, to     Position
}

// Position is a place in a document's text. Lines and columns count from 1, and
// columns are characters.
type Position struct{ Line, Column int }

// holds returns how directly the statement grants or denies the request, and
// ungranted where it is not about it.
func (s *statement) holds(e *evaluation) grant {
	e.statement = s
	if !e.step() || !s.onAction(e) {
		return ungranted
	}
	how := s.grants(e)
	if how == ungranted || !s.onTarget(e) {
		return ungranted
	}
	met := true
	for i := range s.conditions {
		if !s.conditions[i].met(e) {
			if !e.explaining {
				return ungranted
			}
			met = false // the others may miss keys, too
		}
	}
	if !met {
		return ungranted
	}
	return how
}
