package main

import (
	"os/exec"

	"github.com/epgu-cli/epgu/internal/tui/drive"
)

func open(t *failing, exe string, env []string) *drive.Window {
	cmd := exec.Command(exe)
	cmd.Env = env
	return drive.OpenWindow(t, cmd, 96, 24)
}
