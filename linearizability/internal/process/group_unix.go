//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// passesDescriptors says whether a child can be given more than its standard
// input and outputs.
var passesDescriptors = true

// lead makes the child the leader of a new process group.
func lead(child *exec.Cmd) { child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup kills and reaps what p, which has been reaped, has left behind in its
// group. It gives up after some seconds: a process may be stuck in the kernel.
func endGroup(p *os.Process) {
	for range 5000 {
		// The number cannot belong to another group yet: the kernel would have to
		// hand out all others first. The error says that nobody is left, or nobody
		// who may be killed.
		if syscall.Kill(-p.Pid, syscall.SIGKILL) != nil {
			return
		}
		for {
			// Orphans become children of this process only on Linux, or if it is init.
			if pid, err := syscall.Wait4(-p.Pid, nil, syscall.WNOHANG, nil); pid <= 0 && err != syscall.EINTR {
				break
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// inherited returns a descriptor that this process was started with, which its
// own children do not inherit.
func inherited(fd int) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "messages")
}
