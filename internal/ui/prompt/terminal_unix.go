//go:build !windows

package prompt

import "os"

// openTerminal opens the terminal that controls the process; without one
// (cron, a service) it fails at once.
func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }
