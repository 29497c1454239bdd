package replaytest

// DifferentExpressions says, by the id of an expression among Differences, why our
// answer is not the recorded one. Each is a fault of Trino's own or no answer of the
// expression's; where Trino blames the user, so do we.
var DifferentExpressions = map[string]string{}
