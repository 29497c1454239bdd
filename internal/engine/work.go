package engine

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// The lanes of a pool of workers that engines use.
const (
	LaneQuery = "query" // takes as long as a query does
	LaneShort = "short" // takes a moment: constants, partitions
)

// Names of the failures of a query that needed too much.
const (
	OutOfMemory = "EXCEEDED_LOCAL_MEMORY_LIMIT"
	OutOfTime   = "EXCEEDED_TIME_LIMIT"
)

// Tell returns a handler's error so that Told finds a failed statement in it.
func Tell(err error) error {
	e, ok := errors.AsType[*sqlerr.Error](err)
	if !ok {
		return err
	}
	detail, encoding := json.Marshal(e)
	if encoding != nil {
		return errors.Join(err, encoding)
	}
	return worker.Fail(e, detail)
}

// Told returns what an error of a worker means to the one who asked: a failed
// statement as it was, what became of the process as a failed statement, and
// anything else as it is.
func Told(err error) error {
	if failed, ok := errors.AsType[*worker.JobError](err); ok && failed.Detail != nil {
		e := &sqlerr.Error{}
		if decoding := json.Unmarshal(failed.Detail, e); decoding != nil {
			return errors.Join(err, decoding)
		}
		return e
	}
	ended, ok := errors.AsType[*worker.EndedError](err)
	if !ok {
		return err
	}
	e := sqlerr.New("GENERIC_INTERNAL_ERROR", "The query engine's process failed while it ran this query: %v", ended)
	switch ended.Reason {
	case worker.OutOfMemory:
		e = sqlerr.New(OutOfMemory, "Query exceeded per-node memory limit of %dMB", ended.Limit>>20)
		if ended.Limit == 0 {
			e = sqlerr.New(OutOfMemory, "Query exceeded per-node memory limit")
		}
	case worker.OutOfTime:
		e = sqlerr.New(OutOfTime, "A condition on partitions took longer than %s", ended.Detail)
	case worker.Crashed:
		if strings.Contains(ended.Detail, "killed") {
			e.Message += ", as the kernel does when there is too little memory"
		}
	case worker.Panicked, worker.Silent, worker.Closed:
	}
	return e
}
