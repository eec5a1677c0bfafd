package process

import (
	"sync"
	"syscall"
)

// adoptOrphans makes this process the new parent of descendants whose parent has died,
// so that endGroup can reap them. In a container, init may be a program that does not
// reap orphans.
var adoptOrphans = sync.OnceFunc(func() {
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER
	_, _, _ = syscall.RawSyscall6(syscall.SYS_PRCTL, setChildSubreaper, 1, 0, 0, 0, 0)
})
