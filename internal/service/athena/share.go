package athena

import (
	"cmp"
	"slices"
)

// share is one party among equals that has jobs which wait or run: an account
// among accounts, a work group among those of its account. The root of a lane
// is the share that has them all.
//
// The next job is that of the party which has the fewest running; of several,
// of the one that was served the longest time ago, or never. So one that asks for 500
// queries does not keep another's only one waiting for more than the next slot.
type share struct {
	name    string
	queued  int // jobs that wait, here and below
	running int
	jobs    []*job   // that wait here, the oldest first
	parts   []*share // in the order in which they came
	turns   int      // how many jobs the parts have had
	served  int      // the last of the turns above that was this one's; 0 for none
}

// push lets a job wait in the share that path leads to.
func (s *share) push(j *job, path []string) {
	s.queued++
	if len(path) == 0 {
		s.jobs = append(s.jobs, j)
		return
	}
	s.part(path[0]).push(j, path[1:])
}

func (s *share) part(name string) *share {
	for _, p := range s.parts {
		if p.name == name {
			return p
		}
	}
	p := &share{name: name}
	s.parts = append(s.parts, p)
	return p
}

// pop takes the job whose turn it is. There must be one.
func (s *share) pop() *job {
	s.queued--
	s.running++
	if len(s.jobs) > 0 {
		j := s.jobs[0]
		s.jobs = slices.Delete(s.jobs, 0, 1)
		return j
	}
	var next *share
	for _, p := range s.parts {
		if p.queued > 0 && (next == nil || cmp.Or(cmp.Compare(p.running, next.running), cmp.Compare(p.served, next.served)) < 0) {
			next = p
		}
	}
	s.turns++
	next.served = s.turns
	return next.pop()
}

// leave says that a job of the share that path leads to, which pop returned, is done.
func (s *share) leave(path []string) {
	s.running--
	if len(path) > 0 {
		s.part(path[0]).leave(path[1:])
		s.prune()
	}
}

// withdraw takes back a job that waits in the share that path leads to, and says
// whether it was there.
func (s *share) withdraw(j *job, path []string) bool {
	var found bool
	if len(path) == 0 {
		at := slices.Index(s.jobs, j)
		if found = at >= 0; found {
			s.jobs = slices.Delete(s.jobs, at, at+1)
		}
	} else {
		found = s.part(path[0]).withdraw(j, path[1:])
		s.prune()
	}
	if found {
		s.queued--
	}
	return found
}

// prune forgets the parties that have nothing waiting and nothing running.
func (s *share) prune() {
	s.parts = slices.DeleteFunc(s.parts, func(p *share) bool { return p.queued == 0 && p.running == 0 })
}
