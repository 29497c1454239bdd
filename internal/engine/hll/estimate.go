package hll

import (
	"math"
	"math/bits"
)

// Few hashes are counted by their first 26 bits, with which goes the run of zeros
// behind these: entries. Then come 2^p buckets, named by the first p bits, each with
// the longest run of zeros that was seen behind them. An engine can gather both:
// entries as long as they are few, and the distinct marks of buckets, of which there
// are few however many hashes there were.

const (
	prefixBits = 26
	runBits    = 6
	runMask    = 1<<runBits - 1
)

// Trace returns what matters of a hash to 2^p buckets: its entry and, in the last
// 6 bits, the run of zeros behind its bucket. It is never negative.
func Trace(hash uint64, p int) int64 {
	return int64(entry(hash))<<runBits | int64(zeros(hash, p)+1)
}

// EntryShift is how far right a trace is shifted to have its entry, and PrefixShift
// the 26 bits that tell few hashes apart.
const (
	EntryShift  = runBits
	PrefixShift = runBits + EntryShift
)

// BucketShift is how far right a trace is shifted to have its bucket. A mark is that
// shifted left by RunBits and the bits of the trace in RunMask.
func BucketShift(p int) int { return PrefixShift + prefixBits - p }

// RunBits and RunMask are the place of the run of zeros in a trace and in a mark.
const (
	RunBits = runBits
	RunMask = runMask
)

func entry(hash uint64) uint32 {
	return uint32(hash>>(64-prefixBits))<<runBits | uint32(zeros(hash, prefixBits)) //nolint:gosec // 32 bits
}

// zeros is the run of zeros behind the first n bits.
func zeros(hash uint64, n int) int { return bits.LeadingZeros64(hash<<n | 1<<(n-1)) }

// mark is the bucket and the run of zeros of an entry.
func mark(entry uint32, p int) (bucket int, run uint8) {
	z := bits.LeadingZeros32(entry << p)
	if behind := prefixBits - p; z >= behind {
		z = behind + int(entry&runMask)
	}
	return int(entry >> (32 - p)), uint8(z + 1) //nolint:gosec // at most 61
}

// Cardinality estimates how many hashes there were, from the number of distinct
// prefixes and the distinct marks.
//
// Trino's own answer depends on how it read the rows when there are a few more
// prefixes than it keeps, such as 252 to 260 for p of 11: parts that were read
// apart stay entries when they are put together. The answer here is that of rows
// read in one go.
func Cardinality(prefixes int64, marks []int64, p int) int64 {
	if prefixes < entryLimit(p) {
		return estimateEntries(prefixes)
	}
	return estimateBuckets(fromMarks(marks, p), p)
}

func fromMarks(marks []int64, p int) []uint8 {
	buckets := make([]uint8, 1<<p)
	for _, m := range marks {
		b := m >> runBits
		buckets[b] = max(buckets[b], uint8(m&runMask))
	}
	return buckets
}

func estimateEntries(n int64) int64 {
	const all = 1 << prefixBits
	return linear(float64(all-n), all)
}

func estimateBuckets(buckets []uint8, p int) int64 {
	n, empty, sum := float64(len(buckets)), 0.0, 0.0
	for _, run := range buckets {
		if run == 0 {
			empty++
		}
		sum += math.Ldexp(1, -int(run))
	}
	if empty > 0.4*n {
		return linear(empty, n)
	}
	return int64(math.Round(unbiased(alpha(p)*n*n/sum, p)))
}

// linear estimates how many hashes leave so many of all places empty.
func linear(empty, all float64) int64 { return int64(math.Round(all * math.Log(all/empty))) }

// entryLimit is the number of entries from which on Trino has buckets instead, when
// it adds hashes one by one: they are fewer bytes then, in its accounting of the
// objects. The array of entries grows from 1 by tens.
func entryLimit(p int) int64 { return (entryCapacity(p)-1)/10*10 + 2 }

// entryCapacity is how many entries may be put together from others.
func entryCapacity(p int) int64 {
	const denseObject, sparseObject, bytesOfEntry = 40, 24, 4
	return (denseObject - sparseObject + 1<<p/2) / bytesOfEntry
}

func alpha(p int) float64 {
	switch p {
	case 4:
		return 0.673
	case 5:
		return 0.697
	case 6:
		return 0.709
	default:
		return 0.7213 / (1 + 1.079/float64(int64(1)<<p))
	}
}
