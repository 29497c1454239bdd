// Package alarm decides: what state an alarm is in by the points of its metric, and why,
// as CloudWatch does.
//
// It is pure. It knows no store and no clock: who asks gives the time, the points
// and the state so far. It promises the same verdict for the same question, AWS's
// words for why, and that a verdict costs no more than the points that it looks at;
// texts are made when they are asked for. What is done about a change of state,
// and the rules of composite alarms (language/alarmrule), are left to others.
package alarm
