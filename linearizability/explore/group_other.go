//go:build !unix

package explore

import "os/exec"

func ownGroup(*exec.Cmd) {}
