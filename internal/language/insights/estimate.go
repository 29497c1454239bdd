package insights

// estimateCommand is estimate: what the query would read. It is last, and the
// query is not run.
type estimateCommand struct{}

func parseEstimate(*parser) (command, *Error) { return estimateCommand{}, nil }

func (estimateCommand) check(s *scope) *Error {
	s.query.estimate = true
	return nil
}

func (estimateCommand) stream(_ *run, next sink) sink { return next }
