package main

import (
	"bytes"
	"fmt"
	"image/color"
	"regexp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The chart has three panels. The upper ones show the leak, by Delete on the left and by
// CompareAndDelete on the right. The lower one shows what the other versions retain, on a
// scale where it is visible.

// A panel is a plot of some variants.
type panel struct {
	title     string
	top, step float64 // of the vertical axis, in MiB
	curves    []curve
	notes     []note
}

// A curve is a variant with a label at its right end.
type curve struct {
	variant string
	label   string
	ink     color.Color
	dashes  []vg.Length
	raise   vg.Length // the label, to keep it away from its neighbours
}

// A note is a text in a panel.
type note struct {
	at    plotter.XY
	text  string
	ink   color.Color
	raise vg.Length
}

// Colours on white that can be distinguished without seeing red and green.
var (
	black   = color.RGBA{0x22, 0x22, 0x22, 0xff}
	grey    = color.RGBA{0x6e, 0x6e, 0x6e, 0xff}
	pale    = color.RGBA{0xdc, 0xdc, 0xdc, 0xff}
	red     = color.RGBA{0xc8, 0x3c, 0x00, 0xff}
	blue    = color.RGBA{0x00, 0x4f, 0x9a, 0xff}
	skyBlue = color.RGBA{0x2b, 0x95, 0xd2, 0xff}
	purple  = color.RGBA{0xa8, 0x4c, 0x86, 0xff}
	green   = color.RGBA{0x00, 0x80, 0x60, 0xff}
)

var (
	dashed = []vg.Length{vg.Points(6), vg.Points(4)}
	dotted = []vg.Length{vg.Points(1), vg.Points(3)}
)

// panels returns the panels in reading order.
func panels(l load) (leak, compare, zoom panel) {
	end := float64(l.connections)
	leak = panel{title: "Delete", top: 400, step: 100, curves: []curve{
		{variant: "go1.14", ink: purple},
		{variant: "go1.15.2", ink: blue},
		{variant: "go1.23", ink: skyBlue, dashes: dashed},
		{variant: "sync.Map", ink: green},
		{variant: "go1.15.0", label: "go1.15.0", ink: red},
	}, notes: []note{{at: plotter.XY{X: end, Y: 16}, text: "the others", ink: black}}}
	compare = panel{title: "CompareAndDelete", top: 400, step: 100, curves: []curve{
		{variant: "sync.Map CompareAndDelete", label: "sync.Map", ink: green, raise: 4},
		{variant: "go1.23 CompareAndDelete", label: "go1.23", ink: skyBlue},
	}}
	zoom = panel{title: "Delete again, the lowest 32 MiB", top: 32, step: 8, curves: []curve{
		{variant: "go1.15.0", ink: red},
		{variant: "go1.14", label: "go1.14", ink: purple},
		{variant: "go1.15.2", label: "go1.15.2", ink: blue, raise: 7},
		{variant: "go1.23", label: "go1.23 (dashed)", ink: skyBlue, dashes: dashed, raise: -7},
		{variant: "sync.Map", label: "sync.Map", ink: green},
	}, notes: []note{{at: plotter.XY{X: end * 0.08, Y: 30}, text: "go1.15.0", ink: red}}}
	return leak, compare, zoom
}

// drawChart returns the contents of heap.svg.
func drawChart(l load, all []measured) ([]byte, error) {
	const width, height, margin, heading = 640, 540, 14, 44
	const upper = (height - heading) / 2
	canvas := vgsvg.New(width, height)
	page := draw.New(canvas)
	page.SetColor(color.White) // an opaque background, whatever the page has
	page.Fill(page.Rectangle.Path())
	title := style(14, black)
	title.XAlign, title.YAlign = draw.XCenter, draw.YTop
	page.FillText(title, vg.Point{X: width / 2, Y: height - margin},
		fmt.Sprintf("What remains in memory while at most %s connections are open", thousands(l.open)))
	leak, compare, zoom := panels(l)
	for _, place := range []struct {
		panel
		left, right, bottom, top vg.Length // distances from the edges of the page
	}{
		{leak, margin, width/2 + margin, height - heading - upper, heading},
		{compare, width / 2, margin + 6, height - heading - upper, heading},
		{zoom, margin, margin + 6, margin, heading + upper + margin},
	} {
		p, err := place.plot(l, all)
		if err != nil {
			return nil, err
		}
		p.Draw(draw.Crop(page, place.left, -place.right, place.bottom, -place.top))
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	return genericFonts(b.Bytes()), nil
}

// plot draws the curves and labels of a panel.
func (p panel) plot(l load, all []measured) (*plot.Plot, error) {
	pl := plot.New()
	pl.BackgroundColor = nil // the page is white, and a panel must not hide its neighbour's labels
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = nil, pale
	pl.Add(grid)
	half := float64(l.connections / 2)
	if err := addLine(pl, plotter.XYs{{X: half}, {X: half, Y: p.top}}, grey, 1, dotted); err != nil {
		return nil, err
	}
	notes := append(p.notes, note{at: plotter.XY{X: half, Y: p.top * 15 / 16}, text: "one Range", ink: grey})
	for _, c := range p.curves {
		i := slices.IndexFunc(all, func(m measured) bool { return m.name == c.variant })
		if i < 0 || len(all[i].samples) == 0 {
			return nil, fmt.Errorf("%s was not measured", c.variant)
		}
		points := all[i].points()
		if err := addLine(pl, points, c.ink, 2, c.dashes); err != nil {
			return nil, err
		}
		if c.label != "" {
			notes = append(notes, note{points[len(points)-1], c.label, c.ink, c.raise})
		}
	}
	for _, n := range notes {
		if err := n.add(pl); err != nil {
			return nil, err
		}
	}
	p.axes(pl, l) // last, because adding curves changes the limits of the axes
	return pl, nil
}

func (m measured) points() (points plotter.XYs) {
	for _, s := range m.samples {
		points = append(points, plotter.XY{X: float64(s.Connections), Y: mebibytes(s.HeapBytes)})
	}
	return points
}

func addLine(pl *plot.Plot, points plotter.XYs, ink color.Color, width vg.Length, dashes []vg.Length) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = ink, width, dashes
	pl.Add(line)
	return nil
}

func (p panel) axes(pl *plot.Plot, l load) {
	pl.X.Min, pl.X.Max = 0, float64(l.connections)
	pl.Y.Min, pl.Y.Max = 0, p.top
	var xs, ys plot.ConstantTicks
	for i := range 6 {
		n := l.connections * i / 5
		xs = append(xs, plot.Tick{Value: float64(n), Label: thousands(n)})
	}
	for y := 0.0; y <= p.top; y += p.step {
		ys = append(ys, plot.Tick{Value: y, Label: fmt.Sprint(y)})
	}
	pl.X.Tick.Marker, pl.Y.Tick.Marker = xs, ys
	pl.Title.Text, pl.X.Label.Text, pl.Y.Label.Text = p.title, "connections served", "heap in use, MiB"
	pl.Title.Padding = 6
	setFont(&pl.Title.TextStyle, 12)
	for _, a := range []*plot.Axis{&pl.X, &pl.Y} {
		setFont(&a.Label.TextStyle, 11)
		setFont(&a.Tick.Label, 10)
		a.Padding, a.Label.Padding = 0, 3
		a.LineStyle.Color, a.Tick.LineStyle.Color = grey, grey
	}
}

// add draws n to the right of its position.
func (n note) add(pl *plot.Plot) error {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{n.at}, Labels: []string{n.text}})
	if err != nil {
		return err
	}
	labels.TextStyle[0] = style(11, n.ink)
	labels.TextStyle[0].YAlign = draw.YCenter
	labels.Offset = vg.Point{X: 5, Y: n.raise}
	pl.Add(labels)
	return nil
}

func style(points vg.Length, ink color.Color) (s draw.TextStyle) {
	setFont(&s, points)
	s.Color = ink
	return s
}

// setFont sets the font of s and leaves its alignment unchanged.
func setFont(s *draw.TextStyle, points vg.Length) {
	s.Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, points)
	s.Handler = text.Plain{Fonts: font.DefaultCache}
	s.Color = black
}

// thousands formats 50000 as 50,000.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

var fontFamily = regexp.MustCompile(`font-family:[^;"]*`)

// genericFonts replaces the font that the text was measured with by fonts of the same widths,
// with any sans-serif font as a fallback.
func genericFonts(svg []byte) []byte {
	return fontFamily.ReplaceAll(svg, []byte("font-family:Helvetica,Arial,sans-serif"))
}
