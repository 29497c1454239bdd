package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
)

// window resolves a window: a reference to a named one, or one of its own that
// may build on a named one.
func (s *selection) window(w *ast.Window) (*windowSpec, error) {
	spec := &windowSpec{partitionBy: w.PartitionBy, orderBy: w.OrderBy, frame: w.Frame}
	if w.Name == nil {
		return spec, nil
	}
	named, ok := s.windows[w.Name.Lower()]
	if !ok {
		return nil, s.fail(w.Name, "INVALID_WINDOW_REFERENCE", "Cannot resolve WINDOW name %s", w.Name.Name)
	}
	if w.Reference {
		return named, nil
	}
	switch {
	case len(w.PartitionBy) > 0:
		return nil, s.fail(w.PartitionBy[0], "INVALID_PARTITION_BY", "WINDOW specification with named WINDOW reference cannot specify PARTITION BY")
	case len(named.orderBy) > 0 && len(w.OrderBy) > 0:
		return nil, s.fail(w.OrderBy[0], "INVALID_ORDER_BY", "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY")
	case named.frame != nil:
		return nil, s.fail(w.Name, "INVALID_WINDOW_REFERENCE", "Cannot reference named WINDOW containing frame specification")
	}
	spec.partitionBy = named.partitionBy
	if len(w.OrderBy) == 0 {
		spec.orderBy = named.orderBy
		spec.named = named.named
	}
	return spec, nil
}

// defineWindows reads the WINDOW clause. A window that nobody uses is typed as well.
func (s *selection) defineWindows(x *exprs) error {
	for _, named := range s.node.Windows {
		name := named.Name.Lower()
		if _, ok := s.windows[name]; ok {
			return s.fail(named.Name, "DUPLICATE_WINDOW_NAME", "WINDOW name '%s' specified more than once", named.Name.Name)
		}
		spec, err := s.window(named.Window)
		if err != nil {
			return err
		}
		call, err := x.overWindow(spec)
		if err != nil {
			return err
		}
		spec.named = s.source
		s.windows[name] = spec
		s.unused = append(s.unused, windowSpecParts(&call)...)
	}
	return nil
}
