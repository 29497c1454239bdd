// Package bus is how services hear of each other without knowing each other:
// they publish facts, deliver payloads to ARNs, and wait for keys.
//
// # Facts
//
// Publish writes a fact in the transaction that caused it. The fact exists
// exactly when that transaction was committed, whatever happens afterwards.
//
// Order: facts are numbered 1, 2, 3 and so on, without gaps, in the order in
// which they were committed. A listener is given those it wants in that order.
// Nothing is said about the order between two listeners.
//
// Loss: a listener is given each fact it wants at least once. Its cursor, on
// disk under its name, moves only past facts that its Handle returned nil for.
// Facts that await a listener after a restart are found without a wake-up.
//
// Duplicates: after a failure or a crash a listener goes back, to the batch
// that failed or to its cursor on disk, which follows it within milliseconds,
// and goes on in order from there. It never skips. So a fact may come again,
// and with it those that followed it; Fact.Number tells.
//
// Isolation: a listener that is slow, fails or panics holds up only itself. It
// is called again after pauses that grow to a minute, for as long as it takes.
//
// Removal: a fact is removed once every listener is past it. A listener whose
// name is new starts at the end, or with the oldest fact kept if it says
// FromStart. The listeners are those given to Run: a cursor with another name
// is forgotten when Run begins, with a warning that says how many facts it
// still had to see, so that what is gone holds nothing.
//
// Pressure: the outbox has room for a number of bytes. There is a warning when
// it is half full. When it is full, Publish refuses with an error of kind
// Unavailable, so that the change that caused the fact is not made either: a
// fact is not dropped to make room, and a disk that is full of facts would
// stop everything, the listeners too. A fact with a Cause is what a listener
// makes of another fact; refusing it could keep the listener from ever
// catching up, so such facts have as much room again.
//
// # Deliveries
//
// Deliver writes a delivery in the caller's transaction. From then on it ends
// in one of three ways: its Target took it, its dead letter took its place, or
// it was given up, which is logged and counted for ever. A target is asked at
// least once, and may be asked again after a crash even though it took the
// payload; Delivery.ID is the same each time.
//
// Order: deliveries to one target that name the same Group go one after
// another, in the order in which they were committed; the next waits until the
// one before it has ended. There is no other order.
//
// Retries: an error of kind Invalid, Unauthenticated, Denied, NotFound or
// Unsupported is final, as trying again would not help. Any other, a panic and
// a time-out included, is followed by another try, after a random part of a
// pause that doubles up to 15 minutes, until there were MaxAttempts or MaxAge
// has passed; a delivery may bring pauses of its own. What was never tried, as the
// server did not run, is tried once whatever its age. A target that takes only so
// many in a time puts others off, which is no failure.
//
// Isolation: only so many deliveries are under way at once, to one target
// fewer, and to a target that has just failed one; so those that hang leave
// room for the others. Targets take turns.
//
// Pressure: while Run runs, each target has room for a number of bytes that
// wait for it. What comes beyond that is given up at once, to its dead letter
// if it has one: a target that is down may neither fill the disk nor stop what
// goes to others.
//
// # Waits
//
// A Waiter misses no Wake that comes after it was made. Waits lie in memory:
// all of them end when Run's context does, and none is left behind by a Waiter
// that was closed.
package bus
