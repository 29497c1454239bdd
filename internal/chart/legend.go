package chart

import (
	"fmt"
	"image/color"
)

const (
	legendRow = 18
	swatch    = 10 // the square in front of a label
	legendGap = 16 // between entries of a row
)

// entry is a label of the legend, with what stands behind it.
type entry struct {
	label string
	value string
	color color.NRGBA
}

// entries are those of all series.
func (d *drawing) entries() []entry {
	all := make([]entry, len(d.Series))
	for i := range d.Series {
		all[i] = entry{label: d.Series[i].Label, color: colorOf(d.Series[i].Color, i)}
	}
	return all
}

// legend draws the legend into a room, and returns what is left of it. Where it would take
// too much it says how many entries there are besides.
func (d *drawing) legend(room box, all []entry) box {
	switch {
	case d.Legend == Nowhere || len(all) == 0 || room.height() < 90 || room.width() < 100:
		return room
	case d.Legend == Beside && room.width() >= 240:
		return d.legendBeside(room, all)
	}
	return d.legendBelow(room, all)
}

// legendBelow draws rows of entries at the bottom, up to a third of the room.
func (d *drawing) legendBelow(room box, all []entry) box {
	most := max(1, int(room.height()/3/legendRow))
	type placed struct {
		entry

		x float64
	}
	rows := [][]placed{nil}
	x, shown := room.left, 0
	for i, e := range all {
		e.label = d.cut(e.label, min(room.width()-swatch-6, max(room.width()*0.45, 120)), sizeSmall, false)
		width := swatch + 6 + textWidth(e.label, sizeSmall, false)
		more := 0.0 // what is to be said of those that follow
		if len(rows) == most && i < len(all)-1 {
			more = textWidth(fmt.Sprintf("and %d more", len(all)), sizeSmall, false) + legendGap
		}
		if x > room.left && x+width+more > room.right {
			if len(rows) == most {
				break
			}
			rows, x = append(rows, nil), room.left
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], placed{e, x})
		x += width + legendGap
		shown++
	}
	top := room.bottom - float64(len(rows))*legendRow
	for n, row := range rows {
		for _, e := range row {
			d.swatch(e.x, top+float64(n)*legendRow+13, e.entry)
		}
	}
	if rest := len(all) - shown; rest > 0 {
		d.text(x, room.bottom-legendRow+13, d.cut(fmt.Sprintf("and %d more", rest), room.right-x, sizeSmall, false), textStyle{size: sizeSmall, color: d.theme.faint})
	}
	room.bottom = top - 6
	return room
}

// legendBeside draws a column of entries at the right.
func (d *drawing) legendBeside(room box, all []entry) box {
	widest := 0.0
	for _, e := range all {
		width := textWidth(e.label, sizeSmall, false)
		if e.value != "" {
			width += 12 + textWidth(e.value, sizeSmall, true)
		}
		widest = max(widest, width)
	}
	width := min(widest+swatch+6, room.width()*0.4)
	left := room.right - width
	most := max(1, int(room.height()/legendRow))
	for i, e := range all {
		y := room.top + float64(i)*legendRow + 13
		if i == most-1 && len(all) > most {
			d.text(left, y, d.cut(fmt.Sprintf("and %d more", len(all)-i), width, sizeSmall, false), textStyle{size: sizeSmall, color: d.theme.faint})
			break
		}
		space := width - swatch - 6
		if e.value != "" {
			d.text(room.right, y, e.value, textStyle{size: sizeSmall, bold: true, color: d.theme.text, align: end})
			space -= 12 + textWidth(e.value, sizeSmall, true)
		}
		e.label = d.cut(e.label, space, sizeSmall, false)
		d.swatch(left, y, e)
	}
	room.right = left - 14
	return room
}

// swatch draws an entry.
func (d *drawing) swatch(x, y float64, e entry) {
	d.fill(box{x, y - swatch + 1, x + swatch, y + 1}, e.color)
	d.text(x+swatch+6, y, e.label, textStyle{size: sizeSmall, color: d.theme.text})
}
