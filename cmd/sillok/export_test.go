package main

// WorkerName is the command that a worker is started with.
const WorkerName = workerName

// Main is the program, for tests that start it.
func Main() { main() }

// DemoLogs returns the demo's logs, by their keys.
func DemoLogs() (map[string][]byte, error) {
	logs, err := demoLogs()
	bodies := map[string][]byte{}
	for _, o := range logs {
		bodies[o.key] = o.body
	}
	return bodies, err
}

// Quoted returns a word as one would type it in a shell.
func Quoted(word string) string { return shellQuoted(word) }
