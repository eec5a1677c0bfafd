//go:build unix

package explore

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps a Ctrl-C on the terminal from p: whoever started it ends it,
// and keeps what was found.
func ownGroup(p *exec.Cmd) { p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
