//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// passesDescriptors reports whether a child can inherit other descriptors than its
// standard input and outputs.
var passesDescriptors = true

// lead makes the child the leader of a new process group.
func lead(child *exec.Cmd) { child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup kills and reaps the remaining processes in the group of p. p itself has been
// reaped. endGroup gives up after some seconds, because a process may be stuck in the
// kernel.
func endGroup(p *os.Process) {
	for range 5000 {
		// The number does not belong to a new group yet, because the kernel assigns all
		// other numbers first. An error means that the group has no processes left that
		// this process may kill.
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

// inherited returns a descriptor that this process inherited. Its own children do not
// inherit it.
func inherited(fd int) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "messages")
}
