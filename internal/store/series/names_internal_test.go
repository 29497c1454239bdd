package series

import "testing"

// What was read of a series before all was forgotten is not known after: the series may be
// gone, and data that are put by its number would be found by nobody.
func TestWhatIsGoneIsNotNoted(t *testing.T) {
	n := newNames(8)
	gone, there := n.hash([]byte("gone")), n.hash([]byte("there"))
	_, _, epoch := n.find(gone)
	n.forget()
	n.noteIn(epoch, gone, listed{5, 1})
	if l, ok, _ := n.find(gone); ok {
		t.Errorf("what is gone is known as %+v", l)
	}
	if n.now() == epoch {
		t.Error("what was forgotten is not told from what is known")
	}
	_, _, epoch = n.find(there)
	n.noteIn(epoch, there, listed{6, 2})
	n.noteIn(epoch, there, listed{6, 1})
	if l, ok, _ := n.find(there); !ok || l != (listed{6, 2}) {
		t.Errorf("what is there is known as %+v, %v", l, ok)
	}
}
