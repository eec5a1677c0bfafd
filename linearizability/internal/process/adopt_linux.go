package process

import (
	"sync"
	"syscall"
)

// adoptOrphans makes this process the parent of its descendants whose own parent
// has died, so that endGroup can reap them. Init may be a program that does not,
// as in a container.
var adoptOrphans = sync.OnceFunc(func() {
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER
	_, _, _ = syscall.RawSyscall6(syscall.SYS_PRCTL, setChildSubreaper, 1, 0, 0, 0, 0)
})
