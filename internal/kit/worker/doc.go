// Package worker does work that may crash, hang or need too much memory in
// processes of this same program, so that the worst input fails one job and
// nothing else.
//
// A Pool keeps the processes. A Job names a kind of work and has a payload; the
// Handler of that kind runs in a process, sends any number of results, and may
// read sources, whose bytes the pool's side supplies:
//
//	run, err := pool.Start(ctx, worker.Job{Kind: "decode", Lane: "decode", Owner: account, Payload: p, Sources: open})
//	for {
//		result, err := run.Next() // io.EOF after the last
//	}
//	run.Close()
//
// The conversation cannot deadlock: a process asks for one chunk of a source at
// a time and waits for it, and the pool's side answers from within Next.
//
// A process ends with its job when the job's context does, when the job panics,
// needs more memory than there is for it, or when the process does not show that
// it lives. It never works for two owners, and it does not live for ever.
package worker
