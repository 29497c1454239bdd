package alarm

import (
	"fmt"
	"time"
)

// Child is an alarm that a composite one hangs on.
type Child struct {
	ARN   string
	State State
	Since time.Time // when it came into its state
}

// CreatedReason is why a composite alarm that is new is in its state.
func CreatedReason(arn string, s State) string {
	return fmt.Sprintf("%s was created and its alarm rule evaluates to %s", arn, s)
}

// UpdatedReason is why a composite alarm whose rule was changed is in its state.
func UpdatedReason(arn string, s State) string {
	return fmt.Sprintf("%s was updated and its new alarm rule evaluates to %s", arn, s)
}

// ChildReason is why a composite alarm changed its state with a child.
func ChildReason(child Child) string {
	return fmt.Sprintf("%s transitioned to %s at %s", child.ARN, child.State, LongDate(child.Since))
}

// ChildrenData is StateReasonData of a composite alarm whose state follows from these children.
func ChildrenData(deciding []Child) string {
	type state struct {
		Value     State  `json:"value"`
		Timestamp string `json:"timestamp"`
	}
	type child struct {
		ARN   string `json:"arn"`
		State state  `json:"state"`
	}
	children := make([]child, len(deciding))
	for i, one := range deciding {
		children[i] = child{one.ARN, state{one.State, Stamp(one.Since)}}
	}
	return JSON(struct {
		Triggering []child `json:"triggeringAlarms"`
	}{children})
}
