//go:build !linux

package tui

// program needs /proc and a pseudo-terminal of Linux.
func program(tab *table) {
	tab.line("the real program on a terminal of its own", "measured on Linux only", "", true, false)
}
