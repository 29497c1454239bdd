package analyze

import (
	"context"

	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// What one statement may come to. Its text is bounded, but views multiply and
// stars add up.
const (
	// maxNodes is how many relations, columns and expressions there may be, those
	// of views included. A node takes some 200 bytes.
	maxNodes = 200_000
	// maxJoins is how many joins may stand within each other. Each sees all columns of
	// those within it, so that what they take grows with the square of their number,
	// and engines nest them on their stacks.
	maxJoins = 250
	// maxDepth is how deep the nodes of a plan may be nested, such as by thousands of
	// named queries that each read the one before. No engine runs half of that.
	maxDepth = 3000
	// lookEvery is how much work is done between two looks at the context: some
	// milliseconds.
	lookEvery = 1 << 12
)

// budget is what is left of what the analysis of one statement may take. Where
// it ends, the analysis does: spend and work do not return then.
type budget struct {
	ended func() error // why nobody waits for the answer any more
	nodes int
	joins int
	steps int // since the context was last looked at
}

func newBudget(ctx context.Context) *budget {
	return &budget{ended: func() error { return context.Cause(ctx) }}
}

// exceeded carries the error with which an analysis ends up to its front door.
type exceeded struct{ err error }

// spend counts nodes that become part of the plan.
func (b *budget) spend(nodes int) {
	if b.nodes += nodes; b.nodes > maxNodes {
		panic(exceeded{sqlerr.New(tooLarge, "statement is too large: its relations, columns and expressions, those of views included, come to more than %d", maxNodes)})
	}
	b.work(nodes)
}

// tooLarge is Trino's name of what its stack does not carry.
const tooLarge = "STACK_OVERFLOW"

// work counts steps that grow with the statement, and now and then looks whether
// anybody waits for the answer.
func (b *budget) work(steps int) {
	if b.steps += steps; b.steps >= lookEvery {
		b.look()
	}
}

// look ends the analysis when nobody waits for the answer.
func (b *budget) look() {
	b.steps = 0
	if err := b.ended(); err != nil {
		panic(exceeded{err})
	}
}

// enter counts a join within others; each needs a leave.
func (b *budget) enter() {
	if b.joins++; b.joins > maxJoins {
		panic(exceeded{sqlerr.New(tooLarge, "statement is too large (stack overflow during analysis): more than %d joins are nested in each other", maxJoins)})
	}
	b.spend(1)
}

func (b *budget) leave() { b.joins-- }

// checkDepth refuses a plan that is nested too deep.
func (b *budget) checkDepth(n plan.Node, depth int) {
	if depth > maxDepth {
		panic(exceeded{sqlerr.New(tooLarge, "statement is too large (stack overflow during analysis)")})
	}
	b.work(1)
	for _, input := range plan.Inputs(n) {
		b.checkDepth(input, depth+1)
	}
}

// settle turns an analysis that ended over its budget into its error.
func settle(err *error) {
	switch p := recover().(type) {
	case nil:
	case exceeded:
		*err = p.err
	default:
		panic(p)
	}
}
