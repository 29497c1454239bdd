package main

import (
	"runtime"
	"sync"

	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
)

// decoderMemory is what one process that decodes may use.
const decoderMemory = 1 << 30

// decoderPool returns how to get the processes in which a query decodes objects, which
// start when the first is to be, and how to end them.
func decoderPool() (open func() (*worker.Pool, error), end func() error) {
	var mu sync.Mutex
	var pool *worker.Pool
	open = func() (*worker.Pool, error) {
		mu.Lock()
		defer mu.Unlock()
		if pool != nil {
			return pool, nil
		}
		command, err := workerArguments()
		if err != nil {
			return nil, err
		}
		pool, err = worker.Open(worker.Config{
			Command: command, Lanes: map[string]int{lake.LaneDecode: runtime.GOMAXPROCS(0)}, Memory: decoderMemory,
		})
		return pool, err
	}
	return open, func() error {
		mu.Lock()
		defer mu.Unlock()
		if pool == nil {
			return nil
		}
		return pool.Close()
	}
}
