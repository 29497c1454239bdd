package verify

import "context"

// maxPreview is how many log files are read while places are listed: what is known of so
// many is kept until their day comes.
const maxPreview = 20_000

// preview is log files that are read before their day comes, so that reading need not
// wait for the end of a listing. What a log file holds does not depend on what digests
// say of it.
type preview struct {
	work     *batch
	contents map[previewKey]*content
}

type previewKey struct {
	place *Place
	key   string
}

func newPreview(ctx context.Context, r *run) *preview {
	return &preview{work: r.batch(ctx), contents: map[previewKey]*content{}}
}

// read begins to read a log file, unless there are too many.
func (p *preview) read(of *Place, o Object) error {
	if len(p.contents) >= maxPreview {
		return nil
	}
	c := &content{}
	p.contents[previewKey{of, o.Key}] = c
	return p.work.read(func(r *reader) {
		*c = r.log(p.work.ctx, of.Files, o.Key)
		p.work.run.bytes.Add(o.Size)
	})
}
