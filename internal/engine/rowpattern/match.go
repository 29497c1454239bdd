package rowpattern

import "github.com/sillok/sillok/internal/sql/plan"

// Search is one partition.
type Search struct {
	Program []plan.PatternOp
	Marks   int
	Size    int // the number of rows
	// Forgetful says that whether a row has a label does not depend on the labels before it.
	Forgetful bool
	// Holds says whether the last row of m, which is Size's own number Start+len(Labels)-1,
	// may have its label.
	Holds func(m *Match) (bool, error)
	// Cut is told how many rows of the match are left when others are given up.
	Cut func(rows int)
	// Step is told of each step; its error ends the search.
	Step func() error
}

// Match is the rows from Start on that have labels.
type Match struct {
	Start    int
	Labels   []int
	Excluded []bool // whether a row does not come out
}

// branch is where to go on when what comes leads nowhere, or what to undo until there.
type branch struct {
	pc, rows int
	mark     int // -1 for a place to go on at
	before   int
}

// At finds the preferred match that starts at a row. It returns nil when there is none.
func (s *Search) At(start int) (*Match, error) {
	m := &Match{Start: start}
	marks := make([]int, s.Marks)
	var stack []branch
	var seen map[[2]int]bool
	if s.Forgetful {
		seen = map[[2]int]bool{}
	}
	pc, excluding := 0, false
	for {
		if err := s.Step(); err != nil {
			return nil, err
		}
		op, ok := s.Program[pc], true
		switch op.Kind {
		case plan.OpRow:
			var err error
			if ok, err = s.take(m, op.Arg, excluding); err != nil {
				return nil, err
			}
		case plan.OpJump:
			pc = op.Arg
			continue
		case plan.OpSplit:
			at := [2]int{pc, len(m.Labels)}
			if ok = !seen[at]; !ok {
				break
			}
			if seen != nil {
				seen[at] = true
			}
			stack = append(stack, branch{pc: op.Else, rows: len(m.Labels), mark: -1, before: number(excluding)})
			pc = op.Arg
			continue
		case plan.OpStart:
			ok = start == 0 && len(m.Labels) == 0
		case plan.OpEnd:
			ok = start+len(m.Labels) == s.Size
		case plan.OpMark:
			stack = append(stack, branch{mark: op.Arg, before: marks[op.Arg]})
			marks[op.Arg] = len(m.Labels)
		case plan.OpMoved:
			ok = marks[op.Arg] < len(m.Labels)
		case plan.OpExclude, plan.OpInclude:
			excluding = op.Kind == plan.OpExclude
		case plan.OpMatch:
			return m, nil
		}
		if ok {
			pc++
			continue
		}
		last, found := back(&stack, marks)
		if !found {
			return nil, nil
		}
		pc, excluding = last.pc, last.before == 1
		s.cut(m, last.rows)
	}
}

// back takes marks away up to a place to go on at.
func back(stack *[]branch, marks []int) (last branch, found bool) {
	for len(*stack) > 0 {
		n := len(*stack) - 1
		last, *stack = (*stack)[n], (*stack)[:n]
		if last.mark < 0 {
			return last, true
		}
		marks[last.mark] = last.before
	}
	return branch{}, false
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// take gives the next row a label, if there is a row and it may have it.
func (s *Search) take(m *Match, label int, excluding bool) (bool, error) {
	rows := len(m.Labels)
	if m.Start+rows == s.Size {
		return false, nil
	}
	m.Labels, m.Excluded = append(m.Labels, label), append(m.Excluded, excluding)
	ok, err := s.Holds(m)
	if !ok {
		s.cut(m, rows)
	}
	return ok, err
}

func (s *Search) cut(m *Match, rows int) {
	m.Labels, m.Excluded = m.Labels[:rows], m.Excluded[:rows]
	s.Cut(rows)
}
