package main

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The chart has a line for each row that is a ratio: a dot at the median, a bar from the
// least to the greatest value, and a tick at the bound. A dot to the left of 1 means that
// flatmap.Map costs less than the best sound peer.

// Colours on white that can be distinguished without seeing red and green.
var (
	black = color.RGBA{0x22, 0x22, 0x22, 0xff}
	grey  = color.RGBA{0x6e, 0x6e, 0x6e, 0xff}
	pale  = color.RGBA{0xdc, 0xdc, 0xdc, 0xff}
	red   = color.RGBA{0xc8, 0x3c, 0x00, 0xff}
	blue  = color.RGBA{0x00, 0x4f, 0x9a, 0xff}
)

// drawn returns the judgements that the chart shows.
func drawn(judged []judgement) (shown []judgement) {
	for _, j := range judged {
		if j.against != itself && j.value.median > 0 && !math.IsInf(j.value.high, 0) {
			shown = append(shown, j)
		}
	}
	return shown
}

// drawChart writes the chart as SVG.
func drawChart(w io.Writer, judged []judgement) error {
	const width, lineHeight, rest = 720, 13, 90
	shown := drawn(judged)
	p := plot.New()
	p.Title.Text = "flatmap.Map: cost relative to the best sound peer; | is the target, blue met, red missed"
	p.Title.Padding = 8
	setFont(&p.Title.TextStyle, 13)
	p.X.Scale, p.X.Label.Text = plot.LogScale{}, "ratio: median and range of the rounds"
	p.X.Tick.Marker = ratioTicks()
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = nil, pale
	p.Add(grid)
	var names plot.ConstantTicks
	for i, j := range shown {
		y := float64(len(shown) - i)
		names = append(names, plot.Tick{Value: y, Label: j.name()})
		if err := addRow(p, j, y); err != nil {
			return err
		}
	}
	p.Y.Tick.Marker = names
	if err := addLine(p, plotter.XYs{{X: 1, Y: 0.3}, {X: 1, Y: float64(len(shown)) + 0.7}}, grey, 0.7); err != nil {
		return err
	}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		setFont(&a.Label.TextStyle, 11)
		setFont(&a.Tick.Label, 9)
		a.LineStyle.Color, a.Tick.LineStyle.Color = grey, grey
		a.Padding = 0
	}
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Min, p.Y.Max = 0.3, float64(len(shown))+0.7
	p.X.Min, p.X.Max = min(p.X.Min, 0.1)/1.1, max(p.X.Max, 2)*1.1
	canvas := vgsvg.New(width, vg.Length(rest+lineHeight*len(shown)))
	page := draw.New(canvas)
	page.SetColor(color.White) // an opaque background, whatever the page has
	page.Fill(page.Rectangle.Path())
	p.Draw(draw.Crop(page, 8, -12, 8, -8))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err := w.Write(genericFonts(b.Bytes()))
	return err
}

// addRow draws j at height y.
func addRow(p *plot.Plot, j judgement, y float64) error {
	ink := map[verdict]color.Color{met: blue, missed: red, noTarget: grey}[j.verdict]
	if err := addLine(p, plotter.XYs{{X: j.value.low, Y: y}, {X: j.value.high, Y: y}}, ink, 1.2); err != nil {
		return err
	}
	if j.bound > 0 {
		if err := addLine(p, plotter.XYs{{X: j.bound, Y: y - 0.35}, {X: j.bound, Y: y + 0.35}}, black, 1.2); err != nil {
			return err
		}
	}
	dot, err := plotter.NewScatter(plotter.XYs{{X: j.value.median, Y: y}})
	if err != nil {
		return err
	}
	dot.GlyphStyle = draw.GlyphStyle{Color: ink, Radius: 3, Shape: draw.CircleGlyph{}}
	p.Add(dot)
	return nil
}

func addLine(p *plot.Plot, points plotter.XYs, ink color.Color, width vg.Length) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = ink, width
	p.Add(line)
	return nil
}

// ratioTicks returns the ticks of the horizontal axis.
func ratioTicks() (ticks plot.ConstantTicks) {
	for _, x := range []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100} {
		ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprint(x)})
	}
	return ticks
}

// setFont sets the font of s and leaves its alignment unchanged.
func setFont(s *draw.TextStyle, points vg.Length) {
	s.Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, points)
	s.Handler = text.Plain{Fonts: font.DefaultCache}
	s.Color = black
}

var fontFamily = regexp.MustCompile(`font-family:[^;"]*`)

// genericFonts replaces the font that the text was measured with by fonts of the same
// widths, with any sans-serif font as a fallback.
func genericFonts(svg []byte) []byte {
	return fontFamily.ReplaceAll(svg, []byte("font-family:Helvetica,Arial,sans-serif"))
}
