package lake

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/footer"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// decoder turns objects into shadows, in worker processes where it has a pool.
type decoder struct {
	objects     Objects
	maxExpanded int64
	press       *shadow.Press
	crew        *crew // nil: there are no worker processes
}

// maker returns how to make the shadow of an object.
func (d *decoder) maker(s *Scan, o Object) shadow.Maker {
	return func(ctx context.Context, t shadow.Temp) (shadow.Info, error) {
		open := func() (io.ReadCloser, error) { return d.objects.Open(ctx, o) }
		if d.crew != nil {
			recipe, err := s.recipe()
			if err != nil {
				return shadow.Info{}, err
			}
			out, err := d.crew.do(ctx, order{recipe: recipe, Temp: t, Size: o.Size, MaxExpanded: d.maxExpanded}, open)
			return out.Info, err
		}
		return decode(ctx, d.press, t, s.format, &format.Source{Open: open, Size: o.Size, MaxExpanded: d.maxExpanded, Dir: filepath.Dir(t.Path)})
	}
}

// decode makes the shadow of the object whose bytes src gives.
func decode(ctx context.Context, press *shadow.Press, t shadow.Temp, of format.Format, src *format.Source) (shadow.Info, error) {
	if _, ok := of.(format.Parquet); ok {
		body, err := src.Open()
		if err != nil {
			return shadow.Info{}, err
		}
		info, err := press.Copy(t, body)
		return info, badParquet(errors.Join(err, body.Close()))
	}
	return press.Write(t, func(start func(*shadow.Schema) *shadow.Writer) error {
		return of.Decode(ctx, src, func(schema *shadow.Schema) *shadow.Writer {
			w := start(schema)
			w.Info.Source = src.Size
			return w
		})
	})
}

// badParquet names the failure of a Parquet object as Trino does.
func badParquet(err error) error {
	if !errors.Is(err, footer.ErrNotParquet) {
		return err
	}
	return cloud.Errorf(cloud.Invalid, "HIVE_BAD_DATA", "the object is not a Parquet file").Because(err)
}
