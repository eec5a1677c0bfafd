package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/mapspec/mapspec/linearizability/internal/counterexample"
	layout "github.com/mapspec/mapspec/linearizability/internal/report/page"
)

var screenshots = flag.String("screenshots", "", "write pictures of all reports into this `directory`")

// The reports are those of the counterexamples that package report's own tests
// compare as text.
const saved = "../testdata"

// chromium returns where a Chromium is, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium, chromium-browser or google-chrome is installed; Debian has it in the package chromium")
	return ""
}

// start starts a browser for t, which uses no network.
func start(t *testing.T) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		// A frame that may not reach its page stays in the page's process, where
		// the driver can look at it.
		chromedp.Flag("disable-features", "IsolateSandboxedIframes"),
		chromedp.WSURLReadTimeout(time.Minute),
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return ctx
}

// written returns the files of all reports, written for t, by name.
func written(t *testing.T) map[string]string {
	t.Helper()
	programs, err := filepath.Glob(filepath.Join(saved, "*", counterexample.ProgramFile))
	if err != nil || len(programs) == 0 {
		t.Fatalf("no counterexamples in %s: %v", saved, err)
	}
	dir := t.TempDir()
	files := map[string]string{}
	for _, program := range programs {
		c, err := counterexample.Load(filepath.Dir(program))
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(program))
		f, err := os.Create(filepath.Join(dir, name+".html"))
		if err != nil {
			t.Fatal(err)
		}
		if err := layout.Write(f, c); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		files[name] = f.Name()
	}
	return files
}

// A screen is what a reader looks at a report with.
type screen struct {
	name          string
	width, height int64
	scheme        string
}

var screens = []screen{
	{"wide-light", 1280, 900, "light"},
	{"wide-dark", 1280, 900, "dark"},
	{"phone-light", 375, 812, "light"},
	{"phone-dark", 375, 812, "dark"},
}

// metrics makes the browser's screen s.
func (s screen) metrics() chromedp.Action[chromedp.Void] {
	return on(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.width, Height: s.height, DeviceScaleFactor: 1, Mobile: s.width < 500})
}

// Every report opens from disk without an error and without a request, shows
// all its parts, fits its screen, and can be read.
func TestReportsInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("opens every report in a real browser, some 15 s: run without -short")
	}
	ctx := start(t)
	for name, file := range written(t) {
		t.Run(name, func(t *testing.T) {
			tab, done := chromedp.NewContext(ctx)
			defer done()
			tab, stop := context.WithTimeout(tab, time.Minute)
			defer stop()
			problems := listen(t, tab)
			if err := chromedp.Do(tab, on(network.Enable, network.EnableParams{}), on(log.Enable, cdp.Empty{}), chromedp.Navigate("file://"+file)); err != nil {
				t.Fatal(err)
			}
			for _, s := range screens {
				t.Run(s.name, func(t *testing.T) { look(t, tab, name, s) })
			}
			for _, problem := range problems() {
				t.Error(problem)
			}
		})
	}
}

// look looks at the open report on one screen.
func look(t *testing.T, tab context.Context, name string, s screen) {
	t.Helper()
	dark := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}}
	err := chromedp.Do(tab, s.metrics(), on(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: dark}))
	if err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(tab, chromedp.Evaluate[findings](inspection))
	if err != nil {
		t.Fatal(err)
	}
	found.check(t, s)
	if found.Frame {
		inFrame(t, tab)
	}
	if *screenshots != "" {
		photograph(t, tab, found, s, name+"-"+s.name+".png")
	}
}

// on is a command of the protocol as an action.
func on[P, R any](command cdp.Command[P, R], parameters P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, parameters)
		return err
	})
}

// listen collects what must not happen in tab: an error on the console, an
// exception, a dialog, a request for anything but the file itself.
func listen(t *testing.T, tab context.Context) (problems func() []string) {
	t.Helper()
	var mu sync.Mutex
	var list []string
	add := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, fmt.Sprintf(format, args...))
	}
	err := chromedp.Listen(tab, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				add("console: %s", e.Type)
			}
		case *runtime.EventExceptionThrown:
			add("exception: %v", e.ExceptionDetails)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				add("log: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *page.EventJavascriptDialogOpening:
			add("dialog: %s", e.Message)
		case *network.EventRequestWillBeSent:
			url := e.Request.URL
			if !strings.HasPrefix(url, "file:") && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "about:") {
				add("request: %s", url)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// photograph writes a picture of the whole page, on a screen as high as the page:
// a browser does not paint frames that nobody sees.
func photograph(t *testing.T, tab context.Context, found findings, s screen, name string) {
	t.Helper()
	s.height = int64(found.PageHeight)
	painted := `new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))`
	png, err := chromedp.Run(tab, func(ctx context.Context, target *chromedp.Target) ([]byte, error) {
		if _, err := s.metrics()(ctx, target); err != nil {
			return nil, err
		}
		if _, err := chromedp.Evaluate[chromedp.Void](painted, chromedp.EvalAwaitPromise)(ctx, target); err != nil {
			return nil, err
		}
		return chromedp.FullScreenshot(100)(ctx, target)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(*screenshots, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name), png, 0o666); err != nil {
		t.Fatal(err)
	}
}
