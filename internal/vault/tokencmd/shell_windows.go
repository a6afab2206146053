package tokencmd

import (
	"context"
	"os/exec"
	"syscall"
)

// shell hands the line to cmd.exe as it is; the usual quoting of arguments is
// not what cmd.exe reads.
func shell(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /S /C "` + line + `"`}
	return cmd
}

// ownGroup does nothing: the command itself is killed when time runs out.
func ownGroup(*exec.Cmd) {}
