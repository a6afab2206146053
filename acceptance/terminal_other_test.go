//go:build !linux

package acceptance

import (
	"errors"
	"os/exec"
)

func onTerminal(*exec.Cmd, func(string) (string, bool)) (string, error) {
	return "", errors.New("terminals are driven on Linux only")
}
