// Package operator takes those actions of alarms that only who runs the server can say the meaning of:
// to stop, reboot or recover a machine, to open a ticket or an incident, to add capacity.
//
// An action is taken as it is declared, by a command or a webhook, and in no other way. It promises
// that no text of a client becomes a part of a command line, that a command which takes too long is
// ended with all that it has started, and that nothing is sent anywhere but to the declared address. What is not declared
// is refused for good, with a text that says what to declare. An action may be taken twice after a crash;
// the ID that goes with it is the same then. Who may make alarms with such actions, and when they are
// sent, is left to others.
package operator
