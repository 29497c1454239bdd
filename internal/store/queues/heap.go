package queues

// heap is a binary heap whose elements know where they are, so that any of them can be
// taken out.
type heap[T any] struct {
	of   []T
	less func(a, b T) bool
	at   func(T) *int
}

func (h *heap[T]) len() int { return len(h.of) }

func (h *heap[T]) push(e T) {
	h.of = append(h.of, e)
	*h.at(e) = len(h.of) - 1
	h.up(len(h.of) - 1)
}

func (h *heap[T]) remove(e T) {
	at, last := *h.at(e), len(h.of)-1
	h.swap(at, last)
	var none T
	h.of[last] = none
	h.of = h.of[:last]
	if at < last {
		h.fix(at)
	}
}

// fix puts in its place what has changed at an index.
func (h *heap[T]) fix(at int) {
	if !h.down(at) {
		h.up(at)
	}
}

func (h *heap[T]) swap(i, j int) {
	h.of[i], h.of[j] = h.of[j], h.of[i]
	*h.at(h.of[i]), *h.at(h.of[j]) = i, j
}

func (h *heap[T]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(h.of[i], h.of[parent]) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *heap[T]) down(i int) (moved bool) {
	for {
		child := 2*i + 1
		if child >= len(h.of) {
			return moved
		}
		if child+1 < len(h.of) && h.less(h.of[child+1], h.of[child]) {
			child++
		}
		if !h.less(h.of[child], h.of[i]) {
			return moved
		}
		h.swap(i, child)
		i, moved = child, true
	}
}
