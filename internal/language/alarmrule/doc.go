// Package alarmrule reads the rules of composite alarms, and says by the states of
// other alarms what they come to.
//
//	ALARM("CPU high") AND NOT OK(arn:aws:cloudwatch:eu-central-1:111122223333:alarm:disk)
//	AT_LEAST(50%, NOT OK, (a, b, c)) OR TRUE
//
// It is pure: which alarms exist and what states they are in is for the caller to say.
// What it refuses, it refuses in the words that AWS was seen to use.
package alarmrule
