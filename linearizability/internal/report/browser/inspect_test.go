package browser

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// leastContrast is that of WCAG 2.1, level AA, for text.
const leastContrast = 4.5

// findings is what inspection returns about a page.
type findings struct {
	Lang, Title, Headline string
	Sections              []string
	Shown                 int // tables, diagrams and paragraphs under the headings
	Images                int
	PageWidth, PageHeight int
	Unreachable           int // boxes that scroll and no key reaches
	Frame                 bool
	FrameFits             bool
	Texts                 int
	Dim                   []string // texts with too little contrast
}

func (f findings) check(t *testing.T, s screen) {
	t.Helper()
	if f.Lang != "en" || f.Title == "" || f.Headline != f.Title {
		t.Errorf("language %q, title %q, headline %q", f.Lang, f.Title, f.Headline)
	}
	for _, want := range []string{"program", "why", "more"} {
		found := false
		for _, id := range f.Sections {
			found = found || id == want
		}
		if !found {
			t.Errorf("no part %q among %q", want, f.Sections)
		}
	}
	if f.Shown < 3 || f.Texts < 10 {
		t.Errorf("%d blocks and %d texts are shown", f.Shown, f.Texts)
	}
	if int64(f.PageWidth) > s.width {
		t.Errorf("the page is %d pixels wide on a screen of %d", f.PageWidth, s.width)
	}
	if f.Images > 0 || f.Unreachable > 0 {
		t.Errorf("%d images, %d boxes that the keyboard cannot scroll", f.Images, f.Unreachable)
	}
	if f.Frame && !f.FrameFits {
		t.Error("the frame is wider than the page")
	}
	for _, text := range f.Dim {
		t.Errorf("contrast below %v: %s", leastContrast, text)
	}
}

// contrast is common to both inspections: the ratio of WCAG 2.1 for two colours
// as CSS prints them.
const contrast = `
const parse = (c) => (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
const opaque = (c) => { const p = parse(c); return c !== 'transparent' && (p.length < 4 || p[3] > 0.5); };
const luminance = (c) => {
  const [r, g, b] = parse(c).slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
`

// inspection looks at a page. The ground of a text is the first thing below
// its middle that is not transparent.
const inspection = `(() => {
` + contrast + `
  const root = document.documentElement;
  const texts = [...document.querySelectorAll('h1, h2, p, strong, dt, dd, th, td, pre, .lane, .event, .event em')]
    .filter((e) => e.textContent.trim() !== '' && e.getClientRects().length > 0);
  const dim = [];
  for (const e of texts) {
    e.scrollIntoView({block: 'center', inline: 'nearest'});
    const range = document.createRange();
    range.selectNodeContents(e);
    const box = [...range.getClientRects()].find((r) => r.width > 2) || e.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + 1, 0), innerWidth - 1), y = box.top + box.height / 2;
    const ground = document.elementsFromPoint(x, y).map((u) => getComputedStyle(u).backgroundColor).find(opaque)
      || getComputedStyle(document.body).backgroundColor;
    const found = ratio(getComputedStyle(e).color, ground);
    if (found < 4.5) dim.push(found.toFixed(2) + ' ' + getComputedStyle(e).color + ' on ' + ground + ': ' + e.textContent.trim().slice(0, 60));
  }
  for (const e of document.querySelectorAll('.scroll')) e.scrollLeft = 0;
  scrollTo(0, 0);
  const frame = document.querySelector('iframe');
  return {
    Lang: root.lang, Title: document.title, Headline: document.querySelector('h1').textContent,
    Sections: [...document.querySelectorAll('section')].map((s) => s.id),
    Shown: document.querySelectorAll('section table, section .diagram, section pre, section p').length,
    Images: document.images.length,
    PageWidth: Math.max(root.scrollWidth, innerWidth), PageHeight: root.scrollHeight,
    Unreachable: [...document.querySelectorAll('*')].filter((e) => e.scrollWidth > e.clientWidth + 1 &&
      ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0).length,
    Frame: frame !== null,
    FrameFits: frame !== null && frame.getBoundingClientRect().right <= innerWidth,
    Texts: texts.length, Dim: dim,
  };
})()`

// pictureFindings is what pictureInspection returns about porcupine's page.
type pictureFindings struct {
	Drawn  int // boxes in the drawing
	Legend bool
	Narrow []string // texts that are wider than their box
	Dim    []string
}

// pictureInspection looks at porcupine's page in its frame.
const pictureInspection = `(() => {
` + contrast + `
  const dim = [];
  const check = (text, color, ground) => {
    const found = ratio(color, ground);
    if (found < 4.5) dim.push(found.toFixed(2) + ' ' + color + ' on ' + ground + ': ' + text);
  };
  const ground = getComputedStyle(document.documentElement).backgroundColor;
  const page = opaque(ground) ? ground : 'rgb(255, 255, 255)';
  for (const e of document.querySelectorAll('#legend text')) check(e.textContent, getComputedStyle(e).fill, page);
  for (const e of document.querySelectorAll('#canvas g > text')) {
    const box = e.previousElementSibling;
    const inBox = e.classList.contains('history-text') && box && box.tagName === 'rect';
    check(e.textContent, getComputedStyle(e).fill, inBox ? getComputedStyle(box).fill : page);
  }
  const legend = document.querySelector('#legend');
  const narrow = [...document.querySelectorAll('#canvas .history-text')]
    .filter((e) => e.previousElementSibling && e.getBBox().width > e.previousElementSibling.getBBox().width)
    .map((e) => e.textContent);
  return {
    Narrow: narrow,
    Drawn: document.querySelectorAll('#canvas svg .history-rect, #canvas svg .client-annotation-rect').length,
    Legend: legend !== null && legend.getBoundingClientRect().right <= innerWidth,
    Dim: dim,
  };
})()`

// frameInView shows the frame, for it is drawn when it is laid out, and waits
// until that has been done.
const frameInView = `new Promise((done) => {
  document.querySelector('iframe').scrollIntoView({block: 'center'});
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)));
})`

// inFrame looks at the picture in the page's frame.
func inFrame(t *testing.T, tab context.Context) {
	t.Helper()
	found, err := chromedp.Run(tab, func(ctx context.Context, target *chromedp.Target) (found pictureFindings, err error) {
		tree, err := cdp.Call(ctx, target, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return found, err
		}
		if n := len(tree.FrameTree.ChildFrames); n != 1 {
			return found, fmt.Errorf("%d frames in the page's process, want 1", n)
		}
		world, err := cdp.Call(ctx, target, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.ChildFrames[0].Frame.ID})
		if err != nil {
			return found, err
		}
		in := func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }
		if _, err := chromedp.Evaluate[chromedp.Void](frameInView, chromedp.EvalAwaitPromise)(ctx, target); err != nil {
			return found, err
		}
		return chromedp.Evaluate[pictureFindings](pictureInspection, in)(ctx, target)
	})
	if err != nil {
		t.Fatal(err)
	}
	if found.Drawn == 0 || !found.Legend {
		t.Errorf("%d boxes are drawn; the legend fits: %t", found.Drawn, found.Legend)
	}
	for _, text := range found.Narrow {
		t.Errorf("in the frame, wider than its box: %s", text)
	}
	for _, text := range found.Dim {
		t.Errorf("in the frame, contrast below %v: %s", leastContrast, text)
	}
}
