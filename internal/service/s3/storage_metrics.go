package s3

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/objects"
)

// measuredMark is under which name the store remembers the day of which buckets were
// measured last.
const measuredMark = "s3/measured"

// storageTypes are the words of metrics for storage classes.
var storageTypes = map[string]string{
	"STANDARD": "StandardStorage", "STANDARD_IA": "StandardIAStorage", "ONEZONE_IA": "OneZoneIAStorage", "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
	"GLACIER": "GlacierStorage", "GLACIER_IR": "GlacierInstantRetrievalStorage", "DEEP_ARCHIVE": "DeepArchiveStorage",
	"INTELLIGENT_TIERING": "IntelligentTieringFAStorage", "EXPRESS_ONEZONE": "ExpressOneZone", "OUTPOSTS": "OutpostsStorage", "SNOW": "SnowStorage",
}

// Measured tells once a day how much each bucket has: bytes by storage class, and how many
// objects, both with earlier versions and with parts of uploads that are under way. It is a
// metric.Gauges. A bucket without objects has no metrics.
func (s *Service) Measured(ctx context.Context, emit func(scope cloud.Scope, m metric.Own, value float64)) error {
	today := s.cfg.Now().UTC().Format("2006-01-02")
	var buckets []*objects.Bucket
	err := s.db.View(ctx, func(v *objects.View) error {
		day, err := v.Mark(measuredMark)
		if err != nil || string(day) == today {
			return err
		}
		for b, err := range v.Buckets("") {
			if err != nil {
				return err
			}
			buckets = append(buckets, b)
		}
		return nil
	})
	if err != nil || len(buckets) == 0 {
		return err
	}
	measured := make([]stored, len(buckets))
	for i, b := range buckets {
		if measured[i], err = s.measure(ctx, b); err != nil {
			return fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	// The mark comes first: a day may be left out by a crash here, and is not told twice.
	if err := s.db.Update(ctx, func(tx *objects.Tx) error { return tx.SetMark(measuredMark, []byte(today)) }); err != nil {
		return err
	}
	for i, b := range buckets {
		measured[i].tell(b, emit)
	}
	return nil
}

// stored is how much a bucket has.
type stored struct {
	objects int64
	bytes   map[string]int64 // by storage type
}

func (s *Service) measure(ctx context.Context, b *objects.Bucket) (of stored, err error) {
	of.bytes = map[string]int64{}
	err = s.db.View(ctx, func(v *objects.View) error {
		c, seen := v.Versions(b), 0
		for c.Next() {
			if seen++; seen%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			of.objects++
			if o := c.Version(); !o.Marker {
				of.bytes[storageTypes[storageClassOf(o)]] += o.Size
			}
		}
		if err := c.Err(); err != nil {
			return err
		}
		if err := c.Close(); err != nil {
			return err
		}
		for u, err := range v.Uploads(b, "") {
			if err != nil {
				return err
			}
			for p, err := range v.Parts(u, 0) {
				if err != nil {
					return err
				}
				of.objects++
				of.bytes["StandardStorage"] += p.Size // as whose parts AWS counts them until they are an object
			}
		}
		return nil
	})
	return of, err
}

// tell tells what a bucket has.
func (of *stored) tell(b *objects.Bucket, emit func(scope cloud.Scope, m metric.Own, value float64)) {
	if of.objects == 0 {
		return
	}
	scope := cloud.Scope{Account: b.Account, Region: b.Region}
	own := metric.Own{Namespace: ownNamespace, Name: "NumberOfObjects", Unit: "Count"}.With("BucketName", b.Name)
	emit(scope, own.With("StorageType", "AllStorageTypes"), float64(of.objects))
	own.Name, own.Unit = "BucketSizeBytes", "Bytes"
	for _, class := range slices.Sorted(maps.Keys(of.bytes)) {
		if class != "" {
			emit(scope, own.With("StorageType", class), float64(of.bytes[class]))
		}
	}
}
