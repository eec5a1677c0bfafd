package page

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/mapspec/mapspec/linearizability/internal/check"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	"github.com/mapspec/mapspec/linearizability/internal/report"
)

// A picture is porcupine's page about the history, to be put into a frame.
type picture struct {
	Page    string // empty if it could not be drawn
	Caption string
	Height  int // of the frame, in pixels
}

// The height of a lane in porcupine's drawing, and the room that its legend,
// its scroll bar and its tooltips need, in pixels.
const (
	pictureLane = 45
	pictureRoom = 180
)

// pictureStyle fits porcupine's page into a frame: dark where the reader wants
// it, its legend as wide as there is room for.
const pictureStyle = `<style>
#legend { position: static; max-width: 100%; overflow-x: auto; background: none; backdrop-filter: none; }
#canvas { margin-top: 10px; }
@media (prefers-color-scheme: dark) {
  html { background: #1e2226; color: #e5e8ea; }
  #legend text, #canvas text { fill: #e5e8ea; }
  #legend line { stroke: #e5e8ea; }
  #legend polygon, #legend rect:not([fill*="255"]) { fill: #e5e8ea; }
  #canvas .history-text { fill: #101214; }
  #legend .link { fill: #7cc7dc; }
  .linearization { stroke: rgba(229, 232, 234, 0.75); }
  .linearization-invalid { stroke: rgba(255, 110, 98, 0.9); }
  .divider { stroke: #4a525a; }
  .tooltip { background: #15181b; border-color: #4a525a; }
}
</style>
</head>`

// Porcupine draws while its page is read, and measures its texts for that. In a
// frame nothing has a width yet; so it is to draw when the frame is laid out.
const (
	drawnAtOnce  = "render(data)\n    </script>"
	drawnLaidOut = "new ResizeObserver((_, o) => { o.disconnect(); render(data) }).observe(document.documentElement)\n    </script>"
)

const pictureCaption = "Time goes to the right, and each bar is a call from its beginning to its return. " +
	"A line on the left is a goroutine, which porcupine calls a client. The line through the bars is the longest order found, " +
	"each call at the instant when it takes effect (LP); red marks what cannot come next, and the link in the legend goes there. " +
	"Point at a bar, or tap it, to see what the map holds before and after it."

// tagName finds the lanes of porcupine's drawing that are no client's.
var tagName = regexp.MustCompile(`"Tag":"[^"]+"`)

// draw draws c's history, or returns nil if it has none.
func draw(c counterexample.Counterexample) *picture {
	if len(c.History.Events) == 0 {
		return nil
	}
	var b bytes.Buffer
	if err := check.Visualize(&b, c.History, check.Options{Promise: c.Promise}, report.Notes(c)); err != nil {
		return &picture{Caption: fmt.Sprintf("It could not be drawn: %v.", err)}
	}
	lanes := map[string]bool{}
	for _, tag := range tagName.FindAllString(b.String(), -1) {
		lanes[tag] = true
	}
	clients := 0
	for i := range c.History.Events {
		clients = max(clients, c.History.Events[i].Client+1)
	}
	page := strings.Replace(b.String(), "</head>", pictureStyle, 1)
	return &picture{
		Page:    strings.Replace(page, drawnAtOnce, drawnLaidOut, 1),
		Caption: pictureCaption,
		Height:  pictureLane*(clients+len(lanes)) + pictureRoom,
	}
}
