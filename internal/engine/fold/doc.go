// Package fold makes of a plan what Trino's planner makes of it before anything runs.
//
// Trino computes what is constant while it plans. A function or a cast that fails
// stays where it is and fails when a row asks for it; a comparison that fails, and
// what fails inside Trino, fails the statement at once, even in a branch that no row
// would take. Branches, conditions and columns that decide nothing are dropped with
// all that is in them. What is left of the plan then decides which correlated
// subqueries can be carried out. All three follow from one pass over the plan, here.
//
// It knows nothing of the engine that runs the plan, and reads no table.
package fold
