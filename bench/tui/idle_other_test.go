//go:build !linux

package tui

import "testing"

// wakeups needs /proc.
func wakeups(_ *testing.T, line func(what, got, bound string, ok bool)) {
	line("wake-ups of the idle program", "measured on Linux only", "0", true)
}
