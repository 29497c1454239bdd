package s3

import (
	"slices"
	"time"
)

// classOrder is the order in which objects move from class to class.
var classOrder = []string{"STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"}

// infrequent are the classes that an object cannot move to before it is 30 days
// old, nor leave before it was there for as long.
var infrequent = []string{"STANDARD_IA", "ONEZONE_IA"}

const infrequentDays = 30

// move is a transition of any kind, when it comes and where it leads.
type move struct {
	days  *int32
	date  *time.Time
	class string
}

// after says how much later m comes than another move of the same form, in days.
func (m *move) after(earlier *move) int64 {
	if m.date != nil {
		return int64(m.date.Sub(*earlier.date) / (24 * time.Hour))
	}
	return int64(*m.days) - int64(*earlier.days)
}

func (r lifecycleCheck) checkTransitions() error {
	var moves []move
	for _, t := range r.Transitions {
		class := text(t.StorageClass)
		switch {
		case !slices.Contains(classOrder, class) || t.Days != nil && t.Date != nil:
			return errMalformed()
		case t.Days == nil && t.Date == nil:
			return errInvalidArgument("'Transition' action must specify either 'Days' or 'Date'")
		case t.Date != nil && !isMidnight(*t.Date):
			return errNotMidnight()
		case t.Days != nil && *t.Days < 0:
			return errInvalidArgument("'Days' in Transition action must be nonnegative")
		case t.Days != nil && *t.Days < infrequentDays && slices.Contains(infrequent, class):
			return errInvalidArgument("'Days' in Transition action must be greater than or equal to 30 for storageClass '%s'", class)
		}
		moves = append(moves, move{t.Days, t.Date, class})
	}
	if err := r.checkMoves("Transition", "Days", moves); err != nil {
		return err
	}
	e := r.Expiration
	if e == nil || e.ExpiredObjectDeleteMarker != nil {
		return nil
	}
	return r.checkEnd("Expiration", "Transition", "Days", move{days: e.Days, date: e.Date}, moves)
}

func (r lifecycleCheck) checkNoncurrentTransitions() error {
	var moves []move
	for _, t := range r.NoncurrentVersionTransitions {
		class := text(t.StorageClass)
		switch {
		case !slices.Contains(classOrder, class) || t.NoncurrentDays == nil:
			return errMalformed()
		case *t.NoncurrentDays < 0:
			return errInvalidArgument("'NoncurrentDays' in NoncurrentVersionTransition action must be nonnegative")
		case *t.NoncurrentDays < infrequentDays && slices.Contains(infrequent, class):
			return errInvalidArgument("'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to 30 for storageClass '%s'", class)
		}
		if err := r.checkNewer(t.NewerNoncurrentVersions); err != nil {
			return err
		}
		moves = append(moves, move{days: t.NoncurrentDays, class: class})
	}
	if err := r.checkMoves("NoncurrentVersionTransition", "NoncurrentDays", moves); err != nil {
		return err
	}
	if r.NoncurrentVersionExpiration == nil {
		return nil
	}
	return r.checkEnd("NoncurrentVersionExpiration", "NoncurrentVersionTransition", "NoncurrentDays", move{days: r.NoncurrentVersionExpiration.NoncurrentDays}, moves)
}

// checkMoves refuses moves that are not of one form, to different classes, or
// lead back. days is the name of their member.
func (r lifecycleCheck) checkMoves(action, days string, moves []move) error {
	moves = slices.Clone(moves)
	slices.SortStableFunc(moves, func(a, b move) int { return slices.Index(classOrder, a.class) - slices.Index(classOrder, b.class) })
	for i := 1; i < len(moves); i++ {
		earlier, later := &moves[i-1], &moves[i]
		switch {
		case (earlier.date == nil) != (later.date == nil):
			return errInvalidRequest("Found mixed 'Date' and 'Days' based %s actions in lifecycle rule for %s", action, r.which())
		case earlier.class == later.class:
			return errInvalidRequest("'StorageClass' must be different for '%s' actions in same 'Rule' with %s", action, r.which())
		}
		if err := r.checkStep(action, days, earlier, later); err != nil {
			return err
		}
	}
	return nil
}

func (r lifecycleCheck) checkStep(action, days string, earlier, later *move) error {
	if later.date != nil {
		days = "Date"
	}
	gap, demand := later.after(earlier), "greater than"
	if slices.Contains(infrequent, earlier.class) && later.class != "INTELLIGENT_TIERING" && !slices.Contains(infrequent, later.class) {
		gap, demand = gap-infrequentDays+1, "30 days more than"
	}
	if gap > 0 {
		return nil
	}
	return errInvalidArgument("'%s' in the %s action for StorageClass '%s' for %s must be %s '%s' in the %s action for StorageClass '%s'",
		days, action, later.class, r.which(), demand, days, action, earlier.class)
}

// checkEnd refuses an expiration that does not come after all moves.
func (r lifecycleCheck) checkEnd(action, before, days string, end move, moves []move) error {
	for i := range moves {
		if (end.date == nil) != (moves[i].date == nil) {
			return errInvalidRequest("Found mixed 'Date' and 'Days' based %s and %s actions in lifecycle rule for %s", action, before, r.which())
		}
		if end.date != nil {
			days = "Date"
		}
		if end.after(&moves[i]) <= 0 {
			return errInvalidArgument("'%s' in the %s action for %s must be greater than '%s' in the %s action", days, action, r.which(), days, before)
		}
	}
	return nil
}
